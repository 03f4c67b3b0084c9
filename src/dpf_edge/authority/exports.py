"""What an Authority's store has, as exporters take it; what nodes sent as rawData is read here.

The store does not know what rawData holds, and the exporters know no store.
"""

from __future__ import annotations

import contextlib
import ipaddress
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dpf_edge.export import told
from dpf_edge.export.inventory import Edge, Entry, Inventory, Network, placed
from dpf_edge.wire import times
from dpf_edge.wire.discovery import NETWORK, NETWORK_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.export.inventory import Offer
    from dpf_edge.store.finding import Wanted
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Observation, Placeless, Relation, Standing
    from dpf_edge.store.topology import Moment

# Item types that say hardly more than that something is there, as published.
VAGUE = frozenset({"host", "network_device", "network_client"})
# What of a device's first item is worth more than the few facts that its page shows.
FACTS = ("os", "model", "serial", "description", "location")


class _Facts(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of an item's rawData; any node may have put anything there."""

    services: Any = None
    roles: Any = None
    names: Any = None
    device_kind: Any = None
    is_gateway: Any = None
    hostname: Any = None
    os: Any = None
    model: Any = None
    serial: Any = None
    description: Any = None
    location: Any = None
    network_address: Any = None


_FACTS = msgspec.json.Decoder(_Facts)


@contextlib.contextmanager
def inventory(
    store: Store, *, now: float, site: str | None = None, wanted: Wanted | None = None
) -> Iterator[Inventory]:
    """All that is there at one moment; good for as long as this lasts.

    Devices and edges are read from the store as an exporter goes through them.

    :param now: the time, in seconds since 1970.
    :param site: only what is on one site.
    :param wanted: only these devices, and the networks that they are of.
    :raises StoreUnavailable: also while an exporter reads.
    """
    with store.topology.at_once(site=site, wanted=wanted) as moment:
        places = networks(moment.placeless())
        known, edges = tuple(sorted(set(places.values()))), Edges(moment, places)
        if wanted is not None and wanted.is_narrow:
            touched = {end for each in edges for end in (each.source, each.target)}
            known = tuple(each for each in known if each.key in touched)
        yield Inventory(Devices(moment), known, edges, times.stamp(now))


class Devices:
    """The devices of one moment, read anew each time that they are gone through."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    def __iter__(self) -> Iterator[Entry]:
        return map(entry, self._moment.devices())


class Spot(NamedTuple):
    """Where an item that is no device stands: its site and its observed key."""

    site: str
    key: str


class Edges:
    """The relations of one moment, each once however many nodes report it."""

    def __init__(self, moment: Moment, places: dict[Spot, Network]) -> None:
        self._moment = moment
        self._places = places

    def __iter__(self) -> Iterator[Edge]:
        said: set[Edge] = set()
        for each in self._moment.relations():
            found = edge(each, self._places)
            if found is not None and found not in said:
                said.add(found)
                yield found


def networks(items: Iterable[Placeless]) -> dict[Spot, Network]:
    """The networks among what is no device, by where they stand."""
    found: dict[Spot, Network] = {}
    for each in items:
        seen = each.observation
        if seen.item_type.lower() != NETWORK:
            continue
        prefix = _prefix(facts(seen.raw).network_address, seen.observed_key)
        key = f"{prefix}@{each.site}"
        found[Spot(each.site, seen.observed_key)] = Network(key, prefix, each.site)
    return found


def entry(standing: Standing) -> Entry:
    """A device with all that its nodes tell of it, the one that is surest of it first."""
    device = standing.device
    seen = sorted(standing.observations, key=_sure)
    known = [facts(each.raw) for each in seen]
    return Entry(
        key=device.device_id,
        addresses=placed(device.addresses),
        macs=device.macs,
        # Not its items' names: most of those are made of an address.
        names=told.texts([device.name, *(one for each in known for one in _names(each))]),
        kind=kind(device.kind, known),
        maker=device.attributes.get("vendor") or None,
        roles=_roles(known),
        services=services(known),
        attributes=_attributes(device.attributes, known),
        site=device.site,
        first_seen=times.stamp(device.first_seen),
        last_seen=times.stamp(device.last_seen),
    )


def edge(each: Relation, places: dict[Spot, Network]) -> Edge | None:
    """A relation between two devices or networks; None where one end is neither."""
    source = each.source_device or _key(places, each.site, each.source_key)
    target = each.target_device or _key(places, each.site, each.target_key)
    if source is None or target is None or source == target:
        return None
    return Edge(source, target, each.kind, *told.ports(each.raw))


def facts(raw: str) -> _Facts:
    """What an item's rawData tells; it is an object, or it would not have been taken."""
    return _FACTS.decode(raw)


def services(known: Iterable[_Facts]) -> tuple[Offer, ...]:
    """The services of a device, each once, by whoever tells the most of it."""
    found: dict[tuple[int, str, str], Offer] = {}
    for each in known:
        for one in map(told.offer, told.objects(each.services)):
            place = (one.port or 0, one.transport, one.name)
            before = found.get(place)
            if before is None or (one.product and not before.product):
                found[place] = one
    return tuple(found[place] for place in sorted(found))


def kind(published: str, known: Iterable[_Facts]) -> str | None:
    """What a device is: a node's own word for it, else the item's type, unless that is vague."""
    own = next((word for each in known if (word := told.text(each.device_kind))), None)
    return own or (None if published in VAGUE else published.replace("_", "-"))


def _sure(each: Observation) -> tuple[bool, float, str, str]:
    return (not each.present, -(each.confidence or 0.0), each.node_id, each.observed_key)


def _names(known: _Facts) -> tuple[Any, ...]:
    return (known.hostname, *told.texts(known.names))


def _roles(known: Iterable[_Facts]) -> tuple[str, ...]:
    roles = [role for each in known for role in told.texts(each.roles)]
    gateway = ["gateway"] if any(each.is_gateway is True for each in known) else []
    return tuple(dict.fromkeys([*roles, *gateway]))


def _attributes(shown: dict[str, str], known: Iterable[_Facts]) -> dict[str, Any]:
    """The facts that a device's page shows, and some that it does not."""
    more: dict[str, Any] = {}
    for each in known:
        for name in FACTS:
            if value := told.text(getattr(each, name)):
                more.setdefault(name, value)
    return {**more, **{name: value for name, value in shown.items() if name != "vendor"}}


def _key(places: dict[Spot, Network], site: str, observed_key: str) -> str | None:
    found = places.get(Spot(site, observed_key))
    return found.key if found else None


def _prefix(said: object, observed_key: str) -> str:
    """A network's prefix, by what its item says or is called."""
    for each in (said, observed_key.removeprefix(NETWORK_KEY)):
        if isinstance(each, str):
            try:
                return str(ipaddress.ip_network(each, strict=False))
            except ValueError:
                continue
    return observed_key
