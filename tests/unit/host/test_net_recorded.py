"""A network that was recorded answers again what it answered then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from dpf_edge.errors import Denied, Failed
from dpf_edge.host.net import Connected, Datagram, Echo, Frame, Page, Question, Said
from dpf_edge.host.net_recorded import (
    NotRecorded,
    RecordedNet,
    exchanges,
    read,
    written,
)
from dpf_edge.host.net_recorder import Recorder
from dpf_edge.model import Neighbour

if TYPE_CHECKING:
    from dpf_edge.host.net import Net

SEARCH = Question(b"M-SEARCH *\r\n\r\n", "239.255.255.250", 1900, "eth0", 2)
WHO_HAS = bytes(42)
CASE = exchanges(
    [
        {
            "method": "ask",
            "gives": [
                {
                    "payload": "text:HTTP/1.1 200 OK\r\n",
                    "address": "10.0.0.7",
                    "port": 1900,
                    "at": 1,
                }
            ],
        },
        {"method": "frames", "gives": [{"data": "hex:ffff", "interface": "eth0", "at": 2.5}]},
        {
            "method": "exchange_frames",
            "gives": [{"data": "hex:00", "interface": "eth0", "at": 3}],
            "raises": {"code": "failed", "message": "the interface went down"},
        },
        {"method": "nudge", "gives": [{"address": "10.0.0.9", "mac": "00:11:32:00:00:09"}]},
        {"method": "echo", "gives": [{"address": "10.0.0.9", "hops": 64, "seconds": 0.1, "at": 4}]},
        {
            "method": "connect",
            "gives": [{"address": "10.0.0.9", "port": 22, "result": "open", "at": 5}],
        },
        {
            "method": "talk",
            "given": {"address": "10.0.0.9", "port": 22, "say": "text:", "tls": False},
            "gives": [{"data": "text:SSH-2.0-x", "at": 6}],
        },
        {
            "method": "talk",
            "given": {"address": "10.0.0.9", "port": 23, "say": "text:", "tls": False},
            "raises": {"code": "failed", "message": "refused"},
        },
        {
            "method": "fetch",
            "gives": [{"status": 200, "headers": {"server": "x"}, "body": "text:hi", "at": 7}],
        },
        {"method": "containers", "raises": {"code": "denied", "message": "no"}},
        {"method": "lost", "gives": [["echoes: 3"]]},
    ]
)


def everything(net: Net) -> list[object]:
    """Every question of the seam, and what came of it."""
    told: list[object] = [
        *net.ask([SEARCH], wait=1.0, again=(0.5,)),
        *net.frames(["eth0"], ["arp"], seconds=1.0),
        *net.nudge(["10.0.0.9"], wait=1.0),
        *net.echo(["10.0.0.9"], wait=1.0),
        *net.connect([("10.0.0.9", 22)], wait=1.0),
    ]
    asked = net.exchange_frames("eth0", "arp", [WHO_HAS], wait=1.0)
    told.append(next(asked))
    with pytest.raises(Failed, match="went down"):
        next(asked)
    with pytest.raises(Failed, match="refused"):
        net.talk("10.0.0.9", 23)
    with pytest.raises(Denied):
        net.containers()
    told += [
        net.talk("10.0.0.9", 22),
        net.fetch("http://10.0.0.9/", only="10.0.0.9"),
        net.lost(),
        net.privileged(),
        net.left(),
    ]
    return told


def test_what_was_recorded_is_given_in_the_types_of_the_seam() -> None:
    net = RecordedNet(CASE)

    assert [
        Datagram(b"HTTP/1.1 200 OK\r\n", "10.0.0.7", 1900, None, 1),
        Frame(b"\xff\xff", "eth0", 2.5),
        Neighbour("10.0.0.9", "00:11:32:00:00:09"),
        Echo("10.0.0.9", 64, 0.1, 4),
        Connected("10.0.0.9", 22, "open", 5),
        Frame(b"\0", "eth0", 3),
        Said(b"SSH-2.0-x", None, 6),
        Page(200, {"server": "x"}, b"hi", 7),
        ("echoes: 3",),
        True,
        60.0,
    ] == everything(net)
    assert [] == net.untaken


def test_what_a_recorder_notes_gives_the_same_again() -> None:
    recorder = Recorder(RecordedNet(CASE))
    first = everything(recorder)
    noted = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(recorder.exchanges)))

    assert first == everything(RecordedNet(exchanges(noted)))


def test_the_questions_themselves_are_part_of_a_recording() -> None:
    recorder = Recorder(RecordedNet(CASE))
    everything(recorder)
    noted = exchanges(msgspec.to_builtins(recorder.exchanges))

    with pytest.raises(NotRecorded, match="ask was not recorded"):
        list(RecordedNet(noted).ask([SEARCH._replace(port=1901)], wait=1.0))


def test_calls_to_several_devices_may_come_in_any_order() -> None:
    net = RecordedNet(CASE)

    with pytest.raises(Failed):
        net.talk("10.0.0.9", 23)
    assert b"SSH-2.0-x" == net.talk("10.0.0.9", 22).data


def test_what_was_asked_more_often_than_it_was_recorded_is_told() -> None:
    net = RecordedNet(CASE)
    net.talk("10.0.0.9", 22)

    with pytest.raises(NotRecorded):
        net.talk("10.0.0.9", 22)


def test_what_a_collector_notes_is_lost_too() -> None:
    net = RecordedNet([])
    net.note("a table was cut off")
    net.note("a table was cut off")

    assert ("a table was cut off",) == net.lost()


@pytest.mark.parametrize(
    "data", [b"", b"GET / HTTP/1.1\r\n", b"text:", b"hex:ff", b"\x00\xff", b"\x1b["]
)
def test_bytes_survive_being_written(data: bytes) -> None:
    assert data == read(written(data))


def test_bytes_of_no_known_spelling_are_refused() -> None:
    with pytest.raises(ValueError, match="bytes are text"):
        read("base64:AA==")
