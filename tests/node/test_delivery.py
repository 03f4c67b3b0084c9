"""Delivery against an Authority that misbehaves: nothing that was taken is lost, or sent for ever.

Each row of the table in docs/concepts/outbox.md has its test here.
"""

from __future__ import annotations

import itertools
import json
import threading
from typing import TYPE_CHECKING

import pytest

from dpf_edge.host.clock import SystemClock
from dpf_edge.wire import discovery, times
from tests.node.running import FAST, SEES, machine, running, settings
from tests.node.scripted import BEAT, LOST, RUNS, Answer, Scripted, page, refusal
from tests.node.servers import Server, serving, until

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.host.seam import Host


def bodies(authority: Scripted) -> list[dict[str, object]]:
    """What was submitted, in its order."""
    return [json.loads(octets) for _, _, _, octets in authority.of(RUNS)]


KEPT = {
    "401 token_not_found": refusal(401, "token_not_found"),
    "401 invalid_scheme": refusal(401, "invalid_scheme"),
    "401 by somebody in between": page(401),
    "403 scope_disallowed": refusal(403, "scope_disallowed"),
    "403 by a firewall": page(403),
    "404": refusal(404, "not_found"),
    "400 by a proxy": page(400),
    "422 by a proxy": page(422),
    "408": refusal(408, "request_timeout"),
    "410": page(410),
    "418": page(418),
    "429 with a header": refusal(429, "rate_limited", {"retry-after": "1"}),
    "429 without one": refusal(429, "rate_limited", retryAfter=1),
    "500 persistence_failed": refusal(500, "persistence_failed"),
    "502 by a proxy": page(502),
    "503 with a date": page(503),
    "200 by a captive portal": page(200),
    "200 of another kind": Answer(200, {"ok": True}),
    "200 about another run": Answer(
        200,
        {
            "ok": True,
            "accepted": True,
            "runId": "x",
            "runKey": "another",
            "itemCount": 0,
            "relationshipCount": 0,
            "persisted": {},
        },
    ),
    "204": Answer(204),
    "302 to a login page": Answer(302, headers={"location": "https://login.invalid/"}),
    "half an answer": Answer(201, {"ok": True}, half=True),
}


@pytest.mark.parametrize("answer", KEPT.values(), ids=KEPT.keys())
def test_a_run_stays_whatever_is_answered_that_is_no_refusal_of_it(
    answer: Answer, authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W15, W19: a published node drops the run for any 4xx but 429, and any 2xx is success."""
    authority.misbehave(RUNS, answer, answer)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)

    assert node.taken()[0] in authority.run_keys()
    first = [said for said in bodies(authority) if said["runKey"] == node.taken()[0]]
    assert 3 == len(first)
    assert [] == node.events("dropped")


def test_an_answer_that_is_lost_makes_no_second_run(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.misbehave(RUNS, LOST)
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)

    assert node.taken()[: len(authority.run_keys())] == authority.run_keys()
    assert 1 == authority.node.replays


DROPPED = ["invalid_body", "invalid_json"]


@pytest.mark.parametrize("code", DROPPED)
def test_a_run_that_is_refused_for_good_is_put_aside_counted_and_reported(
    code: str, authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.misbehave(RUNS, refusal(400, code))
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)
        until(
            lambda: (
                (beat := authority.node.beats[-1].capability_reports)
                and (beat[0].evidence or {}).get("outbox", {}).get("dropped") == {code: 1}
            )
        )

    assert node.taken()[0] not in authority.run_keys()
    dropped = node.events("dropped")
    assert [(node.taken()[0], code)] == [(line["run"], line["reason"]) for line in dropped]
    told = [run.warnings or () for run in authority.node.runs.values()]
    assert 1 == sum(f"outbox: 1 runs were dropped: {code}" in warnings for warnings in told)


def test_a_run_that_is_too_large_goes_in_parts(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W17: nothing is split by a published node."""
    authority.misbehave(RUNS, refusal(413, "payload_too_large"))
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 4)

    first, second = node.taken()[:2]
    keys = [key for key in authority.run_keys() if key.startswith(first)]
    assert [f"{first}/1-of-2", f"{first}/2-of-2"] == keys == authority.run_keys()[:2]
    parts = [authority.node.runs[key] for key in keys]
    assert 1 == len({part.observed_at for part in parts})
    for part in parts:
        own = {item.observed_key for item in part.items}
        for link in part.relationships or ():
            assert {link.from_observed_key, link.to_observed_key} <= own
    whole = authority.node.runs[second]
    assert {item.observed_key for item in whole.items} == {
        item.observed_key for part in parts for item in part.items
    }


def test_a_run_that_cannot_be_split_further_is_put_aside(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        authority.most_bytes = 100
        until(lambda: len(node.events("dropped")) >= 2)

    assert {"payload_too_large"} == {line["reason"] for line in node.events("dropped")}


def test_an_item_that_is_too_large_is_sent_with_less(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.misbehave(RUNS, refusal(413, "raw_data_too_large", itemIndex=1, itemObservedKey="x"))
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)

    assert node.taken()[0] == authority.run_keys()[0]
    first, second = list(authority.node.runs.values())[:2]
    attributes = [discovery.attributes(run.items[1].raw_data) for run in (first, second)]
    assert [True, None] == [each.get("truncated") for each in attributes]
    assert ["networkInterfaces" in each for each in attributes] == [False, True]
    assert attributes[0]["hostname"] == attributes[1]["hostname"]


@pytest.mark.parametrize("ahead", [90000.0, -7200.0])
def test_where_the_clocks_differ_runs_go_by_the_authoritys(
    ahead: float, authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """A node with a wrong clock would never deliver again; and it says so in each run."""
    authority.clock = lambda: SystemClock().wall() + ahead
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)
        told = node.status()

    assert [] == node.events("dropped")
    assert node.taken()[:2] == authority.run_keys()[:2]
    for run in list(authority.node.runs.values())[:2]:
        off = times.seconds(run.observed_at) - SystemClock().wall() - ahead
        assert abs(off) < 30
        assert any(line.startswith("clock: observedAt was moved by") for line in run.warnings or ())
    assert told is not None
    assert told.clock_ahead == pytest.approx(ahead, abs=5)


def test_what_is_stale_though_the_clocks_agree_is_put_aside(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.misbehave(RUNS, refusal(400, "stale_observation"))
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.run_keys()) >= 2)

    assert ["stale_observation"] == [line["reason"] for line in node.events("dropped")]


def test_a_retry_after_is_kept_to_and_a_heartbeat_does_not_cut_it_short(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W14: Retry-After is read by no published node."""
    authority.misbehave(RUNS, refusal(429, "rate_limited", {"retry-after": "1"}))
    timing = FAST._replace(retry_after_most=1.0)
    with running(settings(server.url, tmp_path, token=authority.issue()), timing=timing):
        until(lambda: len(authority.of(RUNS)) >= 2)

    first, second = [when for _, when, _, _ in authority.of(RUNS)][:2]
    assert second - first >= 1.0
    assert len([call for call in authority.of(BEAT) if first < call[1] < second]) >= 5


def test_a_retry_after_of_a_year_is_not_believed(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    authority.misbehave(RUNS, refusal(429, "rate_limited", {"retry-after": "31536000"}))
    with running(settings(server.url, tmp_path, token=authority.issue())):
        until(lambda: authority.run_keys())


def test_one_run_that_cannot_be_stored_lets_the_others_by(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W14: a published node's queue stands still behind it."""
    authority.misbehave(RUNS, *[refusal(500, "persistence_failed")] * 3)
    timing = FAST._replace(poison_retry=1.0)
    with running(settings(server.url, tmp_path, token=authority.issue()), timing=timing) as node:
        until(lambda: len(authority.run_keys()) >= 3)
        before = list(authority.run_keys())
        until(lambda: node.taken()[0] in authority.run_keys())

    assert node.taken()[0] not in before[:2]


def test_runs_that_could_not_be_delivered_outlive_the_node(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W13: a restart of a published node loses up to a day."""
    authority.always[RUNS] = refusal(503, "store_unavailable")
    given = settings(server.url, tmp_path, token=authority.issue())
    with running(given) as node:
        until(lambda: len(node.taken()) >= 4)
    taken = node.taken()
    del authority.always[RUNS]

    with running(given):
        until(lambda: set(taken) <= set(authority.run_keys()))

    assert taken == authority.run_keys()[: len(taken)]


def test_an_authority_that_goes_away_and_comes_back_gets_everything_in_order(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W19: while nobody answers one task asks, and not two."""
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: authority.run_keys())
        server.stop()
        taken = len(node.taken())
        until(lambda: len(node.taken()) >= taken + 4)
        server.start()
        held = node.taken()
        until(lambda: set(held) <= set(authority.run_keys()))

    keys = authority.run_keys()
    assert held == [key for key in keys if key in held]
    assert len(keys) == len(set(keys))


def test_a_redirect_takes_the_token_nowhere_else(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W19: one published node follows any redirect."""
    elsewhere = Scripted()
    with serving(elsewhere) as other:
        authority.misbehave(RUNS, Answer(307, headers={"location": f"{other.url}{RUNS}"}))
        authority.misbehave(BEAT, Answer(307, headers={"location": f"{other.url}{BEAT}"}))
        with running(settings(server.url, tmp_path, token=authority.issue())):
            until(lambda: authority.run_keys() and len(authority.node.beats) >= 2)

    assert [] == elsewhere.calls


def test_a_heartbeat_that_is_refused_for_what_it_reports_goes_bare(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """One word that an older Authority does not know made a published node look dead."""
    authority.misbehave(BEAT, refusal(400, "invalid_body"))
    with running(settings(server.url, tmp_path, token=authority.issue())) as node:
        until(lambda: len(authority.node.beats) >= 2)

    assert not authority.node.beats[0].capability_reports
    assert 1 == len(node.events("heartbeat-refused"))


def test_heartbeats_that_fail_slow_down_and_come_back(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W19: a published node keeps its pace whatever is answered."""
    timing = FAST._replace(retries=(0.02, 0.1, 0.4))
    authority.misbehave(BEAT, *[page(503)] * 5)
    with running(settings(server.url, tmp_path, token=authority.issue()), timing=timing):
        until(lambda: len(authority.node.beats) >= 3)

    when = [call[1] for call in authority.of(BEAT)]
    waits = [after - before for before, after in itertools.pairwise(when)]
    assert waits[1] > 0.07
    assert min(waits[2:5]) > 0.25
    assert 7 < len(when)


def test_no_sweep_however_it_hangs_holds_up_a_heartbeat(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W18: a published node's heart stops while it scans."""
    release = threading.Event()
    looks = []

    def host() -> Host:
        looks.append(1)
        if len(looks) > 2:
            release.wait(20)
        return machine(SEES)

    timing = FAST._replace(sweep_deadline=0.3)
    given = settings(server.url, tmp_path, token=authority.issue())
    with running(given, host=host, timing=timing) as node:
        until(lambda: len(looks) > 2)
        beats = len(authority.node.beats)
        until(lambda: len(authority.node.beats) >= beats + 10)
        until(lambda: len(node.events("sweep-failed")) >= 2)
        until(
            lambda: (
                (reports := authority.node.beats[-1].capability_reports)
                and reports[0].status == "failing"
            )
        )
        release.set()
        taken = len(node.taken())
        until(lambda: len(node.taken()) > taken)

    assert "still hangs" in node.events("sweep-failed")[1]["text"]
