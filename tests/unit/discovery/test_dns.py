"""DNS messages: what is read of honest ones, and how far a hostile one gets."""

from __future__ import annotations

import struct

import pytest

from dpf_edge.discovery import dns
from dpf_edge.discovery.dns import Record

from .dns_messages import message

PRINTER = (b"Reception, 2nd floor", b"_ipp", b"_tcp", b"local")
HOST = dns.name("printer.local")


def test_each_type_of_record_is_read() -> None:
    data = message(
        (HOST, dns.A, "192.168.0.9"),
        (HOST, dns.AAAA, "fe80::9"),
        (PRINTER, dns.SRV, (631, HOST)),
        (PRINTER, dns.TXT, [b"ty=LaserJet", b"note="]),
        (dns.reverse("192.168.0.9"), dns.PTR, HOST),
        (HOST, dns.HINFO, [b"ARM", b"Linux"]),
    )

    read = dns.parse(data)

    assert read is not None
    assert read.is_answer
    assert read.records == (
        Record(HOST, dns.A, 120, address="192.168.0.9"),
        Record(HOST, dns.AAAA, 120, address="fe80::9"),
        Record(PRINTER, dns.SRV, 120, port=631, target=HOST),
        Record(PRINTER, dns.TXT, 120, texts=(b"ty=LaserJet", b"note=")),
        Record(dns.name("9.0.168.192.in-addr.arpa"), dns.PTR, 120, target=HOST),
        Record(HOST, dns.HINFO, 120, texts=(b"ARM", b"Linux")),
    )


def test_a_query_is_what_was_asked_and_what_is_known() -> None:
    service = dns.name("_ipp._tcp.local")

    read = dns.parse(dns.query([(service, dns.PTR)], number=7, known=[(service, PRINTER)]))

    assert read is not None
    assert read.number == 7
    assert not read.is_answer
    assert read.questions == ((service, dns.PTR),)
    assert read.records == (Record(service, dns.PTR, dns.KNOWN_SECONDS, target=PRINTER),)


def test_a_query_stays_within_one_frame_however_much_is_known() -> None:
    service = dns.name("_ipp._tcp.local")
    known = [(service, (b"%060d" % number, *service)) for number in range(500)]

    assert 1000 < len(dns.query([(service, dns.PTR)], known=known)) <= dns.MOST_QUERY


def test_questions_go_into_as_many_messages_as_they_need_and_none_is_lost() -> None:
    wanted = [((b"%060d" % number, b"local"), dns.PTR) for number in range(100)]

    lots = list(dns.batches(wanted))

    assert [each for lot in lots for each in lot] == wanted
    assert all(len(dns.query(lot)) <= dns.MOST_QUERY for lot in lots)


def test_a_name_that_no_message_can_have_is_not_asked_for() -> None:
    assert list(dns.batches([((b"x" * 64, b"local"), dns.PTR)])) == []
    assert list(dns.batches([((b"x" * 60,) * 5, dns.PTR)])) == []


def pointing(*targets: int) -> bytes:
    """An answer whose one record's name is a chain of pointers, from byte 12 on."""
    chain = b"".join(struct.pack("!H", 0xC000 | target) for target in targets)
    return struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + chain + struct.pack("!HHIH", 1, 1, 9, 4)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(pointing(12), id="to itself"),
        pytest.param(pointing(14, 12), id="to and fro"),
        pytest.param(pointing(200), id="behind the end"),
        pytest.param(pointing(16), id="forward"),
    ],
)
def test_pointers_that_lead_in_a_circle_or_forward_end_the_reading(data: bytes) -> None:
    read = dns.parse(data)

    assert read is not None
    assert read.records == ()


def chained(pointers: int, records: int) -> bytes:
    """A message whose records' names end at a chain of so many pointers, one to the next."""
    chain = b"\1h\0" + b"".join(
        struct.pack("!H", 0xC000 | at) for at in (23, *range(26, 26 + 2 * (pointers - 2), 2))
    )
    header = struct.pack("!6H", 0, 0x8400, 0, 1 + records, 0, 0)
    # The chain is the content of a first record, which is of no known type and named by the root.
    first = b"\0" + struct.pack("!HHIH", 99, 1, 9, len(chain))
    assert len(header) + len(first) == 23
    last = struct.pack("!H", 0xC000 | (23 + len(chain) - 2))
    return (
        header + first + chain + (last + struct.pack("!HHIH", 1, 1, 9, 4) + b"\1\2\3\4") * records
    )


def test_a_chain_of_pointers_is_followed_as_far_as_any_honest_one_goes() -> None:
    read = dns.parse(chained(dns.MOST_POINTERS, 2))

    assert read is not None
    assert [each.name for each in read.records] == [(b"h",), (b"h",)]


def test_a_message_of_nothing_but_pointers_to_pointers_is_given_up() -> None:
    read = dns.parse(chained(8000, 400))

    assert read is not None
    assert read.records == ()


def test_what_came_before_a_break_is_kept() -> None:
    whole = message((HOST, dns.A, "192.168.0.9"), (HOST, dns.A, "192.168.0.10"))

    for cut in range(1, 24):
        read = dns.parse(whole[:-cut])
        assert read is not None
        assert [each.address for each in read.records] == ["192.168.0.9"]


def test_a_record_whose_content_is_broken_is_left_out_and_the_next_one_read() -> None:
    broken = [
        (1, b"\1\2\3"),
        (33, b"\0"),
        (33, b"\0\0\0\0\0\0\xc0\xff"),
        (12, b"\xc0\xff"),
        (99, b"\1"),
    ]
    header = struct.pack("!6H", 0, 0x8400, 0, len(broken) + 1, 0, 0)
    records = b"".join(
        b"\1h\0" + struct.pack("!HHIH", kind, 1, 9, len(content)) + content
        for kind, content in broken
    )
    data = header + records + message((HOST, dns.A, "10.0.0.1"))[12:]

    read = dns.parse(data)

    assert read is not None
    assert [each.address for each in read.records] == ["10.0.0.1"]


def test_more_records_than_any_device_has_are_not_read() -> None:
    data = message(*[((b"h",), dns.A, "10.0.0.1")] * 2000)

    read = dns.parse(data)

    assert read is not None
    assert len(read.records) == dns.MOST_RECORDS


def test_a_name_is_shown_without_what_steers_a_reader() -> None:
    assert dns.text((b"pri\x1b[31mnter\x00\xff", b"local")) == "printer\ufffd.local"


@pytest.mark.parametrize("data", [b"", b"\0" * 11])
def test_less_than_a_header_is_no_message(data: bytes) -> None:
    assert dns.parse(data) is None
