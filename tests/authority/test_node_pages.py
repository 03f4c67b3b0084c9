"""A node's page and the trail as text: what an answer rests on, and what concerns one site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dpf_edge.authority.sight import MOST, TEXT, Signal, lost_at, rows, signals
from dpf_edge.model import Answer, Evidence, Layer
from dpf_edge.node.heartbeat import SIGNAL_CHARACTERS, SIGNALS, evidence
from tests.authority.test_change_pages import PLANTED, diagnosis, session

if TYPE_CHECKING:
    from tests.authority.desk import Desk


def beats(at: Desk, token: str, **told: object) -> None:
    report = {"capability": "discovery.network", "status": "failing", "evidence": told}
    assert 200 == at.post("heartbeat", {"capabilityReports": [report]}, token).status_code


def test_a_node_says_what_its_answer_rests_on_and_the_page_shows_it(at: Desk) -> None:
    caller = at.enrolled()
    beats(at, caller.token, **evidence(diagnosis(), ()))
    session(at, "viewer")

    page = at.client.get(f"/nodes/{caller.node_id}").text

    assert "How this is known" in page
    assert "/proc/1/cgroup" in page
    assert "It is &lt;script&gt;" in page
    assert PLANTED not in page
    assert "the LAN</span></li>" in page, "a blind node's own network is not the LAN"
    for address in ("/changes", "/devices", "/audit"):
        assert f"{address}?node={caller.node_id}" in page


def test_a_beat_says_a_dozen_short_signals_and_no_more() -> None:
    many = (Evidence("s" * 500, "v" * 500, "f" * 500),) * 50
    told = evidence(msgspec.structs.replace(diagnosis(), evidence=many), ())["signals"]

    assert SIGNALS == len(told)
    assert {SIGNAL_CHARACTERS} == {len(text) for row in told for text in row}


@pytest.mark.parametrize(
    "told", [None, 5, "x", {}, [1], [[]], [["a", "b"]], [["a", "b", 3]], [[["a"], "b", "c"]]]
)
def test_signals_of_another_shape_are_left_out(told: object) -> None:
    assert () == signals(told)


def test_signals_are_bounded() -> None:
    told: list[Any] = [["a" * 9999, "b", "c"]] * 9999
    assert (MOST, TEXT) == (len(signals(told)), len(signals(told)[0].signal))
    assert (Signal("a", "b", "c"),) == signals([["a", "b", "c"], ["d"]])
    assert [["a"]] == list(rows([["a"], ["b", "c"], None], 1))


@pytest.mark.parametrize(
    ("answer", "layers", "where"),
    [
        (Answer.YES, (Layer("host", "linux"),), None),
        (Answer.NO, (), None),
        (Answer.UNKNOWN, (Layer("host", "linux"), Layer("vm", "kvm")), 1),
        (
            Answer.NO,
            (Layer("host", "windows"), Layer("engine", "docker-desktop"), Layer("container", "x")),
            1,
        ),
    ],
)
def test_the_lan_is_lost_at_the_last_step_or_at_an_engine_with_a_network_of_its_own(
    answer: Answer, layers: tuple[Layer, ...], where: int | None
) -> None:
    assert where == lost_at(answer, layers)


def test_the_trail_of_one_site_is_that_of_its_nodes(either: Desk) -> None:
    here, there = either.enrolled(site="shop-7"), either.enrolled(site="office")
    beats(either, here.token)
    beats(either, there.token)

    rows_here = either.store.audit.page(site="shop-7").rows

    assert rows_here
    assert {here.node_id} == {each.node_id for each in rows_here}
    assert not either.store.audit.page(site="nowhere").rows
    session(either, "viewer")
    page = either.client.get("/audit?site=shop-7").text
    assert here.node_id in page
    assert there.node_id not in page
    assert '<input type="hidden" name="site" value="shop-7">' in page
