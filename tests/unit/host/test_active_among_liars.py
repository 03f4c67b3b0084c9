"""The active checks where things are odd: liars, filters, tunnels, old kernels and the like."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from dpf_edge.model import Probe
from tests.left_out import left_out

from . import peer
from .spaces import Space, run, space
from .wire import (
    GATEWAY,
    GATEWAY_MAC,
    OLD_KERNEL,
    OWN,
    POWERLESS,
    beside,
    checked,
    link,
    watching,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def pair(root: None) -> Iterator[tuple[Space, Space]]:
    """A machine on a link, and all that is on the other end of it."""
    with link() as made:
        yield made


@pytest.fixture
def clean(pair: tuple[Space, Space]) -> tuple[Space, Space]:
    """The same with nothing in its neighbour tables."""
    for each in pair:
        each.do("ip neigh flush all nud all")
    return pair


Iptables = Callable[..., contextlib.AbstractContextManager[None]]


@pytest.fixture
def iptables() -> Iptables:
    """Sets a rule of a filter in a namespace, for as long as a block lasts."""
    if shutil.which("iptables") is None:
        left_out("not installed: iptables")

    @contextlib.contextmanager
    def rule(where: Space, table: str, *words: str) -> Iterator[None]:
        # The older iptables takes a lock in /run, which would stay behind.
        command = ("env", "XTABLES_LOCKFILE=/dev/null", "iptables", "-t", table)
        assert 0 == where.run(*command, "-A", *words).returncode
        try:
            yield
        finally:
            assert 0 == where.run(*command, "-D", *words).returncode

    return rule


def test_two_interfaces_share_the_room(clean: tuple[Space, Space]) -> None:
    here, there = clean
    with watching(there, "far") as far, watching(there, "aside") as aside:
        told = checked(here, "eth0", "eth1")

    said = re.search(r"on eth0 and eth1 .*at most 12 addresses there, 2 mDNS and 2 SSDP", told.said)
    assert said is not None
    asked = [{to for kind, to in frames if kind == "who-has"} for frames in (far, aside)]
    assert len(asked[0]) <= 6
    assert len(asked[1]) <= 6
    assert {GATEWAY, "10.7.0.1"} <= told.results("arp").keys()
    assert 1 == len(told.of("hop"))


def test_an_old_kernel_keeps_to_the_interface_too(clean: tuple[Space, Space]) -> None:
    """Even where the routes have the same addresses elsewhere."""
    here, there = clean
    halves = ("10.9.0.0/25", "10.9.0.128/25", "224.0.0.0/4")
    here.do(*(f"ip route add {half} dev eth1" for half in halves))
    try:
        with watching(there, "aside") as aside:
            told = checked(here, "eth0", before=OLD_KERNEL)
    finally:
        here.do(*(f"ip route del {half} dev eth1" for half in halves))

    assert "answered" == told.results("arp")[GATEWAY]
    assert {"denied"} == set(told.results("tcp").values())
    assert [] == aside


def test_a_stack_that_answers_for_everybody_is_seen_to(clean: tuple[Space, Space]) -> None:
    """Every address is one machine's: one MAC for all of them, and never a yes."""
    here, there = clean
    there.do(
        f"ip route add {OWN}/32 dev far table local",
        "ip route add local 10.9.0.0/24 dev lo",
    )
    try:
        told = checked(here, "eth0")
        done = here.run(sys.executable, "-m", "dpf_edge", "diagnose", "--active", "--json")
    finally:
        there.do("ip route del local 10.9.0.0/24 dev lo", f"ip route del {OWN}/32 table local")

    arp = told.of("arp")
    assert len(arp) >= 8
    assert {("answered", GATEWAY_MAC)} == {(probe.result, probe.mac) for probe in arp}
    assert [] == told.of("tcp"), "every address is somebody's here"
    assert "yes" != json.loads(done.stdout)["lan"]["answer"]


def test_a_program_that_takes_every_connection_is_seen_to(
    clean: tuple[Space, Space], iptables: Iptables
) -> None:
    """As a service mesh's sidecar or a filter does, on this very machine."""
    here, _ = clean
    taken = ("OUTPUT", "-p", "tcp", "-j", "REDIRECT", "--to-ports", "15001")
    with iptables(here, "nat", *taken), beside(here, sys.executable, "-c", TAKER):
        told = checked(here, "eth0")

    controls = told.results("tcp")
    assert ["answered", "answered"] == list(controls.values())
    assert {"silent"} == {told.results("arp")[to] for to in controls}


TAKER = """
import socket, sys
server = socket.create_server(("", 15001))
print("ready", flush=True)
sys.stdin.read()
print("[]")
"""


def test_a_tunnel_has_no_macs_and_its_liar_takes_connections(root: None) -> None:
    with space() as here:
        here.do("ip link set lo up", "ip tuntap add tun0 mode tun")
        with beside(here, sys.executable, "-c", LIAR) as asked:
            here.do("ip link set tun0 up", "ip addr add 10.5.0.2/24 dev tun0")
            told = checked(here, "tun0")

    assert "sending on tun0 for at most 2 s: a connection to at most 2 addresses" in told.said
    assert ["tcp", "tcp"] == [probe.check for probe in told.probes]
    assert {"answered"} == {probe.result for probe in told.probes}
    # The kernel's own IPv6 packets apart, nothing went in but these.
    assert {(6, to) for to in told.results("tcp")} == {(kind, to) for kind, to in asked if to}


# What stands behind a user-mode network: it takes every connection, before it knows of anybody.
LIAR = """
import fcntl, json, os, select, socket, struct, sys
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH", b"tun0", 0x1001))  # TUNSETIFF, TUN without header
def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
asked = set()
print("ready", flush=True)
while True:
    if 0 in select.select([0, tun], [], [])[0]:
        break
    packet = os.read(tun, 65536)
    if packet[0] >> 4 != 4:
        asked.add((58, ""))
        continue
    me, you = packet[16:20], packet[12:16]
    asked.add((packet[9], socket.inet_ntoa(me)))
    if packet[9] != 6 or not packet[33] & 2:
        continue
    source, target, number = struct.unpack("!HHI", packet[20:28])
    tcp = struct.pack("!HHIIBBHHH", target, source, 7, number + 1, 0x50, 0x12, 65535, 0, 0)
    whole = me + you + struct.pack("!BBH", 0, 6, len(tcp)) + tcp
    tcp = tcp[:16] + struct.pack("!H", checksum(whole)) + tcp[18:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, me, you)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    os.write(tun, head + tcp)
print(json.dumps(sorted(asked)))
"""


def test_a_crowd_that_answers_is_counted_to_sixteen(clean: tuple[Space, Space]) -> None:
    here, there = clean
    there.do(*(f"ip addr add {each}/24 dev far" for each in peer.CROWD))
    try:
        with watching(there, "far", "crowd") as frames:
            told = checked(here, "eth0")
    finally:
        there.do(*(f"ip addr del {each}/24 dev far" for each in peer.CROWD))

    assert 16 == len({probe.from_ for probe in told.of("mdns")})
    assert len({to for kind, to in frames if kind == "who-has"}) <= 12


def test_this_machines_own_programs_are_not_asked(clean: tuple[Space, Space]) -> None:
    here, _ = clean
    with watching(here, "eth0", "hears") as heard:
        checked(here, "eth0")

    assert [] == [each for each in heard if each[0] == "heard"]


def test_the_far_end_is_not_asked_by_another_interface(clean: tuple[Space, Space]) -> None:
    here, there = clean
    here.do("ip route add 1.1.1.1 via 10.7.0.1 dev eth1")
    try:
        with watching(there, "aside") as aside:
            told = checked(here, "eth0")
    finally:
        here.do("ip route del 1.1.1.1 via 10.7.0.1 dev eth1")

    assert [] == told.of("hop")
    assert [] == aside


def test_a_refusal_in_another_name_is_no_answer(clean: tuple[Space, Space]) -> None:
    """Only a station itself confirms an old entry; its neighbour cannot."""
    here, there = clean
    here.do(f"ip neigh add {peer.GONE} lladdr 00:11:32:00:00:77 dev eth0 nud stale")
    with watching(there, "far", "refuses") as frames:
        told = checked(here, "eth0")

    assert ["udp 9 ttl 1 empty", peer.GONE] in frames
    assert peer.GONE not in told.results("arp")


SLEEPER = """
import random, selectors
from dpf_edge.host import active, asking
from dpf_edge.host.live import LinuxHost
from dpf_edge.model import Neighbour
host = LinuxHost()
plans = active.plan(host, ["eth0"], random.Random(1))
late = tuple(Neighbour(each, "00:11:32:00:00:01", "eth0", "reachable") for each in plans[0].targets)
now, looks = 100.0, []
class Waiting(selectors.DefaultSelector):
    def select(self, timeout=None):
        global now
        now += timeout
        return []
def neighbours():
    looks.append(now)
    return late if now >= 102 else host.neighbours()
probes = asking.ask(plans, neighbours, Waiting(), lambda: now, random.Random(1))
print(len(plans[0].targets), *(f"{probe.check}:{probe.result}" for probe in probes))
"""


def test_a_sleeper_that_wakes_up_as_a_control_is_none(clean: tuple[Space, Space]) -> None:
    """By a clock of its own: nobody is there after 1.2 s, and everybody is after 2."""
    here, _ = clean

    done = here.run(sys.executable, "-c", SLEEPER)

    count, *told = done.stdout.decode().split()
    assert (0, b"") == (done.returncode, done.stderr)
    assert ["arp:answered"] * int(count) == [each for each in told if each.startswith("arp")]
    assert [] == [each for each in told if each.startswith("tcp")]


def test_a_route_that_forbids_is_obeyed_and_said(clean: tuple[Space, Space]) -> None:
    here, there = clean
    rules = ("pref 1 to 10.9.0.0/24 prohibit", "pref 2 to 1.1.1.1 unreachable")
    here.do(*(f"ip rule add {rule}" for rule in rules))
    try:
        with watching(there, "far") as frames:
            told = checked(here, "eth0")
    finally:
        here.do(*(f"ip rule del {rule}" for rule in rules))

    assert {"denied"} == set(told.results("arp").values())
    assert [] == told.of("tcp")
    assert [Probe("hop", "unreachable", "1.1.1.1")] == told.of("hop")
    assert {peer.MDNS[0], peer.SSDP[0]} == {to for _, to in frames}


def test_a_filter_that_forbids_is_said(clean: tuple[Space, Space], iptables: Iptables) -> None:
    here, there = clean
    with iptables(here, "filter", "OUTPUT", "-j", "DROP"), watching(there, "far") as frames:
        told = checked(here, "eth0")

    assert {"arp", "mdns", "ssdp", "hop"} == {probe.check for probe in told.probes}
    assert {"denied"} == {probe.result for probe in told.probes}
    assert [] == frames


def test_a_router_that_leads_nowhere_says_so(clean: tuple[Space, Space]) -> None:
    here, there = clean
    there.do("ip route del default via 10.6.0.2 dev on0")
    try:
        told = checked(here, "eth0")
    finally:
        there.do("ip route add default via 10.6.0.2 dev on0")

    assert [Probe("hop", "unreachable", "1.1.1.1", GATEWAY)] == told.of("hop")


def test_a_far_end_that_answers_within_one_hop_is_told_as_itself(
    clean: tuple[Space, Space],
) -> None:
    here, there = clean
    there.do("ip addr add 1.1.1.1/32 dev lo")
    try:
        refused = checked(here, "eth0")
        with beside(there, sys.executable, "-c", FAR_END):
            answered = checked(here, "eth0")
    finally:
        there.do("ip addr del 1.1.1.1/32 dev lo")

    for told in (refused, answered):
        assert [Probe("hop", "answered", "1.1.1.1", "1.1.1.1")] == told.of("hop")


FAR_END = """
import select, socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("1.1.1.1", 33434))
print("ready", flush=True)
while True:
    if sys.stdin in select.select([sys.stdin, sock], [], [])[0]:
        break
    sock.sendto(b"", sock.recvfrom(9)[1])
print("[]")
"""


def test_a_link_that_asks_nobody_for_a_mac_tells_nothing_by_it(
    clean: tuple[Space, Space],
) -> None:
    here, _ = clean
    here.do("ip link set eth0 arp off")
    try:
        told = checked(here, "eth0")
    finally:
        here.do("ip link set eth0 arp on")

    assert [] == told.of("arp")
    assert {"silent"} == set(told.results("tcp").values())


def test_an_ipv6_network_is_asked_for_its_gateway_alone(root: None) -> None:
    with space() as there, space() as here:
        for each in (there, here):
            each.run("sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
        here.do(f"ip link add eth0 type veth peer name far address {GATEWAY_MAC} netns {there.pid}")
        there.do("ip link set far up", "ip addr add fe80::1/64 dev far nodad")
        here.do(
            "ip link set eth0 up",
            "ip addr add fd00:9::20/64 dev eth0 nodad",
            "ip -6 route add default via fe80::1 dev eth0",
        )
        told = checked(here, "eth0")

    assert [Probe("arp", "answered", "fe80::1", mac=GATEWAY_MAC)] == list(told.probes)
    assert "sending on eth0 for at most 2 s: an empty datagram to at most 1 addresses" in told.said


def test_a_machine_that_is_on_no_network_is_asked_nothing(empty: Space) -> None:
    told = checked(empty, "lo", "eth0")

    assert () == told.probes
    assert told.said.startswith("sending nothing: ")


# A clock that only the waiting moves, and a selector that waits for nothing: every socket has
# something to say, each time it is asked.
BABBLE = """
import random, selectors, sys
from dpf_edge.host import active, asking
from dpf_edge.host.live import LinuxHost
now, longest, rounds = 100.0, 0.0, 0
class Babble(selectors.DefaultSelector):
    def select(self, timeout=None):
        global now, longest, rounds
        rounds += 1
        longest = max(longest, timeout)
        keys = list(self.get_map().values())
        if sys.argv[1] == "babble":
            ready = [(key, key.events) for key in keys if key.events == selectors.EVENT_READ]
        else:
            ready = []
        now += 0.0001 if ready else timeout
        return ready
host = LinuxHost()
plans = active.plan(host, ["eth0"], random.Random(1))
probes = asking.ask(plans, host.neighbours, Babble(), lambda: now, random.Random(1))
print(round(now - 100, 3), round(longest, 3), rounds, len(probes))
"""


@pytest.mark.parametrize("network", ["silence", "babble"])
def test_the_clock_bounds_the_checks_whatever_the_network_does(
    clean: tuple[Space, Space], network: str
) -> None:
    """By the loop's own clock: what it waits for adds up to two seconds and not more."""
    here, _ = clean

    done = here.run(sys.executable, "-c", BABBLE, network)

    assert (0, b"") == (done.returncode, done.stderr)
    seconds, longest, rounds, probes = map(float, done.stdout.split())
    assert seconds <= 2.001
    assert longest <= 1.2
    assert probes >= 10
    # A socket is read 512 times; and once all are closed, nothing wakes the loop any more.
    assert rounds == 2 if network == "silence" else 512 <= rounds <= 512 * 3


def test_the_program_says_what_it_sends_before_its_answer(clean: tuple[Space, Space]) -> None:
    here, _ = clean

    done = here.run(sys.executable, "-m", "dpf_edge", "diagnose", "--active", "--json", "--check")

    assert 2 == done.returncode
    assert "unknown" == json.loads(done.stdout)["lan"]["answer"]
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("sending on eth0 and eth1 for at most 2 s: ")


def test_without_being_told_to_the_program_sends_nothing(clean: tuple[Space, Space]) -> None:
    here, there = clean

    with watching(there, "far") as far, watching(there, "aside") as aside:
        done = here.run(sys.executable, "-m", "dpf_edge", "diagnose", "--check")

    assert b"" == done.stderr
    assert [] == far
    assert [] == aside


def test_the_tools_of_these_tests_are_there(root: None) -> None:
    assert 0 == run(*POWERLESS, "true").returncode
