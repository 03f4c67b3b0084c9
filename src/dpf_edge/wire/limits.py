"""What a node may ask how often, how much it may send, and how old that may be: as data.

Rates are sliding windows, counted for each node and route. Only an accepted call takes a slot: a
refused one does not, so a node that waits as told is let through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

KIB = 1024
MIB = 1024 * KIB

MINUTE = 60
HOUR = 3600


@dataclass(frozen=True)
class Ceiling:
    """At most ``count`` calls in any ``seconds``."""

    count: int
    seconds: float


# By route, as published. Enrolment has none: a bootstrap token is good for one call.
HEARTBEAT = (Ceiling(12, MINUTE),)
DISCOVERY = (Ceiling(4, MINUTE), Ceiling(60, HOUR))
FEDERATION = (Ceiling(20, MINUTE), Ceiling(300, HOUR))
ADAPTERS = (Ceiling(12, MINUTE),)
EVENTS = (Ceiling(30, MINUTE), Ceiling(600, HOUR))
# Metrics count otherwise: so many seconds since the last call that was accepted.
METRICS_SPACING_SECONDS = 5

# Bodies, in bytes as received.
DISCOVERY_BODY = 5 * MIB
RAW_DATA = 64 * KIB  # one item's rawData, as serialised
EVENTS_BODY = 256 * KIB
METRICS_BODY = 64 * KIB
FEDERATION_BODY = 64 * KIB
ACTION_CLAIM_BODY = 4 * KIB
ACTION_RESULT_BODY = 96 * KIB  # a join package of 64 KiB and its frame
# Published Authorities name none for these two. Ours: a name and a few addresses, and thirteen
# capability reports with evidence, are far below.
ENROLL_BODY = 64 * KIB
HEARTBEAT_BODY = 256 * KIB

# How deep arrays and objects may lie in one another. What nodes send is less than ten deep; a
# parser's own bound depends on how deep the stack already is, so it is not left to that.
DEPTH = 64

MAX_SAFE_INTEGER = 2**53 - 1  # ECMAScript's Number.MAX_SAFE_INTEGER: whole numbers end there

HEARTBEAT_SECONDS = 60
SWEEP_SECONDS = 300


class Window(NamedTuple):
    """How many seconds a time may lie behind the Authority's clock, and ahead of it."""

    past: float
    future: float

    def holds(self, observed: float, now: float) -> bool:
        """Whether a time is neither too old nor too far ahead; the bounds themselves are in."""
        return -self.future <= now - observed <= self.past


DISCOVERY_WINDOW = Window(24 * HOUR, 5 * MINUTE)
NARROW_WINDOW = Window(5 * MINUTE, 5 * MINUTE)  # events, metrics, federation


def window(past: str | None, future: str | None) -> Window:
    """The discovery window as ``DPF_EDGE_FRESHNESS_PAST_SEC`` and ``…_FUTURE_SEC`` set it.

    What is no number, or not above zero, leaves the default.
    """

    def read(text: str | None, default: float) -> float:
        try:
            value = float(text or "")
        except ValueError:
            return default
        return value if value > 0 and math.isfinite(value) else default

    return Window(read(past, DISCOVERY_WINDOW.past), read(future, DISCOVERY_WINDOW.future))
