"""What a node keeps of itself: the published state file, and its own memory beside it."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import PrivateFileUnsafe, StateCorrupt
from dpf_edge.node import memory, state
from dpf_edge.node.memory import Former, Memory
from dpf_edge.node.state import State
from dpf_edge.wire import tokens
from dpf_edge.wire.tokens import Secret
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = tokens.spelt(tokens.NODE, bytes(24))
STATE = State(
    node_id="edge_0123456789ab4def",
    node_token=Secret(TOKEN),
    enrolled_at="2026-01-02T03:04:05.678Z",
    heartbeat_interval_sec=60,
    sweep_interval_sec=300,
    accepted_capabilities=("discovery.network",),
    trust_state=TrustState.TRUSTED,
)


def test_a_state_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    state.save(str(tmp_path), STATE)

    assert STATE == state.load(str(tmp_path))
    assert TOKEN not in repr(STATE)
    path = tmp_path / "state.json"
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert "metricsIntervalSec" not in json.loads(path.read_text())


def test_no_state_is_none_and_a_forgotten_one_too(tmp_path: Path) -> None:
    assert state.load(str(tmp_path)) is None
    state.save(str(tmp_path), STATE)
    state.forget(str(tmp_path))

    assert state.load(str(tmp_path)) is None


KEPT = json.loads(
    '{"nodeId":"edge_1","nodeToken":"dpfedge_0","enrolledAt":"2026-01-02T03:04:05Z",'
    '"heartbeatIntervalSec":60,"sweepIntervalSec":300,"acceptedCapabilities":[],'
    '"trustState":"pending"}'
)


@pytest.mark.parametrize(
    "change",
    [
        {"nodeId": ""},
        {"nodeToken": "dpfboot_0"},
        {"nodeToken": "dpfedge_0\r\nx-more: 1"},
        {"nodeToken": "dpfedge_é"},
        {"nodeToken": "dpfedge_" + "0" * 600},
        {"nodeToken": 5},
        {"heartbeatIntervalSec": 0},
        {"sweepIntervalSec": "300"},
        {"trustState": "friendly"},
        {"acceptedCapabilities": "discovery.network"},
    ],
)
def test_a_state_that_is_none_is_refused_in_one_line_without_its_token(
    change: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "state.json"
    path.touch(0o600)
    path.write_text(json.dumps({**KEPT, **change}))

    with pytest.raises(StateCorrupt) as told:
        state.load(str(tmp_path))

    assert "dpfedge_" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("change", [{}, {"heartbeatIntervalSec": 60.0}, {"more": {"of": "it"}}])
def test_a_state_of_another_runtime_is_taken(change: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.touch(0o600)
    path.write_text(json.dumps({**KEPT, **change}))

    found = state.load(str(tmp_path))

    assert found is not None
    assert 60 == found.heartbeat_interval_sec


def test_a_memory_comes_back_and_holds_no_token(tmp_path: Path) -> None:
    token = Secret(tokens.spelt(tokens.BOOTSTRAP, bytes(24)))
    kept = Memory().called("host:x", "f" * 64).attempting(token).spent(token)

    memory.save(str(tmp_path), kept)

    assert kept == memory.load(str(tmp_path), pytest.fail)
    assert "0" * 20 not in (tmp_path / "memory.json").read_text()
    assert kept.knows(token)
    assert not kept.was_attempted(token)


def test_an_attempt_is_remembered_until_its_end_is_seen() -> None:
    one, other = Secret("dpfboot_1"), Secret("dpfboot_2")
    tried = Memory().attempting(one)

    assert tried.was_attempted(one)
    assert not tried.was_attempted(other)
    assert not tried.settled().was_attempted(one)
    assert not tried.knows(one)


def test_a_memory_that_cannot_be_understood_is_begun_anew_and_said(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    path.touch(0o600)
    for text in ("{", "[]", '{"former": 5}', "[" * 5000):
        path.write_text(text)
        said: list[str] = []

        assert Memory() == memory.load(str(tmp_path), said.append)
        assert 1 == len(said)


def test_a_memory_that_others_can_write_is_refused(tmp_path: Path) -> None:
    memory.save(str(tmp_path), Memory())
    (tmp_path / "memory.json").chmod(0o666)

    with pytest.raises(PrivateFileUnsafe):
        memory.load(str(tmp_path), pytest.fail)


def test_what_is_remembered_is_bounded() -> None:
    former = Former(node_id="edge_1", enrolled_at="x", ended_at="y", why="revoked")
    kept = Memory()
    for number in range(200):
        kept = kept.spent(Secret(f"dpfboot_{number}")).buried(former, is_revoked=True)

    assert (memory.MOST, memory.MOST) == (len(kept.tokens), len(kept.former))
    assert kept.knows(Secret("dpfboot_199"))
    assert (True, False) == (kept.is_revoked, kept.alive().is_revoked)


def test_a_drawn_fingerprint_is_like_no_other() -> None:
    assert memory.drawn_fingerprint() != memory.drawn_fingerprint()
    assert 64 == len(memory.drawn_fingerprint())
