"""What a node says: data for machines, a sentence for people, and a token for nobody."""

from __future__ import annotations

import json

from dpf_edge.node import logs
from dpf_edge.node.logs import Log
from dpf_edge.wire import tokens
from dpf_edge.wire.tokens import Secret
from tests.node.clock import HandClock

TOKEN = tokens.spelt(tokens.NODE, bytes(range(24)))


def said(
    *, event: str = "taken", text: str = "a run was taken", **facts: object
) -> dict[str, object]:
    lines: list[dict[str, object]] = []
    Log(HandClock(), lines.append).tell(event, text, **facts)
    return lines[0]


def test_a_line_is_one_json_object_with_its_time() -> None:
    line = logs.as_json(said(things=3, run="x", lan=None))

    assert "\n" not in line
    assert {
        "time": "2026-01-02T03:04:05.000Z",
        "level": "info",
        "event": "taken",
        "text": "a run was taken",
        "things": 3,
        "run": "x",
    } == json.loads(line)


def test_a_line_for_people_says_what_matters() -> None:
    lines: list[str] = []
    log = Log(HandClock(), lambda line: lines.append(logs.as_words(line)))

    log.tell("a", "all is well", more=1)
    log.warning("b", "not quite")
    log.fail("c", "not at all")

    assert [
        "2026-01-02T03:04:05Z all is well",
        "2026-01-02T03:04:05Z warning: not quite",
        "2026-01-02T03:04:05Z error: not at all",
    ] == lines


def test_no_token_is_ever_said() -> None:
    line = said(
        text=f"refused {TOKEN}",
        error=ValueError(TOKEN),
        token=Secret(TOKEN),
        many=[TOKEN, ("x", TOKEN)],
    )

    assert TOKEN[12:] not in logs.as_json(line)
    assert TOKEN[:12] in logs.as_json(line)


def test_what_is_said_is_bounded_and_cannot_break_the_line() -> None:
    line = logs.as_json(said(text="x" * 10_000 + "\n", many=list(range(1000)), odd="a\nb\x1b[31m"))

    assert len(line) < 2000
    assert "\n" not in line
    assert "\x1b" not in line
