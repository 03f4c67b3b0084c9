"""What the store gives back of the network: runs, devices, observations, changes."""

from __future__ import annotations

import msgspec


class Persisted(msgspec.Struct, frozen=True):
    """What a run changed: the contract's seven counts."""

    created_entities: int = 0
    updated_entities: int = 0
    stale_entities: int = 0
    created_relationships: int = 0
    updated_relationships: int = 0
    stale_relationships: int = 0
    created_issues: int = 0


class RunStored(msgspec.Struct, frozen=True):
    """What became of a submitted run.

    ``replay``: it was there already, and nothing was done. ``differs``: under the same runKey
    stands another content, which only the audit trail is to know. ``unchanged``: it says what the
    run before it said. ``late``: a newer one was there, so it changed only the past.
    """

    run_id: str
    replay: bool
    differs: bool
    unchanged: bool
    late: bool
    status: str
    item_count: int
    relationship_count: int
    started_at: float
    completed_at: float | None
    persisted: Persisted


class RunRow(msgspec.Struct, frozen=True):
    """A run as it is kept."""

    id: str
    node_id: str
    site: str
    run_key: str
    observed_at: float
    received_at: float
    late: bool
    agent_mode: str
    agent_version: str
    capabilities: tuple[str, ...]
    warnings: tuple[str, ...]
    item_count: int
    relationship_count: int
    persisted: Persisted


class RunPage(msgspec.Struct, frozen=True):
    """Some of the runs, newest received first; ``before`` asks for older ones."""

    rows: tuple[RunRow, ...]
    before: str | None


class Device(msgspec.Struct, frozen=True):
    """A device of a site.

    ``present``: some node's newest run has it. ``last_seen`` is when that run was observed, or the
    last one that had it. ``gone_at`` is set once it was missed for long enough.
    """

    device_id: str
    site: str
    name: str | None
    kind: str
    addresses: tuple[str, ...]
    macs: tuple[str, ...]
    attributes: dict[str, str]
    first_seen: float
    last_seen: float
    present: bool
    gone_at: float | None
    nodes: tuple[str, ...]


class DevicePage(msgspec.Struct, frozen=True):
    """Some devices, and how many there are in all."""

    rows: tuple[Device, ...]
    total: int


class Observation(msgspec.Struct, frozen=True):
    """One item that a node reports, as it last did; ``raw`` is its rawData as JSON text."""

    node_id: str
    observed_key: str
    item_type: str
    name: str
    confidence: float | None
    source_path: str | None
    raw: str
    first_seen: float
    last_seen: float
    present: bool


class Change(msgspec.Struct, frozen=True):
    """One thing that happened to a device: ``new``, ``gone``, ``back``, ``moved``, ``renamed``."""

    id: str
    site: str
    at: float
    device_id: str
    kind: str
    before: str | None
    after: str | None
    node_id: str | None


class ChangePage(msgspec.Struct, frozen=True):
    """Some changes, newest first; ``before`` asks for older ones, None at the end."""

    rows: tuple[Change, ...]
    before: str | None


class DeviceDetail(msgspec.Struct, frozen=True):
    """A device, all that nodes report of it, and what happened to it."""

    device: Device
    observations: tuple[Observation, ...]
    changes: tuple[Change, ...]


class Counts(msgspec.Struct, frozen=True):
    """How much there is."""

    nodes: dict[str, int]
    devices: int
    present: int
    gone: int


class Comparison(msgspec.Struct, frozen=True):
    """What a node last saw from its vantages, as the JSON document that it sent."""

    node_id: str
    document: str
    received_at: float


class Standing(msgspec.Struct, frozen=True):
    """A device, and all that nodes report of it."""

    device: Device
    observations: tuple[Observation, ...]


class Placeless(msgspec.Struct, frozen=True):
    """One item that tells of no device: a network, a port, a container."""

    site: str
    observation: Observation


class Relation(msgspec.Struct, frozen=True):
    """How two things belong together that are there now, as one node reports it.

    ``source_device`` and ``target_device``: the devices that the two are; None for what is no
    device. ``raw`` is its rawData as JSON text.
    """

    site: str
    node_id: str
    kind: str
    source_key: str
    source_device: str | None
    target_key: str
    target_device: str | None
    raw: str | None
