"""An inventory out of a sweep (sweep-1), also one that another program wrote. Pure.

What the contract says of a field is insisted on; what it leaves open may be anything, and what of
that is of no use is passed over.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from dpf_edge.errors import SweepUnreadable
from dpf_edge.export import told
from dpf_edge.export.inventory import Edge, Entry, Inventory, Network, placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A /16 with everything known of each host is some 100 MiB; what is longer is no sweep.
MOST_BYTES = 256 << 20
# An escape in a JSON string: a surrogate pair, half of one, or any other.
ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class _Device(msgspec.Struct, frozen=True):
    """A device as sweep-1 has it, and what else this program writes of it."""

    key: str
    addresses: tuple[str, ...]
    macs: tuple[str, ...]
    names: tuple[str, ...]
    maker: str | None = None
    kind: str | None = None
    services: tuple[dict[str, Any], ...] = ()
    self: bool = False
    ids: Any = None
    roles: Any = None
    attributes: Any = None
    private_mac: Any = None


class _Seen(msgspec.Struct, frozen=True):
    """What an observation tells that devices do not: its ties."""

    addresses: Any = None
    macs: Any = None
    ids: Any = None
    names: Any = None
    ties: Any = None
    network: Any = None
    is_self: Any = None


class _Sweep(msgspec.Struct, frozen=True):
    sweep: Literal[1]
    started_at: str
    devices: tuple[_Device, ...]
    observations: tuple[_Seen, ...] = ()


_SWEEP = msgspec.json.Decoder(_Sweep)


def inventory(document: bytes, where: str) -> Inventory:
    """The inventory of one sweep.

    :param where: what to call the document in an error.
    :raises SweepUnreadable: it is not sweep-1.
    """
    if len(document) > MOST_BYTES:
        raise SweepUnreadable(f"{where}: longer than {MOST_BYTES >> 20} MiB, which no sweep is")
    try:
        # PowerShell's Out-File begins a UTF-8 file with a byte-order mark.
        swept = _SWEEP.decode(_mended(document.removeprefix(b"\xef\xbb\xbf")))
    except RecursionError:
        raise SweepUnreadable(f"{where}: nested deeper than any sweep is") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SweepUnreadable(f"{where}: {error}", "`sweep --json` writes one") from None
    devices = tuple(_entries(swept.devices, swept.started_at))
    ends = Ends(devices)
    edges = sorted(set(_edges(swept.observations, ends)), key=_order)
    prefixes = {one for each in swept.observations if (one := _prefix(each.network))}
    prefixes |= {end for edge in edges for end in edge[:2]} - {each.key for each in devices}
    networks = tuple(Network(each, each) for each in sorted(prefixes))
    return Inventory(devices, networks, tuple(edges), swept.started_at)


def _entries(devices: Iterable[_Device], seen_at: str) -> Iterator[Entry]:
    """The devices, each under a key of its own: the contract does not say that keys are."""
    taken: dict[str, int] = {}
    for each in devices:
        key = each.key
        while key in taken:
            taken[each.key] += 1
            key = f"{each.key}~{taken[each.key]}"
        taken[key] = 1
        yield _entry(each, key, seen_at)


def _entry(device: _Device, key: str, seen_at: str) -> Entry:
    offers = map(told.offer, device.services)
    return Entry(
        key=key,
        addresses=placed(device.addresses),
        macs=tuple(dict.fromkeys(filter(None, map(told.mac, device.macs)))),
        names=told.texts(device.names),
        ids=told.texts(device.ids),
        kind=told.text(device.kind),
        maker=told.text(device.maker),
        private_mac=device.private_mac is True,
        roles=told.texts(device.roles),
        services=tuple(sorted(offers, key=lambda each: (each.port or 0, each.name))),
        attributes=told.bounded(device.attributes) if isinstance(device.attributes, dict) else {},
        last_seen=seen_at,
        self=device.self,
    )


class Ends:
    """Which device a tie means: by its id, MAC, address or name, in this order of trust.

    What several devices have (a duplicate address, a common name) means none of them.
    """

    def __init__(self, devices: Iterable[Entry]) -> None:
        self._keys: dict[tuple[str, str], str | None] = {}
        self.own: str | None = None
        for each in devices:
            self.own = each.key if each.self else self.own
            known = {
                "id": each.ids,
                "mac": each.macs,
                "address": each.addresses,
                "name": each.names,
            }
            for what, values in known.items():
                for value in {each.lower() for each in values}:
                    is_first = (what, value) not in self._keys
                    self._keys[what, value] = each.key if is_first else None

    def key(self, *wanted: tuple[str, str | None]) -> str | None:
        """The key of the one device that the first telling of these means; None where none does."""
        for what, value in wanted:
            found = self._keys.get((what, value.lower())) if value else None
            if found is not None:
                return found
        return None


class _Tie(NamedTuple):
    """A tie as an observation tells it; every part may be missing."""

    kind: str | None
    address: str | None
    mac: str | None
    id: str | None
    name: str | None
    network: str | None
    port: str | None
    far_port: str | None


def _edges(observations: Iterable[_Seen], ends: Ends) -> Iterator[Edge]:
    for each in observations:
        ties = told.objects(each.ties)
        source = (_prefix(each.network) or _source(each, ends)) if ties else None
        for said in ties if source else ():
            tie = _Tie(*(told.text(said.get(name)) for name in _Tie._fields))
            target = _prefix(tie.network) or ends.key(
                ("id", tie.id),
                ("mac", told.mac(tie.mac)),
                ("address", next(iter(placed(filter(None, (tie.address,)))), None)),
                ("name", tie.name),
            )
            if source and target and tie.kind and source != target:
                yield Edge(source, target, tie.kind, tie.port, tie.far_port)


def _source(each: _Seen, ends: Ends) -> str | None:
    """The device that an observation is of."""
    found = ends.key(
        *(("id", one) for one in told.texts(each.ids)),
        *(("mac", told.mac(one)) for one in told.texts(each.macs)),
        *(("address", one) for one in placed(told.texts(each.addresses))),
        *(("name", one) for one in told.texts(each.names)),
    )
    return found or (ends.own if each.is_self is True else None)


def _order(edge: Edge) -> tuple[str, ...]:
    return tuple(part or "" for part in edge)


def _prefix(said: Any) -> str | None:  # noqa: ANN401 - whatever the document holds
    """A network's prefix in its usual form; what is none stays as it is."""
    network = told.text(said)
    try:
        return str(ipaddress.ip_network(network, strict=False)) if network else None
    except ValueError:
        return network


def _mended(document: bytes) -> bytes:
    """A document without halves of surrogate pairs, which some programs write for what is no text.

    They are escapes in a string (RFC 8259 section 8.2), and become the replacement character.
    """
    return ESCAPE.sub(lambda found: b"\\ufffd" if found["half"] else found[0], document)
