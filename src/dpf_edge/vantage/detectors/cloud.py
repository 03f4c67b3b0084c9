from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import firmware, resolver, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

ASSET_TAG = "/sys/class/dmi/id/chassis_asset_tag"
# The vendors that only clouds write into the firmware's tables, in lower case. OpenStack is not
# among them: it runs in cellars too.
VENDORS = (
    "amazon ec2",
    "google compute engine",
    "digitalocean",
    "hetzner",
    "alibaba cloud",
    "oraclecloud",
    "scaleway",
    "linode",
    "akamai",
    "vultr",
    "upcloud",
    "exoscale",
    "tencent cloud",
)
# Azure's asset tag is the same on every machine (Azure's documentation of its Linux agent).
ASSET_TAGS = ("7783-7084-3265-9085-8269-3286-77", "oraclecloud.com", "amazon ec2")
# Drivers of cards that are built into no other machine.
DRIVERS = {"ena": "Amazon", "gve": "Google Cloud", "mana": "Azure"}
# MACs that a cloud's fabric answers with, or gives its guests.
FABRICS = {
    "12:34:56:78:9a:bc": "Azure's fabric",
    "42:01:0a": "Google Cloud",
    "00:0d:3a": "Azure",
    "00:22:48": "Azure",
    "60:45:bd": "Azure",
    "7c:1e:52": "Azure",
}
METADATA = "169.254.169.254"
# A cloud's resolver has an address that no site's has; 168.63.129.16 is Azure's.
RESOLVERS = {"169.254.169.253": "Amazon", METADATA: "Google Cloud", "168.63.129.16": "Azure"}
DOMAINS = (
    "ec2.internal",
    "compute.internal",
    "google.internal",
    "internal.cloudapp.net",
    "oraclevcn.com",
)
KERNELS = ("-aws", "-azure", "-gcp", "-gke", "-oracle", "-cloud-amd64", "-cloud-arm64")
# One sign may be a kernel's name or a vendor's card in somebody's cellar.
SIGNS = 2


@detector("cloud")
def cloud(host: Host) -> Finding:
    """Is this a machine in a cloud, where the provider's fabric stands in for a LAN?

    Every neighbour there is the fabric, multicast goes nowhere, and what else runs in the same
    network is the provider's to tell.
    """
    reading = Reading(host)
    evidence = [*told(reading), *fabric(host), *named(reading)]
    if {item.signal for item in evidence} & {"cloud-vendor", "asset-tag"}:
        evidence += guest(reading)
    count = len({item.signal for item in evidence})
    answer = Answer.YES if count >= SIGNS else Answer.UNKNOWN if count else Answer.NO
    return Finding(answer, "cloud" if evidence else None, tuple(evidence), tuple(reading.doubts))


def told(reading: Reading) -> list[Evidence]:
    """What the firmware's tables say, on Linux and on Windows."""
    found = [
        Evidence("cloud-vendor", word.text[:80], word.source)
        for word in firmware.words(reading)
        if any(vendor in word.text for vendor in VENDORS)
    ]
    tag = (reading.text(ASSET_TAG) or "").strip().lower()
    if tag in ASSET_TAGS:
        found.append(Evidence("asset-tag", tag, ASSET_TAG))
    return found


def guest(reading: Reading) -> list[Evidence]:
    """That the processor tells of a hypervisor, which together with a cloud's firmware counts."""
    if "hypervisor" in (reading.text("/proc/cpuinfo") or "").split():
        return [Evidence("cpu-flag", "hypervisor", "/proc/cpuinfo")]
    return []


def fabric(host: Host) -> list[Evidence]:
    """What the links, routes and neighbours of a cloud's network show."""
    held = tables.of(host)
    found = []
    for each in held.others():
        source = f"interface {each.name}"
        if each.driver in DRIVERS:
            told = f"{each.name} is a card of {DRIVERS[each.driver]}"
            found.append(Evidence("cloud-driver", told, source))
        if maker := maker_of(each.mac):
            found.append(Evidence("cloud-mac", f"{each.name} is {each.mac} ({maker})", source))
    for entry in held.neighbours:
        if maker := maker_of(entry.mac):
            told = f"{entry.address} is {entry.mac} ({maker})"
            found.append(Evidence("fabric-mac", told, f"neighbours of {entry.dev}"))
    for route in held.routes:
        if str(addresses.address(route.to)) == METADATA:
            found.append(Evidence("metadata-route", f"{route.to} by {route.dev}", "routes"))
    return found


def maker_of(mac: str | None) -> str | None:
    """Which cloud a MAC is of."""
    low = (mac or "").lower()
    return FABRICS.get(low) or FABRICS.get(low[:8])


def named(reading: Reading) -> list[Evidence]:
    """The resolver's and the kernel's names."""
    found = []
    text = reading.text("/etc/resolv.conf") or ""
    for server in resolver.parse(text).servers:
        if server in RESOLVERS:
            told = f"{server} ({RESOLVERS[server]})"
            found.append(Evidence("cloud-resolver", told, "/etc/resolv.conf"))
    for line in text.split("\n"):
        words = line.split()
        if words[:1] == ["search"]:
            for domain in words[1:]:
                if domain.rstrip(".").endswith(DOMAINS):
                    found.append(Evidence("cloud-domain", domain, "/etc/resolv.conf"))
    release = (reading.host.machine().release or "").strip()
    if release.endswith(KERNELS):
        found.append(Evidence("cloud-kernel", release, "/proc/sys/kernel/osrelease"))
    return found
