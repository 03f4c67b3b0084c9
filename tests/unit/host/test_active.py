"""What the active checks would ask and what they take for an answer: nothing here sends."""

from __future__ import annotations

import ipaddress
import os
import random
import selectors
import socket
import subprocess
import sys

import msgspec
import pytest

from dpf_edge.cli.answer import worth_asking
from dpf_edge.host import active, asking, exchange
from dpf_edge.host.capture import Capture, Replay
from dpf_edge.host.exchange import Exchange
from dpf_edge.model import Address, Interface, InterfaceRole, Machine, Neighbour, Probe, Role, Route
from dpf_edge.vantage.diagnose import diagnose

MAC = "00:11:32:00:00:01"


def link(name: str, *addresses: str, **more: object) -> Interface:
    """An interface that is up, with some addresses."""
    given = {"index": 2, "up": True, "kind": "ether", **more}
    return Interface(name, tuple(map(Address, addresses)), **given)  # type: ignore[arg-type]


def planned(
    *interfaces: Interface,
    routes: tuple[Route, ...] = (),
    neighbours: tuple[Neighbour, ...] = (),
    seed: int = 1,
) -> tuple[active.Plan, ...]:
    """What would be asked on some interfaces."""
    capture = Capture(Machine("Linux"), interfaces, 1, routes=routes, neighbours=neighbours)
    names = [each.name for each in interfaces]
    return active.plan(Replay(capture), names, random.Random(seed))


WAY_OUT = (Route("default", "192.168.0.1", "eth0"),)


@pytest.mark.parametrize("address", ["192.168.0.20/24", "10.1.2.3/16", "100.64.9.9/28"])
@pytest.mark.parametrize("seed", range(50))
def test_addresses_are_drawn_from_the_network_and_are_somebody_elses(
    address: str, seed: int
) -> None:
    place = ipaddress.IPv4Interface(address)
    known = str(place.network[-3])
    neighbours = (Neighbour(known, MAC, "eth0", "reachable"),)

    (plan,) = planned(link("eth0", address), neighbours=neighbours, seed=seed)

    strangers = [ipaddress.IPv4Address(each) for each in plan.strangers]
    assert len(strangers) == len(set(strangers)) >= active.CONTROLS
    assert all(each in place.network for each in strangers)
    ends = {place.network.network_address, place.network.broadcast_address}
    assert not {*strangers} & {*ends, place.ip, ipaddress.IPv4Address(known)}
    assert len(plan.targets) <= active.MOST_ASKED - active.FOR_ANSWERERS


def test_half_of_them_are_near_where_others_are_likely() -> None:
    (plan,) = planned(link("eth0", "10.1.0.20/16"), routes=(Route("default", "10.1.9.1", "eth0"),))

    near = [
        each
        for each in map(ipaddress.IPv4Address, plan.strangers)
        if min(abs(int(each) - int(ipaddress.IPv4Address(at))) for at in ("10.1.0.20", "10.1.9.1"))
        <= active.NEAR
    ]
    assert len(plan.strangers) // 2 <= len(near) < len(plan.strangers)


@pytest.mark.parametrize(
    "address",
    [
        "203.0.113.9/24",  # somebody's public network
        "10.1.2.3/15",  # wider than is walked
        "172.16.0.1/8",  # wider than what is private
        "169.254.3.4/16",  # what a machine gives itself where nobody gave it anything
    ],
)
def test_no_stranger_is_asked_where_it_is_not_ones_own_site(address: str) -> None:
    for plan in planned(link("eth0", address), routes=(Route("default", "10.1.0.1", "eth0"),)):
        assert () == plan.strangers


def test_gateways_come_first_and_neighbours_leave_room_for_strangers() -> None:
    neighbours = tuple(
        Neighbour(f"192.168.0.{n}", MAC, "eth0", "stale") for n in (1, *range(30, 60))
    )

    (plan,) = planned(link("eth0", "192.168.0.20/24"), routes=WAY_OUT, neighbours=neighbours)

    assert "192.168.0.1" == plan.targets[0]
    assert 1 + active.MOST_KNOWN == len(plan.known) == len(set(plan.known))
    assert active.MOST_ASKED - active.FOR_ANSWERERS == len(plan.targets)
    assert not {*plan.strangers} & {each.address for each in neighbours}


@pytest.mark.parametrize(
    "entry",
    [
        Neighbour("192.168.0.9", MAC, "eth0", "permanent"),
        Neighbour("192.168.0.9", None, "eth0", "failed"),
        Neighbour("192.168.0.9", MAC, "eth1", "reachable"),
        Neighbour("192.168.9.9", MAC, "eth0", "reachable"),
        Neighbour("192.168.0.20", MAC, "eth0", "reachable"),
        Neighbour("fe80::9", MAC, "eth0", "reachable"),
    ],
)
def test_what_is_no_station_of_the_link_is_not_known(entry: Neighbour) -> None:
    (plan,) = planned(link("eth0", "192.168.0.20/24"), neighbours=(entry,))

    assert () == plan.known


def test_a_gateway_that_a_program_wrote_into_the_table_is_not_asked() -> None:
    entry = Neighbour("192.168.0.1", MAC, "eth0", "permanent")

    (plan,) = planned(link("eth0", "192.168.0.20/24"), routes=WAY_OUT, neighbours=(entry,))

    assert "192.168.0.1" not in plan.targets


def test_two_interfaces_at_most_and_one_room_for_all() -> None:
    links = [link(f"eth{n}", f"10.{n}.0.20/24") for n in range(4)]
    neighbours = tuple(
        Neighbour(f"10.{n}.0.{m}", MAC, f"eth{n}", "stale") for n in range(4) for m in range(1, 9)
    )
    routes = tuple(Route("default", f"10.{n}.0.1", f"eth{n}") for n in range(4))

    plans = planned(*links, routes=routes, neighbours=neighbours)

    assert ["eth0", "eth1"] == [plan.name for plan in plans]
    assert sum(len(plan.targets) for plan in plans) <= active.MOST_ASKED - active.FOR_ANSWERERS
    assert all(len(plan.strangers) >= active.CONTROLS for plan in plans)


@pytest.mark.parametrize(
    "interface",
    [
        link("lo", "127.0.0.1/8", kind="loopback"),
        link("eth0", "192.168.0.20/24", up=False),
        link("eth0", "192.168.0.20/32"),
        link("eth0", "192.168.0.20/31"),
        link("eth0", "fe80::1/64"),
        link("eth0"),
    ],
)
def test_what_stands_on_no_network_is_not_asked_on(interface: Interface) -> None:
    assert () == planned(interface)


def test_room_is_kept_for_interfaces_that_can_be_asked_on_alone() -> None:
    """Docker Desktop's services are behind a link with a lone address and IPv6's own."""
    (plan,) = planned(
        link("services1", "192.168.65.6/32", "fe80::6/64"), link("eth0", "192.168.65.3/24")
    )

    assert "eth0" == plan.name
    assert active.MOST_ASKED - active.FOR_ANSWERERS == len(plan.targets)


def test_a_tunnel_has_controls_and_nobody_to_look_for() -> None:
    (plan,) = planned(link("tun0", "10.5.0.2/24", kind="tun"))

    assert (() == plan.targets, active.CONTROLS) == (True, len(plan.strangers))
    assert not plan.multicasts


def test_an_ipv6_network_is_not_walked() -> None:
    neighbours = (
        Neighbour("fe80::7", MAC, "eth0", "stale"),
        Neighbour("ff02::fb", MAC, "eth0", "stale"),
    )
    routes = (Route("default", "fe80::1", "eth0"),)

    (plan,) = planned(link("eth0", "fd00::20/64"), routes=routes, neighbours=neighbours)

    assert (("fe80::1", "fe80::7"), ()) == (plan.targets, plan.strangers)
    assert not plan.multicasts
    assert not plan.gateways, "nothing is sent far by IPv6"


def test_an_answer_is_a_stations_only_from_this_link_and_not_ones_own() -> None:
    (plan, _) = planned(link("eth0", "192.168.0.20/24"), link("eth1", "192.168.0.21/24"))

    asked = ("192.168.0.9", "192.168.1.9", "192.168.0.20", "192.168.0.21")
    assert [True, False, False, False] == [plan.is_station(each) for each in asked]


def test_a_stranger_is_spoken_to_from_an_address_of_its_network() -> None:
    (plan,) = planned(link("eth0", "192.168.0.20/24", "10.0.0.20/24"))

    asked = ("10.0.0.7", "192.168.0.7", "172.16.0.7")
    assert ["10.0.0.20", "192.168.0.20", "192.168.0.20"] == list(map(plan.source_for, asked))


def test_what_is_said_before_counts_what_is_planned() -> None:
    plans = planned(
        link("eth0", "192.168.0.20/24"), link("tun0", "10.5.0.2/24", kind="tun"), routes=WAY_OUT
    )

    assert (
        "sending on eth0 and tun0 for at most 2 s: an empty datagram to at most 7 addresses there,"
        " 1 mDNS and 1 SSDP question, a datagram toward 1.1.1.1 that the first router returns,"
        " a connection to at most 4 addresses there that nobody has"
    ) == active.announcement(plans)
    assert active.announcement(()).startswith("sending nothing: ")


def test_all_of_it_ends_well_within_three_seconds() -> None:
    assert 2.0 == active.SECONDS


@pytest.mark.parametrize(
    ("number", "result"),
    [(0, "answered"), (111, "refused"), (104, "refused"), (110, "silent"), (113, "unreachable"),
     (101, "unreachable"), (1, "denied"), (13, "denied")],
)  # fmt: skip
def test_what_a_connection_came_to(number: int, result: str) -> None:
    assert result == exchange.connection(number)


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now


class Waiting(selectors.DefaultSelector):
    """A selector that says what is ready at once, and spends the time on its clock."""

    def __init__(self, clock: Clock, spends: float) -> None:
        super().__init__()
        self._clock, self._spends = clock, spends

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None
        self._clock.waits.append(timeout)
        ready = super().select(0)
        self._clock.now += self._spends if ready else timeout
        return ready


def test_the_loop_never_waits_beyond_its_end() -> None:
    """Whatever comes in and however long it takes: no wait is longer than what is left."""
    clock = Clock()
    end = clock.now + 2
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    read: list[bytes] = []
    with Exchange(Waiting(clock, 0.3), clock) as sockets, theirs:
        sockets.watch(ours, selectors.EVENT_READ, lambda sock: read.append(sock.recv(9)))
        for _ in range(4):
            theirs.send(b"x")
        sockets.until(end)

    assert [2.0, 1.7, 1.4, 1.1, 0.8] == [round(each, 3) for each in clock.waits]
    assert 4 == len(read)
    assert ours.fileno() == -1


def test_a_flood_is_read_so_often_and_no_more() -> None:
    clock = Clock()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    read = []
    with Exchange(Waiting(clock, 0.0), clock) as sockets, theirs:

        def again(sock: socket.socket) -> None:
            read.append(sock.recv(9))
            theirs.send(b"x")

        sockets.watch(ours, selectors.EVENT_READ, again)
        theirs.send(b"x")
        sockets.until(clock.now + 2)
        still_open = ours.fileno() != -1

    assert exchange.MOST_READS == len(read)
    assert still_open, "a closed port would have the kernel answer"
    assert ours.fileno() == -1


def test_the_loop_ends_when_what_was_wanted_is_there() -> None:
    clock = Clock()
    with Exchange(Waiting(clock, 0.0), clock) as sockets:
        sockets.until(clock.now + 2, lambda: True)

    assert [] == clock.waits


def test_nothing_planned_takes_no_time() -> None:
    clock = Clock()

    probes = asking.ask((), lambda: (), Waiting(clock, 0.0), clock, random.Random(1))

    assert ((), []) == (probes, clock.waits)


def test_what_was_checked_is_a_machine_with_its_new_neighbours() -> None:
    before = Capture(Machine("Linux"), (link("eth0"),), 1, env={"container": "lxc"}, routes=WAY_OUT)
    neighbours = (Neighbour("192.168.0.1", MAC, "eth0", "reachable"),)
    after = Capture(Machine("Linux"), (link("eth0"), link("eth1")), 1, neighbours=neighbours)
    probes = (Probe("arp", "answered", "192.168.0.1", mac=MAC),)

    checked = active.Checked(Replay(before), Replay(after), probes)

    assert (probes, neighbours) == (checked.probes(), checked.neighbours())
    assert after.interfaces == checked.interfaces()
    assert (WAY_OUT, "lxc") == (checked.routes(), checked.env("container"))


def test_the_interface_with_the_lan_is_asked_on_before_others() -> None:
    """And none that is for guests, for a VPN, or down."""
    roles = {"lo": Role.LOOPBACK, "docker0": Role.ENGINE, "tun0": Role.VPN, "eth3": Role.DOWN}
    roles |= {"eth2": Role.UNKNOWN, "eth1": Role.NAT, "eth0": Role.LAN, "tap0": Role.VIRTUAL}
    interfaces = tuple(InterfaceRole(name, role, (), "") for name, role in roles.items())
    some = diagnose(Replay(Capture(Machine("Linux"), (), 1)))
    unknown = msgspec.structs.replace(some, interfaces=interfaces)
    lan = msgspec.structs.replace(unknown.lan, interface="eth0")

    assert ("eth2", "eth1", "eth0") == worth_asking(unknown, None)
    assert ("eth1", "eth2", "eth0") == worth_asking(unknown, "eth1")
    assert ("eth0", "eth1", "eth2") == worth_asking(
        msgspec.structs.replace(unknown, lan=lan), "eth1"
    )


def test_a_capture_cannot_be_asked() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dpf_edge", "diagnose", "--active", "--capture", os.devnull],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert (64, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[usage]: --active ")


def test_diagnose_loads_nothing_that_sends_unless_it_is_to() -> None:
    script = (
        "import sys, runpy\n"
        "sys.argv = ['dpf-edge', 'diagnose', '--json']\n"
        "try: runpy.run_module('dpf_edge', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print({'click', 'dpf_edge.host.active', 'dpf_edge.host.exchange'}"
        " & {*sys.modules}, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30
    )

    assert "set()\n" == done.stderr
