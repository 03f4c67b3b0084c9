"""The audit trail: every call, in order, and no secret in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.store.records import AuditRow

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock

NODE = "edge_0123456789ab4def"
TOKEN = "dpfedge_" + "0123456789ABC" * 3


def test_calls_are_shown_newest_first_page_by_page(store: Store, clock: Clock) -> None:
    rows = [AuditRow("edge.heartbeat", clock.on(1), NODE, ms=float(n)) for n in range(25)]
    store.audit.record(rows[:20])
    store.audit.record(rows[20:])

    seen: list[float] = []
    before = None
    for _ in range(3):
        page = store.audit.page(before=before, limit=10)
        seen += [row.ms for row in page.rows]
        before = page.before

    assert [float(n) for n in range(24, -1, -1)] == seen
    assert None is before


def test_the_trail_is_searched_by_node_and_by_tool(store: Store, clock: Clock) -> None:
    store.audit.record(
        [
            AuditRow("edge.heartbeat", clock.now, NODE),
            AuditRow("edge.enroll", clock.now, status=401, code="token_not_found"),
        ]
    )

    (enrol,) = store.audit.page(tool="edge.enroll").rows
    (beat,) = store.audit.page(node_id=NODE).rows

    assert (None, 401, "token_not_found") == (enrol.node_id, enrol.status, enrol.code)
    assert ("edge-rest", "system:edge-node", None) == (beat.mode, beat.actor, beat.detail)


@pytest.mark.parametrize("planted", [TOKEN, TOKEN.replace("dpfedge", "dpfboot"), TOKEN.lower()])
def test_a_token_that_gets_into_a_detail_is_cut(store: Store, clock: Clock, planted: str) -> None:
    store.audit.record([AuditRow("t", clock.now, detail={"said": [f"Bearer {planted}!"]})])

    (row,) = store.audit.page().rows

    assert planted not in repr(row)
    assert {"said": [f"Bearer {planted[:12]}…!"]} == row.detail


def test_a_detail_that_a_client_made_long_is_cut(store: Store, clock: Clock) -> None:
    store.audit.record([AuditRow("t", clock.now, detail={"said": "\0" * 100_000})])

    (row,) = store.audit.page().rows

    assert row.detail is not None
    assert {"cut"} == row.detail.keys()
    assert len(row.detail["cut"]) < 5_000


def test_a_row_is_written_with_its_effect_or_not_at_all(store: Store, clock: Clock) -> None:
    def effect() -> None:
        with store.together():
            store.settings.put("a", "b")
            store.audit.record([AuditRow("t", clock.now)])
            assert store.audit.page().rows, "it is there for whoever is inside"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        effect()

    assert ((), None) == (store.audit.page().rows, store.settings.get("a"))


def test_together_is_one_transaction_whatever_is_nested_in_it(store: Store, clock: Clock) -> None:
    with store.together():
        store.settings.put("a", "1")
        with store.together():
            store.settings.put("b", "2")

    assert ("1", "2") == (store.settings.get("a"), store.settings.get("b"))
