"""Whatever order observations come in, and however often, they come to the same devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from dpf_edge.discovery.identity.merging import condensed, merge
from dpf_edge.observed import Observation, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

# Few enough values that observations have something in common, and one of each sort that is not
# to be trusted: a group's address, a virtual router's MAC, a MAC of a proxy's, an identifier of
# zeros.
ADDRESSES = st.sampled_from(
    [
        *(f"10.0.0.{number}" for number in range(1, 12)),
        *("fe80::1", "fe80::211:32ff:fe40:10", "fd00::5", "224.0.0.251", "::1", "not an address"),
    ]
)
MACS = st.sampled_from(
    [
        *("00:11:32:40:00:10", "00:11:32:40:00:11", "3c:a6:2f:40:00:01", "9a:3e:5f:40:00:50"),
        *("00:00:5e:00:01:01", "52:55:0a:00:02:02", "01:00:5e:00:00:fb", "nonsense"),
    ]
)
IDS = st.sampled_from(
    [
        "uuid:4d696e69-444c-164e-9d41-001132400010",
        "snmp-engine:80001f88",
        "uuid:00000000-0000-0000-0000-000000000000",
        "no prefix",
    ]
)
NAMES = st.sampled_from(["nas", "nas.local", "NAS", "Living Room", "localhost", "lamp", ""])
HINTS = st.sampled_from(["mdns:_ipp._tcp", "mdns:_sonos._tcp", "lldp:bridge", "unknown"])
COLLECTORS = st.sampled_from(["arp", "neighbours", "mdns", "netbios", "ptr", "icmp", "snmp"])
TIMES = st.sampled_from(["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:06.500Z"])


def several(values: st.SearchStrategy[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    """A few of them, as an observation has them."""
    return st.lists(values, max_size=most).map(tuple)


OBSERVATIONS = st.builds(
    Observation,
    collector=COLLECTORS,
    seen_at=TIMES,
    confidence=st.sampled_from([0.6, 0.7, 0.9, 1.0]),
    interface=st.sampled_from([None, "eth0", "eth1"]),
    addresses=several(ADDRESSES, 3),
    macs=several(MACS, 2),
    ids=several(IDS, 2),
    names=several(NAMES, 2),
    kind=st.sampled_from([None, "printer", "unheard-of"]),
    hints=several(HINTS, 2),
    roles=st.sampled_from([(), ("gateway",)]),
    services=st.sampled_from([(), (Service("ssh", 22), Service("_ssh._tcp", 22))]),
    attributes=st.dictionaries(st.sampled_from(["model", "os"]), st.sampled_from(["a", "b", 1])),
    network=st.sampled_from([None, None, None, "10.0.0.0/24"]),
    is_self=st.booleans(),
)
SETS = st.lists(OBSERVATIONS, max_size=12)


@given(st.data(), SETS)
def test_the_order_changes_nothing(data: st.DataObject, seen: list[Observation]) -> None:
    other = data.draw(st.permutations(seen))

    assert merge(other) == merge(seen)


@given(SETS)
def test_what_comes_twice_changes_nothing(seen: list[Observation]) -> None:
    assert merge(seen + seen) == merge(seen)


@given(SETS, SETS, SETS)
def test_how_they_are_put_together_changes_nothing(
    one: list[Observation], two: list[Observation], three: list[Observation]
) -> None:
    whole = merge(one + two + three)

    assert merge([*condensed([*condensed(one), *two]), *three]) == whole
    assert merge([*one, *condensed([*condensed(two), *condensed(three)])]) == whole


@given(SETS)
def test_no_two_devices_have_one_key(seen: list[Observation]) -> None:
    devices = merge(seen)

    assert len({each.key for each in devices}) == len(devices)


@given(SETS)
def test_nothing_is_in_a_device_that_nobody_saw(seen: list[Observation]) -> None:
    def said(values: Sequence[Sequence[str]]) -> set[str]:
        return {value.lower().rstrip(".") for several in values for value in several}

    for device in merge(seen):
        assert {each.lower() for each in device.names} <= said([each.names for each in seen])
        assert set(device.addresses) <= said([each.addresses for each in seen])
        assert set(device.macs) <= said([each.macs for each in seen])
        assert set(device.ids) <= said([each.ids for each in seen])


@given(SETS)
def test_no_station_s_mac_is_lost(seen: list[Observation]) -> None:
    wanted = {
        mac
        for each in seen
        for mac in each.macs
        if each.network is None and mac not in {"01:00:5e:00:00:fb", "nonsense"}
    }

    assert {mac for device in merge(seen) for mac in device.macs} == wanted


@given(SETS)
def test_a_mac_of_its_own_is_in_one_device(seen: list[Observation]) -> None:
    macs = [mac for device in merge(seen) for mac in device.macs if mac != "00:00:5e:00:01:01"]

    assert len(macs) == len(set(macs))


@given(SETS)
def test_the_machine_that_looks_is_one_and_the_first(seen: list[Observation]) -> None:
    devices = merge(seen)

    is_there = any(each.is_self for each in seen if each.network is None)
    assert [each.self for each in devices] == [
        is_there and position == 0 for position in range(len(devices))
    ]


@given(SETS)
def test_every_attribute_says_who_saw_it(seen: list[Observation]) -> None:
    collectors = {each.collector for each in seen}

    for device in merge(seen):
        filled = [
            name
            for name in ("addresses", "macs", "names", "ids", "roles", "services", "kind")
            if getattr(device, name)
        ]
        for name in (*filled, *device.attributes):
            assert device.sources[name]
            assert {each.collector for each in device.sources[name]} <= collectors


LINE = st.text(max_size=12)


@given(
    st.lists(
        st.builds(
            Observation,
            collector=COLLECTORS,
            seen_at=LINE,
            confidence=st.floats(0, 1),
            interface=st.none() | LINE,
            addresses=several(ADDRESSES | LINE, 4),
            macs=several(MACS | LINE, 3),
            ids=several(IDS | LINE, 3),
            names=several(LINE, 3),
            kind=st.none() | LINE,
            hints=several(LINE, 3),
            roles=several(LINE, 2),
            services=st.lists(
                st.builds(Service, LINE, st.none() | st.integers(0, 65535), LINE, LINE, LINE),
                max_size=2,
            ).map(tuple),
            attributes=st.dictionaries(LINE, LINE | st.lists(LINE, max_size=2), max_size=3),
        ),
        max_size=6,
    )
)
@example([Observation("arp", "", 1.0, macs=("ß0:11:22:33:44:55",), addresses=("٣.1.1.1",))])
def test_whatever_a_collector_lets_through_is_merged(seen: list[Observation]) -> None:
    msgspec.json.encode(merge(seen))


@given(SETS)
def test_an_address_that_showed_a_name_or_a_service_is_somebody_s(seen: list[Observation]) -> None:
    shown = {
        each.addresses[0]
        for each in seen
        if each.network is None and len(each.addresses) == 1 and (each.names or each.services)
    }

    assert shown - {"224.0.0.251", "::1", "not an address"} <= {
        address for device in merge(seen) for address in device.addresses
    }
