"""Walks over agents' tables: whole where the agent is honest, bounded where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.discovery.snmp import ber, mib
from dpf_edge.discovery.snmp.agent import MOST_QUESTIONS, Agent, Silent
from dpf_edge.discovery.snmp.message import V1, V2C
from dpf_edge.discovery.snmp.session import Community, Ids, Refused

from .snmp_agents import Honest, Reached, answered, asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.discovery.snmp.ber import Oid

COLUMNS = (mib.IF_DESCR, mib.IF_TYPE)


def table(rows: int) -> dict[Oid, bytes]:
    """An ifTable of two columns, and something behind it."""
    made: dict[Oid, bytes] = {mib.mib2(3, 1): ber.of_integer(1)}
    for number in range(1, rows + 1):
        made[(*mib.IF_DESCR, number)] = ber.of_octets(f"eth{number}".encode())
        made[(*mib.IF_TYPE, number)] = ber.of_integer(6)
    return made


def agent(net: Reached, version: int = V2C) -> Agent:
    return Agent(net, Community("read", Ids(b"seed"), version), "10.0.0.2", 161, 1.0, net.note)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [V1, V2C])
@pytest.mark.parametrize("rows", [0, 1, 24, 25, 130])
def test_a_table_is_read_to_its_end_and_no_further(version: int, rows: int) -> None:
    net = Reached(Honest(table(rows)))

    found = agent(net, version).table("ifTable", COLUMNS, 1000)

    assert {(number,): f"eth{number}".encode() for number in range(1, rows + 1)} == {
        index: row[mib.IF_DESCR] for index, row in found.items()
    }
    assert all(row[mib.IF_TYPE] == 6 for row in found.values())
    assert [] == net.notes


def test_columns_of_different_lengths_are_each_read_to_the_end() -> None:
    objects = table(60)
    for number in range(2, 60, 2):
        del objects[(*mib.IF_TYPE, number)]

    found = agent(Reached(Honest(objects))).table("ifTable", COLUMNS, 1000)

    assert 60 == len(found)
    assert 31 == sum(mib.IF_TYPE in row for row in found.values())


def test_an_agent_that_cuts_its_answers_is_asked_on() -> None:
    net = Reached(Honest(table(100), most=7))

    assert 100 == len(agent(net).table("ifTable", COLUMNS, 1000))
    assert [] == net.notes


def test_an_agent_whose_answers_would_be_too_big_is_asked_for_less() -> None:
    honest = Honest(table(40))

    def small(datagram: bytes) -> list[bytes]:
        question = asked(datagram)
        if question.kind == 0xA5 and question.second > 3:
            return [answered(question, [], 1)]
        return honest(datagram)

    assert 40 == len(agent(Reached(small)).table("ifTable", COLUMNS, 1000))


def test_a_table_that_never_ends_is_cut_off_and_that_is_told() -> None:
    def endless(datagram: bytes) -> list[bytes]:
        question = asked(datagram)
        made, row = [], list(question.oids)
        for _ in range(question.second):
            row = [(*each[:10], each[10] + 1) if len(each) > 10 else (*each, 1) for each in row]
            made += [(each, ber.of_integer(6)) for each in row]
        return [answered(question, made)]

    net = Reached(endless)
    found = agent(net).table("ifTable", COLUMNS, 500)

    assert 500 == len(found)
    assert ["10.0.0.2: ifTable is cut off: it has more than 500 rows"] == net.notes


def test_a_table_that_goes_round_in_a_circle_is_left() -> None:
    def circle(datagram: bytes) -> list[bytes]:
        question = asked(datagram)
        made = [
            ((*each[:10], number % 5 + 1), ber.of_integer(6))
            for number in range(question.second)
            for each in question.oids
        ]
        return [answered(question, made)]

    net = Reached(circle)
    found = agent(net).table("ifTable", COLUMNS, 500)

    assert 5 == len(found)
    assert "come round again" in net.notes[0]
    assert net.asked == 1


def test_an_agent_that_gives_one_row_at_a_time_for_ever_is_given_up() -> None:
    net = Reached(Honest(table(MOST_QUESTIONS + 50)))

    agent(net, V1).table("ifTable", COLUMNS, 10**6)

    assert MOST_QUESTIONS == net.asked
    assert "nobody answered to the end" in net.notes[0]


def test_what_was_read_before_the_time_was_over_counts() -> None:
    net = Reached(Honest(table(500)), questions=3)

    found = agent(net).table("ifTable", COLUMNS, 1000)

    assert 72 == len(found)
    assert 1 == len(net.notes)


@pytest.mark.parametrize(
    "answer",
    [
        lambda datagram: [],
        lambda datagram: [b"", b"\x30", b"\xff" * 60, datagram],
        lambda datagram: [answered(asked(datagram)._replace(request_id=7), [])],
        lambda datagram: [answered(asked(datagram)._replace(community=b"other"), [])],
        lambda datagram: [answered(asked(datagram)._replace(version=0), [])],
    ],
    ids=["nothing", "rubbish", "another question's", "another community", "another version"],
)
def test_what_is_no_answer_to_the_question_is_silence(
    answer: Callable[[bytes], list[bytes]],
) -> None:
    with pytest.raises(Silent):
        agent(Reached(answer)).heads(mib.SYS_DESCR)


def test_the_right_answer_is_taken_out_of_a_flood_of_others() -> None:
    honest = Honest({(*mib.SYS_DESCR, 0): ber.of_octets(b"the switch")})

    def flooded(datagram: bytes) -> list[bytes]:
        forged = answered(asked(datagram)._replace(request_id=1), [])
        return [b"\x00", forged, *honest(datagram)]

    assert {mib.SYS_DESCR: b"the switch"} == agent(Reached(flooded)).heads(mib.SYS_DESCR)


def test_heads_that_are_not_there_are_left_out() -> None:
    """W26: "No Such Object" was stored as a fact."""
    honest = Honest({(*mib.SYS_DESCR, 0): ber.of_octets(b"x"), (9, 9): ber.of_integer(1)})

    for version in (V1, V2C):
        found = agent(Reached(honest), version).heads(mib.SYS_DESCR, mib.SYS_NAME, (2, 999))
        assert {mib.SYS_DESCR: b"x"} == found


def test_an_agent_that_allows_nothing_says_so() -> None:
    def refusing(datagram: bytes) -> list[bytes]:
        return [answered(asked(datagram), [], 16, 1)]

    with pytest.raises(Refused, match="see nothing"):
        agent(Reached(refusing)).heads(mib.SYS_DESCR)


def test_an_answer_without_anything_ends_a_table() -> None:
    net = Reached(lambda datagram: [answered(asked(datagram), [])])

    assert {} == agent(net).table("ifTable", COLUMNS, 10)
    assert "an answer without anything" in net.notes[0]


def test_ids_are_not_repeated_and_not_guessed_from_one_another() -> None:
    ids, others = Ids(b"one"), Ids(b"two")
    drawn = [ids.draw() for _ in range(1000)]

    assert 1000 == len(set(drawn))
    assert all(0 < each < 2**31 for each in drawn)
    assert not set(drawn) & {others.draw() for _ in range(1000)}
