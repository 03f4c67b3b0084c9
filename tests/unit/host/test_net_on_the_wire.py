"""The live network on a real link: frames, walks, nudges and echoes, and what goes out by them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from .spaces import Space, space
from .wire import beside, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

# Everything in 10.9.4.0/26 is up, and of the rest the far end's own address.
UP = {f"10.9.4.{number}" for number in range(64)} | {"10.9.0.1"}
MAC, FAR_MAC = "a0:36:9f:00:00:02", "3c:a6:2f:00:00:01"
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")

# A script's first lines: an account, and a request for each address of a network.
BEGIN = """
import ipaddress, json, sys, threading
from dpf_edge.host.live_net import LiveNet
from dpf_edge.discovery.frames import arp, ethernet
live = LiveNet(rate=RATE, seed=1)
net = live.account("test", 40.0)
def tell(**told):
    print(json.dumps({**told, "packets": net.packets, "lost": net.lost(), "rate": live.rate}))
def walk(network):
    return [str(each) for each in ipaddress.ip_network(network)]
own = [ipaddress.ip_interface("10.9.0.20/16")]
def asked(network):
    # In an order that has nothing to do with who is there, as a walk's is.
    order = walk(network)
    return arp.Requests("a0:36:9f:00:00:02", own, [order[n * 40503 % len(order)] for n in
                                                    range(len(order))])
def answered(frames):
    said = (arp.parse(ethernet.frame(each.data)) for each in frames)
    return sorted({each.address for each in said if each and each.operation == arp.REPLY})
"""


# The far end's part, where its kernel answers no ARP: a network that loses every fifth request.
LOSES_EVERY_FIFTH = """
import select, socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
wire.bind(("far", 0x0806))
own, number = bytes.fromhex("3ca62f000001"), 0
print("ready", flush=True)
while True:
    ready, _, _ = select.select([wire, sys.stdin], [], [])
    if sys.stdin in ready:
        break
    data = wire.recv(2000)
    target = data[38:42]
    if data[20:22] == bytes((0, 1)) and target[:3] == bytes((10, 9, 4)) and target[3] < 64:
        number += 1
        if number % 5:
            head = data[6:12] + own + data[12:20] + bytes((0, 2))
            wire.send(head + own + target + data[22:32])
print("[]")
"""

# Somebody who makes himself known again and again, in ways that are wanted and in others.
SPEAKS = """
import select, socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("far", 0))
own = bytes.fromhex("3ca62f000001")
said = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
said.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0.05)[0]:
    wire.send(b"\\xff" * 6 + own + bytes.fromhex("08060001080006040001") + own + bytes(20))
    wire.send(bytes.fromhex("0180c200000e") + own + bytes.fromhex("88cc") + bytes(46))
    wire.send(bytes.fromhex("01000ccccccc") + own + bytes((0, 16)) + bytes(46))
    wire.send(bytes.fromhex("0180c2000000") + own + bytes((0, 38)) + bytes(46))
    said.sendto(b"x", ("10.9.255.255", 5353))
    said.sendto(b"x", ("10.9.255.255", 9999))
print("[]")
"""


@pytest.fixture(scope="module")
def pair(root: None) -> Iterator[tuple[Space, Space]]:
    """A machine on a link, and many stations on the other end of it."""
    with space() as there, space() as here:
        for each in (here, there):
            each.run("sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
            each.do("ip link set lo up")
        here.do(
            f"ip link add eth0 address {MAC} type veth"
            f" peer name far address {FAR_MAC} netns {there.pid}",
            "ip link set eth0 up",
            "ip addr add 10.9.0.20/16 dev eth0",
            "ip -6 addr add fd00:9::20/64 dev eth0 nodad",
        )
        there.do(
            "ip link set far up",
            "ip addr add 10.9.0.1/16 dev far",
            "ip -6 addr add fd00:9::1/64 dev far nodad",
            "ip route add local 10.9.4.0/26 dev lo",
        )
        yield here, there


def told(here: Space, script: str, *, rate: float = 10_000, before: tuple[str, ...] = ()) -> Any:
    """What a script tells that is run in a namespace."""
    here.run("ip", "neigh", "flush", "all")
    lines = BEGIN.replace("RATE", repr(rate)) + script
    done = here.run(*before, sys.executable, "-c", lines)
    assert (0, "") == (done.returncode, done.stderr.decode())
    return json.loads(done.stdout)


# -- frames


def test_a_walk_by_arp_finds_all_who_are_there_and_nobody_else(pair: tuple[Space, Space]) -> None:
    here, there = pair
    with watching(there, "far") as frames:
        found = told(
            here,
            'got = net.exchange_frames("eth0", "arp", asked("10.9.4.0/24"), wait=1.0, passes=2)\n'
            "tell(up=answered(got))",
        )

    assert UP - {"10.9.0.1"} == set(found["up"])
    asked = [to for kind, to in frames if kind == "who-has"]
    assert len(asked) == found["packets"], "what was counted is what was on the wire"
    # Those who answered were asked once, the silent twice.
    assert {1} == {asked.count(each) for each in UP - {"10.9.0.1"}}
    assert {2} == {asked.count(f"10.9.4.{number}") for number in range(64, 256)}
    assert [] == found["lost"]


def test_a_long_walk_in_a_hurry_asks_once_where_nothing_was_lost(
    pair: tuple[Space, Space],
) -> None:
    here, _ = pair
    found = told(
        here,
        'got = net.exchange_frames("eth0", "arp", asked("10.9.0.0/17"), wait=0.5, passes=2,'
        " quiet=0.15)\ntell(up=answered(got))",
        rate=50_000,
    )

    assert set(found["up"]) == UP
    assert 32_768 <= found["packets"] <= 36_000
    assert [] == found["lost"]


def test_a_walk_whose_packets_are_lost_slows_down_asks_again_and_says_so(
    pair: tuple[Space, Space],
) -> None:
    here, there = pair
    there.do("ip link set far arp off")
    try:
        with beside(there, sys.executable, "-c", LOSES_EVERY_FIFTH):
            found = told(
                here,
                'got = net.exchange_frames("eth0", "arp", asked("10.9.0.0/18"), wait=0.5,'
                " passes=3, quiet=0.15)\ntell(up=answered(got))",
                rate=10_000,
            )
    finally:
        there.do("ip link set far arp on")

    assert found["packets"] > 40_000, "the silent were asked a second and a third time"
    assert any("slowed down" in each for each in found["lost"])
    assert found["rate"] < 10_000
    assert set(found["up"]) <= UP
    assert len(found["up"]) >= len(UP) - 5


def test_a_walk_in_which_answers_end_does_not_crawl_for_it(pair: tuple[Space, Space]) -> None:
    """All who are there come first, and then nobody: no loss, though it looks like one."""
    here, _ = pair
    found = told(
        here,
        'in_order = [*walk("10.9.4.0/26"), *walk("10.9.8.0/21")]\n'
        'crowd = arp.Requests("a0:36:9f:00:00:02", own, in_order * 4)\n'
        'got = net.exchange_frames("eth0", "arp", crowd, wait=0.3, passes=1)\n'
        "tell(up=answered(got))",
    )

    assert UP - {"10.9.0.1"} == set(found["up"])
    assert 10_000 == found["rate"]


def test_a_walk_that_runs_out_of_time_says_how_many_it_left_out(
    pair: tuple[Space, Space],
) -> None:
    here, _ = pair
    found = told(
        here,
        'net = live.account("short", 0.5)\n'
        'got = net.exchange_frames("eth0", "arp", asked("10.9.4.0/22"), wait=1.0, passes=2)\n'
        "tell(up=answered(got))",
        rate=1000,
    )

    [left] = [each for each in found["lost"] if "not asked in the time" in each]
    assert 1024 - 1 <= found["packets"] + int(left.rpartition(" ")[2]) <= 1024


def test_frames_are_heard_without_joining_or_sending_anything(pair: tuple[Space, Space]) -> None:
    here, there = pair
    groups = here.run("cat", "/proc/net/igmp", "/proc/net/dev_mcast").stdout
    with watching(there, "far") as frames, beside(there, sys.executable, "-c", SPEAKS):
        heard = told(
            here,
            "got = set()\n"
            "for each in net.frames(['eth0'], ['arp', 'mdns', 'lldp', 'cdp'], seconds=40.0):\n"
            "    got.add(each.data[:6].hex() + each.data[12:14].hex())\n"
            "    if len(got) >= 4: net.end()\n"
            "tell(got=sorted(got))",
        )
    after = here.run("cat", "/proc/net/igmp", "/proc/net/dev_mcast").stdout

    # CDP has a length where others have a type.
    expected = {"ffffffffffff0806", "ffffffffffff0800", "0180c200000e88cc", "01000ccccccc0010"}
    assert expected == set(heard["got"])
    assert 0 == heard["packets"]
    assert {"86dd"} >= {kind for kind, _ in frames}, "but for the kernel's own IPv6: nothing"
    assert groups == after


def test_without_the_privilege_nothing_is_heard_and_it_is_said(pair: tuple[Space, Space]) -> None:
    here, _ = pair
    found = told(
        here,
        "from dpf_edge.errors import Denied\n"
        "refused = []\n"
        "for ask in (lambda: net.frames(['eth0'], ['arp'], seconds=1),"
        " lambda: net.exchange_frames('eth0', 'arp', [], wait=1)):\n"
        "    try: list(ask())\n"
        "    except Denied as error: refused.append(str(error))\n"
        "tell(refused=refused, privileged=net.privileged())",
        before=POWERLESS,
    )

    assert ["packet sockets need CAP_NET_RAW"] * 2 == found["refused"]
    assert not found["privileged"]


# -- nudges


def test_a_nudge_finds_all_who_are_there_without_any_privilege(pair: tuple[Space, Space]) -> None:
    here, _ = pair
    found = told(
        here,
        'got = list(net.nudge(walk("10.9.4.0/24"), wait=1.2))\n'
        "tell(up=sorted(each.address for each in got),"
        " macs=sorted({each.mac for each in got}), states=sorted({each.state for each in got}))",
        before=POWERLESS,
    )

    assert UP - {"10.9.0.1"} == set(found["up"])
    assert [FAR_MAC] == found["macs"]
    assert ["reachable"] == found["states"]
    assert [] == found["lost"]


@pytest.mark.lab_late
def test_a_nudge_of_more_than_the_neighbour_table_holds_loses_nobody(
    pair: tuple[Space, Space],
) -> None:
    """The stations come last, when a table that was simply filled would take no more."""
    here, _ = pair
    found = told(
        here,
        'last = walk("10.9.4.0/26")\n'
        'first = [each for each in walk("10.9.4.0/22") if each not in last]\n'
        'more = walk("10.9.8.0/24")\n'
        "got = list(net.nudge([*first, *more, *last], wait=1.2))\n"
        "tell(up=sorted(each.address for each in got))",
        before=POWERLESS,
    )

    assert UP - {"10.9.0.1"} == set(found["up"])
    assert [] == found["lost"]


@pytest.mark.lab_late
def test_a_nudge_that_runs_out_of_time_says_what_it_left_out(pair: tuple[Space, Space]) -> None:
    here, _ = pair
    found = told(
        here,
        'net = live.account("short", 1.0)\n'
        'list(net.nudge(walk("10.9.128.0/20"), wait=1.2))\n'
        "tell()",
        before=POWERLESS,
    )

    assert any("not looked for in the time" in each for each in found["lost"])


# -- echoes


def test_echoes_find_who_is_there_with_the_way_they_came(pair: tuple[Space, Space]) -> None:
    here, _ = pair
    found = told(
        here,
        'got = list(net.echo(walk("10.9.4.0/25"), wait=0.5, passes=2))\n'
        "tell(up=sorted(each.address for each in got), hops=sorted({each.hops for each in got}))",
    )

    assert UP - {"10.9.0.1"} == set(found["up"])
    assert [64] == found["hops"]


def test_a_group_of_ipv6_answers_from_addresses_that_fit_ours(pair: tuple[Space, Space]) -> None:
    here, _ = pair
    found = told(
        here,
        "def members(**named):\n"
        "    return [each.address for each in"
        " net.echo(['ff02::1'], wait=0.5, interface='eth0', passes=2, **named)]\n"
        "tell(near=members(), far=members(source='fd00:9::20'))",
    )

    assert ["fe80::3ea6:2fff:fe00:1"] == found["near"]
    assert ["fd00:9::1"] == found["far"]


@pytest.mark.parametrize("allowed", [True, False])
def test_an_echo_without_privilege_goes_by_a_ping_socket_or_not_at_all(
    pair: tuple[Space, Space], allowed: bool
) -> None:
    here, _ = pair
    who = "0 65535" if allowed else "1 0"
    here.run("sh", "-c", f"echo {who} >/proc/sys/net/ipv4/ping_group_range")
    found = told(
        here,
        "from dpf_edge.errors import Denied\n"
        "try: tell(up=[each.address for each in net.echo(['10.9.0.1'], wait=0.5)])\n"
        "except Denied as error: tell(refused=str(error))",
        before=POWERLESS,
    )

    assert found.get("up") == (["10.9.0.1"] if allowed else None)
    assert allowed or "ping_group_range" in found["refused"]
