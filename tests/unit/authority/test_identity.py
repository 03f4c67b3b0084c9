"""What an item tells of a device: of published nodes', of ours, and of what anybody may send."""

from __future__ import annotations

from typing import Any

import pytest

from dpf_edge.authority.identity import is_blind, sighting
from dpf_edge.store.sighting import Sighting
from dpf_edge.wire import discovery


def seen(key: str, kind: str = "host", name: str = "a name", **facts: Any) -> Sighting | None:
    """What an item is taken for."""
    raw = discovery.raw(facts)
    item = discovery.Item(observed_key=key, item_type=kind, name=name, raw_data=raw)
    return sighting(item)


def keys(key: str, kind: str = "host", name: str = "a name", **facts: Any) -> tuple[str, ...]:
    found = seen(key, kind, name, **facts)
    assert found is not None
    return found.keys


def test_a_neighbour_is_its_makers_address_first_and_where_it_is_now_last() -> None:
    found = seen(
        "arp:192.168.50.1",
        name="Ubiquiti 192.168.50.1",
        address="192.168.50.1",
        mac="24:5A:4C:00:00:01",
        vendor="Ubiquiti Inc",
    )

    assert (
        Sighting(
            keys=("mac:24:5a:4c:00:00:01", "address:192.168.50.1"),
            name=None,
            kind="host",
            addresses=("192.168.50.1",),
            macs=("24:5a:4c:00:00:01",),
            attributes={"vendor": "Ubiquiti Inc"},
        )
        == found
    )


@pytest.mark.parametrize("kind", ["subnet", "vlan", "docker_runtime", "container", "switch_port"])
def test_what_is_no_device_makes_none(kind: str) -> None:
    assert seen("x:1", kind, mac="24:5a:4c:00:00:01") is None


@pytest.mark.parametrize(
    ("mac", "key"),
    [
        ("24:5a:4c:00:00:01", "mac:24:5a:4c:00:00:01"),
        ("24-5A-4C-00-00-01", "mac:24:5a:4c:00:00:01"),
        ("245a.4c00.0001", "mac:24:5a:4c:00:00:01"),
        ("00:0c:29:12:34:56", "mac:00:0c:29:12:34:56"),
        ("aa:bb:cc:00:00:01", "private-mac:aa:bb:cc:00:00:01"),
        ("52:54:00:12:34:56", "private-mac:52:54:00:12:34:56"),
    ],
)
def test_a_hardware_address_is_a_key_by_who_gave_it(mac: str, key: str) -> None:
    """W29: one that software made up is marked as such."""
    assert (key,) == keys("x", mac=mac)


@pytest.mark.parametrize(
    "mac",
    [
        *("", "zz", "24:5a:4c:00:00", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"),
        "01:00:5e:00:00:fb",  # a group's
        "00:00:5e:00:01:01",  # VRRP: passes from router to router
        "00:00:0c:07:ac:01",  # HSRP
        "00:50:56:c0:00:08",  # the same on every machine with VMware
        "5a:94:ef:e4:0c:dd",  # gvproxy answers with it for everybody behind
        "00:ff:12:34:56:78",  # TAP-Windows
    ],
)
def test_one_that_several_devices_have_is_no_key(mac: str) -> None:
    assert () == keys("x", mac=mac)


@pytest.mark.parametrize(
    ("key", "facts", "expected"),
    [
        ("unifi:24:5a:4c:00:00:01", {}, ("mac:24:5a:4c:00:00:01",)),
        ("unifi-client:24:5a:4c:00:00:01", {}, ("mac:24:5a:4c:00:00:01",)),
        ("unifi-device:c0ffee", {}, ()),
        ("snmp:192.168.50.2", {}, ("address:192.168.50.2",)),
        ("snmp:core-switch", {}, ()),
        ("ndp:fe80::1%eth0", {"mac": "24:5a:4c:00:00:01"}, ("mac:24:5a:4c:00:00:01",)),
        ("arp:fd00:50::7", {}, ("address:fd00:50::7",)),
        ("arp:127.0.0.1", {}, ()),
        ("arp:224.0.0.251", {}, ()),
        ("ssdp:x", {"uuid": "uuid:4D-5E"}, ("uuid:4d-5e",)),
    ],
)
def test_the_key_that_a_node_gave_tells_what_it_is_made_of(
    key: str, facts: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert expected == keys(key, **facts)


def test_all_that_a_node_knows_a_device_by_is_a_key() -> None:
    found = seen(
        "arp:192.168.50.12",
        mac="24:5a:4c:00:00:01",
        macs=["24:5a:4c:00:00:01", "24:5a:4c:00:00:02", 7, "zz"],
        uuid="4D-5E",
        ids=["uuid:4d-5e", "serial:ACME:Xy1", "uuid:00000000-0000-0000-0000-000000000000", 7],
        deviceKind="access-point",
    )

    assert found is not None
    assert found.keys == (
        "mac:24:5a:4c:00:00:01",
        "mac:24:5a:4c:00:00:02",
        "uuid:4d-5e",
        "uuid:serial:ACME:Xy1",
        "address:192.168.50.12",
    )
    assert found.kind == "access_point"


@pytest.mark.parametrize(
    ("item_type", "made_out", "kind"),
    [
        ("host", "printer", "printer"),
        ("host", "<script>", "host"),
        ("host", ["printer"], "host"),
        ("switch", "printer", "switch"),
        ("wireless_ap", None, "access_point"),
    ],
)
def test_what_a_node_makes_out_counts_where_the_item_says_nothing(
    item_type: str, made_out: object, kind: str
) -> None:
    found = seen("arp:192.168.50.12", item_type, deviceKind=made_out)

    assert found is not None
    assert found.kind == kind


def test_a_host_of_ours_is_its_fingerprint_whatever_it_is_called() -> None:
    """W29: two hosts with one name do not collide, and a new name changes nothing."""
    first = keys("host:linux:ebd9a7c0bfa4624e", hostFingerprint="aa11", mac="aa:bb:cc:00:00:01")
    second = keys("host:linux:ebd9a7c0bfa4624e", hostFingerprint="bb22")

    assert ("uuid:aa11", "private-mac:aa:bb:cc:00:00:01") == first
    assert ("uuid:bb22",) == second


def test_a_published_host_is_its_cards_and_only_without_any_its_name() -> None:
    interfaces = [
        {
            "name": "enp3s0",
            "mac": "24:5a:4c:00:00:07",
            "addresses": [
                {"family": "IPv4", "address": "192.168.50.7", "internal": False},
                {"family": "IPv6", "address": "fe80::7", "internal": False},
            ],
        },
        {"name": "docker0", "mac": "02:42:ac:11:00:01", "addresses": [{"address": "172.17.0.1"}]},
        {"name": "lo", "internal": True, "addresses": [{"address": "127.0.0.1"}]},
        {"name": "vEthernet (WSL)", "addresses": [{"address": "172.28.0.1"}]},
    ]
    bare = [{"name": "eth0", "addresses": [{"address": "192.168.50.8"}]}]
    name = "host:linux:ebd9a7c0bfa4624e"

    with_cards = keys(name, networkInterfaces=interfaces)
    without = keys(name, networkInterfaces=bare)

    assert ("mac:24:5a:4c:00:00:07", "address:192.168.50.7") == with_cards
    assert (f"uuid:{name}", "address:192.168.50.8") == without


@pytest.mark.parametrize(
    ("name", "facts", "expected"),
    [
        ("LAN Host 192.168.50.9", {"address": "192.168.50.9"}, None),
        ("192.168.50.9", {"address": "192.168.50.9"}, None),
        ("24:5A:4C:00:00:01", {"mac": "24:5a:4c:00:00:01"}, None),
        ("LAN Host 192.168.50.9", {"address": "192.168.50.9", "hostname": "pos-1"}, "pos-1"),
        ("pos-1.lan", {"address": "192.168.50.9"}, "pos-1.lan"),
    ],
)
def test_a_name_that_was_made_up_of_an_address_is_none(
    name: str, facts: dict[str, Any], expected: str | None
) -> None:
    found = seen("x", name=name, **facts)

    assert found is not None
    assert expected == found.name


def test_kinds_that_published_nodes_name_twice_are_one() -> None:
    """W30: wireless_ap and access_point, network_client and host."""
    kinds = [seen("x", kind) for kind in ("wireless_ap", "access_point", "network_client")]

    assert ["access_point", "access_point", "host"] == [each.kind for each in kinds if each]


def test_a_run_of_a_node_that_sees_no_lan_is_told_from_others() -> None:
    def run(**facts: Any) -> discovery.Request:
        item = discovery.Item(
            observed_key="host:linux:0", item_type="host", name="x", raw_data=discovery.raw(facts)
        )
        return discovery.Request(
            run_key="1",
            agent_mode="native",
            agent_version="1",
            observed_at="2026-01-02T03:04:05Z",
            capabilities=("discovery.network",),
            items=(item,),
        )

    assert is_blind(run(lanAnswer="no"))
    assert not is_blind(run(lanAnswer="unknown"))
    assert not is_blind(run())
