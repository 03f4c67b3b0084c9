from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dpf_edge import addresses
from dpf_edge.discovery import tables
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.texts import clean
from dpf_edge.discovery.times import stamp
from dpf_edge.errors import HostError
from dpf_edge.level import Level
from dpf_edge.model import Interface, Machine
from dpf_edge.observed import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net
    from dpf_edge.host.seam import Host

# A machine knows itself.
SURE = 1.0
OS_RELEASE = "/etc/os-release"
NAME_CHARACTERS = 100


@collector.declare(
    "host",
    level=Level.LISTEN,
    stage=Stage.TABLES,
    reach="machine",
    reads="this machine's name, system, size and interfaces, and where it stands",
    sends="nothing",
)
def host(job: Job, net: Net) -> Iterator[Observation]:
    """What is the machine itself, that looks?"""
    interfaces = tables.rows(job.host.interfaces)
    # The addresses of its inner sides (a bridge for containers) are those of many a machine.
    outer = list(tables.outer(interfaces, job.diagnosis))
    machine = machine_of(job.host)
    yield Observation(
        collector="host",
        seen_at=stamp(net.now()),
        confidence=SURE,
        addresses=tuple(
            dict.fromkeys(str(place.ip) for each in outer for place in tables.held(each))
        ),
        macs=tuple(dict.fromkeys(each.mac for each in outer if each.mac)),
        names=(machine.hostname,) if machine.hostname else (),
        attributes={
            name: value
            for name, value in attributes(job, machine, interfaces).items()
            if value is not None
        },
        is_self=True,
    )


def attributes(job: Job, machine: Machine, interfaces: tuple[Interface, ...]) -> dict[str, Any]:
    """What a host's item holds, as published; and where it stands, which is ours."""
    size, diagnosis = job.settings.get("hardware"), job.diagnosis
    return {
        "hostname": machine.hostname,
        "release": machine.release,
        "os": system(job.host),
        "arch": machine.architecture,
        "cpuCount": size.processors if size else None,
        "totalmemBytes": size.memory_bytes if size else None,
        "networkInterfaces": [interface(each) for each in shown(interfaces)],
        "vantage": diagnosis.vantage.value,
        "lanAnswer": diagnosis.lan.answer.value,
        "lanReach": diagnosis.lan.reach.value,
        "lanWhy": diagnosis.lan.why,
        "deploymentRow": diagnosis.recommendation.row,
    }


def machine_of(host: Host) -> Machine:
    """What the machine says of itself; as good as nothing where it does not."""
    try:
        return host.machine()
    except HostError:
        return Machine(system="Linux")


def system(host: Host) -> str | None:
    """The operating system's name for people (os-release(5)); None where it has none."""
    try:
        lines = host.read(OS_RELEASE).splitlines()
    except HostError:
        return None
    named = [line.partition("=")[2] for line in lines if line.startswith("PRETTY_NAME=")]
    return clean(named[0].strip("\"'"), NAME_CHARACTERS) or None if named else None


def shown(interfaces: tuple[Interface, ...]) -> list[Interface]:
    """The interfaces that have an address, as published, in the order of their names."""
    return sorted((each for each in interfaces if each.addresses), key=lambda each: each.name)


def interface(each: Interface) -> dict[str, Any]:
    """One interface as the contract's ``networkInterfaces`` has it."""
    told: dict[str, Any] = {
        "name": each.name,
        "mac": each.mac,
        "mtu": each.mtu,
        "up": each.up,
        "kind": each.kind,
        "internal": each.kind == "loopback" or each.name == "lo",
        "addresses": [
            {
                "family": f"IPv{place.version}",
                "address": str(place.ip),
                "cidr": place.with_prefixlen,
                "internal": place.ip.is_loopback,
            }
            for place in map(addresses.interface, sorted(one.address for one in each.addresses))
            if place is not None
        ],
    }
    return {key: value for key, value in told.items() if value is not None}
