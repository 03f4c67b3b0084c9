"""What the store gives back of what happened: calls, events, figures, other installations."""

from __future__ import annotations

from typing import Any

import msgspec


class AuditRow(msgspec.Struct, frozen=True):
    """One call, as it goes into the audit trail."""

    tool: str
    at: float
    node_id: str | None = None
    status: int = 200
    code: str | None = None
    ms: float = 0.0
    detail: dict[str, Any] | None = None
    mode: str = "edge-rest"
    actor: str = "system:edge-node"


class AuditEntry(msgspec.Struct, frozen=True):
    """One call, as it stands in the audit trail."""

    id: str
    tool: str
    at: float
    node_id: str | None
    status: int
    code: str | None
    ms: float
    detail: dict[str, Any] | None
    mode: str
    actor: str


class AuditPage(msgspec.Struct, frozen=True):
    """Some of the trail, newest first; ``before`` asks for what is older, None at its end."""

    rows: tuple[AuditEntry, ...]
    before: str | None


class EventCounts(msgspec.Struct, frozen=True):
    """What a batch of events did; a replay gets the first answer again."""

    accepted: int = 0
    created: int = 0
    reopened: int = 0
    acknowledged: int = 0
    resolved: int = 0
    updated: int = 0
    changes: int = 0
    security: int = 0
    remaining: int = 0
    replay: bool = False
    differs: bool = False


class Alert(msgspec.Struct, frozen=True):
    """An alert, by node and dedupKey."""

    node_id: str
    dedup_key: str
    status: str
    source: str
    component: str | None
    event_group: str | None
    event_class: str | None
    severity: str
    summary: str
    details: dict[str, Any] | None
    count: int
    occurred_at: float
    first_at: float
    last_at: float
    resolved_at: float | None


class ChangeEvent(msgspec.Struct, frozen=True):
    """A change that a node reported, by node and its key."""

    node_id: str
    change_key: str
    source: str
    component: str | None
    event_group: str | None
    event_class: str | None
    severity: str
    summary: str
    details: dict[str, Any] | None
    occurred_at: float
    first_at: float
    last_at: float


class SecurityEvent(msgspec.Struct, frozen=True):
    """A security event (OCSF), by node and its key."""

    node_id: str
    event_key: str
    at: float
    class_uid: int
    severity: int | None
    source_kind: str
    source_name: str
    document: dict[str, Any]
    received_at: float


class Entry(msgspec.Struct, frozen=True):
    """One entry of the feed: what happened to a device, or what a node told of.

    :ivar entry: what it is known by.
    :ivar source: ``device``, ``alert``, ``event`` or ``security``.
    :ivar at: when there was last something to say of it, by the Authority's clock.
    :ivar kind: ``new``, ``gone`` …; an event's class (``second-dhcp-server``), or its source.
    :ivar severity: ``info``, ``warn``, ``error`` or ``critical``.
    :ivar state: ``open``, ``acknowledged`` or ``resolved``.
    :ivar device_name: as it is called now; None where it is not there any more.
    :ivar before: where a device was, or what it was called, before.
    :ivar count: how often it was told.
    :ivar told_at: what a record says of when it was (RFC 3339), where that is another time.
    :ivar actor: who brought the state about, where somebody did.
    """

    entry: str
    source: str
    at: float
    site: str
    kind: str
    severity: str
    state: str
    node_id: str | None = None
    node_name: str | None = None
    device_id: str | None = None
    device_name: str | None = None
    summary: str = ""
    before: str | None = None
    after: str | None = None
    component: str | None = None
    count: int = 1
    since: float | None = None
    told_at: str | None = None
    actor: str | None = None
    decided_at: float | None = None
    note: str | None = None


class FeedPage(msgspec.Struct, frozen=True):
    """Some of the feed, newest first; ``before`` asks for what is older, None at its end."""

    rows: tuple[Entry, ...]
    before: str | None


class InterfaceMetric(msgspec.Struct, frozen=True):
    """The latest figures of one interface: the contract's fields as they came."""

    node_id: str
    document: dict[str, Any]
    observed_at: float


class Candidate(msgspec.Struct, frozen=True):
    """Another installation that a node came across: never trusted for that."""

    node_id: str
    document: dict[str, Any]
    state: str
    seen_at: float


class Upkept(msgspec.Struct, frozen=True):
    """What one round of upkeep did."""

    offline: int
    removed: dict[str, int]
