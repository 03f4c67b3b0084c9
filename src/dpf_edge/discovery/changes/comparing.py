"""What changed on a network since the last sweep: pure, and slow to cry.

``changes`` takes what was remembered and what a sweep saw, and gives what is to be remembered and
what changed. Nothing is told of

- the first sweep on a network, and the first at a higher level: what that finds was there before;
- a sweep that could not see: on a place that is not on the LAN, or that saw nobody at all;
- what came or went on its own: telephones, drawn MACs, addresses of IPv6, what sleeps at night;
- what was not looked for: a device that only SNMP knows of is not missed while SNMP fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.discovery.changes import alarms
from dpf_edge.discovery.changes.devices import Look, devices
from dpf_edge.discovery.changes.state import State
from dpf_edge.discovery.identity.keys import station
from dpf_edge.level import Level
from dpf_edge.model import Answer
from dpf_edge.observed import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.discovery.changes.change import Change
    from dpf_edge.discovery.swept import Swept
    from dpf_edge.observed import Device, Observation

# Collectors that came to their end: what they did not see was not there to be seen.
ENDED = frozenset({Status.FOUND, Status.NOTHING})


def changes(
    before: State, swept: Swept, level: Level, now: float
) -> tuple[State, tuple[Change, ...]]:
    """What is to be remembered after a sweep, and what changed.

    :param level: the level that was swept at.
    :param now: seconds since 1970.
    """
    others = [each for each in swept.devices if not each.self]
    if swept.diagnosis.lan.answer is Answer.NO or not others:
        return before, ()
    networks = stood_on(swept.observations)
    if before.networks and networks and not set(networks) & set(before.networks):
        before = State()
    look = Look(
        devices=others,
        places=ports(swept.observations, others),
        level=level,
        ran=frozenset(each.name for each in swept.outcomes if each.status in ENDED),
        now=now,
        is_first=before.level is None or not Level(before.level).allows(level),
    )
    known, told = devices(before, look)
    gateways, of_gateways = alarms.gateways(before, look)
    servers, of_servers = alarms.servers(before, look)
    duplicates, of_duplicates = alarms.duplicates(before, look)
    after = State(
        networks=networks or before.networks,
        level=highest(before.level, level),
        devices=known,
        gateways=gateways,
        servers=servers,
        duplicates=duplicates,
    )
    return after, (*told, *of_gateways, *of_servers, *of_duplicates)


def highest(before: str | None, level: Level) -> str:
    """The higher one of two levels: what that finds is known once it was swept at."""
    return before if before is not None and Level(before).allows(level) else level.value


def stood_on(observations: Iterable[Observation]) -> tuple[str, ...]:
    """The networks that this machine stands on; those that it only knows a way to are tied to a
    router."""
    found = {each.network for each in observations if each.network is not None and not each.ties}
    return tuple(sorted(found))


def ports(observations: Iterable[Observation], devices: Iterable[Device]) -> dict[str, str]:
    """The switch port that each device hangs on, by the device's key.

    Only ports count that have a name: which access point a laptop talks to is no place.
    """
    by_mac = {mac: device.key for device in devices for mac in device.macs}
    found: dict[str, str] = {}
    for seen in observations:
        for tie in seen.ties:
            if tie.kind != "CONNECTS_TO" or not tie.far_port or not (tie.address or tie.mac):
                continue
            place = f"{tie.address or tie.mac} {tie.far_port}"
            for key in {by_mac[mac] for each in seen.macs if (mac := station(each)) in by_mac}:
                found[key] = min(place, found.get(key, place))
    return found
