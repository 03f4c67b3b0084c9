"""The vocabulary: frozen values that every part shares, with no input, no output and no opinion.

The words are those of the published contracts: capture-1 for what was read from a machine,
diagnosis-1 and comparison-1 for what was made of it (docs/reference/contracts).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec


class Answer(StrEnum):
    """Three answers, never two: *unknown* is honest, a wrong *yes* is the worst there is."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Reach(StrEnum):
    """How far a process gets: see ``reach`` in diagnosis-1."""

    L2 = "l2"
    L3 = "l3"
    ROUTED = "routed"
    NAT = "nat"
    VM = "vm"
    NONE = "none"
    UNKNOWN = "unknown"


class Vantage(StrEnum):
    """Where a process stands on the network."""

    WINDOWS_NATIVE = "windows-native"
    MACOS_NATIVE = "macos-native"
    LINUX_HOST = "linux-host"
    LINUX_VM_BRIDGED = "linux-vm-bridged"
    LINUX_VM_NAT = "linux-vm-nat"
    CLOUD_VM = "cloud-vm"
    WSL1 = "wsl1"
    WSL2_NAT = "wsl2-nat"
    WSL2_MIRRORED = "wsl2-mirrored"
    WSL2_BRIDGED = "wsl2-bridged"
    WSL2_VIRTIOPROXY = "wsl2-virtioproxy"
    WSL2_NONE = "wsl2-none"
    DOCKER_DESKTOP_DISTRO = "docker-desktop-distro"
    DOCKER_DESKTOP_HOST = "docker-desktop-host"
    DOCKER_DESKTOP_BRIDGE = "docker-desktop-bridge"
    ENGINE_HOST = "engine-host"
    ENGINE_BRIDGE = "engine-bridge"
    ENGINE_MACVLAN = "engine-macvlan"
    ENGINE_IPVLAN_L2 = "engine-ipvlan-l2"
    ENGINE_IPVLAN_L3 = "engine-ipvlan-l3"
    ENGINE_NONE = "engine-none"
    ROOTLESS_SLIRP = "rootless-slirp"
    ROOTLESS_PASTA = "rootless-pasta"
    ROOTLESS_VPNKIT = "rootless-vpnkit"
    PODMAN_MACHINE = "podman-machine"
    LIMA = "lima"
    COLIMA = "colima"
    RANCHER_DESKTOP = "rancher-desktop"
    ORBSTACK = "orbstack"
    KUBERNETES_POD = "kubernetes-pod"
    KUBERNETES_HOST = "kubernetes-host"
    LXC_BRIDGED = "lxc-bridged"
    LXC_NAT = "lxc-nat"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What one interface is there for."""

    LAN = "lan"
    NAT = "nat"
    ENGINE = "engine"
    VM = "vm"
    VPN = "vpn"
    PROXY = "proxy"
    VIRTUAL = "virtual"
    LOOPBACK = "loopback"
    DOWN = "down"
    UNKNOWN = "unknown"


class Runtime(StrEnum):
    """In what form a node runs where it sees the LAN."""

    CONTAINER_HOST = "container-host"
    CONTAINER_MACVLAN = "container-macvlan"
    CONTAINER_IPVLAN = "container-ipvlan"
    NATIVE = "native"
    NONE = "none"


class Severity(StrEnum):
    """How much an advice matters: an error keeps the node blind, a warning narrows its view."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Machine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a machine says of itself. ``release`` is the kernel's, or 10.0.BUILD on Windows."""

    system: Literal["Linux", "Windows", "Darwin"]
    release: str | None = None
    version: str | None = None
    architecture: str | None = None
    hostname: str | None = None
    uid: int | None = None
    time: str | None = None


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """An interface's address with its prefix length, ``192.168.0.200/24``, and its flags."""

    address: str
    dynamic: bool = False
    noprefixroute: bool = False
    deprecated: bool = False


LinkKind = Literal[
    "ether",
    "wifi",
    "loopback",
    "veth",
    "bridge",
    "bond",
    "vlan",
    "macvlan",
    "ipvlan",
    "tun",
    "tap",
    "dummy",
    "wireguard",
    "ppp",
    "other",
]

Bus = Literal["pci", "usb", "vmbus", "virtio", "platform"]


class Interface(msgspec.Struct, frozen=True, omit_defaults=True):
    """One network interface; what could not be read is None, and no *yes* rests on a None.

    ``kind`` is netlink's IFLA_INFO_KIND, or ``ether`` for a plain Ethernet link; ``peer_index``
    is iflink where it differs from the index; ``up`` means that it can carry packets.
    """

    name: str
    addresses: tuple[Address, ...]
    description: str | None = None
    index: int | None = None
    mac: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}\Z")] | None = None
    mtu: int | None = None
    up: bool | None = None
    kind: LinkKind | None = None
    driver: str | None = None
    bus: Bus | None = None
    peer_index: int | None = None
    peer_elsewhere: bool = False
    if_type: int | None = None
    master: str | None = None
    hardware: bool | None = None


class Route(msgspec.Struct, frozen=True, omit_defaults=True):
    """One route: ``to`` is ``default`` or a prefix, ``table`` a name or a number."""

    to: str
    via: str | None = None
    dev: str | None = None
    table: str | int = "main"
    metric: int | None = None
    protocol: str | None = None
    scope: str | None = None


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """One routing rule: what it matches, and the table it sends that to."""

    priority: int
    iif: str | None = None
    protocol: str | None = None
    table: str | int | None = None


class Neighbour(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of the neighbour table; ``state`` as ``ip neigh`` names it, in lower case."""

    address: str
    mac: str | None = None
    dev: str | None = None
    state: str | None = None


class Probe(msgspec.Struct, frozen=True, omit_defaults=True):
    """One active check and what it gave.

    ``to`` is the address that was asked, and ``from_`` the one that answered where it is another
    (a multicast answer, a router on the way); ``mac`` is the answerer's, where it is known.
    """

    check: Literal["arp", "tcp", "mdns", "ssdp", "hop"]
    result: Literal["answered", "silent", "refused", "unreachable", "denied"]
    to: str | None = None
    from_: str | None = msgspec.field(name="from", default=None)
    mac: str | None = None


class Ran(msgspec.Struct, frozen=True, omit_defaults=True):
    """One command that ended: its status and what it printed."""

    argv: tuple[str, ...]
    status: int
    stdout: str = ""
    stderr: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """One thing that was seen: what it is called, what it said, and where it was read."""

    signal: str
    value: str
    source: str


class Finding(msgspec.Struct, frozen=True):
    """A detector's answer to its one question.

    ``kind`` says which sort it found (``mirrored``, ``docker``); ``evidence`` is what led to
    the answer, and ``doubts`` what was read and speaks against it or could not be read.
    """

    answer: Answer
    kind: str | None = None
    evidence: tuple[Evidence, ...] = ()
    doubts: tuple[Evidence, ...] = ()

    @property
    def legs(self) -> int:
        """On how many independent things the answer stands: a *no* wants two."""
        return len({item.signal for item in self.evidence})


class Lan(msgspec.Struct, frozen=True):
    """Does this process stand on the real LAN?"""

    answer: Answer
    reach: Reach
    confidence: float
    interface: str | None = None
    address: str | None = None
    network: str | None = None
    gateway: str | None = None
    """The router on that network that a default route leads by, where there is one."""
    why: str | None = None


class Layer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step between the process and the wire."""

    name: str
    kind: str
    says: str | None = None


class InterfaceRole(msgspec.Struct, frozen=True):
    """One interface, and what it is there for."""

    name: str
    role: Role
    addresses: tuple[str, ...]
    why: str
    kind: LinkKind | None = None


class ContainersHere(msgspec.Struct, frozen=True):
    """Would a container with host networking, on this machine's own engine, see the LAN?"""

    answer: Answer
    why: str


class Advice(msgspec.Struct, frozen=True):
    """What to do, under a stable code."""

    code: str
    severity: Severity
    title: str
    text: str
    commands: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()


class Recommendation(msgspec.Struct, frozen=True):
    """The row of the deployment matrix that fits (1 to 9), and the runtime it names."""

    row: int | None
    runtime: Runtime
    why: str


class Diagnosis(msgspec.Struct, frozen=True):
    """diagnosis-1: where a process stands, whether it sees the LAN, how that is known."""

    vantage: Vantage
    lan: Lan
    layers: tuple[Layer, ...]
    interfaces: tuple[InterfaceRole, ...]
    containers_here: ContainersHere
    evidence: tuple[Evidence, ...]
    advice: tuple[Advice, ...]
    recommendation: Recommendation
    diagnosis: int = 1


class Seen(msgspec.Struct, frozen=True):
    """One row of a comparison: one vantage of this machine, and what it sees."""

    name: str
    vantage: str
    sees_lan: Answer
    says: str
    reached_by: str
    interface: str | None = None
    address: str | None = None
    network: str | None = None
    error: str | None = None


class Network(msgspec.Struct, frozen=True):
    """The real LAN, as the outermost vantage that sees it has it."""

    network: str | None
    address: str | None


class Boundary(msgspec.Struct, frozen=True):
    """The first step at which the LAN is lost."""

    last_that_sees: str
    first_that_does_not: str
    why: str


class Comparison(msgspec.Struct, frozen=True):
    """comparison-1: every vantage of one machine side by side, outermost first."""

    taken_at: str
    versions: dict[str, str | None]
    lan: Network
    vantages: tuple[Seen, ...]
    boundary: Boundary | None
    conclusion: str
    comparison: int = 1
