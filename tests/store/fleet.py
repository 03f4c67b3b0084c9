"""Nodes as a test needs them: enrolled in one word, and sending runs of a few things."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.store.sighting import ADDRESS, MAC, PRIVATE_MAC, UUID, Sighting
from dpf_edge.wire import discovery, enroll, times, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Device, Enrolled, RunStored

CAPABILITY = "discovery.network"


class Clock:
    """Stands still until it is set: any process's clock may jump."""

    def __init__(self, now: float = 1_767_323_045.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def on(self, seconds: float) -> float:
        """Go on so many seconds, or back."""
        self.now += seconds
        return self.now


def sight(item: discovery.Item) -> Sighting | None:
    """A stand-in for the Authority's: what an item tells is written in its rawData."""
    if item.item_type == "subnet":
        return None
    said = discovery.attributes(item.raw_data)
    keys = [UUID + said["uuid"]] if "uuid" in said else []
    mac = said.get("mac")
    if mac:
        private = int(mac[:2], 16) & 2
        keys.insert(len(keys) if private else 0, (PRIVATE_MAC if private else MAC) + mac)
    addresses = tuple(said.get("addresses", [said["address"]] if "address" in said else []))
    return Sighting(
        keys=(*keys, *(ADDRESS + each for each in addresses)),
        name=None if item.name.startswith("LAN Host") else item.name,
        kind=item.item_type,
        addresses=addresses,
        macs=(mac,) if mac else (),
        attributes={"vendor": said["vendor"]} if "vendor" in said else {},
        words=tuple(said.get("words", ())),
        via=tuple(said.get("via", ())),
    )


def thing(
    key: str, name: str = "LAN Host", kind: str = "host", confidence: float = 0.7, **raw: Any
) -> discovery.Item:
    """An item."""
    return discovery.Item(
        observed_key=key,
        item_type=kind,
        name=name,
        confidence=confidence,
        raw_data=discovery.raw(raw),
    )


def same(one: str, other: str, kind: str = "SAME_AS") -> discovery.Relationship:
    """Two keys that a node says are one thing."""
    return discovery.Relationship(
        from_observed_key=one, to_observed_key=other, relationship_type=kind
    )


def run(
    key: str,
    observed_at: float,
    items: Iterable[discovery.Item],
    relationships: Sequence[discovery.Relationship] = (),
    **more: Any,
) -> discovery.Request:
    """A run, through JSON and back as it comes over the wire."""
    made = discovery.Request(
        run_key=key,
        agent_mode="native",
        agent_version="0.3.0",
        observed_at=times.stamp(observed_at),
        capabilities=(CAPABILITY,),
        items=tuple(items),
        relationships=tuple(relationships),
        **more,
    )
    return discovery.decode(msgspec.json.encode(made))


class Fleet:
    """A store's nodes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._keys = itertools.count(1)

    def enrolled(self, site: str = "default", *, approved: bool = True, **said: Any) -> Enrolled:
        """A new node, trusted unless said otherwise."""
        token = self.store.tokens.issue(site=site, auto_approve=approved).token
        digest = tokens.digest(token.reveal())
        return self.store.nodes.enrol(digest, request(**said), [CAPABILITY])

    def submit(
        self,
        node_id: str,
        *items: discovery.Item,
        links: Sequence[discovery.Relationship] = (),
        observed_at: float | None = None,
        key: str | None = None,
        complete: bool = True,
        **more: Any,
    ) -> RunStored:
        """Send a run of these items, observed now unless said otherwise."""
        at = self.clock.now if observed_at is None else observed_at
        made = run(key or f"run-{next(self._keys)}", at, items, links, **more)
        return self.store.runs.submit(
            node_id,
            made,
            digest=self.store.runs.digest(made),
            received_at=self.clock.now,
            observed_at=times.seconds(made.observed_at),
            complete=complete,
        )

    def devices(self, site: str = "default") -> tuple[Device, ...]:
        """All devices of a site, by name."""
        return self.store.inventory.devices(site=site).rows

    def one(self, site: str = "default") -> Device:
        """The only device of a site."""
        (only,) = self.devices(site)
        return only

    def told(self, site: str = "default") -> list[tuple[str, str | None, str | None]]:
        """What happened on a site, oldest first: kind, before, after."""
        rows = self.store.inventory.changes(site=site).rows
        return [(row.kind, row.before, row.after) for row in reversed(rows)]


def request(**said: Any) -> enroll.Request:
    """An enrolment."""
    return enroll.Request(
        **{
            "display_name": "warehouse-2",
            "platform": "linux",
            "install_mode": "native",
            "version": "0.3.0",
            "advertised_capabilities": (CAPABILITY,),
            **said,
        }
    )
