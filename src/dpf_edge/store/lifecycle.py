"""How an alert lives: pure, by the contract's table.

::

                     triggered            acknowledged         resolved
    trigger     none: create              open: count one more  re-open, count one more
    acknowledge none: create acknowledged         acknowledged, counted no further
    resolve     none: create resolved             resolved, with the time
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dpf_edge.wire.events import Action

if TYPE_CHECKING:
    from dpf_edge.wire.events import Alert

TRIGGERED, ACKNOWLEDGED, RESOLVED = "triggered", "acknowledged", "resolved"

Row = dict[str, Any]


def lived(
    before: Row | None, event: Alert, *, occurred_at: float, now: float
) -> tuple[Row, tuple[str, ...]]:
    """An alert after an event, and which counters of the answer that moves.

    :param before: the alert's row, None where there is none yet.
    :param occurred_at: ``event.occurred_at`` in seconds.
    """
    counters: tuple[str, ...]
    if before is None:
        row = {**_said(event, occurred_at), "count": 1, "first_at": now, "resolved_at": None}
        match event.action:
            case Action.TRIGGER:
                status, counters = TRIGGERED, ("created",)
            case Action.ACKNOWLEDGE:
                status, counters = ACKNOWLEDGED, ("created", "acknowledged")
            case Action.RESOLVE:
                status, counters = RESOLVED, ("created", "resolved")
                row["resolved_at"] = now
        return {**row, "status": status, "last_at": now}, counters
    match event.action:
        case Action.TRIGGER if before["status"] == RESOLVED:
            row = {**_said(event, occurred_at), "status": TRIGGERED, "resolved_at": None}
            counters = ("reopened",)
        case Action.TRIGGER:
            row, counters = _said(event, occurred_at), ("updated",)
        case Action.ACKNOWLEDGE:
            row, counters = {"status": ACKNOWLEDGED, "resolved_at": None}, ("acknowledged",)
        case Action.RESOLVE:
            row, counters = {"status": RESOLVED, "resolved_at": now}, ("resolved",)
    one_more = int(event.action == Action.TRIGGER)
    return {**before, **row, "count": before["count"] + one_more, "last_at": now}, counters


def _said(event: Alert, occurred_at: float) -> Row:
    return {
        "source": event.source,
        "component": event.component or None,
        "event_group": event.event_group or None,
        "event_class": event.event_class or None,
        "severity": str(event.severity),
        "summary": event.summary,
        "details": event.custom_details or None,
        "occurred_at": occurred_at,
    }
