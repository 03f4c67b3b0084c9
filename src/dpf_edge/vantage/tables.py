"""A machine's network tables together, and the questions that the judges ask of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dpf_edge import addresses, macs
from dpf_edge.errors import HostError
from dpf_edge.macs import MacKind
from dpf_edge.model import Evidence, Neighbour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dpf_edge.addresses import IPAddress, IPInterface
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Interface, Probe, Route, Rule

T = TypeVar("T")

# The checks that a station answers with its own address.
ANSWERED_BY_STATIONS = frozenset({"arp", "mdns", "ssdp"})

# Buses that a card made of matter sits on; a virtio or VMBus card is a hypervisor's.
MATTER = frozenset({"pci", "usb", "platform"})
# Drivers of cards that only hypervisors and clouds have, whatever bus they pretend to sit on.
VIRTUAL_DRIVERS = {
    "virtio_net": "virtio",
    "hv_netvsc": "Hyper-V",
    "vmxnet3": "VMware",
    "xen_netfront": "Xen",
    "vif": "Xen",
    "ena": "Amazon",
    "gve": "Google Cloud",
    "nicvf": "a virtual function",
    "iavf": "a virtual function",
    "ixgbevf": "a virtual function",
    "igbvf": "a virtual function",
    "i40evf": "a virtual function",
    "pcnet32": "an emulated card",
}
# Cellular modems, and phones that share their own connection over USB.
MODEM_DRIVERS = frozenset(
    {"qmi_wwan", "cdc_mbim", "huawei_cdc_ncm", "mhi_net", "iosm", "rndis_host", "ipheth"}
)
ENGINE_BRIDGE = r"docker0|docker_gwbridge|podman\d+|cni-?podman\d+|br-[0-9a-f]{12}"
# The names that VPN programs give their links, ended by a number or by whatever follows.
VPN_NAMES = (
    "tailscale",
    "wg",
    "tun",
    "utun",
    "ppp",
    "zt",
    "nordlynx",
    "ipsec",
    "vti",
    "gpd",
    "cscotun",
    "proton",
    "nebula",
    "netbird",
    "wt",
)
VPN_KINDS = frozenset({"wireguard", "ppp"})


class Tables(NamedTuple):
    """The links, routes, rules and neighbours of one network namespace."""

    interfaces: tuple[Interface, ...]
    routes: tuple[Route, ...]
    rules: tuple[Rule, ...]
    neighbours: tuple[Neighbour, ...]
    """The neighbour table, with what the active checks found out about it."""
    probes: tuple[Probe, ...] = ()

    def named(self, name: str | None) -> Interface | None:
        """The interface of that name."""
        return next((each for each in self.interfaces if each.name == name), None)

    def others(self) -> tuple[Interface, ...]:
        """Every interface but the loopback."""
        return tuple(each for each in self.interfaces if not is_loopback(each))

    def live(self) -> tuple[Interface, ...]:
        """The interfaces that are not down and hold a place on a network."""
        return tuple(each for each in self.others() if each.up is not False and places(each))

    def default_routes(self) -> tuple[Route, ...]:
        """The default routes of every table, the likeliest first: IPv4, the lowest metric."""
        found = [route for route in self.routes if is_default(route)]

        def order(route: Route) -> tuple[bool, int, str]:
            return (":" in (route.via or ""), route.metric or 0, route.dev or "")

        return tuple(sorted(found, key=order))

    def default_interface(self) -> Interface | None:
        """The interface that the default route leaves by, VPNs apart; else the only live one."""
        for route in self.default_routes():
            through = self.named(route.dev)
            if through is not None and not is_vpn(through):
                return through
        live = [each for each in self.live() if not is_engine(each)]
        return live[0] if len(live) == 1 else None

    def routers(self) -> frozenset[IPAddress]:
        """The gateways of all default routes."""
        parsed = (addresses.address(route.via) for route in self.default_routes())
        return frozenset(each for each in parsed if each is not None)

    def gateways(self, dev: str) -> tuple[str, ...]:
        """The gateways of the default routes through an interface."""
        return tuple(route.via for route in self.default_routes() if route.dev == dev and route.via)


def of(host: Host) -> Tables:
    """The tables of a host; one that cannot be read is empty, and costs the others nothing."""
    interfaces, probes = rows(host.interfaces), rows(host.probes)
    neighbours = heard(interfaces, rows(host.neighbours), probes)
    return Tables(interfaces, rows(host.routes), rows(host.rules), neighbours, probes)


def heard(
    interfaces: tuple[Interface, ...], neighbours: tuple[Neighbour, ...], probes: tuple[Probe, ...]
) -> tuple[Neighbour, ...]:
    """The neighbour table with the active checks' answers in it, and without what they refute.

    A station that answered is a neighbour of the one link that its address is on; where two links
    have that network nothing tells which, and it is left out. An entry whose address was asked
    and stayed silent is a memory, and proves nothing.
    """
    if not probes:
        return neighbours
    silent = {
        addresses.address(probe.to)
        for probe in probes
        if probe.check == "arp" and probe.result in {"silent", "unreachable"}
    } - {None}
    found = [each for each in neighbours if addresses.address(each.address) not in silent]
    for probe in probes:
        who = addresses.address(probe.to if probe.check == "arp" else probe.from_)
        if probe.check not in ANSWERED_BY_STATIONS or probe.result != "answered" or who is None:
            continue
        on = [
            each.name
            for each in interfaces
            if each.up is not False and any(within(who, place) for place in places(each))
        ]
        if probe.mac and len(on) == 1:
            found.append(Neighbour(str(who), probe.mac, on[0], "reachable"))
    return tuple(found)


def within(who: addresses.IPAddress | None, place: IPInterface) -> bool:
    """Whether an address is on the link of another."""
    return addresses.within(who, place.network)


def rows(ask: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
    """One table, empty where it cannot be read."""
    try:
        return ask()
    except HostError:
        return ()


def gateway_on(held: Tables, interface: Interface, place: IPInterface) -> str | None:
    """The first gateway of an interface's default routes that stands on a network of its own."""
    for gateway in held.gateways(interface.name):
        parsed = addresses.address(gateway)
        if parsed is not None and parsed in place.network:
            return str(parsed)
    return None


def is_default(route: Route) -> bool:
    """Whether a route takes what no other takes."""
    return route.to in {"default", "0.0.0.0/0", "::/0"}


def places(interface: Interface) -> tuple[IPInterface, ...]:
    """The addresses that stand on a network with neighbours, IPv4 first."""
    parsed = (addresses.interface(each.address) for each in interface.addresses)
    usable = [each for each in parsed if each and addresses.stands_on_a_network(each)]
    return tuple(sorted(usable, key=lambda each: each.version))


def is_loopback(interface: Interface) -> bool:
    """Whether it is the loopback itself (WSL's ``loopback0`` is none)."""
    return interface.kind == "loopback" or interface.name == "lo"


def is_vpn(interface: Interface) -> bool:
    """Whether it is a VPN's, by its kind or by the name that its program gives it.

    A ``tap0`` is no VPN by its name: rootless engines use it too.
    """
    if interface.kind in VPN_KINDS:
        return True
    # A name alone does not make a card of matter a VPN (a card may be renamed at will).
    return interface.name.startswith(VPN_NAMES) and interface.bus not in MATTER


def is_engine_bridge(interface: Interface) -> bool:
    """Whether it is an engine's bridge, by the name that engines give theirs."""
    return interface.bus is None and re.fullmatch(ENGINE_BRIDGE, interface.name) is not None


def is_engine(interface: Interface) -> bool:
    """Whether an engine made it: its bridge, or the host's end of a container's pair."""
    if is_engine_bridge(interface):
        return True
    return interface.kind == "veth" and (
        interface.master is not None or interface.name.startswith("veth")
    )


def numbered_by_engine(tables: Tables, interface: Interface) -> bool:
    """Whether a link has one of the networks that engines hand out unasked, and its gateway.

    Docker's default pools are 172.17.0.0/16 to 172.31.0.0/16 and 192.168.0.0/16 in /20s, and
    Podman's is 10.88.0.0/16; the gateway is the first address. That tells a bridge only where the
    kind of a container's link could not be read: a LAN may be numbered so too.
    """
    gateways = tables.gateways(interface.name)
    return any(
        addresses.is_of_an_engines_pool(place) and str(place.network[1]) in gateways
        for place in places(interface)
    )


def is_child(interface: Interface) -> bool:
    """Whether its other half or its parent lives in another namespace, by the index alone."""
    return interface.peer_index is not None or interface.peer_elsewhere


def virtual_card(interface: Interface) -> Evidence | None:
    """Why a card is a hypervisor's, where it is: its bus, its driver or its MAC's maker."""
    source = f"interface {interface.name}"
    if interface.bus in {"virtio", "vmbus"}:
        return Evidence("virtual-card", f"{interface.name} sits on the {interface.bus} bus", source)
    if interface.driver in VIRTUAL_DRIVERS:
        maker = VIRTUAL_DRIVERS[interface.driver]
        return Evidence("virtual-card", f"driver {interface.driver} is for {maker}", source)
    has_device = interface.bus is not None or interface.hardware
    if has_device and interface.mac and macs.kind(interface.mac) is MacKind.VIRTUAL:
        return Evidence("virtual-card", macs.says(interface.mac), source)
    return None


def is_card(interface: Interface) -> bool:
    """Whether it is a network card made of matter: a bus says so, and nothing says otherwise.

    A modem's card is made of matter too, and leads to a carrier and not to a LAN.
    """
    on_a_bus = interface.bus in MATTER or (interface.bus is None and interface.hardware is True)
    return (
        on_a_bus
        and interface.kind in {"ether", "wifi", None}
        and virtual_card(interface) is None
        and not is_modem(interface)
    )


def is_modem(interface: Interface) -> bool:
    """Whether it is a cellular modem or a tethered phone, by its driver or systemd's name."""
    return interface.driver in MODEM_DRIVERS or interface.name.startswith("ww")


def rests_on_a_card(interface: Interface, tables: Tables) -> Interface | None:
    """The card that an interface's packets leave by: its own, a bridge's or bond's member, a
    VLAN's parent; None where it rests on none.

    A VLAN's parent is found by its index in this same namespace. Bounded: a VLAN on a bridge on
    a bond is three steps, and nobody builds five.
    """
    level: list[Interface] = [interface]
    for _ in range(5):
        below: list[Interface] = []
        for each in level:
            if is_card(each):
                return each
            if each.kind in {"bridge", "bond"}:
                below += [member for member in tables.interfaces if member.master == each.name]
            if each.kind == "vlan" and not each.peer_elsewhere:
                below += parents(each, tables)
        # A bridge may be up by a guest's tap alone, while its card's cable is out.
        level = [each for each in below if each.up is True]
    return None


def parents(vlan: Interface, tables: Tables) -> list[Interface]:
    """The link that a VLAN is cut out of: by its index, or by the name before the tag.

    ``eno1.20`` with eno1's own MAC is a VLAN of eno1's, whatever index a capture gives.
    """
    by_index = [
        each
        for each in tables.interfaces
        if each.index is not None and each.index == vlan.peer_index
    ]
    parent = tables.named(vlan.name.rpartition(".")[0])
    if not by_index and parent is not None and parent.mac and parent.mac == vlan.mac:
        return [parent]
    return by_index


def is_mirrored_card(interface: Interface) -> bool:
    """Whether an interface can be one of Windows' own cards, mirrored: by a maker's MAC.

    A VPN's adapter is mirrored too, and has a virtual or locally administered MAC, as have the
    bridges and pairs that engines make inside the distribution: these choose theirs at random.
    """
    return (
        interface.name != "loopback0"
        and interface.kind in {"ether", "wifi", "veth", None}
        and interface.master is None
        and not is_engine(interface)
        and not is_vpn(interface)
        and interface.driver != "virtio_net"
        and interface.bus != "virtio"
        and macs.kind(interface.mac) is MacKind.HARDWARE
    )


def lowest_metric(tables: Tables, interface: Interface) -> float:
    """The metric of the best default route through an interface, infinite where it has none."""
    return min(
        (route.metric or 0 for route in tables.default_routes() if route.dev == interface.name),
        default=float("inf"),
    )


def best(tables: Tables, candidates: Iterable[Interface]) -> Interface | None:
    """The interface to name: by the metric of its default route, a private network, its name."""

    def order(interface: Interface) -> tuple[float, bool, str]:
        private = any(addresses.is_private(place.ip) for place in places(interface))
        return (lowest_metric(tables, interface), not private, interface.name)

    return min(candidates, key=order, default=None)
