"""What is wrong with a network: two DHCP servers, one address twice, another gateway. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from dpf_edge import macs
from dpf_edge.discovery.changes.change import Change, Changed
from dpf_edge.discovery.changes.devices import Look, named
from dpf_edge.discovery.changes.rules import DAY
from dpf_edge.discovery.changes.state import Gateway, State, Trouble
from dpf_edge.discovery.identity.keys import is_shared
from dpf_edge.macs import MacKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dpf_edge.observed import Device

# An address that passes from one device to the next is seen with both for a moment: a lease that
# ran out, a telephone with a new MAC. Two sweeps in a row, and it is no moment.
LASTING = 2
# So many sweeps without it, and it is over.
OVER = 2
# So many of those at one address are named: whoever forges more is told of by the first.
MOST_NAMED = 4
# A DHCP server speaks when a client asks it, every few hours at most: one that was not heard for a
# day serves nobody.
SERVES = DAY
# A gateway that was replaced for good is the gateway.
ACCEPTED = DAY


def gateways(before: State, look: Look) -> tuple[dict[str, Gateway], list[Change]]:
    """The gateways' MACs, and those that are others than before: told at once, as whoever does
    that on purpose is between everybody and the Internet from then on."""
    after = dict(before.gateways)
    changes: list[Change] = []
    for device in look.devices:
        mac = next(iter(device.macs), None)
        if "gateway" not in device.roles or mac is None:
            continue
        for address in device.addresses:
            known = before.gateways.get(address)
            if known is None or (known.mac in device.macs and known.before is None):
                after[address] = known or Gateway(mac, look.now)
                continue
            after[address], told = replaced(known, address, device, mac, look)
            changes += told
    return after, changes


def replaced(
    known: Gateway, address: str, device: Device, mac: str, look: Look
) -> tuple[Gateway, list[Change]]:
    """A gateway with another MAC than it had, now or lately."""
    if known.mac in device.macs:
        if look.now - known.since < ACCEPTED:
            return known, []
        summary = f"{address} has kept the MAC {known.mac} for a day: it is the gateway"
        over = alarm(address, known.mac, summary, look, is_over=True)
        return Gateway(known.mac, known.since), [over]
    if known.before in device.macs:
        summary = f"the gateway {address} has its MAC {mac} again"
        over = alarm(address, known.mac, summary, look, is_over=True)
        return Gateway(mac, look.now), [over]
    if look.is_first:
        return Gateway(mac, look.now), []
    summary = f"the gateway {address} answers with {macs.says(mac)}; it was {macs.says(known.mac)}"
    told = alarm(address, mac, summary, look, before=known.mac, now=mac, device=named(device))
    return Gateway(mac, look.now, before=known.before or known.mac), [told]


def alarm(
    address: str, mac: str, summary: str, look: Look, *, is_over: bool = False, **details: str
) -> Change:
    """That a gateway's MAC changed, or that this is over."""
    what, told = Changed.GATEWAY_MAC, {"address": address, **details}
    return Change(what, address, "error", summary, look.now, told, is_over, instance=mac)


def servers(before: State, look: Look) -> tuple[dict[str, Trouble], list[Change]]:
    """The DHCP servers, and those that serve beside another one.

    The one that was there first is taken for the right one. One that stands at its address when it
    is not there itself is its successor, and no second one: a router was replaced.
    """
    after = {key: each for key, each in before.servers.items() if look.now - each.seen_at < SERVES}
    changes = [
        dhcp(key, before.servers[key].who[0], None, look)
        for key in sorted(before.servers.keys() - after.keys())
        if before.servers[key].is_told
    ]
    here = {each.key for each in look.devices}
    for device in look.devices:
        if "dhcp-server" not in device.roles:
            continue
        known = after.get(device.key)
        server = Trouble((named(device),), look.now, addresses=device.addresses)
        if known is not None:
            after[device.key] = msgspec.structs.replace(server, is_told=known.is_told)
            continue
        gone = next(
            (key for key in sorted(after.keys() - here) if succeeds(device, after[key])), None
        )
        if gone is not None:
            after = {device.key if key == gone else key: each for key, each in after.items()}
            after[device.key] = server
            continue
        first = next(iter(after.values()), None)
        after[device.key] = msgspec.structs.replace(server, is_told=first is not None)
        if first is not None:
            changes.append(dhcp(device.key, named(device), first.who[0], look))
    return after, changes


def succeeds(device: Device, server: Trouble) -> bool:
    """Whether a device stands where a server stood that nothing was told of."""
    return not server.is_told and not set(server.addresses).isdisjoint(device.addresses)


def dhcp(key: str, name: str, beside: str | None, look: Look) -> Change:
    """That a DHCP server serves beside another, or no longer does."""
    is_over = beside is None
    summary = (
        f"{name} has not been heard to give out addresses for a day"
        if is_over
        else f"{name} gives out addresses too; {beside} already does"
    )
    told = {"key": key, "server": name, **({"beside": beside} if beside else {})}
    return Change(Changed.SECOND_DHCP_SERVER, key, "error", summary, look.now, told, is_over)


def duplicates(before: State, look: Look) -> tuple[dict[str, Trouble], list[Change]]:
    """The addresses that two devices have, and those that do for more than a moment."""
    now = twice(look.devices)
    after: dict[str, Trouble] = {}
    changes: list[Change] = []
    for address in sorted(now.keys() | before.duplicates.keys()):
        known, who = before.duplicates.get(address), now.get(address)
        if who is not None:
            seen = known.seen + 1 if known is not None and known.missed == 0 else 1
            was_told = known is not None and known.is_told
            # Who answers for the gateway besides it is let between everybody and the Internet.
            is_told = was_told or seen >= (1 if address in before.gateways else LASTING)
            after[address] = Trouble(who, look.now, seen, is_told=is_told)
            changes += [duplicate(address, who, look)] if is_told and not was_told else []
        elif known is not None and known.missed + 1 < OVER:
            after[address] = msgspec.structs.replace(known, missed=known.missed + 1)
        elif known is not None and known.is_told:
            changes.append(duplicate(address, known.who, look, is_over=True))
    return after, changes


def twice(devices: Iterable[Device]) -> Mapping[str, tuple[str, ...]]:
    """The IPv4 addresses that two devices have, with the devices.

    Not among them: a virtual router's, which it is meant to share, and one between telephones that
    drew a new MAC, which are one telephone.
    """
    at: dict[str, list[Device]] = defaultdict(list)
    for device in devices:
        for address in device.addresses:
            if ":" not in address and device.macs and not is_shared(device.macs[0]):
                at[address].append(device)
    return {
        address: tuple(sorted(f"{named(each)} ({each.macs[0]})" for each in several))[:MOST_NAMED]
        for address, several in at.items()
        if len(several) > 1 and not all(is_drawn(each) for each in several)
    }


def is_drawn(device: Device) -> bool:
    """Whether a device drew its MACs itself."""
    return all(macs.kind(each) is MacKind.LOCAL for each in device.macs)


def duplicate(address: str, who: tuple[str, ...], look: Look, *, is_over: bool = False) -> Change:
    """That two devices have one address, or no longer do."""
    both = " and ".join(who)
    summary = f"{address} is no longer used twice" if is_over else f"{address} is used by {both}"
    told = {"address": address, "devices": list(who)}
    return Change(Changed.DUPLICATE_ADDRESS, address, "error", summary, look.now, told, is_over)
