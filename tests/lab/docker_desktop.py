"""Docker Desktop's engine, staged: a real dockerd in a network that looks like its machine's.

    docker-desktop           vpnkit                        LAN
    eth0 192.168.65.3 ────── 192.168.65.1 · NAT · .201 ─── switch
    services1 .6 ─────────── 192.168.65.7 (services)

Addresses, routes, MACs and MTUs are those that containers with host networking print on the real
thing. Not like it: eth0 is a veth where that is a tap, and the NAT is the kernel's, which does not
answer for hosts that are not there as Docker Desktop's proxy does.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from .commands import must
from .engine import ENVIRONMENT, PROGRAM, Stock, socket, start
from .lab import Place
from .lan import PREFIX_LENGTH, ROUTER, Lan
from .machine import Machine, machine
from .net import End, Namespace, namespace, ping, veth
from .state import RUN

NAME = "docker-desktop"
ADDRESS = "192.168.65.3"
GATEWAY = "192.168.65.1"
SERVICES_LINK = "192.168.65.6"
SERVICES = "192.168.65.7"

# The LAN sees Docker Desktop's traffic come from the Windows host itself. Two namespaces cannot
# share 192.168.0.200, so this side of Windows has a leg of its own.
UPLINK = "192.168.0.201"

_ETH0_MAC = "d2:4a:6e:3a:d6:83"  # as in a published capture: locally administered
_SERVICES1_MAC = "3e:91:24:52:5d:0d"
_GATEWAY_MAC = "f6:16:36:bc:f9:c6"  # vpnkit's own default
_SERVICES_MAC = "3e:91:24:52:5d:0e"
_UPLINK_MAC = "04:ec:d8:10:02:01"  # Intel's, like the host's other adapter

MTU = 65535  # what Docker Desktop sets, and the most that a veth takes

_ETC = {
    "resolv.conf": "# DNS requests are forwarded to the host. DHCP DNS options are ignored.\n"
    f"nameserver {SERVICES}\n",
    # The engine says in its /info what it reads here.
    "os-release": 'NAME="Docker Desktop"\nID=docker-desktop\nPRETTY_NAME="Docker Desktop"\n',
}

# What `docker info` tells of the real engine. Its label, com.docker.desktop.address, is missing:
# dockerd refuses labels of that name, so Docker Desktop must have patched its own.
_PROXIES = {
    "HTTP_PROXY": "http.docker.internal:3128",
    "HTTPS_PROXY": "http.docker.internal:3128",
    "NO_PROXY": "hubproxy.docker.internal",
}


def docker_desktop(lan: Lan) -> Machine:
    """The virtual machine's network with its way out, no engine yet."""
    net = namespace(NAME)
    _way_out(lan, net)
    _services(net)
    net.ip(
        f"addr add {ADDRESS}/24 brd + dev eth0",
        "addr add fdc4:f303:9324::3/64 dev eth0 nodad",
        # The main table has no default route: readers of /proc/net/route alone find none.
        f"route add {GATEWAY} dev eth0 table 2 scope link",
        f"route add default via {GATEWAY} dev eth0 table 2",
        # After the main table (32766), or the engine's own networks would be looked up in vain.
        "rule add pref 32768 lookup 2",
        "route add 127.0.0.0/8 dev lo",
    )
    return machine(net, NAME, _ETC, [f"ln -s {socket(NAME)} /run/docker.sock"])


def _way_out(lan: Lan, net: Namespace) -> None:
    """The user-mode network of the Windows side, with the kernel's NAT in its place."""
    vpnkit = namespace("vpnkit")
    veth(End(net, "eth0", _ETH0_MAC, MTU), End(vpnkit, "vm", _GATEWAY_MAC, MTU))
    net.ip("link set eth0 up")
    lan.plug(End(vpnkit, "eth0", _UPLINK_MAC))
    vpnkit.ip(
        f"addr add {GATEWAY}/24 brd + dev vm",
        "link set vm up",
        f"addr add {UPLINK}/{PREFIX_LENGTH} brd + dev eth0",
        f"route add default via {ROUTER} dev eth0",
    )
    vpnkit.sysctl(ipv4__ip_forward=1)
    masquerade = ("-t", "nat", "-A", "POSTROUTING", "-o", "eth0", "-j", "MASQUERADE")
    must(
        [*vpnkit.argv, "iptables", *masquerade],
        # The older iptables takes a lock in /run, which would stay behind.
        env={"XTABLES_LOCKFILE": str(RUN / "xtables.lock")},
    )


def _services(net: Namespace) -> None:
    """Where Docker Desktop's resolver and proxies are: a namespace behind a /32 of its own."""
    services = namespace("services")
    veth(End(net, "services1", _SERVICES1_MAC), End(services, "services0", _SERVICES_MAC))
    services.ip(
        f"addr add {SERVICES}/32 dev services0",
        "link set services0 up",
        f"route add {SERVICES_LINK} dev services0",
    )
    net.ip(
        f"addr add {SERVICES_LINK}/32 dev services1",
        "addr add fdc4:f303:9324::6/128 dev services1 nodad",
        "link set services1 up",
        f"route add {SERVICES} dev services1",
    )


def places(vm: Machine, stock: Stock) -> list[Place]:
    """Start the engine and its containers; give their places."""
    engine = start(vm, NAME, stock.data_root(NAME), f"--mtu={MTU}", env=_PROXIES)
    # The machine has spoken with its gateway and its resolver before any container starts.
    ping(vm.argv, [GATEWAY, SERVICES])
    # The daemon's --mtu is for its default bridge only.
    engine.network("user", f"--opt=com.docker.network.driver.mtu={MTU}")
    networks = {
        "host": ("--network=host",),
        "bridge": (),
        "user-bridge": ("--network=user",),
        "none": ("--network=none",),
    }
    # Two cores: more at once only wait for each other.
    with ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(engine.container, name, *ENVIRONMENT, *options, mounts=stock.mounts)
            for name, options in networks.items()
        ]
        for future in waiting:
            future.result()
    return [
        Place(f"{NAME}/{name}", "stand-in", _SAYS[name], engine.inside(name), PROGRAM)
        for name in networks
    ]


_SAYS = {
    "host": "A container on Docker Desktop with network_mode: host, which is not the host's.",
    "bridge": "A container on Docker Desktop's default bridge.",
    "user-bridge": "A container on a user-defined network of Docker Desktop, as Compose makes one.",
    "none": "A container on Docker Desktop without a network.",
}
