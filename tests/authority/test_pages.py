"""The pages as text: who may see them, what they show, what they never do. A browser has its own
tests, in tests/web."""

from __future__ import annotations

import hashlib
import html
import json
import re
import shlex
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from dpf_edge.authority import login, pages
from dpf_edge.authority.pages import assets
from dpf_edge.authority.sight import FRESH_SECONDS
from dpf_edge.cli import install
from dpf_edge.model import Answer
from dpf_edge.wire.tokens import Secret
from tests.authority import desk
from tests.authority.desk import PASSWORD

if TYPE_CHECKING:
    from tests.authority.desk import Caller, Desk

ADDRESSES = sorted({each.path for module in pages.MODULES for each in module.PAGES})
READ = [
    each.path.replace("{token}", "0" * 16)
    for module in pages.MODULES
    for each in module.PAGES
    if each.method == "GET" and "{" not in each.path.replace("{token}", "")
]
VENDOR = resources.files("dpf_edge.authority") / "static" / "vendor"
PLANTED = "<script>document.title='taken'</script>"


def beats(at: Desk, caller: Caller, **told: object) -> None:
    """A heartbeat with evidence."""
    report = {"capability": "discovery.network", "status": "healthy", "evidence": told}
    assert 200 == at.post("heartbeat", {"capabilityReports": [report]}, caller.token).status_code


def session(at: Desk, role: str = "operator") -> str:
    """Sign somebody in; their CSRF token."""
    return at.signed_in(role)["x-csrf-token"]


# -- the door


def test_a_page_is_for_who_is_signed_in(at: Desk) -> None:
    for path in READ:
        stranger = at.client.get(path)
        assert (303, "/sign-in") == (stranger.status_code, stranger.headers["location"])
    form = at.client.get("/sign-in")
    assert (200, "text/html; charset=utf-8") == (form.status_code, form.headers["content-type"])


def test_a_piece_of_a_page_sends_who_is_signed_out_to_the_door(at: Desk) -> None:
    asked = {"hx-request": "true"}

    piece = at.client.get("/nodes/add/0000000000000000", headers=asked)
    wrong = at.client.get("/nodes/add/0000000000000000", headers={**asked, **at.api_token()})

    assert (401, "/sign-in") == (piece.status_code, piece.headers["hx-redirect"])
    assert 404 == wrong.status_code
    assert wrong.text.startswith('<p class="notice bad"')


def test_a_link_signs_in_once(at: Desk) -> None:
    link = at.store.people.link("operator", ttl_seconds=login.LINK_SECONDS).reveal()

    first = at.client.get("/sign-in", params={"link": link})
    page = at.client.get("/")
    at.client.cookies.clear()
    again = at.client.get("/sign-in", params={"link": link})

    assert (303, "/") == (first.status_code, first.headers["location"])
    assert 200 == page.status_code
    assert (401, None) == (again.status_code, again.headers.get("set-cookie"))


def test_a_link_that_is_too_old_opens_nothing(at: Desk) -> None:
    link = at.store.people.link("operator", ttl_seconds=login.LINK_SECONDS).reveal()

    at.clock.now += login.LINK_SECONDS + 1

    assert 401 == at.client.get("/sign-in", params={"link": link}).status_code


def test_signing_in_and_out_by_the_form(at: Desk) -> None:
    at.store.people.add("ada", "viewer", Secret(PASSWORD))
    wrong = at.client.post("/sign-in", data={"name": "ada", "password": "wrong"})
    right = at.client.post("/sign-in", data={"name": "ada", "password": PASSWORD})
    page = at.client.get("/").text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]

    meant_by_nobody = at.client.post("/sign-out", data={"csrf": "x"})
    still = at.client.get("/")
    out = at.client.post("/sign-out", data={"csrf": csrf})

    assert (401, 303) == (wrong.status_code, right.status_code)
    assert (403, 200) == (meant_by_nobody.status_code, still.status_code)
    assert (303, "/sign-in") == (out.status_code, out.headers["location"])
    assert 303 == at.client.get("/").status_code


# -- what every page holds to


@pytest.mark.parametrize("path", [*READ, "/sign-in"])
def test_pages_run_only_our_own_files_and_are_framed_by_nobody(at: Desk, path: str) -> None:
    at.enrolled()
    told = at.client.get(path, headers=at.api_token())

    policy = told.headers["content-security-policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "no-referrer" == told.headers["referrer-policy"]
    assert "no-store" == told.headers["cache-control"]
    assert not re.findall(r"<script(?![^>]*\bsrc=\"/static/)", told.text)
    assert not re.findall(r"\s(style|on[a-z]+)=|<style|javascript:", told.text)
    assert not re.findall(r"(?:src|href|action)=\"(?:https?:)?//", told.text)


def test_every_change_takes_a_csrf_token_and_an_operator(at: Desk) -> None:
    node = at.enrolled(trusted=False).node_id
    changes = [
        each.path.replace("{node}", node).replace("{token}", "0" * 16)
        for module in pages.MODULES
        for each in module.PAGES
        if each.method == "POST"
    ]
    csrf = session(at, "viewer")
    assert {403} == {at.client.post(each, data={"csrf": csrf}).status_code for each in changes}
    at.client.cookies.clear()
    at.store.people.add("bob", "operator", Secret(PASSWORD))
    at.client.post("/sign-in", data={"name": "bob", "password": PASSWORD})
    assert {403} == {at.client.post(each, data={"csrf": "0"}).status_code for each in changes}
    assert "pending" == at.store.nodes.get(node).node.trust_state
    assert not at.store.people.api_tokens()


def test_what_a_node_calls_itself_stays_text(at: Desk) -> None:
    caller = at.enrolled(site=PLANTED)
    at.store.nodes.rename(caller.node_id, f"{PLANTED}\u202eesrever\x1b[31m", by="test")
    beats(
        at,
        caller,
        vantage=PLANTED,
        lanAnswer="no",
        lanWhy=PLANTED,
        layers=[["host", PLANTED], ["vm", "kvm", PLANTED]],
        lastSweep={"arp": "found hidden", PLANTED: "failed"},
    )
    headers = at.api_token()

    for path in ("/", "/nodes", "/nodes/add", f"/nodes/{caller.node_id}"):
        page = at.client.get(path, headers=headers)
        assert 200 == page.status_code
        assert "<script>d" not in page.text
        assert "&lt;script&gt;d" in page.text
        assert not {"\u202e", "\x1b"} & set(page.text)
    drawn = page.text.partition('<ol class="layers">')[2].partition("</ol>")[0]
    assert (3, 2) == (drawn.count("<li"), drawn.count("&lt;script&gt;d"))
    # A word of a node's is no class of a style sheet, which might hide it.
    assert 'class="state ">found hidden' in page.text
    assert 'class="state failed">' in page.text


def test_evidence_of_any_shape_gives_a_page(at: Desk) -> None:
    caller, headers = at.enrolled(), at.api_token()
    odd: tuple[object, ...] = (None, 3, [], [[1, 2]], {"a": {}}, "text", -1, True, {"runs": []})
    for value in odd:
        names: tuple[str, ...] = (
            "vantage",
            "lanAnswer",
            "lanWhy",
            "lanConfidence",
            "lanForSec",
            "advice",
        )
        names += ("layers", "lastSweep", "lastSweepItems", "outbox", "level", "lanNetwork")
        at.clock.now += 60
        beats(at, caller, **dict.fromkeys(names, value))
        for path in ("/", f"/nodes/{caller.node_id}"):
            assert 200 == at.client.get(path, headers=headers).status_code, value


def test_an_unknown_address_is_a_page_that_says_so(at: Desk) -> None:
    told = at.client.get("/nodes/edge_0000000000000000", headers=at.api_token())

    assert (404, True) == (told.status_code, "no such node" in told.text)


# -- can we see?


def test_the_first_page_says_who_sees_and_what_a_blind_one_needs(at: Desk) -> None:
    sees, blind = at.enrolled(), at.enrolled(site="shop-7")
    at.store.nodes.rename(blind.node_id, "till-pc", by="test")
    beats(at, sees, vantage="linux-host", lanAnswer="yes", lanForSec=7200)
    beats(
        at,
        blind,
        vantage="docker-desktop-host",
        lanAnswer="no",
        lanWhy="this is Docker Desktop's own network",
        advice=["docker-desktop-container", "one-of-a-newer-version"],
    )
    headers = at.api_token()

    both = at.client.get("/", headers=headers).text
    there = at.client.get("/", params={"site": "shop-7"}, headers=headers).text

    for told in ("1 of 2 nodes sees its LAN", "for 2 h", "Docker Desktop&#39;s own network"):
        assert told in both
    assert "Run the node as a native" in both
    assert both.index("till-pc") < both.index("warehouse-2")
    assert "warehouse-2" not in there
    assert "Your node does not see its LAN" in there


def test_a_node_that_does_not_say_is_unknown_and_never_a_yes(at: Desk) -> None:
    caller = at.enrolled()
    beats(at, caller, lastSweepItems=14)

    page = at.client.get("/", headers=at.api_token()).text

    assert "It is not known whether your node sees its LAN" in page
    assert 'class="sees unknown"' in page
    assert 'class="sees yes"' not in page


def test_a_yes_is_good_for_as_long_as_its_report_and_no_longer(at: Desk) -> None:
    caller, headers = at.enrolled(), at.api_token()
    beats(at, caller, vantage="linux-host", lanAnswer="yes", lanForSec=7200)

    at.clock.now += FRESH_SECONDS
    still = at.client.get("/", headers=headers).text
    at.clock.now += 1
    over = at.client.get("/", headers=headers).text
    its_own = at.client.get(f"/nodes/{caller.node_id}", headers=headers).text

    assert "Your node sees its LAN" in still
    assert "It is not known whether your node sees its LAN" in over
    for page in (over, its_own):
        assert "has not been heard since" in page
        assert 'class="sees yes"' not in page
    beats(at, caller, vantage="linux-host", lanAnswer="yes")
    assert "Your node sees its LAN" in at.client.get("/", headers=headers).text


def test_a_page_without_nodes_leads_to_the_first(at: Desk) -> None:
    page = at.client.get("/", headers=at.api_token()).text

    assert "There is no node yet" in page
    assert 'href="/nodes/add"' in page


def test_a_comparison_is_shown_and_a_broken_one_is_not(at: Desk) -> None:
    caller, headers = at.enrolled(), at.api_token()
    row = {"vantage": "wsl2", "sees_lan": str(Answer.NO), "reached_by": "docker"}
    seen = {
        "comparison": 1,
        "taken_at": "2026-01-02T03:04:05Z",
        "versions": {},
        "lan": {"network": None, "address": None},
        "vantages": [{**row, "name": "a container", "says": "Docker services only"}],
        "boundary": None,
        "conclusion": "lost at the engine",
    }
    at.store.comparisons.put(caller.node_id, json.dumps(seen).encode())
    page = at.client.get("/", headers=headers).text
    assert "Docker services only" in page
    assert 'as it was at <time datetime="2026-01-02T03:04:05Z">' in page
    at.store.comparisons.put(caller.node_id, b'{"vantages": 3}')
    assert 200 == at.client.get("/", headers=headers).status_code


# -- nodes


def test_deciding_about_a_node_by_its_page(at: Desk) -> None:
    node, csrf = at.enrolled(trusted=False).node_id, session(at)

    def post(what: str, **fields: str) -> int:
        answer = at.client.post(f"/nodes/{node}/{what}", data={"csrf": csrf, **fields})
        return int(answer.status_code)

    def state() -> str:
        return at.store.nodes.get(node).node.trust_state

    for what, then in (("approve", "trusted"), ("quarantine", "quarantined")):
        assert (303, then) == (post(what), state())
    assert (303, "trusted") == (post("restore"), state())
    assert 303 == post("rename", name="the till")
    assert "the till" == at.store.nodes.get(node).node.name
    assert 400 == post("rename", name="\x1b[31m")
    assert 303 == post("rotate")
    assert at.store.nodes.get(node).node.rotation_due
    assert (303, "revoked") == (post("revoke"), state())
    assert 409 == post("restore")
    actors = {each.actor for each in at.audit() if each.tool.startswith("admin.nodes.")}
    assert {"user:ada"} == actors


def test_a_token_of_a_page_enrols_a_node_and_the_page_follows_it(at: Desk) -> None:
    csrf = session(at)
    page = at.client.post("/nodes/add", data={"csrf": csrf, "row": "7", "to-site": "shop-7"}).text
    token = re.findall(r"dpfboot_\w+", page)[0]
    progress = re.findall(r'hx-get="(/nodes/add/\w+)"', page)[0]
    assert "Waiting for it to enrol" in at.client.get(progress).text

    enrolled = at.post("enroll", {**desk.ENROLL, "bootstrapToken": token}, token)
    node = enrolled.json()
    assert 2 == enrolled.status_code // 100, node
    waits = at.client.get(progress).text
    assert "Waits for your approval" in waits
    assert token not in waits
    at.store.nodes.approve(node["nodeId"], by="test")
    assert 'class="done"><span>Approved' in at.client.get(progress).text.replace("\n", "")
    at.post("discovery-runs", desk.RUN, node["nodeToken"])
    over = at.client.get(progress).text
    assert "First run: 2 items" in over
    assert "hx-get" not in over
    assert "shop-7" == at.store.nodes.get(node["nodeId"]).node.site


@pytest.mark.parametrize("row", ["9", "", "0", "10", "x", "-1"])
def test_no_token_is_made_for_a_place_that_sees_no_lan(at: Desk, row: str) -> None:
    told = at.client.post("/nodes/add", data={"csrf": session(at), "row": row})

    assert (400, ()) == (told.status_code, at.store.tokens.list())


@pytest.mark.parametrize("row", [str(number) for number in range(1, 9)])
def test_a_token_is_never_an_argument_of_a_command(at: Desk, row: str) -> None:
    """What is on a command line, everybody on the machine can read."""
    page = at.client.post("/nodes/add", data={"csrf": session(at), "row": row}).text

    lines = [line for line in page.splitlines() if "dpfboot_" in line]
    assert lines
    for line in lines:
        assert re.fullmatch(r"dpfboot_\w+", line), line
    assert "--token-file node-token" in page


@pytest.mark.parametrize("row", [str(number) for number in range(1, 9)])
def test_what_a_page_says_to_type_is_what_the_program_takes(at: Desk, row: str) -> None:
    """W42: installed docs of published nodes disagree with what is installed."""
    page = at.client.post("/nodes/add", data={"csrf": session(at), "row": row}).text
    told = [
        html.unescape(each) for each in re.findall(r"dpf-edge ((?:install|status)[^<\n]*)", page)
    ]

    assert ["install", "status"] == [each.split()[0] for each in told]
    words = shlex.split(told[0])[1:]
    context = install.command.make_context("install", words, resilient_parsing=True)
    assert context.params["mode"] in {"native", "container", "macvlan"}
    assert context.params["authority"]


# -- API tokens, the trail


def test_an_api_token_is_shown_once_and_revoked(at: Desk) -> None:
    csrf = session(at)
    made = at.client.post(
        "/api-tokens", data={"csrf": csrf, "label": "a program", "role": "viewer", "days": "30"}
    ).text
    token = re.findall(r"dpfapi_\w+", made)[0]
    later = at.client.get("/api-tokens").text
    revoke = re.findall(r'action="(/api-tokens/\w+/revoke)"', later)[0]

    assert token not in later
    bearer = {"authorization": f"Bearer {token}"}
    assert 200 == at.client.get("/api/v1/admin/nodes", headers=bearer).status_code
    assert 303 == at.client.post(revoke, data={"csrf": csrf}).status_code
    assert 401 == at.client.get("/api/v1/admin/nodes", headers=bearer).status_code


def test_a_viewer_sees_the_trail_and_no_api_tokens(at: Desk) -> None:
    session(at, "viewer")

    assert 200 == at.client.get("/audit").status_code
    assert 403 == at.client.get("/api-tokens").status_code


def test_the_trail_goes_page_by_page(at: Desk) -> None:
    caller, headers = at.enrolled(), at.api_token()
    for _ in range(101):
        at.clock.now += 10
        beats(at, caller)

    newest = at.client.get("/audit", headers=headers).text
    older = at.client.get(re.findall(r'href="(/audit\?before=[^"]+)"', newest)[0], headers=headers)

    assert 100 == newest.count("<code>edge.heartbeat</code>")
    assert 1 == older.text.count("<code>edge.heartbeat</code>")


# -- what pages load


def test_an_asset_is_kept_for_good_by_its_address_and_packed(at: Desk) -> None:
    for path, asset in assets.assets().items():
        told = at.client.get(assets.address(path))
        assert asset.octets == told.content
        assert "gzip" == told.headers["content-encoding"]
        assert "immutable" in told.headers["cache-control"]
        plain = at.client.get(f"/static/{path}", headers={"accept-encoding": "identity"})
        assert (asset.octets, "no-store") == (plain.content, plain.headers["cache-control"])


@pytest.mark.parametrize(
    "path", ["vendor/vendor.json", "../pages/see.py", "%2e%2e/app.py", "", "x"]
)
def test_nothing_but_assets_is_served(at: Desk, path: str) -> None:
    assert 404 == at.client.get(f"/static/{path}").status_code


def test_the_first_page_is_small(at: Desk) -> None:
    """150 KiB over the wire is the bound, with all that it loads the first time."""
    at.enrolled()
    page = at.client.get("/", headers=at.api_token())
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    wire = [assets.assets()[each.removeprefix("/static/").partition("?")[0]] for each in loaded]

    assert len(loaded) >= 4
    assert 150 * 1024 > len(page.content) + sum(len(each.packed) for each in wire)


def test_third_party_scripts_are_what_their_list_and_the_lock_say() -> None:
    told = json.loads((VENDOR / "vendor.json").read_text())
    there = {each.name for each in VENDOR.iterdir()} - {"vendor.json"}

    assert there == told["files"].keys()
    for name, digest in told["files"].items():
        assert digest == hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()
    for package in told["packages"]:
        assert f"{package.partition('.')[0]}.LICENSE.txt" in there
