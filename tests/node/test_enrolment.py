"""Becoming a node: when it does not go as it should, and that no token is burnt for nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dpf_edge.host import private_file
from dpf_edge.node import memory
from dpf_edge.wire.tokens import Secret
from tests.node.running import running, settings
from tests.node.scripted import BEAT, ENROLL, LOST, Answer, Scripted, page, refusal
from tests.node.servers import Server, until

if TYPE_CHECKING:
    from pathlib import Path

TERMINAL = [
    "token_not_found",
    "token_already_consumed",
    "token_revoked",
    "token_expired",
    "fingerprint_mismatch",
]


@pytest.mark.parametrize("code", TERMINAL)
def test_a_token_that_is_no_use_is_waited_out_and_not_asked_with_again_and_again(
    code: str, authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W6: a published node knows other codes than are sent, and restarts for ever."""
    authority.always[ENROLL] = refusal(401, code)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: node.is_in("waiting-for-token"))
        told = node.status()
        del authority.always[ENROLL]

    assert told is not None
    assert "issue" in told.says
    assert [] == authority.of(BEAT)
    assert 2 >= len(authority.of(ENROLL))


def test_a_node_without_a_token_waits_for_one_and_takes_it_from_the_file(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W6: a missing token is a fatal exit of a published node."""
    file = tmp_path / "token"
    with running(settings(server.url, tmp_path, bootstrap_token_file=str(file))) as node:
        until(lambda: node.is_in("waiting-for-token"))
        assert [] == authority.calls
        file.write_text("not yet")
        file.write_text(authority.issue() + "\n")
        until(lambda: node.is_in("trusted"))


def test_what_keeps_a_node_waiting_is_said_once_and_not_at_every_look(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the file that cannot be read, nor that there is no token; looks are seconds apart."""
    file = tmp_path / "token"
    file.mkdir()
    looks: list[str] = []
    read = private_file.read_given

    def counted(path: str) -> private_file.Shown | None:
        looks.append(path)
        return read(path)

    monkeypatch.setattr(private_file, "read_given", counted)

    with running(settings(server.url, tmp_path, bootstrap_token_file=str(file))) as node:
        until(lambda: looks.count(str(file)) > 5)

    assert [f"{file}: not a regular file"] == [line["text"] for line in node.events("not-enrolled")]


def test_an_enrolment_is_said_in_one_line(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    token = authority.issue(auto_approve=False)
    with running(settings(server.url, tmp_path, token=token)) as node:
        until(lambda: authority.of(BEAT))

    assert ["pending"] == [line["trust"] for line in node.events("enrolled")]
    assert [] == node.events("standing")


def test_a_token_that_was_spent_is_not_tried_again_after_a_restart(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    token = authority.issue()
    authority.consumed.add(token)
    given = settings(server.url, tmp_path, token=token)
    with running(given) as node:
        until(lambda: node.is_in("waiting-for-token"))
    assert 1 == len(authority.of(ENROLL))

    with running(given) as again:
        until(lambda: again.is_in("waiting-for-token"))

    assert 1 == len(authority.of(ENROLL))


TROUBLES = {
    "500": page(500),
    "503": page(503),
    "429": refusal(429, "rate_limited", {"retry-after": "0"}),
    "a captive portal": page(200),
    "a firewall": page(403),
    "another program": page(404),
    "invalid_platform": refusal(400, "invalid_platform"),
    "half an answer": Answer(half=True),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_an_authority_that_cannot_just_now_is_asked_again(
    trouble: Answer, authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W10: a published native node asks once and ends."""
    authority.misbehave(ENROLL, trouble, trouble)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: node.is_in("trusted"))

    assert 3 == len(authority.of(ENROLL))


def test_an_authority_that_is_not_there_yet_is_waited_for(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    server.stop()
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: node.events("not-enrolled"))
        server.start()
        until(lambda: node.is_in("trusted"))


def test_a_token_whose_answer_was_lost_is_told_from_one_that_somebody_used(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W7: the Authority made a node, and nobody will ever be it."""
    authority.misbehave(ENROLL, LOST)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: node.is_in("waiting-for-token"))
        told = node.status()

    assert told is not None
    assert "whose answer was lost" in told.says
    assert 1 == len(authority.nodes)


def test_no_token_is_spent_where_its_answer_could_not_be_kept(
    authority: Scripted, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W7: a full disk is found out before the token leaves, and the node enrols once there is
    room."""
    write = private_file.write
    is_full = True

    def full(path: str, data: bytes, *, is_lasting: bool = True) -> None:
        if is_full and path.endswith("memory.json"):
            raise private_file.unwritten(path, OSError(28, "No space left on device"))
        write(path, data, is_lasting=is_lasting)

    monkeypatch.setattr(private_file, "write", full)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: any("takes nothing" in line["text"] for line in node.lines))
        assert [] == authority.of(ENROLL)
        is_full = False
        until(lambda: node.is_in("trusted"))


def test_a_state_that_could_not_be_written_is_used_and_written_later(
    authority: Scripted, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk filled up in the very moment: the node is one all the same."""
    write = private_file.write
    is_full = True

    def full(path: str, data: bytes, *, is_lasting: bool = True) -> None:
        if is_full and path.endswith("state.json"):
            raise private_file.unwritten(path, OSError(28, "No space left on device"))
        write(path, data, is_lasting=is_lasting)

    monkeypatch.setattr(private_file, "write", full)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)
        assert not (tmp_path / "state" / "state.json").exists()
        is_full = False
        until(lambda: (tmp_path / "state" / "state.json").exists())

    assert node.events("not-written")
    kept = json.loads((tmp_path / "state" / "state.json").read_text())
    assert authority.node.node_id == kept["nodeId"]


def test_no_token_stands_in_a_log_a_status_or_any_file_but_its_own(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    first, second = authority.issue(), authority.issue()
    authority.consumed.add(first)
    file = tmp_path / "token"
    file.write_text(second)
    given = settings(server.url, tmp_path, token=first, bootstrap_token_file=str(file))
    with running(given) as node:
        until(lambda: len(authority.run_keys()) >= 2)
        told = (tmp_path / "state" / "status.json").read_text()
    file.unlink()

    secrets = [first[12:], second[12:], next(iter(authority.nodes))[12:]]
    held = json.dumps(node.lines) + told
    for path in (tmp_path / "state").iterdir():
        if path.name != "state.json":
            held += path.read_bytes().decode("latin-1")
    assert [] == [secret for secret in secrets if secret in held]
    for _, _, headers, octets in authority.calls:
        assert not any(secret.encode() in octets for secret in secrets)
        assert headers.keys() <= {
            *("host", "accept", "accept-encoding", "user-agent", "authorization"),
            *("content-type", "content-length"),
        }


@pytest.mark.parametrize(
    ("is_lost", "says"), [(True, "whose answer was lost"), (False, "no use any more")]
)
def test_a_restarted_node_still_says_what_became_of_its_token(
    is_lost: bool, says: str, authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W7: also where the one before it was killed after it had learnt that, and said nothing."""
    token = authority.issue()
    given = settings(server.url, tmp_path, token=token)
    private_file.prepare(given.state_folder)
    memory.save(given.state_folder, memory.Memory().spent(Secret(token), is_lost=is_lost))

    with running(given) as node:
        until(lambda: node.is_in("waiting-for-token"))
        told = node.status()

    assert told is not None
    assert says in told.says
    assert [] == authority.of(ENROLL)
