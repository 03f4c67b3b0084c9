"""Whatever a sweep saw, its items hold together, and what is told of it is told once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dpf_edge.discovery.changes.change import Changed
from dpf_edge.discovery.changes.events import event
from dpf_edge.discovery.changes.state import read, written
from dpf_edge.discovery.identity.merging import merge
from dpf_edge.discovery.items import Own, items
from dpf_edge.observed import Observation, Tie
from dpf_edge.wire import body, discovery, events
from tests.props.test_identity import ADDRESSES, IDS, MACS, NAMES, OBSERVATIONS, SETS
from tests.unit.discovery.seen import PHONE, saw
from tests.unit.discovery.test_changes import Watch

OWN = Own("host:linux:ebd9a7c0bfa4624e", "linux", "fingerprint")
NETWORKS = st.sampled_from(["10.0.0.0/24", "fd00::/64", "10.0.0.7", "nonsense"])
MAYBE = st.none()
TIES = st.builds(
    Tie,
    kind=st.sampled_from(["MEMBER_OF", "PEER_OF", "CONNECTS_TO", "ROUTES_THROUGH", "HOSTS"]),
    address=MAYBE | ADDRESSES,
    mac=MAYBE | MACS,
    id=MAYBE | IDS,
    name=MAYBE | NAMES,
    network=MAYBE | NETWORKS,
    port=MAYBE | st.just("eth0"),
    far_port=MAYBE | st.just("port3"),
)
TIED = st.builds(
    Observation,
    collector=st.sampled_from(["snmp", "unifi", "routes", "neighbours"]),
    seen_at=st.just("2026-01-02T03:04:05.000Z"),
    confidence=st.sampled_from([0.6, 0.9]),
    told_by=st.none() | ADDRESSES,
    addresses=st.lists(ADDRESSES, max_size=2).map(tuple),
    macs=st.lists(MACS, max_size=2).map(tuple),
    names=st.lists(NAMES, max_size=1).map(tuple),
    hints=st.sampled_from([(), ("unifi:switch",), ("unifi:client",)]),
    ties=st.lists(TIES, max_size=3).map(tuple),
    attributes=st.sampled_from([{}, {"sysObjectID": "1.3.6.1.4.1.9.1"}, {"unifiId": "c0ffee"}]),
    network=st.none() | NETWORKS,
)
SWEEPS = st.lists(OBSERVATIONS | TIED, max_size=12)


@given(SWEEPS)
def test_every_item_is_there_once_and_no_relationship_leads_nowhere(
    observations: list[Observation],
) -> None:
    seen = items(merge(observations), observations, OWN)

    keys = [each.key for each in seen.things]
    assert keys == sorted(set(keys))
    assert {end for each in seen.links for end in each[:2]} <= set(keys)
    assert all(each.source != each.target for each in seen.links)


@given(st.data(), SWEEPS)
def test_items_do_not_depend_on_the_order_of_observations(
    data: st.DataObject, observations: list[Observation]
) -> None:
    other = data.draw(st.permutations(observations))

    assert items(merge(other), other, OWN) == items(merge(observations), observations, OWN)


@given(SWEEPS)
def test_every_item_is_one_that_the_contract_takes(observations: list[Observation]) -> None:
    seen = items(merge(observations), observations, OWN)

    run = {
        "runKey": "1",
        "agentMode": "native",
        "agentVersion": "1",
        "observedAt": "2026-01-02T03:04:05Z",
        "capabilities": ["discovery.network"],
        "items": [
            {
                "observedKey": each.key,
                "itemType": each.kind,
                "name": each.name,
                "confidence": each.confidence,
                "rawData": each.attributes,
            }
            for each in seen.things
        ],
        "relationships": [
            {
                "fromObservedKey": each.source,
                "toObservedKey": each.target,
                "relationshipType": each.kind,
            }
            for each in seen.links
        ],
    }
    assert len(discovery.decode(body.encode(run)).items) == len(seen.things)


@given(SETS)
def test_every_station_s_mac_reaches_the_authority(observations: list[Observation]) -> None:
    devices = merge(observations)

    sent = str(items(devices, observations, OWN).things)

    for device in devices:
        assert device.self or all(mac in sent for mac in device.macs)


@given(st.lists(SETS, max_size=5))
@settings(max_examples=60)
def test_whatever_is_seen_in_turn_is_told_in_events_that_the_contract_takes(
    sweeps: list[list[Observation]],
) -> None:
    watch = Watch()
    told = [change for observations in sweeps for change in watch.sweep(*observations)]

    for change in told:
        batch = events.Request(
            run_key="0d0a5e1c-8c2e-4a27-9f5c-6f3f0e1d2c3b",
            observed_at="2026-01-02T03:04:05.000Z",
            events_version="1",
            events=(event(change),),
        )
        events.decode(body.encode(batch))
    assert read(written(watch.state)) == watch.state


@given(SETS)
@settings(max_examples=60)
def test_a_network_that_stays_as_it_is_falls_silent(observations: list[Observation]) -> None:
    watch = Watch()
    watch.sweeps(3, *observations)

    assert watch.sweeps(2, *observations) == []


@given(st.lists(st.booleans(), max_size=12), SETS)
@settings(max_examples=40)
def test_a_phone_with_a_drawn_mac_is_never_told_of(
    comes: list[bool], observations: list[Observation]
) -> None:
    """However it comes and goes, whoever else is there."""
    others = [each for each in observations if PHONE not in each.macs and not each.is_self]
    phone = saw("arp", "10.0.0.50", PHONE)
    watch = Watch()

    told = [
        change
        for is_there in comes
        for change in watch.sweep(*others, *([phone] if is_there else []), after=43_200.0)
    ]

    alarming = {Changed.NEW, Changed.GONE, Changed.MOVED}
    assert not [each for each in told if each.what in alarming and PHONE in each.component]
