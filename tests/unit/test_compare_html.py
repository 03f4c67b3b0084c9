"""A comparison as one file for a ticket: whole in itself, nothing in it runs, nobody is named."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import msgspec
import pytest

from dpf_edge.cli import compare, compare_html
from dpf_edge.host import capture
from dpf_edge.host.capture import Capture, Replay, record
from dpf_edge.host.live import live, now
from dpf_edge.host.looked import Place
from dpf_edge.model import Address, Interface, Machine, Ran
from dpf_edge.vantage.diagnose import diagnose
from tests.test_cases import CASES, said, schema
from tests.unit.host.test_redact import OWNED, OWNERS, judged
from tests.unit.test_cli import run

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-05-20T12:00:00Z"
VERSIONS = {"windows": "10.0.22631", "wsl": "2.6.3.0", "kernel": None, "engine": "docker 27.3.1"}
DESKTOP = ("docker", "--context", "desktop-linux")


class Page(HTMLParser):
    """What a browser would make of a file: its tags, its words, its captures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.style = ""
        self.captures: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        self._open.append("capture" if given.get("class") == "capture" else tag)
        if self._open[-1] == "capture":
            self.captures.append("")

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._open.pop()

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside == "style":
            self.style += data
        elif inside == "capture":
            self.captures[-1] += data
        else:
            self.words += data

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [str(given["href"]) for tag, given in self.tags if tag == "a"]

    @property
    def policy(self) -> str:
        """What it lets itself do."""
        held = [given for _, given in self.tags if "http-equiv" in given]
        return str(held[0]["content"])


def page_of(*places: Place, raw: bool = False, versions: dict[str, str | None] = VERSIONS) -> str:
    """The file of some places."""
    return compare.page(places, versions, AT, raw=raw)


def read(text: str) -> Page:
    """A file, as a browser has it."""
    return Page(re.sub(r"<(meta)([^>]*)>", r"<\1\2></\1>", text))


def case(name: str) -> Capture:
    """A recorded machine."""
    return capture.load(str(CASES / name / "capture.json"))


def seed() -> tuple[Place, ...]:
    """The question that all began with: Windows, a mirrored distribution, Docker Desktop."""
    container = Place(
        "host", "desktop-linux", DESKTOP, is_desktop=True, image="debian:bookworm-slim"
    )
    return (
        Place("here", capture=case("windows-native-docker-desktop")),
        Place("distribution", "docker-desktop", capture=case("docker-desktop-distro-mirrored")),
        container._replace(capture=case("docker-desktop-host")),
        container._replace(sort="bridge", capture=case("docker-desktop-bridge")),
    )


def hidden(text: str) -> str:
    """All that somebody may read in a file: its words, and what its links are made of."""
    links = re.findall(r"base64,([\w+/=]+)", text)
    return "\n".join([text, *(base64.b64decode(each).decode() for each in links)])


def test_the_file_answers_the_question_and_says_where_the_lan_is_lost() -> None:
    words = " ".join(read(page_of(*seed(), raw=True)).words.split())

    assert "The LAN ends at Docker Desktop's engine" in words
    assert (
        "It is lost between docker-desktop WSL distro and"
        " container with network_mode: host (Docker Desktop, desktop-linux)"
    ) in words
    assert "eth1 = 192.168.0.200/24" in words
    assert "docker --context desktop-linux run --rm -i --network host" in words
    assert "Docker Desktop gives no container the LAN" in words
    assert words.index("✓ yes") < words.index("the LAN is lost here") < words.index("✗ no")
    assert "wsl 2.6.3.0" in words.replace("\xa0", " ")


def is_whole(page: Page) -> None:
    """Hold a file against what it must be: it loads nothing, and nothing in it runs."""
    digest = base64.b64encode(sha256(page.style.encode()).digest()).decode()
    assert (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        == page.policy
    )
    assert {"script", "link", "img", "iframe", "object", "form", "base", "svg"}.isdisjoint(
        tag for tag, _ in page.tags
    )
    names = {name for _, given in page.tags for name in given}
    assert not [name for name in names if name.startswith("on")]
    assert {"style", "src", "srcset", "action"}.isdisjoint(names)
    assert "url(" not in page.style
    assert "@import" not in page.style
    assert {"#", "data:application/json;base64"} == {
        "#" if each.startswith("#") else each.partition(",")[0] for each in page.links
    }


@pytest.mark.parametrize("raw", [True, False])
def test_the_file_loads_nothing_and_runs_nothing(raw: bool) -> None:
    is_whole(read(page_of(*seed(), raw=raw)))


def test_links_inside_the_file_lead_somewhere() -> None:
    page = read(page_of(*seed(), Place("unasked", "work", ("docker",), error="no")))

    named = [given["id"] for _, given in page.tags if "id" in given]
    assert len(named) == len({*named})
    assert {each[1:] for each in page.links if each[0] == "#"} <= {*named}


@pytest.mark.parametrize("raw", [True, False])
def test_each_capture_in_the_file_gives_its_verdict_again(raw: bool, tmp_path: Path) -> None:
    page = read(page_of(*seed(), raw=raw))
    saved = [
        base64.b64decode(each.partition(",")[2]).decode() for each in page.links if "," in each
    ]

    assert page.captures == saved
    assert len(seed()) == len(page.captures)
    for place, text in zip(seed(), page.captures, strict=True):
        assert place.capture is not None
        schema("capture-1").validate(json.loads(text))
        file = tmp_path / "copied.json"
        file.write_text(text, encoding="utf-8")
        told = json.loads(run("diagnose", "--json", "--capture", str(file)).stdout)
        assert diagnose(Replay(place.capture)).vantage == told["vantage"]
        assert told["lan"]["why"][1:] in page.words
        if raw:
            assert place.capture == capture.load(str(file))


def test_what_two_places_share_they_share_in_the_file() -> None:
    """The host and the mirrored distribution have one address on one network."""
    words = read(page_of(*seed())).words

    where = re.findall(r"(?:Ethernet|eth1) = (\S+)", words)
    assert 2 == len(where)
    assert where[0] == where[1] != "192.168.0.200/24"
    assert "192.168.0." not in words


def test_the_file_says_whether_it_is_redacted() -> None:
    redacted, raw = page_of(*seed()), page_of(*seed(), raw=True)

    assert ("Redacted." in redacted, "Not redacted." in redacted) == (True, False)
    assert ("Redacted." in raw, "Not redacted." in raw) == (False, True)


def test_every_file_is_redacted_under_a_key_of_its_own() -> None:
    assert page_of(*seed()) != page_of(*seed())


NAMED = (
    Place("here", capture=OWNED),
    Place("distribution", "Contoso-Build", capture=OWNED),
    Place("distribution", "jdoe", error="jdoe: Für Contoso gesperrt. C:\\Users\\jdoe\\x.vhdx"),
    Place(
        "engine",
        "contoso-ctx",
        ("docker", "--context", "contoso-ctx"),
        image="reg.contoso.example:5000/jdoe/plc-gw:hunter2",
        error="image reg.contoso.example:5000/jdoe/plc-gw:hunter2 is not there",
    ),
    Place(
        "unasked",
        "springfield",
        ("docker", "--context", "springfield"),
        error="error during connect: dial ssh://jdoe@10.31.7.80: permission denied by buildbox",
    ),
)
NAMED_VERSIONS: dict[str, str | None] = {
    "kernel": "6.1.0 (jdoe@buildbox)",
    "engine": "docker 27 of plc-gw-07 at 10.31.7.9",
}


def test_nobody_is_named_by_what_stands_beside_the_captures() -> None:
    # Under each key another address is drawn, and one in sixteen begins as the owner's does: what
    # leaks does so under every key.
    texts = [hidden(page_of(*NAMED, versions=NAMED_VERSIONS)).lower() for _ in range(5)]
    text = texts[0]

    assert [] == [word for word in OWNERS if all(word in each for each in texts)]
    # What is no secret of anybody's is left to read.
    assert "error during connect: dial ssh://" in text
    assert "permission denied by" in text
    assert "is not there" in text
    assert all(word in hidden(page_of(*NAMED, raw=True)).lower() for word in ("contoso", "hunter2"))


@pytest.mark.parametrize(
    "image", ["debian:bookworm-slim", "dpf-edge:latest", "alpine:3.20", "python:3.12-slim"]
)
def test_an_image_that_everybody_has_keeps_its_name(image: str) -> None:
    place = Place("host", "default", ("docker", "--context", "default"), image=image, error="no")

    assert f"--network host {image} sh" in page_of(*seed(), place)


def hostile(text: str) -> tuple[Place, ...]:
    """Places of which each calls itself by a text, wherever one may be."""
    taken = Capture(
        capture=1,
        note=text,
        machine=Machine("Linux", release=text, hostname=text),
        interfaces=(
            Interface(text, (Address("192.168.0.9/24"), Address(text)), description=text, up=True),
        ),
        env={"WSL_DISTRO_NAME": text},
        files={"/proc/sys/kernel/osrelease": text, "/etc/hostname": text, text: text},
        commands=(Ran((text,), 0, text),),
    )
    return (
        Place("here", capture=taken),
        Place("distribution", text, capture=taken),
        Place("host", text, ("docker", "--context", text), image=text, error=text),
    )


HOSTILE = [
    "</pre><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><base href=//x>",
    "{{ 7 * 7 }}{% raw %}",
    "a\u202eb\u2028c\u0000\u001b[31m\u007f\U000e0041\ufeff",
    "<!--",
    "&#60;script&#62;",
]


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_machine_calls_itself_is_text(text: str, raw: bool) -> None:
    plain = read(page_of(*hostile("plain"), raw=True))
    given = page_of(*hostile(text), raw=raw, versions={"engine": text})
    page = read(given)

    assert [tag for tag, _ in plain.tags] == [tag for tag, _ in page.tags]
    assert given.replace("\n", "").isprintable()
    assert 2 == len(page.captures)
    for saved in page.captures:
        schema("capture-1").validate(json.loads(saved))
    if raw:
        assert hostile(text)[0].capture == capture.decode(page.captures[0].encode(), "saved")


def test_a_capture_too_long_for_a_link_is_there_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_html, "MOST_LINK", 100)

    page = read(page_of(*seed()))

    assert 4 == len(page.captures)
    assert not [each for each in page.links if each.startswith("data:")]


def test_a_capture_of_this_machine_is_judged_as_this_machine_is() -> None:
    host = live()

    taken = record(host, time=now())

    assert said(diagnose(host)) == said(diagnose(Replay(taken)))


def test_the_command_writes_the_file_of_this_machine(tmp_path: Path) -> None:
    """There is no engine on its PATH, so nothing is started."""
    nothing = {"PATH": str(tmp_path)}
    file = tmp_path / "ticket.html"

    printed = run("compare", "--html", "-", env=nothing)
    written = run("compare", "--html", str(file), "--raw", env=nothing)

    assert (0, 0, "") == (printed.returncode, written.returncode, written.stdout)
    assert "note: no container engine was found here to look from\n" == written.stderr
    told, raw = (read(text) for text in (printed.stdout, file.read_text("utf-8")))
    held, held_raw = (capture.decode(each.captures[0].encode(), "held") for each in (told, raw))
    assert judged(held) == judged(held_raw)
    assert held_raw.machine.hostname != held.machine.hostname
    assert msgspec.structs.asdict(held).keys() == msgspec.structs.asdict(held_raw).keys()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--html", "-", "--json"), "exclude each other"),
        (("--html", "-", "--markdown"), "exclude each other"),
        (("--raw",), "--raw goes with --html"),
        (("--raw", "--json"), "--raw goes with --html"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: tuple[str, ...], says: str) -> None:
    done = run("compare", *arguments)

    assert (64, "") == (done.returncode, done.stdout)
    assert says in done.stderr


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = run("compare", "--html", str(tmp_path / "no" / "x"), env={"PATH": str(tmp_path)})

    assert 73 == done.returncode
    assert done.stderr.startswith("error[output-failed]: ")
