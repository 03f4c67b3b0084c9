"""What a MAC address tells: a maker of hardware, a hypervisor, a network stack, or nobody.

Only an address from a maker of hardware speaks for a LAN. Prefixes are assignments in the IEEE
registry; whole addresses are those that user-mode stacks answer with.
"""

from __future__ import annotations

from enum import StrEnum


class MacKind(StrEnum):
    """Whose a MAC address is."""

    HARDWARE = "hardware maker"
    LOCAL = "locally administered"
    VIRTUAL = "virtual"
    NONE = "no station"


# Addresses that one program answers for everything behind it.
STACKS = {
    "00:11:22:33:44:55": "WSL's user-mode proxy (VirtioProxy, Consomme)",
    "00:00:00:00:01:00": "WSL's user-mode proxy, its guest's side",
    "f6:16:36:bc:f9:c6": "vpnkit",
    "5a:94:ef:e4:0c:dd": "gvproxy",
    "5a:94:ef:e4:0c:ee": "gvproxy's guest",
    "52:55:0a:00:02:02": "QEMU's user-mode stack",
    "52:54:00:12:35:02": "VirtualBox's NAT",
    "12:34:56:78:9a:bc": "Azure's fabric",
    "ee:ee:ee:ee:ee:ee": "Calico",
}

# Makers of virtual cards. The locally administered ones among them are named for the evidence.
MAKERS_OF_VIRTUAL_CARDS = {
    "00:15:5d": "Hyper-V",
    "00:03:ff": "Microsoft Virtual PC",
    "00:0d:3a": "Azure",
    "00:22:48": "Azure",
    "60:45:bd": "Azure",
    "7c:1e:52": "Azure",
    "00:05:69": "VMware",
    "00:0c:29": "VMware",
    "00:1c:14": "VMware",
    "00:50:56": "VMware",
    "08:00:27": "VirtualBox",
    "0a:00:27": "VirtualBox",
    "00:16:3e": "Xen",
    "00:21:f6": "Oracle VM",
    "00:1a:4a": "oVirt",
    "00:1c:42": "Parallels",
    "10:66:6a": "Incus",
    "50:6b:8d": "Nutanix",
    "52:54:00": "QEMU",
    "52:55:55": "Lima",
    "58:9c:fc": "bhyve",
    "bc:24:11": "Proxmox",
    "02:42:ac": "Docker",
    "42:01:0a": "Google Cloud",
}

# Adapters of VPN programs, which Windows shows as Ethernet cards and mirrored mode copies.
# TAP-Windows derives the rest of its address, so two bytes are all there is to know it by.
TUNNELS = {
    "00:ff:": "TAP-Windows",
    "00:05:9a:3c:7a": "Cisco AnyConnect",
    "00:09:0f:aa:00": "FortiClient",
    "00:09:0f:fe:00": "FortiClient",
    "02:05:85:7f:eb": "Pulse Secure",
    "02:50:41:00:00": "GlobalProtect",
}


def kind(mac: str | None) -> MacKind:
    """Whose a MAC address is; NONE for what is no single station's address."""
    if mac is None or len(mac) != 17:
        return MacKind.NONE
    mac = mac.lower()
    try:
        first = int(mac[:2], 16)
    except ValueError:
        return MacKind.NONE
    if first & 0x01 or mac == "00:00:00:00:00:00":  # the group bit: multicast and broadcast
        return MacKind.NONE
    if mac in STACKS or mac[:8] in MAKERS_OF_VIRTUAL_CARDS or mac.startswith(tuple(TUNNELS)):
        return MacKind.VIRTUAL
    if first & 0x02:  # the local bit, IEEE 802-2014 section 8.4
        return MacKind.LOCAL
    return MacKind.HARDWARE


def says(mac: str) -> str:
    """A MAC address with what is known of it, for a line of evidence."""
    low = mac.lower()
    tunnel = next((name for prefix, name in TUNNELS.items() if low.startswith(prefix)), None)
    maker = STACKS.get(low) or tunnel or MAKERS_OF_VIRTUAL_CARDS.get(low[:8])
    return f"{mac} ({maker or kind(mac)})"
