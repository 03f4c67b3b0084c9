"""The networks that desktop engines keep for their virtual machines, by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge import addresses

if TYPE_CHECKING:
    from dpf_edge.model import Interface

# gvproxy: containers/gvisor-tap-vsock, its defaults. Lima: its user-mode network. OrbStack: seen
# on machines of it; its newer releases number from 192.168.138.0.
MACHINES = {
    "gvproxy": (addresses.network("192.168.127.0/24"),),
    "lima": (addresses.network("192.168.5.0/24"),),
    "orbstack": (
        addresses.network("198.19.248.0/23"),
        addresses.network("192.168.138.0/23"),
        addresses.network("fd07:b51a:cc66::/48"),
    ),
}
# What their second cards are numbered when they are shared, host-only, between machines or behind
# vmnet's NAT, and not bridged (Lima's networks.yaml, Colima's and Rancher Desktop's own).
SHARED = tuple(
    addresses.network(text)
    for text in (
        "192.168.143.0/24",
        "192.168.104.0/24",
        "192.168.105.0/24",
        "192.168.106.0/24",
        "192.168.205.0/24",
        "192.168.64.0/24",
    )
)
NETWORKS = (*(network for listed in MACHINES.values() for network in listed), *SHARED)


def is_inner(interface: Interface) -> bool:
    """Whether an interface has an address of one of them."""
    return any(
        addresses.within(addresses.address(held.address), network)
        for held in interface.addresses
        for network in NETWORKS
    )
