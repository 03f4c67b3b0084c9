"""What is typed into a search: any text is a search, and a MAC is one however it is written."""

from __future__ import annotations

import ipaddress
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import and_, or_

from dpf_edge.authority.identity import sighting
from dpf_edge.store import finding, open_store, subnets
from dpf_edge.store.finding import ORDERS, STATES, Asked, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.store.kept import Store

MACS = st.binary(min_size=6, max_size=6).map(lambda octets: octets.hex(":"))
NETWORKS = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(
    lambda told: ipaddress.ip_network(told, strict=False)
)
# What a query may hold: a NUL is refused before.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store without a device."""
    url = f"sqlite:///{tmp_path_factory.mktemp('finding') / 'store.db'}"
    with open_store(url, clock=time.time, sight=sighting) as opened:
        yield opened


@given(MACS)
def test_a_mac_is_one_however_it_is_written(mac: str) -> None:
    digits = mac.replace(":", "")
    short = ":".join(each.removeprefix("0") for each in mac.split(":"))
    fours = ".".join(digits[at : at + 4] for at in (0, 4, 8))
    written = (mac, mac.replace(":", "-"), digits, f"{digits[:6]}-{digits[6:]}", fours, short)

    assert {mac} == {finding.mac(each) for each in written}
    for each in written:
        assert [(mac,)] == list(finding.words(each.upper()))


@given(TEXTS)
def test_any_text_is_a_search(store: Store, text: str) -> None:
    spelt = list(finding.words(text))

    assert len(spelt) == min(len(text.casefold().split()), finding.MOST_WORDS)
    assert all(each for spellings in spelt for each in spellings)
    assert ((), 0, None, None) == store.inventory.find(Wanted(query=text))


@given(TEXTS, TEXTS, st.sampled_from(sorted(ORDERS)), st.sampled_from(STATES), st.booleans())
def test_any_text_may_stand_in_any_filter(
    store: Store, text: str, cursor: str, sort: str, state: str, backwards: bool
) -> None:
    wanted = Wanted(text, text, text, text, text, text, state, 0.0, text)
    asked = Asked(sort, backwards, 5, cursor if backwards else None, cursor)

    assert ((), 0) == store.inventory.find(wanted, asked)[:2]


@given(st.integers(0, 2**128 - 1), st.integers(0, 128), st.integers(0, 2**128 - 1))
def test_every_address_of_an_ipv6_network_begins_as_the_network_does(
    number: int, length: int, anywhere: int
) -> None:
    net = ipaddress.IPv6Network((number, length), strict=False)
    inside = int(net.network_address) | (anywhere & ((1 << 128 - length) - 1))

    assert str(ipaddress.IPv6Address(inside)).startswith(subnets.begins(net))


@given(NETWORKS, st.integers(0, 2**32 - 1), st.integers(-300, 300))
def test_the_keys_of_a_network_are_those_of_its_addresses(
    net: ipaddress.IPv4Network, anywhere: int, beside: int
) -> None:
    """By SQLite's own order of texts, for addresses anywhere and around the network's edges."""
    near = [int(net.network_address) + beside, int(net.broadcast_address) + beside, anywhere]
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE device_key (key TEXT)")
        spans = [and_(*subnets.span(each)) for each in subnets.parts(net)][:128]
        for number in near:
            if 0 <= number < 2**32:
                address = ipaddress.IPv4Address(number)
                connection.execute("DELETE FROM device_key")
                connection.execute("INSERT INTO device_key VALUES (?)", (f"address:{address}",))
                told = str(or_(*spans).compile(compile_kwargs={"literal_binds": True}))
                asked = f"SELECT count(*) FROM device_key WHERE {told}"  # noqa: S608
                assert (address in net) == bool(connection.execute(asked).fetchone()[0])
