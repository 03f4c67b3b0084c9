"""When a device that is seen no more is gone, by what it is. Pure.

A router that is silent for a quarter of an hour is news. A television is off every night, a
telephone leaves with its owner: to say so each time would teach people to read none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dpf_edge.discovery.changes.state import Known

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Patience(NamedTuple):
    """How long a device may be missing: both so many sweeps, and so many seconds."""

    sweeps: int
    seconds: float
    severity: str


# What others lean on. Three sweeps of five minutes are as long as an update with a restart takes.
ALWAYS_ON = Patience(3, 15 * MINUTE, "warn")
GATEWAY = Patience(3, 15 * MINUTE, "error")
# What is switched off or sleeps for days, and is told of then: it may have been taken away.
SLEEPS = Patience(12, 7 * DAY, "info")
# What nothing tells the kind of: over night and longer.
UNKNOWN = Patience(12, 2 * DAY, "info")

PATIENCE = {
    **dict.fromkeys(
        ("router", "firewall", "switch", "access-point", "modem", "nas", "server", "hub", "ups"),
        ALWAYS_ON,
    ),
    **dict.fromkeys(
        ("camera", "doorbell", "thermostat", "virtual-machine"), Patience(6, HOUR, "info")
    ),
    **dict.fromkeys(
        (
            *("computer", "printer", "scanner", "tv", "speaker", "media-player", "console"),
            *("light", "plug", "sensor", "appliance", "robot"),
        ),
        SLEEPS,
    ),
}
# They leave with their owners, and come and go by design: never told.
CARRIED = frozenset({"phone", "tablet", "watch", "container"})

# After so long without a sight a device is forgotten, and new when it comes again.
FORGET = 90 * DAY
# A MAC that its owner drew is seldom seen again after a few days: most draw a new one a network, or
# every day.
FORGET_PRIVATE = 7 * DAY


def patience(known: Known) -> Patience | None:
    """How long a device may be missing before it is gone; None where that is never told."""
    if known.private or known.kind in CARRIED or not (known.macs or known.ids):
        return None
    if "gateway" in known.roles:
        return GATEWAY
    return PATIENCE.get(known.kind or "", UNKNOWN)


def is_forgotten(known: Known, now: float) -> bool:
    """Whether a device was seen so long ago that it is known no more."""
    return now - known.seen_at > (FORGET_PRIVATE if known.private else FORGET)
