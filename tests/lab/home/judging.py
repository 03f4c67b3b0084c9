"""A sweep held against the truth: everything that is wrong with it, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .truth import DOMAIN, THINGS, Fact, Thing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dpf_edge.level import Level

Found = dict[str, Any]
"""A device of sweep-1."""


def wrong(
    sweep: Mapping[str, Any], level: Level, things: Mapping[str, Thing] = THINGS
) -> list[str]:
    """What a sweep at some level missed, invented, took for one or for two, or said falsely."""
    matched: dict[str, Found] = {}
    faults: list[str] = []
    for device in sweep["devices"]:
        names = _who(device, things)
        if len(names) != 1:
            what = f"takes {' and '.join(names)} for one" if names else "invents"
            faults.append(f"{what}: {_short(device)}")
        elif names[0] in matched:
            faults.append(
                f"takes {names[0]} for two: {_short(matched[names[0]])} and {_short(device)}"
            )
        else:
            matched[names[0]] = device
    for name, thing in things.items():
        if name in matched:
            faults += [f"{name}: {fault}" for fault in _faults(matched[name], thing, level)]
        elif level.allows(thing.since):
            faults.append(f"misses {name} ({thing.addresses[0].value}, {thing.mac})")
    return faults


def _who(device: Found, things: Mapping[str, Thing]) -> list[str]:
    """Which things a device shows features of: by its MACs, and by addresses where it has none."""
    keys = device["macs"] or device["addresses"]
    by_mac = bool(device["macs"])
    return [
        name
        for name, thing in things.items()
        if any(fact.value in keys for fact in (thing.macs if by_mac else thing.addresses))
    ]


def _faults(device: Found, thing: Thing, level: Level) -> list[str]:
    """What a device says falsely, and what it ought to say at this level and does not."""
    services = [_service(service) for service in device.get("services", ())]
    faults = [
        *_compared("address", device["addresses"], thing.addresses, level, str.lower),
        *_compared("MAC", device["macs"], thing.macs, level, str.lower),
        *_compared("name", device["names"], thing.names, level, plain_name),
        *_compared("service", services, thing.services, level, str),
        *_compared("role", device.get("roles", ()), thing.roles, level, str),
        *_compared("id", device.get("ids", ()), thing.ids, level, str.lower),
    ]
    maker = device.get("maker") or ""
    if thing.maker is None and maker:
        faults.append(f"has a maker, {maker}")
    elif thing.maker is not None and not maker.lower().startswith(thing.maker.lower()):
        faults.append(f"maker {maker or 'unknown'}, which is {thing.maker}")
    kind = device.get("kind")
    if thing.kind is None:
        if kind is not None:
            faults.append(f"kind {kind}, which nothing tells")
    elif kind not in thing.kind.value.split("|") and (kind or _due(thing.kind, level)):
        faults.append(f"kind {kind}, which is {thing.kind.value}")
    for key, fact in thing.attributes.items():
        value = device.get("attributes", {}).get(key)
        if value != fact.value and (value is not None or _due(fact, level)):
            faults.append(f"{key} {value!r}, which is {fact.value!r}")
    if bool(device.get("self")) != thing.is_self:
        faults.append(f"self is {device.get('self')}")
    if bool(device.get("private_mac")) != thing.private_mac:
        faults.append(f"private_mac is {device.get('private_mac')}")
    return faults


def _compared(
    what: str,
    said: Iterable[str],
    true: tuple[Fact, ...],
    level: Level,
    plain: Callable[[str], str],
) -> list[str]:
    found = {plain(value): value for value in said}
    right = {plain(fact.value): fact for fact in true}
    return [
        *(f"{what} {value}, which it has not" for key, value in found.items() if key not in right),
        *(
            f"{what} {fact.value} is not known"
            for key, fact in right.items()
            if key not in found and _due(fact, level)
        ),
    ]


def _due(fact: Fact, level: Level) -> bool:
    return fact.since is not None and level.allows(fact.since)


def plain_name(name: str) -> str:
    """A name as it is compared: in lower case, without its domain."""
    return name.lower().rstrip(".").removesuffix(".local").removesuffix(f".{DOMAIN}")


def _service(service: Mapping[str, Any]) -> str:
    name = str(service["name"]).removesuffix("._tcp").removesuffix("._udp").removeprefix("_")
    port = service.get("port")
    return f"{name}/{port}" if port else name


def _short(device: Found) -> str:
    words = [*device["names"], *device["macs"], *device["addresses"]]
    seen = sorted({s["collector"] for every in device.get("sources", {}).values() for s in every})
    return f"{', '.join(words) or device['key']} (by {', '.join(seen) or 'nobody'})"
