"""All there is at one moment, and how it hangs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import StoreUnavailable
from dpf_edge.store import open_store, topology
from dpf_edge.wire import discovery

from .fleet import Clock, same, thing

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Relation, Standing

    from .fleet import Fleet

MAC1, MAC2, MAC3 = (f"24:5a:4c:00:00:0{n}" for n in (1, 2, 3))


@pytest.fixture
def node(fleet: Fleet) -> str:
    return fleet.enrolled().node_id


def cable(one: str, other: str, **raw: str) -> discovery.Relationship:
    """A relationship with attributes."""
    return discovery.Relationship(
        from_observed_key=one,
        to_observed_key=other,
        relationship_type="PEER_OF",
        raw_data=discovery.raw(raw),
    )


def ends(relations: list[Relation]) -> list[tuple[str, str, str]]:
    return [(each.source_key, each.kind, each.target_key) for each in relations]


def test_devices_come_with_all_that_is_reported_of_them(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    other = fleet.enrolled().node_id
    fleet.submit(node, thing("a", "till", mac=MAC1, n=1), thing("b", "nas", mac=MAC2))
    fleet.submit(other, thing("x", "till", mac=MAC1, n=2))

    with store.topology.at_once() as moment:
        found = list(moment.devices())

    assert ["nas", "till"] == [each.device.name for each in found]
    assert list(fleet.devices()) == [each.device for each in found]
    assert {(node, "a"), (other, "x")} == {
        (seen.node_id, seen.observed_key) for seen in found[1].observations
    }
    assert ['{"mac":"24:5a:4c:00:00:02"}'] == [seen.raw for seen in found[0].observations]


def test_more_devices_than_are_in_memory_at_a_time_come_in_order(
    store: Store, fleet: Fleet, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology, "AT_ONCE", 3)
    things = [thing(f"k{n}", f"host-{n:02}", mac=f"24:5a:4c:00:01:{n:02x}") for n in range(10)]
    fleet.submit(node, *reversed(things))

    with store.topology.at_once() as moment:
        once, again = ([each.device.name for each in moment.devices()] for _ in range(2))

    assert [f"host-{n:02}" for n in range(10)] == once == again


def test_one_site_is_apart_from_the_others(store: Store, fleet: Fleet) -> None:
    for site in ("berlin", "rome"):
        fleet.submit(
            fleet.enrolled(site).node_id,
            thing("a", f"{site}-1", mac=MAC1),
            thing("b", f"{site}-2", mac=MAC2),
            thing("subnet:192.168.50.0/24", "192.168.50.0/24", "subnet"),
            links=[same("a", "b", "CONNECTS_TO")],
        )

    with store.topology.at_once(site="rome") as moment:
        assert ["rome-1", "rome-2"] == [each.device.name for each in moment.devices()]
        assert ["rome"] == [each.site for each in moment.relations()]
        assert ["rome"] == [each.site for each in moment.placeless()]
    with store.topology.at_once() as moment:
        assert 4 == len(list(moment.devices()))
        assert {"berlin", "rome"} == {each.site for each in moment.relations()}


def test_relations_lead_to_devices_and_to_what_is_none(
    store: Store, fleet: Fleet, node: str
) -> None:
    fleet.submit(
        node,
        thing("a", mac=MAC1),
        thing("b", mac=MAC2),
        thing("b2", mac=MAC2),
        thing("subnet:n", "n", "subnet"),
        links=[cable("a", "b2", port="1"), same("a", "subnet:n", "MEMBER_OF"), same("b", "b2")],
    )
    device_of = {
        seen.observed_key: each.device.device_id
        for each in _standing(store)
        for seen in each.observations
    }

    with store.topology.at_once() as moment:
        member, peer = sorted(moment.relations(), key=lambda each: each.kind)
        (network,) = moment.placeless()

    assert ("subnet:n", "subnet") == (
        network.observation.observed_key,
        network.observation.item_type,
    )
    assert (device_of["a"], None) == (member.source_device, member.target_device)
    assert (device_of["a"], device_of["b"]) == (peer.source_device, peer.target_device)
    assert ("b2", '{"port":"1"}') == (peer.target_key, peer.raw)


def _standing(store: Store) -> list[Standing]:
    with store.topology.at_once() as moment:
        return list(moment.devices())


def test_what_ended_is_no_relation_any_more(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    both = thing("a", mac=MAC1), thing("b", mac=MAC2)
    fleet.submit(node, *both, links=[same("a", "b", "PEER_OF")])
    clock.on(300)
    fleet.submit(node, *both, links=[same("b", "a", "PEER_OF")])

    with store.topology.at_once() as moment:
        assert [("b", "PEER_OF", "a")] == ends(list(moment.relations()))


def test_what_is_gone_is_left_out_and_so_is_what_led_there(
    store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    store.settings.put("gone-after-seconds", "60")
    other = fleet.enrolled().node_id
    fleet.submit(other, thing("a", "stays", mac=MAC1), thing("b", "goes", mac=MAC2))
    fleet.submit(node, thing("a", "stays", mac=MAC1), thing("subnet:n", "n", "subnet"))
    for _ in range(3):
        clock.on(60)
        fleet.submit(node, thing("a", "stays", mac=MAC1))
        fleet.submit(other, thing("a", "stays", mac=MAC1), links=[same("a", "b", "PEER_OF")])

    with store.topology.at_once() as moment:
        assert ["stays"] == [each.device.name for each in moment.devices()]
        assert [] == list(moment.relations())
        assert [] == list(moment.placeless())


def test_a_moment_stays_as_it_is_while_others_write(
    url: str, store: Store, fleet: Fleet, node: str, clock: Clock
) -> None:
    fleet.submit(node, thing("a", "till", mac=MAC1))
    with open_store(url, clock=clock) as reader, reader.topology.at_once() as moment:
        assert 1 == len(list(moment.devices()))
        clock.on(300)
        fleet.submit(node, thing("a", "till", mac=MAC1), thing("b", "nas", mac=MAC2))

        assert 1 == len(list(moment.devices()))
    assert 2 == len(fleet.devices())


def test_one_key_of_two_types_means_the_one_that_is_a_device(
    store: Store, fleet: Fleet, node: str
) -> None:
    fleet.submit(
        node,
        thing("a", mac=MAC1),
        thing("a", "n", "subnet"),
        thing("b", mac=MAC2),
        links=[same("b", "a", "CONNECTS_TO")],
    )

    with store.topology.at_once() as moment:
        (only,) = moment.relations()

    assert only.target_device is not None


def test_where_there_is_no_store_none_is_made_unless_that_is_wanted(empty_url: str) -> None:
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="there is no store"):
            open_store(empty_url, clock=Clock(), made=False)
    open_store(empty_url, clock=Clock()).close()

    open_store(empty_url, clock=Clock(), made=False).close()


def test_to_look_for_a_store_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_store(f"sqlite:///{tmp_path / 'no' / 'store.db'}", clock=Clock(), made=False)

    assert [] == list(tmp_path.iterdir())
