"""A node's life against an Authority that answers as the contract says: enrol, beat, deliver."""

from __future__ import annotations

import json
import stat
import threading
from typing import TYPE_CHECKING

import msgspec
import pytest

from dpf_edge.errors import PrivateFileBusy, PrivateFileUnsafe, StateCorrupt
from dpf_edge.host.capture import Replay
from dpf_edge.host.clock import SystemClock
from dpf_edge.wire import discovery, tokens
from dpf_edge.wire.vocabulary import CapabilityStatus, TrustState
from tests.node.running import BLIND, FAST, SEES, UNSURE, machine, running, settings
from tests.node.scripted import BEAT, ENROLL, RUNS, Answer, Known, Scripted, refusal
from tests.node.servers import until

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.host.seam import Host
    from tests.node.servers import Server


def state_of(folder: Path) -> dict[str, object]:
    """The node's state file."""
    found: dict[str, object] = json.loads((folder / "state" / "state.json").read_text())
    return found


def test_a_node_enrols_beats_sweeps_and_delivers(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 3 and len(authority.node.beats) >= 3)

    assert node.taken()[:3] == authority.run_keys()[:3]


def test_the_first_heartbeat_and_the_first_sweep_come_at_once(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W10: a published native node beats after its first interval."""
    hourly = FAST._replace(beat_least=3600, beat_most=3600, sweep_least=3600, sweep_most=3600)
    given = settings(server.url, tmp_path, token=authority.issue())

    with running(given, timing=hourly):
        until(lambda: authority.node.beats and authority.run_keys())


def test_what_a_node_says_of_itself_when_it_enrols(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W11: the fingerprint is sent, so that a token may be bound to one machine."""
    given = settings(server.url, tmp_path, token=authority.issue(), name="till-3", site="north")

    with running(given):
        until(lambda: authority.nodes)

    said = authority.node.enrolled
    assert said is not None
    assert ("till-3", "linux", "native", "0.1.0") == (
        said.display_name,
        said.platform,
        said.install_mode,
        said.version,
    )
    assert ("discovery.network",) == said.advertised_capabilities
    assert "f" * 64 == said.host_fingerprint
    metadata = said.metadata
    assert isinstance(metadata, dict)
    assert "till-3" == metadata["hostname"]
    assert {"hostname": "box", "ipAddresses": ["192.168.1.20", "172.17.0.1"]} == metadata["host"]
    assert "north" == metadata["site"]


def test_the_state_file_is_the_published_one(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    with running(settings(server.url, tmp_path, token=authority.issue())):
        until(lambda: authority.run_keys())

    path = tmp_path / "state" / "state.json"
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    text = path.read_text()
    assert text.startswith('{\n  "nodeId": "edge_')
    assert text.endswith("}\n")
    kept = json.loads(text)
    assert {
        "nodeId",
        "nodeToken",
        "enrolledAt",
        "heartbeatIntervalSec",
        "sweepIntervalSec",
        "acceptedCapabilities",
        "trustState",
    } == kept.keys()
    assert kept["enrolledAt"].endswith("Z")


def write_state(folder: Path, **changed: object) -> Path:
    """A state file as a published node leaves it."""
    state = {
        "nodeId": "edge_0123456789ab4def",
        "nodeToken": tokens.spelt(tokens.NODE, bytes(24)),
        "enrolledAt": "2026-01-02T03:04:05.678Z",
        "heartbeatIntervalSec": 60,
        "sweepIntervalSec": 300,
        "acceptedCapabilities": ["discovery.network"],
        "trustState": "trusted",
        **changed,
    }
    (folder / "state").mkdir(exist_ok=True)
    path = folder / "state" / "state.json"
    path.write_text(json.dumps(state, indent=2) + "\n")
    path.chmod(0o600)
    return path


def known(authority: Scripted, token: str, trust: TrustState = TrustState.TRUSTED) -> None:
    """A node that the Authority has had for long."""
    authority.nodes[token] = Known("edge_0123456789ab4def", trust, ("discovery.network",))


def test_a_node_takes_over_where_a_published_one_was(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    path = write_state(tmp_path, metricsIntervalSec=30)
    known(authority, tokens.spelt(tokens.NODE, bytes(24)))

    with running(settings(server.url, tmp_path)):
        until(lambda: authority.run_keys())

    assert [] == authority.of(ENROLL)
    assert 30 == json.loads(path.read_text())["metricsIntervalSec"]


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda path: path.chmod(0o644), PrivateFileUnsafe),
        (lambda path: path.write_text("{"), StateCorrupt),
        (lambda path: path.write_text('{"nodeId": "edge_1"}'), StateCorrupt),
        (lambda path: path.write_text(path.read_text().replace("dpfedge_", "x\\n")), StateCorrupt),
    ],
    ids=["readable by others", "cut off", "incomplete", "with a token that is none"],
)
def test_a_state_file_that_cannot_be_trusted_keeps_the_node_from_starting(
    spoil: object, error: type[Exception], server: Server, tmp_path: Path
) -> None:
    path = write_state(tmp_path)
    assert callable(spoil)
    spoil(path)

    with pytest.raises(error) as told, running(settings(server.url, tmp_path)):
        pass

    assert "dpfedge_" not in str(told.value)


def test_two_nodes_do_not_share_a_state_folder(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    given = settings(server.url, tmp_path, token=authority.issue())

    with running(given):
        until(lambda: authority.nodes)
        with pytest.raises(PrivateFileBusy), running(given):
            pass

    assert 1 == len(authority.nodes)


def test_a_node_that_is_approved_while_it_runs_sweeps_at_once(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W3: a published node that was approved swept after its next restart. W16: a pending one
    sweeps and posts for nothing."""
    token = authority.issue(auto_approve=False)
    with running(settings(server.url, tmp_path, token=token)) as node:
        until(lambda: node.is_in("pending") and len(authority.node.beats) >= 4)
        taken_while_pending, posted = node.taken(), authority.of(RUNS)
        authority.node.trust = TrustState.TRUSTED
        until(lambda: authority.run_keys())

    assert ([], []) == (taken_while_pending, posted)
    assert "trusted" == state_of(tmp_path)["trustState"]


def test_a_quarantined_node_beats_on_and_holds_what_it_has(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W15: 403 drops nothing; W16: nothing is taken while it may not be delivered."""
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)
        authority.node.trust = TrustState.QUARANTINED
        until(lambda: node.is_in("quarantined"))
        taken = node.taken()
        beats = len(authority.node.beats)
        until(lambda: len(authority.node.beats) >= beats + 5)
        assert taken == node.taken()
        authority.node.trust = TrustState.TRUSTED
        until(lambda: len(node.taken()) > len(taken))
        until(lambda: set(taken) <= set(authority.run_keys()))


def test_a_submission_that_is_refused_for_trust_is_kept_and_heard_of_by_heartbeat(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W15: the quarantine is seen by the submission first."""
    authority.misbehave(RUNS, refusal(403, "scope_disallowed"))
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)

    assert node.taken()[:2] == authority.run_keys()[:2]
    assert node.taken()[0] == authority.run_keys()[0]


def test_a_node_does_what_was_accepted_and_nothing_else(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W12: a published node sweeps whatever the Authority accepted."""
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: authority.run_keys())
        authority.node.accepted = ()
        until(lambda: (told := node.status()) is not None and not told.may_sweep)
        taken = node.taken()
        beats = len(authority.node.beats)
        until(lambda: len(authority.node.beats) >= beats + 5)
        assert taken == node.taken()
        authority.node.accepted = ("discovery.network",)
        until(lambda: len(node.taken()) > len(taken))


def test_a_revoked_node_hears_it_and_stops_with_a_tombstone(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W10: a published native node stores `revoked` and goes on."""
    given = settings(server.url, tmp_path, token=authority.issue())
    with running(given) as node:
        until(lambda: authority.run_keys())
        authority.node.trust = TrustState.REVOKED
        until(lambda: node.is_in("revoked"))
        until(lambda: not (tmp_path / "state" / "state.json").exists())
        calls = len(authority.calls)
    memory = json.loads((tmp_path / "state" / "memory.json").read_text())
    assert authority.node.node_id == memory["former"][-1]["nodeId"]

    with running(given) as again:
        until(lambda: again.is_in("revoked"))

    assert calls == len(authority.calls), "a revoked node asks for nothing"


def test_node_revoked_by_code_stops_it_too(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.misbehave(BEAT, refusal(401, "node_revoked"))

    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: node.is_in("revoked"))


def forget(authority: Scripted) -> None:
    """Revoke as published: the token is forgotten."""
    with authority.lock:
        authority.nodes = {f"gone-{token}": node for token, node in authority.nodes.items()}


def test_a_token_that_stays_unknown_is_final_and_costs_nothing_that_was_taken(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W1: a published node asks every minute for ever, and never enrols again."""
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: authority.run_keys())
        authority.always[RUNS] = refusal(503, "store_unavailable")
        until(lambda: len(set(node.taken()) - set(authority.run_keys())) >= 2)
        forget(authority)
        until(lambda: node.is_in("credential-rejected"))
        held = set(node.taken()) - set(authority.run_keys())
        beats = len(authority.of(BEAT))
        until(lambda: len(authority.of(BEAT)) >= beats + 2)

    told = node.status()
    assert told is None
    assert held
    assert (tmp_path / "state" / "state.json").exists()


def test_a_rejected_node_enrols_anew_with_a_new_token_and_delivers_what_it_held(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W1: a new token in the file is all it takes; the spent one is not tried again and again."""
    file = tmp_path / "token"
    file.write_text(authority.issue() + "\n")
    with running(settings(server.url, tmp_path, bootstrap_token_file=str(file))) as node:
        until(lambda: authority.run_keys())
        forget(authority)
        until(lambda: node.is_in("credential-rejected"))
        held = set(node.taken()) - set(authority.run_keys())
        assert 1 == len(authority.of(ENROLL))
        file.write_text(authority.issue() + "\n")
        until(lambda: node.is_in("trusted"))
        until(lambda: held <= set(authority.run_keys()))

    memory = json.loads((tmp_path / "state" / "memory.json").read_text())
    assert 1 == len(memory["former"])
    assert 2 == len(memory["tokens"])
    assert authority.node.node_id == state_of(tmp_path)["nodeId"]


def test_a_token_that_is_unknown_for_a_moment_is_not_final(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """An Authority whose database is being restored knows nobody, for a while."""
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: authority.run_keys())
        authority.misbehave(BEAT, *[refusal(401, "token_not_found")] * 3)
        beats = len(authority.of(BEAT))
        until(lambda: len(authority.of(BEAT)) >= beats + 5)
        runs = len(authority.run_keys())
        until(lambda: len(authority.run_keys()) > runs)

    assert "credential-rejected" not in {line.get("now") for line in node.lines}


@pytest.mark.parametrize("as_text", [False, True])
def test_a_token_that_is_handed_out_is_written_down_and_used(
    authority: Scripted, server: Server, tmp_path: Path, as_text: bool
) -> None:
    """W2: rotation by heartbeat, as specified and never shipped."""
    new = tokens.spelt(tokens.NODE, b"\xff" * 24)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: authority.run_keys())
        authority.node.rotated_as_text = as_text
        authority.node.rotated = new
        until(lambda: new in authority.nodes)
        runs = len(authority.run_keys())
        until(lambda: len(authority.run_keys()) > runs + 1)

    assert new == state_of(tmp_path)["nodeToken"]
    assert new not in json.dumps(node.lines)


def test_a_token_that_is_handed_out_and_then_unknown_is_given_up(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    new = tokens.spelt(tokens.NODE, b"\xff" * 24)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: authority.run_keys())
        old = next(iter(authority.nodes))
        said = {"ok": True, "trustState": "trusted", "rotatedToken": {"token": new}}
        authority.misbehave(BEAT, Answer(200, said))
        until(lambda: any("former" in line["text"] for line in node.events("token-rotation")))
        runs = len(authority.run_keys())
        until(lambda: len(authority.run_keys()) > runs + 1)

    assert old == state_of(tmp_path)["nodeToken"]


def test_what_a_run_holds_of_a_machine_that_sees_the_lan(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    with running(settings(server.url, tmp_path, token=authority.issue()), host=SEES):
        until(lambda: authority.run_keys())

    run = next(iter(authority.node.runs.values()))
    assert ["arp:192.168.1.1", "subnet:192.168.1.0/24"] == [
        item.observed_key for item in run.items if not item.observed_key.startswith("host:")
    ]
    assert ("native", "0.1.0", ("discovery.network",)) == (
        run.agent_mode,
        run.agent_version,
        run.capabilities,
    )
    assert not run.warnings


def test_a_blind_node_says_so_and_calls_nothing_the_lan(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    with running(settings(server.url, tmp_path, token=authority.issue()), host=BLIND) as node:
        until(lambda: authority.run_keys() and len(authority.node.beats) >= 3)
        told = node.status()

    run = next(iter(authority.node.runs.values()))
    assert 1 == len(run.items)
    attributes = discovery.attributes(run.items[0].raw_data)
    assert ("docker-desktop-host", "no") == (attributes["vantage"], attributes["lanAnswer"])
    assert "container-vm" == run.agent_mode
    warnings = run.warnings or ()
    assert "neighbours, routes skipped: this vantage" in warnings[0]
    report = (authority.node.beats[-1].capability_reports or ())[0]
    assert CapabilityStatus.FAILING == report.status
    assert report.evidence
    assert "docker-desktop-host" == report.evidence["vantage"]
    assert "skipped" == report.evidence["lastSweep"]["neighbours"]
    assert told is not None
    assert "no" == told.lan_answer


def test_a_blind_node_says_so_once_in_words_and_says_when_it_is_over(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    stands = [BLIND]
    given = settings(server.url, tmp_path, token=authority.issue())
    with running(given, host=lambda: machine(stands[0])) as node:
        until(lambda: len(node.taken()) >= 3)
        told_blind = node.events("blind")
        stands[0] = SEES
        until(lambda: len(node.events("blind")) > len(told_blind))

    assert ["warning"] == [line["level"] for line in told_blind]
    assert "this vantage (docker-desktop-host) does not see the LAN: " in told_blind[0]["text"]
    assert "Docker" in told_blind[0]["text"]
    assert ["info"] == [line["level"] for line in node.events("blind")[1:]]
    assert "is yes now" in node.events("blind")[1]["text"]


class Ahead(SystemClock):
    """This machine's clock, some seconds ahead."""

    seconds = 0.0

    def ticks(self) -> float:
        return super().ticks() + self.seconds


def test_a_node_says_for_how_long_it_has_answered_as_it_does(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    stands, clock = [BLIND], Ahead()
    given = settings(server.url, tmp_path, token=authority.issue())

    def told() -> tuple[str, int] | None:
        beats = authority.node.beats if authority.nodes else []
        report = next(iter((beats[-1].capability_reports if beats else None) or ()), None)
        evidence = (report.evidence if report else None) or {}
        return (evidence["lanAnswer"], evidence["lanForSec"]) if "lanForSec" in evidence else None

    with running(given, host=lambda: machine(stands[0]), clock=clock):
        until(lambda: told() is not None)
        clock.seconds = 3600
        until(lambda: (now := told()) is not None and now[1] >= 3600)
        blind = told()
        stands[0] = SEES
        until(lambda: (now := told()) is not None and now[0] == "yes")
        sees = told()

    assert blind is not None
    assert "no" == blind[0]
    assert sees is not None
    assert sees[1] < 3600


def test_a_node_whose_look_hangs_says_how_old_its_answer_is(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    release, clock, looks = threading.Event(), Ahead(), []

    def host() -> Host:
        looks.append(1)
        if len(looks) > 2:
            release.wait(20)
        return machine(SEES)

    def age() -> int:
        reports = authority.node.beats[-1].capability_reports or ()
        return int((reports[0].evidence or {}).get("lookedAgoSec", -1)) if reports else -1

    given = settings(server.url, tmp_path, token=authority.issue())
    timing = FAST._replace(sweep_deadline=0.3)
    with running(given, host=host, timing=timing, clock=clock):
        until(lambda: len(looks) > 2)
        until(lambda: age() >= 0)
        clock.seconds = 3600
        until(lambda: age() >= 3600)
        release.set()
        until(lambda: 0 <= age() < 60)


def test_a_node_that_cannot_tell_sweeps_and_says_so(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    with running(settings(server.url, tmp_path, token=authority.issue()), host=UNSURE):
        until(lambda: authority.run_keys() and len(authority.node.beats) >= 3)

    run = next(iter(authority.node.runs.values()))
    assert len(run.items) > 1
    assert "sees the LAN is unknown" in (run.warnings or ("",))[0]
    report = (authority.node.beats[-1].capability_reports or ())[0]
    assert CapabilityStatus.DEGRADED == report.status


def test_the_host_keeps_its_key_when_it_is_renamed(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W29: a new host name, or another container's id, made a new host of a published node's."""
    renamed = msgspec.structs.replace(
        machine(SEES)._capture,
        machine=msgspec.structs.replace(machine(SEES).machine(), hostname="another"),
    )
    given = settings(server.url, tmp_path, token=authority.issue())
    with running(given):
        until(lambda: authority.run_keys())
    before = len(authority.run_keys())

    with running(given, host=lambda: Replay(renamed)):
        until(lambda: len(authority.run_keys()) > before)

    first, *_, last = authority.node.runs.values()
    assert first.items[1].observed_key == last.items[1].observed_key
    assert ("box", "another") == (first.items[1].name, last.items[1].name)


def test_the_pace_is_the_authoritys_within_bounds(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """A slip, or a hostile Authority, sets nobody to beating a thousand times a second."""
    authority.intervals = (10**9, 10**9)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.node.beats) >= 2)
        told = node.status()

    assert told is not None
    assert (FAST.beat_most, FAST.sweep_most) == (told.heartbeat_seconds, told.sweep_seconds)


def test_nothing_is_left_of_a_node_that_ended_but_its_state(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    with running(settings(server.url, tmp_path, token=authority.issue())):
        until(lambda: authority.run_keys())

    left = {path.name for path in (tmp_path / "state").iterdir()}
    kept = {"memory.json", "network.json", "node.lock", "outbox.sqlite3", "state.json"}
    assert kept == left
