from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import addresses
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import inner, resolver, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.detectors.engine import engine_info
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.addresses import IPNetwork
    from dpf_edge.host.seam import Host


class Family(NamedTuple):
    """How one kind of virtual machine for containers shows: any two of these are enough."""

    networks: tuple[IPNetwork, ...] = ()
    gateways: tuple[str, ...] = ()
    """The gateway inside those networks that makes their numbers count; none where the networks
    are nobody else's."""
    macs: tuple[str, ...] = ()
    resolvers: tuple[IPNetwork, ...] = ()
    names: tuple[str, ...] = ()


FAMILIES = {
    "gvproxy": Family(
        inner.MACHINES["gvproxy"],
        ("192.168.127.1",),
        ("5a:94:ef:e4:0c:ee",),
        (addresses.network("192.168.127.1/32"),),
        ("host.containers.internal",),
    ),
    "lima": Family(
        inner.MACHINES["lima"],
        ("192.168.5.2",),
        ("52:55:55:",),
        (addresses.network("192.168.5.3/32"),),
        ("host.lima.internal",),
    ),
    "orbstack": Family(
        inner.MACHINES["orbstack"],
        (),
        (),
        (addresses.network("0.250.250.0/24"),),
        ("host.orb.internal",),
    ),
}
# Names by which one product of a family is told from the others.
HOSTS = {
    "colima": "colima",
    "lima-rancher-desktop": "rancher-desktop",
    "orbstack": "orbstack",
}
# How the names of machines begin that their owner may name.
PREFIXES = {"colima-": "colima", "lima-": "lima", "podman-machine-": "podman-machine"}
LINKS = {
    "veth-rd-ns": "rancher-desktop",
    "veth-rd-wsl": "rancher-desktop",
    "rd0": "rancher-desktop",
    "rd1": "rancher-desktop",
    "col0": "colima",
    "lima0": "lima",
}
ENGINES = {
    "OrbStack": "orbstack",
    "Rancher Desktop WSL Distribution": "rancher-desktop",
}
RELEASES = {"rancher desktop": "rancher-desktop"}
NAMES = {"host.rancher-desktop.internal": "rancher-desktop"}
DISTRIBUTIONS = {
    "rancher-desktop": "rancher-desktop",
    "rancher-desktop-data": "rancher-desktop",
    "podman-machine-default": "podman-machine",
}
# What a family is called where nothing tells its products apart.
USUAL = {"gvproxy": "podman-machine", "lima": "lima", "orbstack": "orbstack"}
# A product's own name outranks its family's usual one, and Rancher Desktop's links and names
# stand beside Lima's and gvproxy's, on which it is built.
ORDER = ("rancher-desktop", "colima", "orbstack", "podman-machine", "lima")
SIGNS = 2


@detector("desktop-machine")
def desktop_machine(host: Host) -> Finding:
    """Is this the virtual machine that a desktop engine made for its containers?

    ``kind`` is ``podman-machine``, ``lima``, ``colima``, ``rancher-desktop`` or ``orbstack``.
    Docker Desktop's has a detector of its own.
    """
    reading = Reading(host)
    found = [*by_family(reading), *by_name(reading)]
    kinds = {kind for kind, _ in found}
    evidence = tuple(item for _, item in found)
    kind = next((each for each in ORDER if each in kinds), None)
    count = len({item.signal for item in evidence})
    answer = Answer.YES if count >= SIGNS else Answer.UNKNOWN if count else Answer.NO
    return Finding(answer, kind, evidence, tuple(reading.doubts))


Sign = tuple[str, Evidence]


def by_family(reading: Reading) -> list[Sign]:
    """The numbers, MACs, resolvers and names of the networks that these machines stand in."""
    host = reading.host
    held = tables.of(host)
    routers = {str(each) for each in held.routers()}
    told = resolver.parse(reading.text("/etc/resolv.conf") or "")
    found: list[Sign] = []
    for name, family in FAMILIES.items():
        usual = USUAL[name]
        for each in held.others():
            source = f"interface {each.name}"
            for address in each.addresses:
                ip = addresses.address(address.address)
                here = any(addresses.within(ip, network) for network in family.networks)
                if here and (not family.gateways or routers & set(family.gateways)):
                    found.append((usual, Evidence("machine-numbers", address.address, source)))
            if family.macs and (each.mac or "").lower().startswith(family.macs):
                found.append((usual, Evidence("machine-mac", f"{each.name} is {each.mac}", source)))
        for server in (*told.servers, *told.behind):
            ip = addresses.address(server)
            if any(addresses.within(ip, network) for network in family.resolvers):
                found.append((usual, Evidence("machine-resolver", server, "/etc/resolv.conf")))
        for wanted in family.names:
            for got in host.names(wanted):
                ip = addresses.address(got)
                if any(addresses.within(ip, network) for network in family.networks):
                    said = Evidence("machine-name", f"{wanted} is {got}", "/etc/hosts")
                    found.append((usual, said))
    return found


def by_name(reading: Reading) -> list[Sign]:
    """What the machine, its links, its kernel and its engine are called."""
    host = reading.host
    machine = host.machine()
    found: list[Sign] = []
    named = product_called(machine.hostname or "")
    if named is not None:
        found.append((named, Evidence("machine-host", machine.hostname or "", "host name")))
    for each in host.interfaces():
        if each.name in LINKS:
            said = Evidence("machine-link", each.name, f"interface {each.name}")
            found.append((LINKS[each.name], said))
    release = reading.text("/proc/sys/kernel/osrelease") or machine.release or ""
    if "orbstack" in release.lower():
        said = Evidence("machine-kernel", release.strip(), "/proc/sys/kernel/osrelease")
        found.append(("orbstack", said))
    for wanted, kind in NAMES.items():
        for got in host.names(wanted):
            found.append((kind, Evidence("machine-name", f"{wanted} is {got}", "/etc/hosts")))
    distribution = reading.env("WSL_DISTRO_NAME") or ""
    if distribution in DISTRIBUTIONS:
        said = Evidence("machine-distro", distribution, "environment WSL_DISTRO_NAME")
        found.append((DISTRIBUTIONS[distribution], said))
    system = (reading.text("/etc/os-release") or "").lower()
    for word, kind in RELEASES.items():
        if word in system:
            found.append((kind, Evidence("machine-release", word, "/etc/os-release")))
    info = engine_info(reading)
    for field, known in (("OperatingSystem", ENGINES.get), ("Name", product_called)):
        value = info.get(field)
        product = known(value) if isinstance(value, str) else None
        if product is not None:
            found.append((product, Evidence("machine-engine", str(value)[:80], "docker info")))
    return found


def product_called(name: str) -> str | None:
    """Which product names its machines so."""
    begins = next((kind for prefix, kind in PREFIXES.items() if name.startswith(prefix)), None)
    return HOSTS.get(name, begins)
