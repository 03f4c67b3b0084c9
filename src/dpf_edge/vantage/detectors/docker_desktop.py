from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import mounts, resolver, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

# Docker Desktop's services network as it is unless the user chose another (Settings, Resources,
# Network). A real LAN may have the same numbers, so numbers alone decide nothing.
SERVICES = (IPv4Network("192.168.65.0/24"), IPv6Network("fdc4:f303:9324::/48"))
RESOLVER = "192.168.65.7"
# What its engine's own resolv.conf begins with (docker/for-win#13966).
RESOLVER_COMMENT = "DNS requests are forwarded to the host"
GATEWAY = "192.168.65.1"
HOST_NAMES = {
    "host.docker.internal": {"192.168.65.254", "192.168.65.2", "fdc4:f303:9324::254"},
    "gateway.docker.internal": {GATEWAY, "fdc4:f303:9324::1"},
}
# The LinuxKit machine keeps the engine on its own first disk, WSL's on a disk of its own under
# /data: an engine on a Linux host keeps it under /var/lib/docker, or on another device.
LINUXKIT_DISK = "/docker/containers/"
WSL_DISK = "/data/docker/"
# Paths of the Mac's or PC's own files, as Docker Desktop shares them.
SHARED = ("/run/host_mark/", "/run/host_virtiofs/", "/host_mnt/", "/run/desktop/mnt/host")

NUMBERS = frozenset({"address", "resolver", "internal-name"})


@detector("docker-desktop")
def docker_desktop(host: Host) -> Finding:
    """Is this network namespace Docker Desktop's engine's, which never stands on the LAN?

    ``kind`` is ``engine`` where more than numbers says so, and ``numbers`` where only addresses
    of its usual network do: then it may be a LAN that somebody numbered alike.
    """
    reading = Reading(host)
    evidence = [
        *links_and_name(reading),
        *numbers(reading),
        *machine(reading),
    ]
    if not evidence:
        return Finding(Answer.NO, None, (), tuple(reading.doubts))
    only_numbers = {item.signal for item in evidence} <= NUMBERS
    return Finding(
        Answer.UNKNOWN if only_numbers else Answer.YES,
        "numbers" if only_numbers else "engine",
        tuple(evidence),
        tuple(reading.doubts),
    )


def links_and_name(reading: Reading) -> list[Evidence]:
    """The links that only Docker Desktop makes, its host name, and its default route."""
    host = reading.host
    found = []
    for each in host.interfaces():
        if each.name in {"services1", "hvint0"}:
            found.append(Evidence("link", each.name, f"interface {each.name}"))
    name = host.machine().hostname
    if name == "docker-desktop":
        found.append(Evidence("hostname", name, "host name"))
    default = [route for route in host.routes() if tables.is_default(route)]
    if any(route.via == GATEWAY for route in default) and not any(
        route.table in {"main", 254} for route in default
    ):
        told = f"via {GATEWAY}, and none in the main table"
        found.append(Evidence("default-route", told, "routes of all tables"))
    return found


def numbers(reading: Reading) -> list[Evidence]:
    """Addresses of its usual services network."""
    host = reading.host
    found = []
    for each in host.interfaces():
        for held in each.addresses:
            ip = addresses.address(held.address)
            if any(addresses.within(ip, network) for network in SERVICES):
                found.append(Evidence("address", held.address, f"interface {each.name}"))
    text = reading.text("/etc/resolv.conf") or ""
    if RESOLVER_COMMENT in text:
        found.append(Evidence("resolver-comment", RESOLVER_COMMENT, "/etc/resolv.conf"))
    told = resolver.parse(text)
    if RESOLVER in told.servers:
        found.append(Evidence("resolver", RESOLVER, "/etc/resolv.conf nameserver"))
    if RESOLVER in told.behind:
        found.append(Evidence("resolver", RESOLVER, "/etc/resolv.conf ExtServers"))
    for name, known in HOST_NAMES.items():
        for got in set(host.names(name)) & known:
            found.append(Evidence("internal-name", f"{name} is {got}", "/etc/hosts"))
    return found


def machine(reading: Reading) -> list[Evidence]:
    """The virtual machine that the engine runs in: its kernel, its disks, its shared folders."""
    found = []
    release = reading.text("/proc/sys/kernel/osrelease") or reading.host.machine().release or ""
    low = release.lower()
    if "linuxkit" in low:
        found.append(Evidence("kernel", release.strip(), "/proc/sys/kernel/osrelease"))
    for mount in mounts.parse(reading.text("/proc/self/mountinfo") or ""):
        disk = mount.source.rpartition("/")[2]
        told = f"{mount.point} from {mount.root} on {mount.source}"
        # Anybody's engine may keep its data on such a disk, under a kernel of its own.
        linuxkit = mount.root.startswith(LINUXKIT_DISK) and disk.startswith("vda")
        wsl = mount.root.startswith(WSL_DISK) and disk.startswith("sd")
        if (linuxkit and ("linuxkit" in low or not low)) or (wsl and "microsoft" in low):
            found.append(Evidence("engine-disk", told, "/proc/self/mountinfo"))
        elif mount.kind == "fakeowner" or any(
            path in f"{mount.root} {mount.source}" for path in SHARED
        ):
            found.append(Evidence("shared-folder", told, "/proc/self/mountinfo"))
    return found
