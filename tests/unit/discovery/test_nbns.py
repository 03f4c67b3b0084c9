"""NetBIOS' tables of names."""

from __future__ import annotations

import struct

import pytest

from dpf_edge.discovery import nbns

OWN, GROUP, LEAVING, CONFLICT = 0x0400, 0x8400, 0x1400, 0x0C00


def status(
    *names: tuple[bytes, int, int], mac: bytes = b"\0\x14\x22\x40\0\x30", count: int | None = None
) -> bytes:
    """A node's answer; ``count`` is how many names it says there are."""
    entries = b"".join(
        name.ljust(15) + bytes((what,)) + struct.pack("!H", flags) for name, what, flags in names
    )
    content = bytes((len(names) if count is None else count,)) + entries + mac + bytes(40)
    question = nbns.question(nbns.STATUS, 7)[12:-4]
    return (
        struct.pack("!6H", 7, 0x8400, 0, 1, 0, 0)
        + question
        + struct.pack("!HHIH", nbns.STATUS, 1, 0, len(content))
        + content
    )


def test_a_question_is_what_every_node_answers() -> None:
    assert nbns.question(nbns.STATUS, 0x1234) == (
        b"\x12\x34\0\0\0\1\0\0\0\0\0\0\x20CK" + b"A" * 30 + b"\0\0\x21\0\1"
    )


def test_a_table_says_name_group_and_card() -> None:
    data = status(
        (b"ANNA-PC", 0x00, OWN),
        (b"OFFICE", 0x00, GROUP),
        (b"ANNA-PC", 0x20, OWN),
        (b"\x01\x02__MSBROWSE__\x02", 0x01, GROUP),
    )

    assert nbns.table(data, 7) == nbns.Table(
        "ANNA-PC", "OFFICE", serves=True, controls=False, mac="00:14:22:40:00:30"
    )


def test_a_domain_controller_is_known() -> None:
    table = nbns.table(status((b"DC1", 0x00, OWN), (b"CORP", 0x1C, GROUP)), 7)

    assert table is not None
    assert (table.group, table.controls) == ("CORP", True)


@pytest.mark.parametrize("flags", [LEAVING, CONFLICT, 0])
def test_a_name_that_is_quarrelled_over_or_given_up_does_not_count(flags: int) -> None:
    table = nbns.table(status((b"ANNA-PC", 0x00, flags)), 7)

    assert table is not None
    assert table.name == ""


@pytest.mark.parametrize("mac", [bytes(6), b"\xff" * 6, b"\1\0\x5e\0\0\1", b""])
def test_a_card_that_is_none_is_not_named(mac: bytes) -> None:
    data = status((b"NAS", 0x00, OWN), mac=mac)
    table = nbns.table(data if mac else data[:-40], 7)

    assert table is not None
    assert table.mac is None


def test_a_name_of_another_alphabet_is_read_as_dos_wrote_it() -> None:
    table = nbns.table(status(("BÜRO".encode("cp437"), 0x00, OWN)), 7)

    assert table is not None
    assert table.name == "BÜRO"


def test_a_table_that_breaks_off_gives_what_is_there() -> None:
    data = status((b"ANNA-PC", 0x00, OWN), (b"OFFICE", 0x00, GROUP))

    table = nbns.table(data[: -(46 + 10)], 7)

    assert table == nbns.Table("ANNA-PC", "", serves=False, controls=False, mac=None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        status((b"A", 0, OWN))[:20],
        nbns.question(nbns.STATUS, 7),
        struct.pack("!6H", 7, 0x8403, 0, 1, 0, 0) + status((b"A", 0, OWN))[12:],
        struct.pack("!6H", 8, 0x8400, 0, 1, 0, 0) + status((b"A", 0, OWN))[12:],
        struct.pack("!6H", 7, 0x8400, 0, 1, 0, 0)
        + b"\xc0\x0c"
        + struct.pack("!HHIH", 0x20, 1, 0, 6),
        struct.pack("!6H", 7, 0x8400, 0, 1, 0, 0) + b"\x3f" * 60,
    ],
)
def test_what_is_no_table_is_none(data: bytes) -> None:
    assert nbns.table(data, 7) is None


def test_a_table_that_says_it_is_longer_than_it_is_has_no_card() -> None:
    table = nbns.table(status((b"ANNA-PC", 0x00, OWN), count=255), 7)

    assert table is not None
    assert table.name == "ANNA-PC"
    assert table.mac is None
