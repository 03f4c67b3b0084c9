"""Which devices have an address in a network.

An IPv4 network is a few ranges of texts, which an index has. IPv6 addresses are shortened in the
middle (RFC 5952 section 4.2), so no order of texts keeps a network together: they are gone through
once, however many networks are asked for, and every device is looked at.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import and_, or_, select

from dpf_edge.store import bulk
from dpf_edge.store.portrait import sortable
from dpf_edge.store.schema import device, device_key
from dpf_edge.store.schema import site as sites
from dpf_edge.store.sighting import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

# Devices in memory at a time.
AT_ONCE = 1_000
IPV6_BITS = 128
# How many numbers an IPv4 address has.
DOTTED = 4


class _Placed(msgspec.Struct, frozen=True, gc=False):
    """Of a device's portrait, where it is; the rest is not read."""

    addresses: tuple[str, ...] = ()


_PLACED = msgspec.json.Decoder(_Placed)


def within(net: ipaddress.IPv4Network, site: str | None) -> ColumnElement[bool]:
    """Whether one of a device's addresses lies in an IPv4 network."""
    low, high = (sortable(str(each)) for each in (net.network_address, net.broadcast_address))
    place = device.c.sort_address
    here = select(sites.c.site) if site is None else [site]
    holders = select(device_key.c.device_id).where(
        device_key.c.site.in_(here),
        # All of it first, by the index; then the parts that no order of texts keeps together.
        *span(net.supernet(new_prefix=net.prefixlen // 8 * 8)),
        or_(*(and_(*span(each)) for each in parts(net))),
    )
    # Its first address stands in the order of numbers; the others are known by their keys alone.
    return or_(and_(place >= low, place <= high), device.c.device_id.in_(holders))


def within_all(
    connection: Connection,
    nets: Sequence[ipaddress.IPv6Network],
    chosen: Sequence[ColumnElement[bool]],
) -> ColumnElement[bool]:
    """Whether a device has an address in each of some IPv6 networks.

    :param chosen: what else holds of the devices that are wanted: no others are looked at.
    """
    begun = (device.c.search.contains(f"\n{begins(each)}", autoescape=True) for each in nets)
    asked = select(device.c.device_id, device.c.portrait).where(*chosen, *begun)
    told = [(int(net.network_address), IPV6_BITS - net.prefixlen) for net in nets]
    found: list[str] = []
    rows = connection.execute(asked.execution_options(yield_per=AT_ONCE))
    for device_id, text in rows:
        numbers = list(_numbers(_PLACED.decode(text).addresses))
        if all(any((each ^ low) >> rest == 0 for each in numbers) for low, rest in told):
            found.append(device_id)
    return bulk.among(connection, device.c.device_id, found)


def begins(net: ipaddress.IPv6Network) -> str:
    """How every address of an IPv6 network begins as a text, as far as that is the same."""
    groups = []
    for group in net.network_address.exploded.split(":")[: net.prefixlen // 16]:
        if group == "0000":
            break  # what follows may be written as "::"
        groups.append(f"{group.lstrip('0')}:")
    return "".join(groups)


def parts(net: ipaddress.IPv4Network) -> Iterator[ipaddress.IPv4Network]:
    """A network cut where the next dot is: 128 parts at most."""
    return net.subnets(new_prefix=-(-net.prefixlen // 8) * 8)


def span(net: ipaddress.IPv4Network) -> tuple[ColumnElement[bool], ...]:
    """The keys of a network's addresses as a range of texts; it ends where a dot is."""
    told = str(net.network_address).split(".")[: net.prefixlen // 8]
    key = device_key.c.key
    if len(told) == DOTTED:
        return (key == f"{ADDRESS}{net.network_address}",)
    # "/" comes right after ".", ":" right after "9": from 10.1. up to 10.1/, and from 0 up to :
    begun = f"{ADDRESS}{'.'.join(told)}"
    first, end = (f"{begun}.", f"{begun}/") if told else (f"{begun}0", f"{begun}:")
    return key >= first, key < end


def _numbers(addresses: Sequence[str]) -> Iterator[int]:
    """The IPv6 addresses among some, as numbers."""
    for each in addresses:
        if ":" in each:
            try:
                yield int(ipaddress.IPv6Address(each))
            except ValueError:
                continue
