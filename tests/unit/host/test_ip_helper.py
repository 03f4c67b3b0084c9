"""IP Helper's structures, against the headers of Windows that the cross compiler brings."""

from __future__ import annotations

import ctypes
import ipaddress
import itertools
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import Failed
from dpf_edge.host import ip_helper, windows_network
from dpf_edge.host.ip_helper import (
    AdapterAddresses,
    InterfaceRow,
    NeighbourRow,
    OldNeighbourRow,
    RouteRow,
    SocketAddress,
    UnicastAddress,
)
from dpf_edge.model import Address, Interface, Neighbour, Route
from tests.left_out import left_out

if TYPE_CHECKING:
    from pathlib import Path

COMPILER = "x86_64-w64-mingw32-gcc"
# Each structure, its name in the headers, and its members by their names there.
LAYOUTS: tuple[tuple[type[ctypes.Structure], str, dict[str, str]], ...] = (
    (SocketAddress, "SOCKADDR_INET", {"family": "si_family", "v4": "Ipv4.sin_addr"}),
    (SocketAddress, "SOCKADDR_INET", {"v6": "Ipv6.sin6_addr", "scope": "Ipv6.sin6_scope_id"}),
    (
        UnicastAddress,
        "IP_ADAPTER_UNICAST_ADDRESS_LH",
        {
            "next": "Next",
            "address": "Address.lpSockaddr",
            "address_length": "Address.iSockaddrLength",
            "prefix_origin": "PrefixOrigin",
            "dad_state": "DadState",
            "prefix_length": "OnLinkPrefixLength",
        },
    ),
    (
        AdapterAddresses,
        "IP_ADAPTER_ADDRESSES_LH",
        {
            "index": "IfIndex",
            "next": "Next",
            "first_unicast": "FirstUnicastAddress",
            "description": "Description",
            "friendly_name": "FriendlyName",
            "physical_address": "PhysicalAddress",
            "physical_address_length": "PhysicalAddressLength",
            "mtu": "Mtu",
            "if_type": "IfType",
            "oper_status": "OperStatus",
            "ipv6_index": "Ipv6IfIndex",
            "ipv4_metric": "Ipv4Metric",
            "ipv6_metric": "Ipv6Metric",
            "luid": "Luid",
        },
    ),
    (
        InterfaceRow,
        "MIB_IF_ROW2",
        {
            "luid": "InterfaceLuid",
            "index": "InterfaceIndex",
            "status_flags": "InterfaceAndOperStatusFlags",
            "oper_status": "OperStatus",
        },
    ),
    (
        RouteRow,
        "MIB_IPFORWARD_ROW2",
        {
            "index": "InterfaceIndex",
            "to": "DestinationPrefix.Prefix",
            "prefix_length": "DestinationPrefix.PrefixLength",
            "via": "NextHop",
            "metric": "Metric",
            "protocol": "Protocol",
            "is_loopback": "Loopback",
        },
    ),
    (
        NeighbourRow,
        "MIB_IPNET_ROW2",
        {
            "address": "Address",
            "index": "InterfaceIndex",
            "physical_address": "PhysicalAddress",
            "physical_address_length": "PhysicalAddressLength",
            "state": "State",
        },
    ),
    (
        OldNeighbourRow,
        "MIB_IPNETROW",
        {
            "index": "dwIndex",
            "physical_address_length": "dwPhysAddrLen",
            "physical_address": "bPhysAddr",
            "address": "dwAddr",
            "kind": "dwType",
        },
    ),
)
# Only their beginnings are read, so only these are laid out.
IN_PART = (UnicastAddress, AdapterAddresses)


def source() -> str:
    """A C file that compiles only where the layouts are those of the headers."""
    lines = [
        "#define _WIN32_WINNT 0x0A00",
        "#include <winsock2.h>",
        "#include <ws2ipdef.h>",
        "#include <iphlpapi.h>",
        "#include <netioapi.h>",
        "#include <stddef.h>",
    ]
    for kind, name, members in LAYOUTS:
        if kind not in IN_PART:
            lines.append(f'_Static_assert(sizeof({name}) == {ctypes.sizeof(kind)}, "{name}");')
        for ours, theirs in members.items():
            at = getattr(kind, ours).offset
            lines.append(f'_Static_assert(offsetof({name}, {theirs}) == {at}, "{name} {theirs}");')
    return "\n".join(lines) + "\n"


def test_every_structure_is_laid_out_as_windows_headers_have_it(tmp_path: Path) -> None:
    if shutil.which(COMPILER) is None:
        left_out(f"{COMPILER} is not installed here (make lab-deps)")
    file = tmp_path / "layouts.c"
    file.write_text(source())
    done = subprocess.run(
        [COMPILER, "-fsyntax-only", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def socket_address(text: str) -> SocketAddress:
    """An address as Windows has it."""
    parsed = ipaddress.ip_address(text)
    made = SocketAddress(family=ip_helper.AF_INET if parsed.version == 4 else ip_helper.AF_INET6)
    (made.v4 if parsed.version == 4 else made.v6)[:] = list(parsed.packed)
    return made


def wide(text: str) -> Any:
    """A text in UTF-16 with its end, in memory."""
    return ctypes.create_string_buffer(text.encode("utf-16-le", "surrogatepass") + b"\0\0")


def adapter(name: str, addresses: list[UnicastAddress], **fields: Any) -> tuple[Any, ...]:
    """One adapter in memory, and what it points to, which is to be kept as long."""
    text = wide(name)
    for before, after in itertools.pairwise(addresses):
        before.next = ctypes.addressof(after)
    made = AdapterAddresses(
        friendly_name=ctypes.addressof(text),
        first_unicast=ctypes.addressof(addresses[0]) if addresses else None,
        **fields,
    )
    return made, text, addresses


def unicast(text: str, length: int, **fields: int) -> tuple[UnicastAddress, SocketAddress]:
    """One address of an adapter in memory."""
    at = socket_address(text)
    size = 16 if at.family == ip_helper.AF_INET else 28
    made = UnicastAddress(
        address=ctypes.addressof(at), address_length=size, prefix_length=length, **fields
    )
    return made, at


def test_an_adapter_is_read_with_its_addresses_its_type_and_whether_it_is_hardware() -> None:
    first, keep_one = unicast("fe80::1", 64, dad_state=4)
    second, keep_two = unicast("192.168.0.200", 24, prefix_origin=3, dad_state=4)
    made, *keep = adapter(
        "Ethernet", [first, second], index=7, if_type=6, oper_status=1, mtu=1500,
        physical_address_length=6,
    )  # fmt: skip
    made.physical_address[:6] = list(bytes.fromhex("d4ae52c01133"))
    assert windows_network.interface(made, True) == Interface(
        name="Ethernet",
        addresses=(Address("192.168.0.200/24", dynamic=True), Address("fe80::1/64")),
        index=7,
        mac="d4:ae:52:c0:11:33",
        mtu=1500,
        up=True,
        kind="ether",
        if_type=6,
        hardware=True,
    )
    del keep, keep_one, keep_two


def test_a_loopback_is_no_hardware_and_a_card_that_windows_is_silent_of_is_not_known_to_be() -> (
    None
):
    loopback, *keep = adapter("Loopback", [], index=1, if_type=24, oper_status=1, mtu=0xFFFFFFFF)
    silent, *kept = adapter("Ethernet", [], index=2, if_type=6, oper_status=2)
    one, two = windows_network.interface(loopback, True), windows_network.interface(silent, None)
    assert (one.hardware, one.kind, one.mtu) == (False, "loopback", None)
    assert (two.hardware, two.up) == (None, False)
    del keep, kept


def test_a_name_with_half_a_surrogate_pair_is_readable_still() -> None:
    made, *keep = adapter("Eth\ud800", [], index=1)
    assert windows_network.interface(made, None).name == "Eth\ufffd"
    del keep


def row(to: str, length: int, via: str = "0.0.0.0", **fields: int) -> RouteRow:  # noqa: S104
    """One row of the routing table."""
    return RouteRow(
        to=socket_address(to), prefix_length=length, via=socket_address(via), index=7, **fields
    )


def test_a_routes_metric_is_its_own_and_its_interfaces_together() -> None:
    found = windows_network.route(
        row("0.0.0.0", 0, "192.168.0.1", metric=5, protocol=3),  # noqa: S104
        {7: "Ethernet"},
        {(ip_helper.AF_INET, 7): 20, (ip_helper.AF_INET6, 7): 900},
    )
    assert found == Route("default", "192.168.0.1", "Ethernet", metric=25, protocol="static")


@pytest.mark.parametrize(
    "kept_by_windows",
    [
        row("224.0.0.0", 4),
        row("255.255.255.255", 32),
        row("192.168.0.255", 32),
        row("192.168.0.200", 32),
        row("127.0.0.0", 8),
        row("10.0.0.0", 8, is_loopback=1),
        row("ff00::", 8, "::"),
        row("192.168.0.0", 99),
    ],
)
def test_what_windows_routes_for_itself_is_no_route(kept_by_windows: RouteRow) -> None:
    assert windows_network.route(kept_by_windows, {7: "Ethernet"}, {}) is None


def test_a_host_route_by_a_gateway_is_one() -> None:
    found = windows_network.route(row("10.9.8.7", 32, "192.168.0.1"), {7: "Ethernet"}, {})
    assert found is not None
    assert found.to == "10.9.8.7/32"


def neighbour_row(text: str, mac: str, state: int) -> NeighbourRow:
    """One row of the neighbour table."""
    octets = bytes.fromhex(mac.replace(":", ""))
    made = NeighbourRow(
        address=socket_address(text), index=7, physical_address_length=len(octets), state=state
    )
    made.physical_address[: len(octets)] = list(octets)
    return made


def test_a_neighbour_has_its_link_and_its_state_by_the_names_that_ip_neigh_uses() -> None:
    row = neighbour_row("192.168.0.1", "3c:a6:2f:10:20:30", 5)
    assert windows_network.neighbour(row, {7: "Ethernet"}) == Neighbour(
        "192.168.0.1", "3c:a6:2f:10:20:30", "Ethernet", "reachable"
    )
    silent = windows_network.neighbour(neighbour_row("192.168.0.9", "", 0), {})
    assert silent == Neighbour("192.168.0.9", None, None, "failed")


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("224.0.0.251", "01:00:5e:00:00:fb"),
        ("192.168.0.255", "ff:ff:ff:ff:ff:ff"),
        ("255.255.255.255", ""),
        ("ff02::1", "33:33:00:00:00:01"),
        ("127.0.0.1", ""),
    ],
)
def test_groups_and_broadcasts_are_no_neighbours(text: str, mac: str) -> None:
    assert windows_network.neighbour(neighbour_row(text, mac, 6), {7: "Ethernet"}) is None


def test_an_entry_of_the_older_table_is_of_some_time_ago_as_far_as_is_known() -> None:
    made = OldNeighbourRow(index=7, physical_address_length=6, kind=3)
    made.address[:] = [192, 168, 0, 1]
    made.physical_address[:6] = list(bytes.fromhex("3ca62f102030"))
    assert windows_network.old_neighbour(made, {7: "Ethernet"}) == Neighbour(
        "192.168.0.1", "3c:a6:2f:10:20:30", "Ethernet", "stale"
    )


def test_a_list_that_leads_back_to_itself_ends() -> None:
    made = AdapterAddresses()
    made.next = ctypes.addressof(made)
    count = sum(1 for _ in ip_helper.chain(AdapterAddresses, ctypes.addressof(made)))
    assert count == ip_helper.MOST_ROWS


def test_a_table_says_how_many_rows_it_has_and_no_more_are_read() -> None:
    held = (ctypes.c_uint8 * (8 + 2 * ctypes.sizeof(NeighbourRow)))()
    held[0] = 2
    assert len(ip_helper.rows(NeighbourRow, ctypes.addressof(held))) == 2
    assert ip_helper.rows(NeighbourRow, 0) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has it")
def test_without_windows_there_is_no_ip_helper() -> None:
    with pytest.raises(Failed, match="a library of Windows"):
        windows_network.interfaces()
