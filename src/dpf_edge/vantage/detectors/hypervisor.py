from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import firmware, tables
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

# The vendors that hypervisors and clouds write into the firmware's tables, in lower case.
VENDORS = {
    "qemu": "qemu",
    "kvm": "qemu",
    "bochs": "qemu",
    "vmware": "vmware",
    "innotek": "virtualbox",
    "virtualbox": "virtualbox",
    "xen": "xen",
    "parallels": "parallels",
    "bhyve": "bhyve",
    "amazon ec2": "cloud",
    "google compute engine": "cloud",
    "digitalocean": "cloud",
    "hetzner": "cloud",
    "alibaba cloud": "cloud",
    "openstack": "cloud",
    "apple virtualization": "apple",
    "firecracker": "firecracker",
    "nutanix": "nutanix",
    "oraclecloud": "cloud",
    "scaleway": "cloud",
}


@detector("hypervisor")
def hypervisor(host: Host) -> Finding:
    """Is this a virtual machine, whose network card leads to a hypervisor and not to a switch?

    Microsoft makes hardware too, so of its products only ``Virtual Machine`` is one.
    """
    reading = Reading(host)
    evidence = []
    kind = None
    flags = reading.text("/proc/cpuinfo")
    words = (flags or "").split()
    if "hypervisor" in words:
        evidence.append(Evidence("cpu-flag", "hypervisor", "/proc/cpuinfo"))
    for told in firmware.words(reading):
        match = next((word for word in VENDORS if word in told.text), None)
        if match or (told.name == "product_name" and told.text == "virtual machine"):
            kind = kind or (VENDORS[match] if match else "hyper-v")
            evidence.append(Evidence(f"firmware {told.name}", told.text, told.source))
    xen = (reading.text("/sys/hypervisor/type") or "").strip()
    if xen:
        kind = kind or xen
        evidence.append(Evidence("hypervisor", xen, "/sys/hypervisor/type"))
    # One card made of matter is enough to doubt the others: a server may hand out virtual
    # functions of its card, and see them too.
    cards = [each for each in host.interfaces() if each.hardware or each.bus]
    virtual = [tables.virtual_card(each) for each in cards]
    if cards and all(virtual):
        evidence += [card for card in virtual if card is not None]
    if evidence:
        return Finding(Answer.YES, kind, tuple(evidence), tuple(reading.doubts))
    # Only an x86 processor has the flag to lack. Firmware that names no hypervisor says little: an
    # ARM server in a cloud may name its board's maker.
    if "fpu" in words:
        none = Evidence("no-hypervisor", "no such processor flag", "/proc/cpuinfo")
        return Finding(Answer.NO, None, (none,), tuple(reading.doubts))
    return Finding(Answer.UNKNOWN, None, (), tuple(reading.doubts))
