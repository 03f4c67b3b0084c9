"""What macOS' tools print, in recorded texts: nothing of this has been run on a Mac."""

from __future__ import annotations

from dpf_edge.host import darwin_text
from dpf_edge.model import Address, Neighbour, Route

IFCONFIG = """\
lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384
\toptions=1203<RXCSUM,TXCSUM,TXSTATUS,SW_TIMESTAMP>
\tinet 127.0.0.1 netmask 0xff000000
\tinet6 ::1 prefixlen 128
\tinet6 fe80::1%lo0 prefixlen 64 scopeid 0x1
\tnd6 options=201<PERFORMNUD,DAD>
gif0: flags=8010<POINTOPOINT,MULTICAST> mtu 1280
en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\toptions=6460<TSO4,TSO6,CHANNEL_IO,PARTIAL_CSUM,ZEROINVERT_CSUM>
\tether a4:83:e7:01:02:03
\tinet6 fe80::4b2:1c33:1:2%en0 prefixlen 64 secured scopeid 0xb
\tinet6 fd00::4b2:1 prefixlen 64 deprecated autoconf temporary
\tinet 192.168.1.9 netmask 0xffffff00 broadcast 192.168.1.255
\tnd6 options=201<PERFORMNUD,DAD>
\tmedia: autoselect
\tstatus: active
en5: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\tether a4:83:e7:01:02:04
\tmedia: autoselect (none)
\tstatus: inactive
bridge0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\toptions=63<RXCSUM,TXCSUM,TSO4,TSO6>
\tether 36:1:2:3:4:0
\tConfiguration:
\t\tid 0:0:0:0:0:0 priority 0 hellotime 0 fwddelay 0
\tmember: en5 flags=3<LEARNING,DISCOVER>
\t        ifmaxaddr 0 port 9 priority 0 path cost 0
\tmedia: <unknown type>
\tstatus: inactive
utun4: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1380
\tinet 10.8.0.2 --> 10.8.0.1 netmask 0xffffffff
"""
PORTS = """\

Hardware Port: Ethernet Adapter (en5)
Device: en5
Ethernet Address: a4:83:e7:01:02:04

Hardware Port: Wi-Fi
Device: en0
Ethernet Address: a4:83:e7:01:02:03

VLAN Configurations
===================
"""
NETSTAT = """\
Routing tables

Internet:
Destination        Gateway            Flags               Netif Expire
default            192.168.1.1        UGScg                 en0
default            10.8.0.1           UGScIg              utun4
127                127.0.0.1          UCS                   lo0
127.0.0.1          127.0.0.1          UH                    lo0
172.16/12          10.8.0.1           UGSc                utun4
192.168.1          link#11            UCS                   en0      !
192.168.1.1/32     link#11            UCS                   en0      !
192.168.1.1        3c:a6:2f:10:20:30  UHLWIir               en0   1178
192.168.1.9/32     link#11            UCS                   en0      !
192.168.1.255      ff:ff:ff:ff:ff:ff  UHLWbI                en0      !
224.0.0/4          link#11            UmCS                  en0      !
255.255.255.255/32 link#11            UCS                   en0      !

Internet6:
Destination               Gateway                   Flags         Netif Expire
default                   fe80::1%en0               UGcg            en0
::1                       ::1                       UHL             lo0
fd00::/64                 link#11                   UC              en0
ff00::/8                  ::1                       UmCI            lo0
"""
ARP = """\
? (192.168.1.1) at 3c:a6:2f:10:20:30 on en0 ifscope [ethernet]
? (192.168.1.7) at (incomplete) on en0 ifscope [ethernet]
? (192.168.1.8) at 0:1b:a9:1:2:3 on en0 ifscope [ethernet]
? (192.168.1.9) at a4:83:e7:1:2:3 on en0 ifscope permanent [ethernet]
? (192.168.1.255) at ff:ff:ff:ff:ff:ff on en0 ifscope [ethernet]
? (224.0.0.251) at 1:0:5e:0:0:fb on en0 ifscope permanent [ethernet]
"""
NDP = """\
Neighbor                                Linklayer Address  Netif Expire    St Flgs Prbs
fe80::1%lo0                             (incomplete)         lo0 permanent R
fe80::1%en0                             3c:a6:2f:10:20:30    en0 23s       R  R
fd00::77                                0:1b:a9:1:2:3        en0 23h58m12s S
"""


def test_each_link_has_its_kind_its_state_and_its_addresses() -> None:
    found = darwin_text.interfaces(IFCONFIG, darwin_text.ports(PORTS), {"lo0": 1, "en0": 11})
    by_name = {each.name: each for each in found}

    assert set(by_name) == {"lo0", "gif0", "en0", "en5", "bridge0", "utun4"}
    assert found[0].name == "lo0"
    wifi = by_name["en0"]
    assert (wifi.kind, wifi.mac, wifi.mtu, wifi.up) == ("wifi", "a4:83:e7:01:02:03", 1500, True)
    assert (wifi.index, wifi.description) == (11, "Wi-Fi")
    assert wifi.addresses == (
        Address("192.168.1.9/24"),
        Address("fe80::4b2:1c33:1:2/64"),
        Address("fd00::4b2:1/64", dynamic=True, deprecated=True),
    )
    assert [by_name[name].kind for name in ("lo0", "gif0", "en5", "bridge0", "utun4")] == [
        "loopback", None, "ether", "bridge", "tun",
    ]  # fmt: skip
    assert by_name["utun4"].addresses == (Address("10.8.0.2/32"),)
    assert by_name["gif0"].up is False


def test_a_card_without_a_cable_is_down_and_a_bridges_member_is_known() -> None:
    found = {each.name: each for each in darwin_text.interfaces(IFCONFIG, {}, {})}

    assert (found["en5"].up, found["en5"].master) == (False, "bridge0")
    assert (found["bridge0"].up, found["bridge0"].mac) == (False, "36:01:02:03:04:00")


def test_routes_are_networks_with_their_gateways_and_a_scoped_default_comes_second() -> None:
    assert darwin_text.routes(NETSTAT) == (
        Route("default", "192.168.1.1", "en0"),
        Route("default", "10.8.0.1", "utun4", table="scoped", metric=1),
        Route("172.16.0.0/12", "10.8.0.1", "utun4"),
        Route("192.168.1.0/24", None, "en0"),
        Route("default", "fe80::1", "en0"),
        Route("fd00::/64", None, "en0"),
    )


def test_neighbours_are_stations_with_whole_macs_and_what_is_known_of_their_age() -> None:
    assert darwin_text.neighbours(ARP, NDP) == (
        Neighbour("192.168.1.1", "3c:a6:2f:10:20:30", "en0", "stale"),
        Neighbour("192.168.1.7", None, "en0", "incomplete"),
        Neighbour("192.168.1.8", "00:1b:a9:01:02:03", "en0", "stale"),
        Neighbour("192.168.1.9", "a4:83:e7:01:02:03", "en0", "permanent"),
        Neighbour("fe80::1", "3c:a6:2f:10:20:30", "en0", "reachable"),
        Neighbour("fd00::77", "00:1b:a9:01:02:03", "en0", "stale"),
    )


def test_what_no_tool_prints_is_nothing_and_no_error() -> None:
    nonsense = "en0: flags=zz\n\tinet x netmask y\n? (999) at z on\nU U U U U\n\x00\n" * 3
    assert darwin_text.interfaces(nonsense, {}, {}) == ()
    assert darwin_text.routes(nonsense) == ()
    assert darwin_text.neighbours(nonsense, nonsense) == ()
    assert darwin_text.ports(nonsense) == {}
    odd = "en0: flags=8863<UP,RUNNING> mtu 1500\n\tinet 10.0.0.1 netmask q\n\tether 1:2:3\n"
    assert darwin_text.interfaces(odd, {}, {})[0].addresses == ()
