"""The stage is what it claims to be, read by `ip` in every place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from . import commands, image, traces
from .asking import ip, reaches, read
from .engine import IDLE
from .lan import DEVICES

if TYPE_CHECKING:
    from .lab import Lab, Place

Route = tuple[str, str, str]
"""A default route: table, gateway, link."""


@dataclass(frozen=True)
class Claim:
    """What a place says of itself. Links that an engine names at random are left out."""

    kinds: dict[str, str]
    """Link to its kind, as `ip -d link` has it."""
    addresses: dict[str, str]
    """Link to its IPv4 address and prefix length."""
    defaults: tuple[Route, ...] = ()
    nameserver: str = ""
    hostname: str = ""
    """Empty where an engine gives twelve hex digits."""
    macs: dict[str, str] = field(default_factory=dict)


HOST = Claim(
    kinds={"eth0": "veth", "docker0": "bridge", "podman0": "bridge"},
    addresses={"eth0": "192.168.0.20/24", "docker0": "172.17.0.1/16", "podman0": "10.88.0.1/16"},
    defaults=(("main", "192.168.0.1", "eth0"),),
    nameserver="192.168.0.1",
    hostname="srv-20",
    macs={"eth0": "a0:36:9f:10:00:20"},
)
NESTED = Claim(
    kinds={"eth0": "veth", "docker0": "bridge"},
    # Which of the first bridge's addresses it gets depends on who starts first.
    addresses={"docker0": "172.18.0.1/16"},
    defaults=(("main", "172.17.0.1", "eth0"),),
    nameserver="192.168.0.1",
)


def bridged(gateway: str, nameserver: str, address: str = "") -> Claim:
    """A container behind a bridge, on one veth."""
    found = {"eth0": address} if address else {}
    return Claim({"eth0": "veth"}, found, (("main", gateway, "eth0"),), nameserver)


CLAIMS = {
    "linux-host": HOST,
    "linux-host/host": HOST,
    "linux-host/bridge": bridged("172.17.0.1", "192.168.0.1"),
    "linux-host/user-bridge": bridged("172.18.0.1", "127.0.0.11", "172.18.0.2/16"),
    "linux-host/none": Claim({}, {}, (), "192.168.0.1"),
    "linux-host/macvlan": Claim(
        {"eth0": "macvlan"},
        {"eth0": "192.168.0.60/24"},
        (("main", "192.168.0.1", "eth0"),),
        "127.0.0.11",
    ),
    "linux-host/siblings": bridged("172.19.0.1", "127.0.0.11"),
    "linux-host/nested": NESTED,
    "linux-host/nested/host": NESTED,
    "linux-host/nested/bridge": bridged("172.18.0.1", "192.168.0.1"),
    "linux-host/podman-bridge": bridged("10.88.0.1", "192.168.0.1"),
    "linux-host/podman-host": HOST,
    "docker-desktop-distro": Claim(
        kinds={"eth0": "veth", "eth1": "veth", "loopback0": "veth"},
        addresses={"eth1": "192.168.0.200/24"},
        defaults=(("main", "192.168.0.1", "eth1"),),
        nameserver="10.255.255.254",
        hostname="docker-desktop",
        macs={"loopback0": "00:15:5d:10:02:00", "eth1": "04:ec:d8:10:02:00"},
    ),
    "docker-desktop/host": Claim(
        kinds={"eth0": "veth", "services1": "veth", "docker0": "bridge"},
        addresses={
            "eth0": "192.168.65.3/24",
            "services1": "192.168.65.6/32",
            "docker0": "172.17.0.1/16",
        },
        # None in the main table, which is all that /proc/net/route shows.
        defaults=(("2", "192.168.65.1", "eth0"),),
        nameserver="192.168.65.7",
        hostname="docker-desktop",
        macs={"eth0": "d2:4a:6e:3a:d6:83"},
    ),
    "docker-desktop/bridge": bridged("172.17.0.1", "192.168.65.7"),
    "docker-desktop/user-bridge": bridged("172.18.0.1", "127.0.0.11", "172.18.0.2/16"),
    "docker-desktop/none": Claim({}, {}, (), "192.168.65.7"),
}

ON_THE_LAN = (
    "linux-host",
    "linux-host/host",
    "linux-host/podman-host",
    "linux-host/macvlan",
    "docker-desktop-distro",
)
BEHIND_NAT = (
    "linux-host/bridge",
    "linux-host/user-bridge",
    "linux-host/podman-bridge",
    "linux-host/nested/bridge",
    "docker-desktop/host",
    "docker-desktop/bridge",
    "docker-desktop/user-bridge",
)


@pytest.fixture(params=CLAIMS)
def place(request: pytest.FixtureRequest, lab: Lab) -> Place:
    return lab.places[request.param]


def claimed(place: Place) -> Claim:
    return CLAIMS[place.name]


def test_every_place_is_claimed(lab: Lab) -> None:
    assert set(CLAIMS) == set(lab.places)


def test_links(place: Place) -> None:
    links = {link["ifname"]: link for link in ip(place, "link")}
    kinds = {name: links[name]["linkinfo"]["info_kind"] for name in claimed(place).kinds}
    macs = {name: links[name]["address"] for name in claimed(place).macs}

    assert claimed(place).kinds == kinds
    assert claimed(place).macs == macs
    # An engine's bridges come with veths of random names; nowhere else is there a link unclaimed.
    if "docker0" not in links:
        assert {"lo", *claimed(place).kinds} == set(links)


def test_links_are_the_same_in_sys(place: Place) -> None:
    # A place that shows another namespace's links there would show the real machine's adapter.
    seen = place.run(["ls", "/sys/class/net"]).stdout.split()

    assert sorted(link["ifname"] for link in ip(place, "link")) == sorted(seen)


def test_addresses(place: Place) -> None:
    seen = {
        link["ifname"]: f"{address['local']}/{address['prefixlen']}"
        for link in ip(place, "-4", "addr")
        for address in link["addr_info"]
        if link["ifname"] in claimed(place).addresses
    }

    assert claimed(place).addresses == seen


def test_default_routes(place: Place) -> None:
    seen = tuple(
        (str(route.get("table", "main")), str(route.get("gateway")), str(route.get("dev")))
        for route in ip(place, "-4", "route", "show", "table", "all")
        if route.get("dst") == "default"
    )

    assert claimed(place).defaults == seen


def test_name_and_resolver(place: Place) -> None:
    hostname = place.run(["hostname"]).stdout.strip()
    words = place.run(["cat", "/etc/resolv.conf"]).stdout.split()

    assert claimed(place).nameserver == words[words.index("nameserver") + 1]
    if claimed(place).hostname:
        assert claimed(place).hostname == hostname
    else:
        assert len(hostname) == 12
        assert int(hostname, 16) >= 0


@pytest.mark.parametrize("name", ON_THE_LAN)
def test_the_lan_answers(lab: Lab, name: str) -> None:
    for device in lab.devices.values():
        assert reaches(lab.places[name], device.address), device


@pytest.mark.parametrize("name", ON_THE_LAN)
def test_neighbours_are_the_lan_s(lab: Lab, name: str) -> None:
    known = {entry["dst"]: entry.get("lladdr") for entry in ip(lab.places[name], "-4", "neigh")}

    assert {(address, mac) for _, address, mac, _ in DEVICES} <= known.items()


@pytest.mark.parametrize("name", BEHIND_NAT)
def test_nat_leads_to_the_lan_by_unicast(lab: Lab, name: str) -> None:
    place = lab.places[name]
    known = {entry["dst"] for entry in ip(place, "-4", "neigh")}

    assert reaches(place, lab.devices["nas"].address)
    assert not known & {address for _, address, _, _ in DEVICES}


def test_a_container_without_a_network_reaches_nobody(lab: Lab) -> None:
    assert not reaches(lab.places["linux-host/none"], lab.router.address)


def test_a_macvlan_container_does_not_reach_its_own_host(lab: Lab) -> None:
    assert not reaches(lab.places["linux-host/macvlan"], "192.168.0.20")


def test_siblings_know_five_neighbours_of_whom_none_is_a_maker_s(lab: Lab) -> None:
    known = ip(lab.places["linux-host/siblings"], "-4", "neigh", "show", "dev", "eth0")
    macs = {entry["lladdr"] for entry in known if "lladdr" in entry and entry["dst"] != GATEWAY}

    assert len(macs) == 5
    assert all(int(mac[:2], 16) & 2 for mac in macs)  # the bit of a locally administered address


GATEWAY = "172.19.0.1"


def test_devices_have_makers_macs(lab: Lab) -> None:
    for device in lab.devices.values():
        # Neither locally administered nor a group: the two low bits of the first octet.
        assert int(device.mac[:2], 16) & 3 == 0, device
        link = read(commands.run([*device.where.argv, "ip", "-j", "link", "show", "eth0"]))
        assert device.mac == link[0]["address"]


@pytest.mark.parametrize("name", [name for name in CLAIMS if "/" in name])
def test_containers_can_load_what_dpf_edge_imports(lab: Lab, name: str) -> None:
    done = lab.places[name].run(["python3", "-c", "import click, msgspec, rich, dpf_edge"])

    assert done.returncode == 0, done.stderr


PLAIN = {"host": "192.168.0.20", "bridge": "10.88."}
"""Where a plain `podman run` on the Linux host stands: the start of an address that it has."""

LOOK = ("--cap-drop=ALL", "--security-opt=no-new-privileges", "--entrypoint=/bin/sh")


@pytest.mark.parametrize("network", PLAIN)
def test_a_plain_podman_runs_the_image_and_leaves_nothing(lab: Lab, network: str) -> None:
    host = lab.places["linux-host"]
    words = ["--rm", "-i", "--pull=never", "--name=plain", f"--network={network}", *LOOK]
    done = host.run(["podman", "run", *words, image.NAME, "-s"], stdin="ip -4 -o addr")
    left = host.run(["podman", "ps", "--all", "--format={{.Names}}"])

    assert f"inet {PLAIN[network]}" in done.stdout, done.stderr
    assert set(left.stdout.split()) == {"podman-bridge", "podman-host"}, left.stderr


@pytest.mark.parametrize("network", PLAIN)
def test_a_plain_podman_s_processes_are_the_lab_s_to_sweep(lab: Lab, network: str) -> None:
    host = lab.places["linux-host"]
    words = ["--detach", "--pull=never", "--name=plain", f"--network={network}"]
    try:
        host.run(["podman", "run", *words, image.NAME, *IDLE])
        asked = ["podman", "inspect", "--format={{.State.Pid}} {{.State.ConmonPid}}", "plain"]
        pids = {int(word) for word in host.run(asked).stdout.split()}

        assert len(pids) == 2
        assert pids <= traces.processes()
    finally:
        host.run(["podman", "rm", "--force", "--time=0", "plain"])


def test_podman_keeps_its_locks_on_its_own_machine(lab: Lab) -> None:
    # /dev is the real machine's too: a lock there would be shared with its own Podman.
    assert lab.places["linux-host"].run(["ls", "/run/libpod/locks"]).stdout.split()
