"""Conversations by SNMPv3: who is believed, and who is not."""

from __future__ import annotations

import msgspec
import pytest

from dpf_edge.discovery.snmp.agent import Agent, Silent
from dpf_edge.discovery.snmp.message import AUTHENTICATED, PRIVATE
from dpf_edge.discovery.snmp.mib import SYS_NAME
from dpf_edge.discovery.snmp.session import Ids, Refused, session
from dpf_edge.discovery.snmp.usm import Clock

from .snmp_agents import NOW, Reached
from .snmp_engine import TARGET, Engine, Lies


class Talk:
    """A conversation with an engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.net = Reached(engine)
        self.agent = Agent(
            self.net,  # type: ignore[arg-type]
            session(TARGET, Ids(b"seed")),
            TARGET.host,
            TARGET.port,
            1.0,
            self.net.note,
        )

    def name(self) -> object:
        return self.agent.heads(SYS_NAME).get(SYS_NAME)


@pytest.fixture
def talk() -> Talk:
    return Talk(Engine())


def test_a_conversation_begins_with_who_and_goes_on_with_what(talk: Talk) -> None:
    assert b"switch" == talk.name()
    assert 2 == talk.net.asked
    assert b"switch" == talk.name()
    assert 3 == talk.net.asked


def test_an_engine_that_started_anew_is_asked_on(talk: Talk) -> None:
    talk.name()
    talk.engine.clock = Clock(4, 2)

    assert b"switch" == talk.name()


def test_an_engines_clock_goes_on_as_ours_does(talk: Talk) -> None:
    talk.name()
    talk.net.at = NOW + 3600
    talk.engine.clock = Clock(3, 1000 + 3600)
    before = talk.net.asked

    assert b"switch" == talk.name()
    assert before + 1 == talk.net.asked


def test_a_clock_that_is_set_for_ever_is_given_up(talk: Talk) -> None:
    talk.engine.lies = Lies(report=2)

    with pytest.raises(Silent):
        talk.name()


@pytest.mark.parametrize(
    "lies",
    [
        Lies(auth="planted-other"),
        Lies(flags=0),
        Lies(flags=AUTHENTICATED),
        Lies(message_id=5),
        Lies(request_id=5),
        Lies(engine_id=b"another engine"),
        Lies(clock=Clock(3, 500)),
        Lies(clock=Clock(2, 1000)),
    ],
    ids=["seal", "no seal", "in the clear", "message", "request", "engine", "old", "older"],
)
def test_an_answer_that_is_not_wholly_right_is_none(talk: Talk, lies: Lies) -> None:
    assert b"switch" == talk.name()
    talk.engine.lies = lies

    with pytest.raises(Silent):
        talk.name()


def test_a_report_that_nobody_sealed_sets_no_clock(talk: Talk) -> None:
    talk.name()
    talk.engine.lies = Lies(report=2, flags=0, clock=Clock(9, 9))

    with pytest.raises(Refused):
        talk.name()
    talk.engine.lies = Lies()
    assert b"switch" == talk.name()


@pytest.mark.parametrize(
    ("counter", "says"),
    [(1, "protection"), (3, "user"), (5, "authentication password"), (6, "privacy password")],
)
def test_a_refusal_is_said_in_words(talk: Talk, counter: int, says: str) -> None:
    talk.engine.lies = Lies(report=counter, flags=0)

    with pytest.raises(Refused, match=says):
        talk.name()


def test_no_question_is_like_another_and_none_shows_what_is_asked() -> None:
    said: list[bytes] = []
    engine = Engine()

    def overheard(datagram: bytes) -> list[bytes]:
        said.append(datagram)
        return engine(datagram)

    talk = Talk(engine)
    talk.net.agent = overheard
    talk.name()
    talk.name()

    assert 3 == len(set(said))
    assert not any(b"planted" in each or b"\x01\x05\x00" in each for each in said)


@pytest.mark.parametrize(
    "changed",
    [
        {"auth_protocol": "ROT13"},
        {"auth_password": "short"},
        {"auth_password": None},
        {"priv_protocol": "3DES"},
        {"priv_password": None},
        {"auth_protocol": None, "auth_password": None},
    ],
)
def test_a_target_that_cannot_be_used_says_why_and_no_password(changed: dict[str, str]) -> None:
    """W25: a secret stood in the process list; here it is in no message either."""
    target = msgspec.structs.replace(TARGET, **changed)

    with pytest.raises(ValueError) as error:
        session(target, Ids(b"seed"))

    assert "planted" not in str(error.value)
    assert "short" not in str(error.value)


def test_a_private_answer_is_not_opened_before_its_seal_was_looked_at(talk: Talk) -> None:
    talk.name()
    talk.engine.lies = Lies(auth="planted-other", flags=AUTHENTICATED | PRIVATE)

    with pytest.raises(Silent):
        talk.name()
