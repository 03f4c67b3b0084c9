"""What netlink gave, held against what iproute2 says of the same namespace."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import Failed
from dpf_edge.host import capture, linux, netlink
from dpf_edge.model import Address, Interface, Neighbour, Route, Rule

from .spaces import run

if TYPE_CHECKING:
    from .spaces import Space

KINDS = {"macvtap": "macvlan", "vxlan": "other", "ifb": "other"}


def interface_of(told: dict[str, Any], indexes: dict[str, int]) -> Interface:
    """An interface as iproute2 describes it."""
    kind = told.get("linkinfo", {}).get("info_kind", told["link_type"])
    if kind == "tun":
        kind = told["linkinfo"]["info_data"]["type"]
    peer = told.get("link_index", indexes.get(told.get("link", "")))
    return Interface(
        name=told["ifname"],
        index=told["ifindex"],
        mac=told.get("address"),
        mtu=told["mtu"],
        up={"UP", "LOWER_UP"} <= set(told["flags"]),
        kind=KINDS.get(kind, kind),
        peer_index=peer,
        peer_elsewhere="link_netnsid" in told,
        addresses=tuple(
            Address(
                f"{each['local']}/{each['prefixlen']}",
                dynamic=each.get("dynamic", False),
                noprefixroute=each.get("noprefixroute", False),
                deprecated=each.get("deprecated", False),
            )
            for each in told["addr_info"]
        ),
        master=told.get("master"),
        hardware="parentbus" in told,
    )


def number_or_name(text: str | None) -> int | str | None:
    """A table as the capture has it: a number, where iproute2 has no name for it."""
    return int(text) if text and text.isdigit() else text


def routes_of(told: dict[str, Any]) -> list[Route]:
    """The routes that iproute2's one entry stands for, one a next hop."""
    to = told["dst"]
    if to != "default" and "/" not in to:
        to += "/128" if ":" in to else "/32"
    return [
        Route(
            to=to,
            via=hop.get("gateway", hop.get("via", {}).get("host")),
            dev=hop["dev"],
            table=number_or_name(told["table"]) or "main",
            metric=told.get("metric"),
            protocol=told["protocol"],
            scope=told["scope"],
        )
        for hop in told.get("nexthops", [told])
    ]


def test_interfaces_are_what_iproute2_says(busy: Space) -> None:
    told = busy.asked("ip -j -d addr show")
    indexes = {each["ifname"]: each["ifindex"] for each in told}

    expected = [interface_of(each, indexes) for each in told]

    assert expected == list(busy.captured().interfaces)
    kinds = {each.kind for each in expected}
    assert {"loopback", "bridge", "veth", "macvlan", "tun", "tap", "other"} == kinds


def test_routes_are_what_iproute2_says(busy: Space) -> None:
    """Of every table but local, one for each next hop, and none that leads nowhere."""
    told = busy.asked("ip -4 -j -d route show table all")
    told += busy.asked("ip -6 -j -d route show table all")

    expected = [
        route
        for each in told
        if each["type"] == "unicast" and each["table"] != "local"
        for route in routes_of(each)
    ]

    assert expected == list(busy.captured().routes)
    assert {"main", 100, 1000} == {route.table for route in expected}


def test_rules_are_what_iproute2_says(busy: Space) -> None:
    told = busy.asked("ip -4 -j -d rule show")

    expected = [
        Rule(
            each["priority"],
            each.get("iif"),
            each.get("ipproto"),
            number_or_name(each.get("table")),
        )
        for each in told
    ]

    assert expected == list(busy.captured().rules)


def test_neighbours_are_what_iproute2_says(busy: Space) -> None:
    """Whatever their state, but for the multicast entries that nobody answered for."""
    told = busy.asked("ip -4 -j neigh show") + busy.asked("ip -6 -j neigh show")

    expected = {
        Neighbour(each["dst"], each.get("lladdr"), each["dev"], each["state"][0].lower())
        for each in told
    }

    assert expected == set(busy.captured().neighbours)
    assert {"permanent", "stale"} == {each.state for each in expected}


def test_a_namespace_with_nothing_in_it(empty: Space) -> None:
    captured = empty.captured()

    assert [
        Interface("lo", (), index=1, mac="00:00:00:00:00:00", mtu=65536, up=False, kind="loopback",
                  hardware=False)
    ] == list(captured.interfaces)  # fmt: skip
    assert ((), ()) == (captured.routes, captured.neighbours)


def test_a_namesake_of_a_card_is_not_taken_for_it(empty: Space, card: str) -> None:
    """Entered by nsenter(1), /sys shows this machine's card by the name, index and MAC of ours."""
    name, folder = card, Path("/sys/class/net") / card
    index, mac = ((folder / each).read_text().strip() for each in ("ifindex", "address"))
    empty.do(
        f"ip link add name {name} index {index} address {mac} type veth peer name other",
        f"ip link set {name} up",
    )

    found = next(each for each in empty.captured().interfaces if each.name == name)

    assert ("veth", int(index), mac) == (found.kind, found.index, found.mac)
    assert (False, None, None) == (found.hardware, found.driver, found.bus)


def test_a_link_is_found_in_sys_by_its_index_and_its_mac(card: str) -> None:
    """What is asked of /sys for a plain Ethernet link, where netlink does not tell the bus."""
    name, folder = card, Path("/sys/class/net") / card
    index = int((folder / "ifindex").read_text())
    mac = (folder / "address").read_text().strip()

    assert str(folder) == linux.sysfs(name, index, mac)
    assert linux.sysfs(name, index + 1, mac) is None
    assert linux.sysfs(name, index, "02:00:00:00:00:01") is None
    assert linux.sysfs(name, index, None) is None
    assert linux.sysfs("no-such-link", index, mac) is None
    assert (folder / "device" / "subsystem").resolve().name == linux.parent_bus({}, str(folder))


def test_two_links_whose_names_are_no_text_stay_two(empty: Space) -> None:
    """A capture with one name twice is refused, so a hostile name must not make one."""
    for name in (b"\xff1", b"\xfe1", b"*", b'"\\', b"\x1b[31m"):
        done = empty.run("ip", "link", "add", b"name", name, "type", "bridge")
        assert 0 == done.returncode, done.stderr

    names = [each.name for each in empty.captured().interfaces]

    assert ["lo", "\\xff1", "\\xfe1", "*", '"\\', "\x1b[31m"] == names


def test_a_family_that_the_kernel_lacks_has_no_addresses() -> None:
    """For one without a handler of its own the kernel dumps all families' tables instead."""
    of_no_protocol = 5  # AF_APPLETALK

    assert [] == netlink.dump(netlink.GET_ADDRESS, of_no_protocol, 8)
    assert netlink.dump(netlink.GET_ADDRESS, 2, 8)


def test_a_table_that_the_kernel_refuses_is_failed() -> None:
    with pytest.raises(Failed, match=r"^netlink: the kernel refused \(errno \d+\)$"):
        netlink.dump(netlink.GET_RULE, 5, 12)


def test_a_machine_whose_tables_cannot_be_read_still_makes_a_capture(tmp_path: Path) -> None:
    """No descriptor is left for a socket, nor for a file: what remains is written down."""
    program = """
import resource, sys
from dpf_edge.host import capture, commands, linux, live, netlink
assert linux.interfaces()
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
sys.stdout.buffer.write(capture.encode(capture.record(live.live())))
"""
    done = run(sys.executable, "-c", program, env={**os.environ, "PATH": str(tmp_path)})

    assert (0, b"") == (done.returncode, done.stderr)
    captured = capture.decode(done.stdout, "starved")
    assert ((), (), (), ()) == (
        captured.interfaces,
        captured.routes,
        captured.rules,
        captured.neighbours,
    )
