"""Controllers: which node sees which, and API keys that only the right key opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import StoreConflict, StoreMissing, StoreSealed
from dpf_edge.store import open_store
from dpf_edge.store.schema import adapter
from dpf_edge.store.sealing import Seal
from dpf_edge.wire.tokens import Secret

from .conftest import KEY

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Node

    from .fleet import Clock, Fleet

API_KEY = Secret("planted-api-key")


def add(store: Store, name: str, node_id: str | None = None, site: str | None = None) -> str:
    return store.adapters.add(
        name=name,
        endpoint_url="https://192.168.50.1",
        api_key=API_KEY,
        node_id=node_id,
        site=site,
    ).adapter_id


def node(store: Store, fleet: Fleet, site: str) -> Node:
    return store.nodes.get(fleet.enrolled(site).node_id).node


def test_a_node_sees_what_names_it_and_what_is_meant_for_its_site(
    store: Store, fleet: Fleet
) -> None:
    mine, other, unscoped = (node(store, fleet, site) for site in ("depot", "shop", "default"))
    add(store, "the depot's", site="depot")
    add(store, "mine alone", node_id=mine.node_id)
    add(store, "for all without a site")

    def seen(by: Node) -> set[str]:
        return {each.adapter.name for each in store.adapters.visible_to(by).adapters}

    assert {"the depot's", "mine alone"} == seen(mine)
    assert set() == seen(other)
    assert {"for all without a site"} == seen(unscoped)


def test_a_key_is_opened_for_the_node_and_shown_nowhere_else(
    store: Store, fleet: Fleet, url: str
) -> None:
    added = store.adapters.add(
        name="HQ", endpoint_url="https://192.168.50.1", api_key=API_KEY, connection_key="unifi-hq",
        configuration={"site": "default"},
    )  # fmt: skip

    (opened,) = store.adapters.visible_to(node(store, fleet, "default")).adapters

    assert (added, API_KEY) == (opened.adapter, opened.api_key)
    assert (added,) == store.adapters.list()
    with store._database.reading() as connection:
        kept = repr(connection.execute(adapter.select()).all())
    assert API_KEY.reveal() not in kept + repr(opened)


def test_a_key_that_does_not_open_is_left_out_and_counted(
    store: Store, fleet: Fleet, url: str, clock: Clock
) -> None:
    add(store, "HQ")
    who = node(store, fleet, "default")

    for key in (bytes(32), None):
        with open_store(url, clock=clock, key=key) as other:
            assert ((), 1) == (
                other.adapters.visible_to(who).adapters,
                other.adapters.visible_to(who).skipped,
            )


def test_a_sealed_key_that_is_moved_to_another_row_does_not_open(
    store: Store, fleet: Fleet
) -> None:
    add(store, "one")
    two = add(store, "two")
    with store._database.writing() as connection:
        sealed = connection.execute(adapter.select().where(adapter.c.name == "one")).one()
        moved = adapter.update().where(adapter.c.adapter_id == two)
        connection.execute(moved.values(sealed_key=sealed.sealed_key))

    seen = store.adapters.visible_to(node(store, fleet, "default"))

    assert (["one"], 1) == ([each.adapter.name for each in seen.adapters], seen.skipped)


def test_without_a_key_nothing_is_sealed(url: str, clock: Clock) -> None:
    with open_store(url, clock=clock) as keyless, pytest.raises(StoreSealed):
        add(keyless, "HQ")


def test_a_connection_key_is_one_adapters(store: Store) -> None:
    def added() -> None:
        store.adapters.add(name="a", endpoint_url="u", api_key=API_KEY, connection_key="k")

    added()

    with pytest.raises(StoreConflict):
        added()


def test_an_adapter_is_removed_once(store: Store) -> None:
    which = add(store, "HQ")

    store.adapters.remove(which)

    assert () == store.adapters.list()
    with pytest.raises(StoreMissing):
        store.adapters.remove(which)


@pytest.mark.parametrize("text", ["", "1.", "1.AAAA", "1.????", "2." + "A" * 60, "1." + "A" * 60])
def test_what_is_no_seal_does_not_open(text: str) -> None:
    with pytest.raises(StoreSealed):
        Seal(KEY).opened(text, "row")


def test_a_key_has_one_length() -> None:
    with pytest.raises(StoreSealed):
        Seal(b"short")


def test_a_secret_is_sealed_another_way_each_time_and_opens() -> None:
    seal = Seal(KEY)
    one, other = seal.sealed(API_KEY, "row"), seal.sealed(API_KEY, "row")

    assert one != other
    assert API_KEY == seal.opened(one, "row") == seal.opened(other, "row")
    assert KEY.hex() not in repr(seal)
