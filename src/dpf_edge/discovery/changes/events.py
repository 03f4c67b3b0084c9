"""Changes as the contract's events. Pure.

What has an end (a device that is gone, an address that is used twice) is an alert, known by its
``dedupKey`` and resolved by the same. What only happens (a new device, one that moved) is a change.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import UNSET

from dpf_edge.discovery.changes.change import Changed
from dpf_edge.discovery.texts import clean
from dpf_edge.wire import events, texts, times

if TYPE_CHECKING:
    from dpf_edge.discovery.changes.change import Change

SOURCE = "dpf-edge.discovery"
GROUP = "network"
HAPPENS = frozenset({Changed.NEW, Changed.MOVED})


def event(change: Change) -> events.Alert | events.Change:
    """A change as the event that is sent."""
    kind = events.Change if change.what in HAPPENS else events.Alert
    return kind(
        dedup_key=dedup_key(change),
        source=SOURCE,
        component=texts.shortened(change.component, events.COMPONENT),
        event_group=GROUP,
        event_class=change.what.value,
        severity=events.Severity(change.severity),
        action=events.Action.RESOLVE if change.is_over else events.Action.TRIGGER,
        summary=texts.shortened(clean(change.summary, events.SUMMARY), events.SUMMARY),
        occurred_at=times.stamp(change.at),
        custom_details=change.details or UNSET,
    )


def dedup_key(change: Change) -> str:
    """``source:component:class[:instance]``, by the contract's convention; what is too long for it
    keeps its beginning, and a digest stands for the rest."""
    instance = f":{change.instance}" if change.instance else ""
    key = f"{SOURCE}:{change.component}:{change.what}{instance}"
    if texts.length(key) <= events.DEDUP_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{texts.shortened(key, events.DEDUP_KEY - 33)}:{digest}"
