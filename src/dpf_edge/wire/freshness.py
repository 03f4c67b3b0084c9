"""The narrow window that events, metrics and federation candidates share."""

from __future__ import annotations

from dpf_edge.wire import times
from dpf_edge.wire.limits import NARROW_WINDOW
from dpf_edge.wire.refusals import Code, Refusal


def check_narrow(observed_at: str, now: float, status: int, code: Code) -> None:
    """Refuse what was observed more than five minutes before or after the Authority's clock.

    :raises Refusal: with the status and code given.
    """
    if not NARROW_WINDOW.holds(times.seconds(observed_at), now):
        raise Refusal(
            status,
            code,
            f"observedAt may be {NARROW_WINDOW.past:g} s from the Authority's clock; "
            "is this clock kept by NTP?",
        )
