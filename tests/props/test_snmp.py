"""What an SNMP agent may send: any bytes at all, and any values in any table."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from dpf_edge.discovery.snmp import ber, mib
from dpf_edge.discovery.snmp import message as snmp_message
from dpf_edge.discovery.snmp import rates as snmp_rates
from dpf_edge.discovery.snmp import rows as snmp_rows
from dpf_edge.discovery.snmp import seen as snmp_seen
from dpf_edge.discovery.snmp.ber import BerError, Oid
from dpf_edge.discovery.snmp.message import Binding, Kind, Pdu
from dpf_edge.discovery.snmp.rows import VERSION_1, VERSION_2
from dpf_edge.discovery.snmp.session import Again, Community, Ids, NotOurs, Refused, User
from tests.unit.discovery.snmp_agents import answered, asked
from tests.unit.discovery.snmp_engine import TARGET, Engine

PARTS = st.integers(0, ber.MOST_PART)
OIDS = st.builds(
    lambda first, second, rest: (first, second, *rest),
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(PARTS, max_size=20),
)
# Bytes that look like BER more often than chance would have it.
LIKE_BER = st.recursive(
    st.binary(max_size=12).map(lambda data: ber.wrapped(ber.OCTETS, data)),
    lambda inner: st.builds(
        lambda tag, parts: ber.wrapped(tag, *parts),
        st.sampled_from([0x02, 0x04, 0x05, 0x06, 0x30, 0xA2, 0xA8, 0x40, 0x46, 0x82]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=24,
)
DATAGRAMS = st.one_of(st.binary(max_size=300), LIKE_BER)


@given(OIDS)
def test_an_oid_survives_its_bytes(oid: Oid) -> None:
    data = ber.of_oid(oid)

    assert oid == ber.oid(data, ber.element(data, 0, len(data)))


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_survives_its_bytes(value: int) -> None:
    data = ber.of_integer(value)

    assert value == ber.integer(data, ber.element(data, 0, len(data)))


@given(DATAGRAMS)
def test_no_bytes_break_a_reader(data: bytes) -> None:
    readers = (
        snmp_message.read_community,
        snmp_message.read_v3,
        snmp_message.read_scoped,
        lambda given: snmp_message.read_pdu(given, 0, len(given)),
    )
    for read in readers:
        with contextlib.suppress(BerError):
            read(data)


@given(st.lists(DATAGRAMS, max_size=4))
def test_no_bytes_break_a_session(datagrams: list[bytes]) -> None:
    for session in (Community("read", Ids(b"seed")), User(TARGET, Ids(b"seed"))):
        session.question(Pdu(Kind.GET_NEXT, (Binding(mib.SYS_NAME),)), 0.0)
        for each in datagrams:
            with contextlib.suppress(NotOurs, Again, Refused):
                session.answer(each, 0.0)


@given(st.data())
def test_a_true_answer_with_a_bit_turned_is_no_answer_or_the_same(data: st.DataObject) -> None:
    engine, session = Engine(), User(TARGET, Ids(b"seed"))
    question = Pdu(Kind.GET_NEXT, (Binding(mib.SYS_NAME),))
    with contextlib.suppress(Again):
        session.answer(engine(session.question(question, 0.0))[0], 0.0)
    answer = bytearray(engine(session.question(question, 0.0))[0])
    place = data.draw(st.integers(0, len(answer) * 8 - 1))
    answer[place // 8] ^= 1 << place % 8

    with contextlib.suppress(NotOurs, Refused):
        found = session.answer(bytes(answer), 0.0)
        assert b"switch" == found.bindings[0].value


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**64),
    st.binary(max_size=40),
    OIDS,
    st.just(b"\x9c=\xcf\1\2\3"),
)
INDEXES = st.lists(st.one_of(st.integers(0, 300), PARTS), max_size=24).map(tuple)


def tables(*columns: Oid) -> st.SearchStrategy[dict[Oid, dict[Oid, snmp_message.Value]]]:
    """Tables whose rows have any of some columns."""
    row = st.dictionaries(st.sampled_from(columns), VALUES, max_size=len(columns))
    return st.dictionaries(INDEXES, row, max_size=8)


@settings(max_examples=60)
@given(st.data())
def test_no_tables_break_what_is_made_of_them(data: st.DataObject) -> None:
    draw = data.draw
    ports = snmp_rows.ports(draw(tables(mib.IF_DESCR, mib.IF_TYPE, mib.IF_PHYS_ADDRESS)))
    own = list(
        snmp_rows.own_addresses(
            draw(tables(mib.IP_AD_ENT_IF_INDEX, mib.IP_AD_ENT_NET_MASK)),
            draw(tables(mib.IP_ADDRESS_IF_INDEX, mib.IP_ADDRESS_TYPE, mib.IP_ADDRESS_PREFIX)),
        )
    )
    facts = snmp_seen.Facts(
        "10.0.0.2", 161, "2c", "switch", b"", {}, (), ("router",), None, ports, own
    )
    entries = snmp_rows.entries(
        draw(tables(mib.IP_NET_TO_MEDIA_PHYS, mib.IP_NET_TO_MEDIA_TYPE)),
        draw(tables(mib.IP_NET_TO_PHYSICAL_PHYS, mib.IP_NET_TO_PHYSICAL_STATE)),
    )
    learned = list(
        snmp_rows.learned(
            draw(tables(mib.DOT1D_TP_FDB_PORT, mib.DOT1D_TP_FDB_STATUS)),
            draw(tables(mib.DOT1Q_TP_FDB_PORT, mib.DOT1Q_TP_FDB_STATUS)),
            draw(tables(mib.DOT1D_BASE_PORT_IF_INDEX)),
        )
    )
    managed = draw(tables(mib.LLDP_REM_MAN_ADDR))
    local = snmp_rows.local_ports(
        draw(tables(mib.LLDP_LOC_PORT_ID, mib.LLDP_LOC_PORT_DESC)), ports.values()
    )
    peers = [
        *snmp_rows.peers(VERSION_1, draw(tables(*mib.LLDP_REM)), managed, local),
        *snmp_rows.peers(VERSION_2, draw(tables(*mib.LLDP_V2_REM)), managed, local),
    ]
    seen = [
        snmp_seen.agent(facts, "t"),
        *snmp_seen.networks(facts, "t"),
        *snmp_seen.stations(facts, entries, "t"),
        *snmp_seen.switched(facts, learned, peers, "t"),
        *snmp_seen.peers(facts, peers, "t"),
    ]
    for each in seen:
        assert all(name.isprintable() and len(name) <= 255 for name in each.names)
    rows = draw(tables(*snmp_rates.COUNTERS))
    look = snmp_rates.Look(0.0, None, dict(snmp_rates.readings(rows, {})))
    names = snmp_rates.names(draw(tables(*snmp_rates.NAMES)))
    assert all(
        rate.received >= 0 and rate.sent >= 0
        for rate in snmp_rates.rates(look, look._replace(at=1.0), names)
    )


def test_the_longest_datagram_is_read_whole() -> None:
    question = asked(
        Community("read", Ids(b"seed")).question(Pdu(Kind.GET, (Binding(mib.SYS_NAME),)), 0.0)
    )
    rows = [((1, 3, 6, 1, 4, 1, number), ber.OF_NULL) for number in range(4000)]

    _, _, pdu = snmp_message.read_community(answered(question, rows))

    assert 4000 == len(pdu.bindings)
