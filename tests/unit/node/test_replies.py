"""What each answer means: the table, row by row, and what is no answer of the contract at all."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

from dpf_edge.errors import AnswerMalformed
from dpf_edge.host.http import Cause, Exchange, NoAnswer
from dpf_edge.node.replies import Act, understood
from dpf_edge.wire.refusals import Code

NOW = 1_767_323_045.0


def answer(status: int, said: object = None, **headers: str) -> Exchange:
    octets = said if isinstance(said, bytes) else json.dumps(said).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Exchange(status, named, octets, NOW)


MEANT: list[tuple[int, str | None, Act]] = [
    (200, None, Act.DONE),
    (201, None, Act.DONE),
    (202, None, Act.DONE),
    (400, "invalid_body", Act.DROP),
    (400, "invalid_json", Act.DROP),
    (400, "stale_observation", Act.STALE),
    (400, "stale_candidate_snapshot", Act.STALE),
    (400, None, Act.MISCONFIGURED),
    (400, "bad request, says a proxy", Act.MISCONFIGURED),
    (401, "node_revoked", Act.REVOKED),
    (401, "token_not_found", Act.REJECTED),
    (401, "missing_authorization", Act.MISCONFIGURED),
    (401, "invalid_token_format", Act.MISCONFIGURED),
    (401, None, Act.MISCONFIGURED),
    (403, "scope_disallowed", Act.HOLD),
    (403, None, Act.HOLD),
    (404, "remote_action_dispatch_disabled", Act.ABSENT),
    (404, None, Act.ABSENT),
    (405, None, Act.ABSENT),
    (407, None, Act.MISCONFIGURED),
    (408, "request_timeout", Act.RETRY),
    (409, None, Act.MISCONFIGURED),
    (410, None, Act.ABSENT),
    (413, "payload_too_large", Act.SPLIT),
    (413, None, Act.SPLIT),
    (413, "raw_data_too_large", Act.SHRINK),
    (415, "unsupported_encoding", Act.MISCONFIGURED),
    (421, "host_not_allowed", Act.MISCONFIGURED),
    (422, "invalid_envelope", Act.DROP),
    (422, "stale_payload", Act.STALE),
    (422, None, Act.MISCONFIGURED),
    (429, "rate_limited", Act.WAIT),
    (429, None, Act.WAIT),
    (500, "persistence_failed", Act.RETRY),
    (502, None, Act.RETRY),
    (503, "store_unavailable", Act.RETRY),
    (301, None, Act.MISCONFIGURED),
    (303, None, Act.MISCONFIGURED),
]


@pytest.mark.parametrize(("status", "code", "act"), MEANT)
def test_an_answer_means_what_the_table_says(status: int, code: str | None, act: Act) -> None:
    reply = understood(answer(status, {"ok": status < 300, "error": code} if code else None), NOW)

    assert (act, status) == (reply.act, reply.status)


@pytest.mark.parametrize(("cause", "act"), [
    (Cause.UNREACHABLE, Act.RETRY),
    (Cause.UNRESOLVED, Act.RETRY),
    (Cause.TIMED_OUT, Act.RETRY),
    (Cause.BROKEN, Act.RETRY),
    (Cause.TOO_LARGE, Act.RETRY),
    (Cause.UNTRUSTED, Act.MISCONFIGURED),
    (Cause.REDIRECTED, Act.MISCONFIGURED),
])  # fmt: skip
def test_no_answer_means_try_again_or_set_something_right(cause: Cause, act: Act) -> None:
    reply = understood(NoAnswer(cause, "so it was"), NOW)

    assert (act, None, cause.value, "so it was") == (
        reply.act,
        reply.status,
        reply.code,
        reply.says,
    )


PAGE = Path(__file__).parents[3] / "docs" / "concepts" / "outbox.md"
ROWS = re.findall(r"^\| (\d\d\d) \| (?:–|`(\w+)`) \| ([\w-]+) \|", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize(("status", "code", "act"), ROWS)
def test_the_page_says_what_the_table_does(status: str, code: str, act: str) -> None:
    assert act == understood(answer(int(status), {"error": code or "x"}), NOW).act.value


def test_the_page_has_every_act_but_those_of_a_success() -> None:
    assert {act.value for act in Act} - {"done"} == {act for _, _, act in ROWS}


def test_nothing_but_a_refusal_in_the_contracts_own_words_drops_a_run() -> None:
    """W15: whatever status somebody in between answers with, a run stays."""
    said: list[object] = [
        None,
        b"",
        b"<html>",
        b"[" * 10_000,
        b"\xff",
        {"error": 5},
        {"error": "x" * 1000},
        [],
    ]

    acts = {
        understood(answer(status, each), NOW).act
        for status, each in itertools.product(range(200, 600), said)
    }

    assert Act.DROP not in acts
    assert Act.REVOKED not in acts


def test_a_success_that_does_not_read_as_one_is_none() -> None:
    """A captive portal answers everything with 200."""

    def fits(octets: bytes) -> object:
        raise AnswerMalformed("no")

    reply = understood(answer(200, b"<html>Welcome"), NOW, fits)

    assert (Act.RETRY, "answer-malformed") == (reply.act, reply.code)


@pytest.mark.parametrize(
    ("headers", "said", "seconds"),
    [
        ({"retry_after": "7"}, {}, 7.0),
        ({"retry_after": " 7 "}, {"retryAfter": 9}, 7.0),
        ({}, {"retryAfter": 9}, 9.0),
        ({}, {"retryAfterSec": 9}, 9.0),
        ({"retry_after": "Fri, 02 Jan 2026 03:05:05 GMT"}, {}, 60.0),
        ({"retry_after": "Fri, 02 Jan 1970 03:05:05 GMT"}, {}, 0.0),
        ({"retry_after": "-5"}, {}, None),
        ({"retry_after": "soon"}, {}, None),
        ({"retry_after": "٣"}, {}, None),
        ({"retry_after": "9" * 400}, {}, 999999999.0),
        ({}, {"retryAfter": -1}, None),
        ({}, {"retryAfter": "9"}, None),
        ({}, {}, None),
    ],
)
def test_how_long_a_server_wants_to_be_left_alone(
    headers: dict[str, str], said: dict[str, object], seconds: float | None
) -> None:
    reply = understood(answer(429, {"error": "rate_limited", **said}, **headers), NOW)

    assert seconds == reply.retry_after


def test_the_item_that_was_too_large_is_named() -> None:
    said = {"error": Code.RAW_DATA_TOO_LARGE, "itemIndex": 3.0, "itemObservedKey": "arp:x"}

    assert 3 == understood(answer(413, said), NOW).item_index


def test_what_somebody_says_is_one_line_without_a_token() -> None:
    said = {"error": "invalid_body", "message": "bad\nthing dpfedge_" + "0" * 39 + "\x1b[31m"}

    reply = understood(answer(400, said), NOW)

    assert "\n" not in reply.told
    assert "\x1b" not in reply.told
    assert "0" * 10 not in reply.told
    assert reply.told.startswith("invalid_body: bad thing dpfedge_0000")


def test_a_reason_is_a_word_to_count_by() -> None:
    assert "invalid_body" == understood(answer(400, {"error": "invalid_body"}), NOW).reason
    assert "http-502" == understood(answer(502), NOW).reason
    assert "authority-unreachable" == understood(NoAnswer(Cause.UNREACHABLE, ""), NOW).reason
