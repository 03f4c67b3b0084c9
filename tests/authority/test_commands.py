"""The commands beside the server: what they print, where, and what they leave in the store."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from dpf_edge.__main__ import run
from dpf_edge.authority.identity import sighting
from dpf_edge.store import open_store
from dpf_edge.wire import discovery, enroll, tokens
from tests.authority import desk

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.store.kept import Store


class Done(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.splitlines()[-1]

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands on a state folder, and looks into its store."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    def __call__(self, *arguments: str) -> Done:
        self.capsys.readouterr()
        code = run([*arguments, "--state-dir", str(self.folder)])
        return Done(code, *self.capsys.readouterr())

    def store(self) -> Store:
        url = f"sqlite:///{self.folder / 'authority.sqlite'}"
        return open_store(url, clock=desk.Clock(), sight=sighting)

    def enrolled(self, **also: Any) -> str:
        """A node that waits for approval."""
        token = self("token", "issue").last
        request = enroll.decode(json.dumps({**desk.ENROLL, **also}).encode())
        with self.store() as store:
            accepted = enroll.check(request)
            return store.nodes.enrol(tokens.digest(token), request, accepted).node_id


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "state", capsys)


# -- token


def test_a_token_is_the_last_line_and_all_else_is_said_apart(shell: Shell) -> None:
    done = shell("token", "issue", "--site", "berlin")

    assert 0 == done.code
    assert re.fullmatch(r"dpfboot_[0-9A-Z]{39}\n", done.out)
    assert "one node of site berlin" in done.err
    assert done.last not in done.err


def test_a_token_is_what_it_was_asked_to_be(shell: Shell) -> None:
    issued = shell("token", "issue", "--ttl-minutes", "60", "--auto-approve", "--site", "berlin",
                   "--fingerprint", "abc", "--json").document  # fmt: skip
    shell("token", "issue")

    listed = shell("token", "list", "--site", "berlin", "--json")

    (row,) = listed.document["tokens"]
    assert issued["prefix"] == row["prefix"]
    assert ("open", True, True) == (row["state"], row["autoApprove"], row["bound"])
    assert issued["token"].startswith(row["prefix"])
    assert issued["token"] not in listed.out


def test_a_token_is_taken_back_by_what_may_be_shown_of_it(shell: Shell) -> None:
    token = shell("token", "issue").last
    other = shell("token", "issue").last

    by_prefix = shell("token", "revoke", f"{token[:12]}…")
    by_whole = shell("token", "revoke", other)
    none = shell("token", "revoke", "dpfboot_ZZZZ")

    assert (0, f"{token[:12]}… is revoked\n") == (by_prefix.code, by_prefix.err)
    assert (0, f"{other[:12]}… is revoked\n") == (by_whole.code, by_whole.err)
    assert none.err.startswith("error[store-missing]: dpfboot_ZZZZ: no such token")
    assert 2 == shell("token", "list").out.count(" revoked ")


@pytest.mark.parametrize(
    "options",
    [
        ("--ttl-minutes", "0"),
        ("--ttl-minutes", "1441"),
        ("--ttl-minutes", "nan"),
        ("--site", ""),
        ("--site", "a\nb"),
        ("--fingerprint", "x" * 201),
    ],
)
def test_a_token_that_cannot_be_is_refused(shell: Shell, options: tuple[str, str]) -> None:
    done = shell("token", "issue", *options)

    assert (64, "") == (done.code, done.out)
    assert done.err.startswith("error[usage]: ")


# -- nodes


def test_nodes_are_listed_with_how_they_do_and_decided_about(shell: Shell) -> None:
    node = shell.enrolled(displayName="evil\x1b[31m")

    listed = shell("nodes", "list")
    decided = [
        shell("nodes", verb, node) for verb in ("approve", "quarantine", "restore", "revoke")
    ]
    again = shell("nodes", "approve", node)

    assert node in listed.out
    assert "\x1b" not in listed.out
    assert "pending" in listed.out
    assert ["trusted", "quarantined", "trusted", "revoked"] == [
        each.err.split()[-1] for each in decided
    ]
    assert again.err.startswith("error[store-conflict]: ")
    assert "hint: " in again.err
    with shell.store() as store:
        trail = [(row.tool, row.actor) for row in store.audit.page(node_id=node).rows]
    assert ("admin.nodes.revoke", "cli") in trail


def test_a_node_that_is_not_there_is_said(shell: Shell) -> None:
    done = shell("nodes", "approve", "edge_0")

    assert "" == done.out
    assert done.err.startswith("error[store-missing]: edge_0: ")


def test_a_rotation_at_once_prints_the_token_last_and_one_by_heartbeat_prints_none(
    shell: Shell,
) -> None:
    """W2: both ways there are."""
    node = shell.enrolled()

    at_once = shell("nodes", "rotate", node)
    later = shell("nodes", "rotate", node, "--by-heartbeat")
    as_json = shell("nodes", "rotate", node, "--by-heartbeat", "--json").document

    assert re.fullmatch(r"dpfedge_[0-9A-Z]{39}\n", at_once.out)
    assert ("", 0) == (later.out, later.code)
    assert {"nodeId": node, "byHeartbeat": True, "token": None} == as_json
    with shell.store() as store:
        found = store.nodes.by_digest(tokens.digest(at_once.last))
    assert found is not None
    assert node == found.node_id


def test_a_node_is_renamed(shell: Shell) -> None:
    node = shell.enrolled()

    done = shell("nodes", "rename", node, "cellar", "--json")

    assert "cellar" == done.document["node"]["name"]
    assert 64 == shell("nodes", "rename", node, "a\nb").code
    assert "cellar" == shell("nodes", "list", "--json").document["nodes"][0]["name"]


# -- devices


def test_devices_are_listed_and_forgotten(shell: Shell) -> None:
    node = shell.enrolled()
    request = discovery.decode(json.dumps(desk.RUN).encode())
    with shell.store() as store:
        digest = store.runs.digest(request)
        store.runs.submit(node, request, digest=digest, received_at=desk.NOW, observed_at=desk.NOW)

    listed = shell("devices", "list", "--query", "24:5a")
    (device,) = shell("devices", "list", "--json").document["devices"]
    forgotten = shell("devices", "forget", device["deviceId"])

    assert "24:5a:4c:00:00:01" in listed.out
    assert "2026-01-02T03:04:05Z" in listed.out
    assert 0 == forgotten.code
    assert [] == shell("devices", "list", "--json").document["devices"]
    assert 1 == len(shell("devices", "list").out.splitlines()), "the head alone"


# -- authority


def test_somebody_is_let_in_by_a_password_that_is_made_or_read(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("correct horse battery\nnot this\n")
    (tmp_path / "short").write_text("short\n")

    made = shell("authority", "user", "add", "ada", "--role", "operator")
    read = shell("authority", "user", "add", "bob", "--password-file", str(tmp_path / "password"))
    short = shell("authority", "user", "add", "eve", "--password-file", str(tmp_path / "short"))
    missing = shell("authority", "user", "add", "eve", "--password-file", str(tmp_path / "no"))
    twice = shell("authority", "user", "add", "ada")

    assert (0, "") == (read.code, read.out)
    assert [64, 64] == [short.code, missing.code]
    assert twice.err.startswith("error[store-conflict]: ada: ")
    with shell.store() as store:
        for name, password in (("ada", made.last), ("bob", "correct horse battery")):
            secret = tokens.Secret(password)
            assert store.people.sign_in(name, secret, ttl_seconds=60) is not None
    listed = shell("authority", "user", "list", "--json").document["people"]
    assert [("ada", "operator"), ("bob", "viewer")] == [
        (row["name"], row["role"]) for row in listed
    ]
    assert 0 == shell("authority", "user", "remove", "ada").code
    assert "ada" not in shell("authority", "user", "list").out


def test_a_program_is_let_in_and_out(shell: Shell) -> None:
    token = shell("authority", "api-token", "issue", "prometheus").last

    listed = shell("authority", "api-token", "list")
    revoked = shell("authority", "api-token", "revoke", token[:12])

    assert re.fullmatch(r"dpfapi_[0-9A-Z]{39}", token)
    assert token not in listed.out
    assert "prometheus" in listed.out
    assert 0 == revoked.code
    with shell.store() as store:
        assert store.people.api_token(tokens.digest(token)) is None


def test_a_link_is_the_last_line_and_signs_in(shell: Shell) -> None:
    done = shell("authority", "sign-in-link")

    assert re.fullmatch(r"http://127\.0\.0\.1:8470/sign-in\?link=dpflink_[0-9A-Z]{39}\n", done.out)
    with shell.store() as store:
        digest = tokens.digest(done.last.partition("=")[2])
        opened = store.people.use_link(digest, ttl_seconds=60)
    assert opened is not None
    assert "viewer" == opened.session.role


@pytest.mark.parametrize(
    "group", ["authority user", "authority api-token", "token", "nodes", "devices"]
)
def test_a_group_alone_says_what_there_is(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    run([*group.split(), "--help"])

    assert "Commands:" in capsys.readouterr().out


def test_the_store_is_made_in_the_users_own_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dpf_edge.config import authority
    from dpf_edge.host import places

    monkeypatch.setattr(places, "is_system", lambda: False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    assert str(tmp_path / "dpf-edge-authority") == authority.state_folder()
    assert f"sqlite:///{tmp_path}/x/authority.sqlite" == authority.store_url(f"{tmp_path}/x")
