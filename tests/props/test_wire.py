"""No bytes stop a reader of the wire, and what one says is what every other way to ask says."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dpf_edge.errors import AnswerMalformed
from dpf_edge.wire import (
    actions,
    answers,
    body,
    canonical,
    discovery,
    enroll,
    events,
    federation,
    heartbeat,
    issues,
    metrics,
    octets,
    openapi,
    texts,
    times,
    tokens,
)
from dpf_edge.wire.limits import DEPTH
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.vocabulary import InstallMode, Platform
from tests.unit.wire.recorded import exchanges, recorded

if TYPE_CHECKING:
    from collections.abc import Callable

DECODE: dict[str, Callable[[bytes], Any]] = {
    "enroll": enroll.decode,
    "heartbeat": heartbeat.decode,
    "discovery-runs": discovery.decode,
    "events": events.decode,
    "metrics": metrics.decode,
    "federation-candidates": federation.decode,
    "actions/claim": actions.decode_claim,
    "actions/result": actions.decode_result,
}
KINDS: dict[str, Any] = {
    "enroll": enroll.Request,
    "heartbeat": heartbeat.Request,
    "discovery-runs": discovery.Request,
    "events": events.Request,
    "metrics": metrics.Request,
}
BODIES = [
    (each.route.name, each.request["body"])
    for each in exchanges()
    if each.route.name in DECODE and each.sent
]
ROUTES = st.sampled_from(sorted(DECODE))
TEXTS = st.text(st.characters(), max_size=8)
WORDS = st.sampled_from(
    [
        *("", "x" * 130, "x" * 600, "😀" * 30, "discovery.network", "healthy", "alert", "change"),
        *("security", "trap", "up", "1", "linux", "native", "trigger", "info", "\0", "\ud800"),
        *("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00", "2026-02-29T00:00:00.5Z"),
        *("6f0f7c1e-3f0b-4d53-9a55-0a6f3c1b2d4e", "https://10.0.0.1", "https://a.local/x"),
    ]
)
NUMBERS = st.one_of(
    st.integers(-3, 8),
    st.sampled_from([0.5, 1.0, 2.0, 1e2, -0.0, 2**53 - 1, 2**53, 10**30, 1e300, 1e20]),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
# Pieces in which what breaks readers of JSON is frequent, next to each other.
PIECES = st.sampled_from(
    [
        *(b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\\u", b"d83d", b"\\ud83d", b"\\ude00"),
        *(b"null", b"true", b"1e400", b"-", b"1.0", b"9" * 400, b"NaN", b"\xff", b"\xed\xa0\xbd"),
        *(b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf", b"\x00", b'""', b"[" * 70, b"{}", b"\\\\", b'\\"'),
        *(b'"runKey"', b'"items"', b'"events"', b'"interfaces"', b'"rawData"', b'"metadata"'),
        *(b'"capabilityReports"', b'"candidates"', b'"limit"', b'{"a":', b" ", b"\n"),
    ]
)
BYTES = st.one_of(st.lists(PIECES, max_size=16).map(b"".join), st.binary(max_size=40))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [path]
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(each, (*path, key))
    return found


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, Any]:
    """A recorded body with one to three of its places changed, taken out or doubled."""
    name, said = draw(st.sampled_from(BODIES))
    said = copy.deepcopy(said)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(said)))
        if not path:
            if draw(st.integers(0, 20)) == 0:
                return name, draw(VALUES)
            if isinstance(said, dict):
                said[draw(TEXTS)] = draw(VALUES)
            continue
        at = said
        for step in path[:-1]:
            at = at[step]
        match draw(st.integers(0, 3)):
            case 0:
                del at[path[-1]]
            case 1 if isinstance(at, list):
                at.append(at[path[-1]])
            case _:
                at[path[-1]] = draw(VALUES)
    return name, said


def taken(name: str, sent: bytes) -> Any:
    """The message, or None where it is refused."""
    try:
        return DECODE[name](sent)
    except Refusal as refusal:
        assert 400 <= refusal.status < 500  # noqa: PT017 — whatever is refused, it is the client's
        json.dumps(refusal.body())
        return None


@given(ROUTES, BYTES)
@example("discovery-runs", b"[" * 5000)
@example("enroll", b'"' * 5000)
def test_any_bytes_are_a_message_or_a_refusal(name: str, sent: bytes) -> None:
    taken(name, sent)


@given(st.sampled_from(BODIES), st.data())
def test_a_good_body_with_bytes_put_into_it_is_a_message_or_a_refusal(
    said: tuple[str, Any], data: st.DataObject
) -> None:
    sent = json.dumps(said[1]).encode()
    at = data.draw(st.integers(0, len(sent)))
    until = data.draw(st.integers(at, min(len(sent), at + 8)))

    taken(said[0], sent[:at] + data.draw(BYTES) + sent[until:])


@given(changed(), st.booleans())
def test_a_message_that_is_taken_is_taken_again_as_it_is_written(
    said: tuple[str, Any], plain: bool
) -> None:
    name, value = said
    sent = json.dumps(value, ensure_ascii=plain).encode("utf-8", "surrogatepass")

    message = taken(name, sent)

    if message is not None:
        written = body.encode(message)
        assert body.encode(DECODE[name](written)) == written


@given(changed())
@settings(max_examples=300)
def test_what_is_refused_has_a_problem_and_what_is_taken_has_none(said: tuple[str, Any]) -> None:
    name, value = said
    assume(name in KINDS)
    sent = json.dumps(value).encode()

    message = taken(name, sent)

    if name == "events":
        value = events.completed(value)
    # A text is as long as its UTF-16, in which no half of a pair is left.
    doubled = json.loads(octets.doubled(octets.mended(json.dumps(value).encode())))
    assert (message is None) == any(issues.problems(doubled, KINDS[name]))


@given(changed())
@settings(max_examples=300)
def test_the_openapi_document_takes_what_the_types_take(said: tuple[str, Any]) -> None:
    name, value = said
    assume(name in KINDS)
    sent = json.dumps(value).encode()
    assume(sent.isascii() and b"\\u" not in sent)  # a schema counts characters
    assume(b'\\n"' not in sent)  # and Python's $ matches before a line's end

    message = taken(name, sent)
    if isinstance(message, enroll.Request):
        words = {message.platform} | {message.install_mode}
        message = message if words <= PLATFORMS_AND_MODES else None

    assert (message is not None) == SCHEMAS[name].is_valid(value)


PLATFORMS_AND_MODES = {*Platform, *InstallMode}
DOCUMENT = openapi.document()
SCHEMAS = {
    name: jsonschema.Draft202012Validator(
        {
            "$ref": f"#/components/schemas/{openapi.name(kind)}",
            "components": DOCUMENT["components"],
        }
    )
    for name, kind in KINDS.items()
}


@given(st.text(st.characters(), max_size=230), st.booleans())
@example(name="😀" * 100, plain=True)
@example(name="😀" * 100 + "x", plain=False)
def test_a_name_is_taken_by_its_utf_16_length(name: str, plain: bool) -> None:
    said = {**recorded("enroll/enrolled").request["body"], "displayName": name}
    sent = json.dumps(said, ensure_ascii=plain).encode("utf-8", "surrogatepass")
    # A lone half that comes as bytes is three bytes that are not UTF-8, and so three characters.
    assume(plain or not re.search("[\ud800-\udfff]", name))

    message = taken("enroll", sent)

    assert (message is not None) == (1 <= texts.length(name) <= 200)


@given(BYTES)
def test_bytes_that_were_mended_are_utf_8_and_stay_as_they_are(sent: bytes) -> None:
    mended = octets.mended(sent)

    mended.decode()
    assert octets.mended(mended) == mended.removeprefix(b"\xef\xbb\xbf")


@given(VALUES)
def test_a_json_text_without_lone_halves_is_not_touched(value: Any) -> None:
    for plain in (True, False):
        text = json.dumps(value, ensure_ascii=plain)
        assume(not re.search("[\ud800-\udfff]|(?i:\\\\u[d][89a-f])", text))

        assert octets.mended(text.encode()) == text.encode()


@given(TEXTS, st.booleans())
def test_a_doubled_text_is_as_long_as_its_utf_16(text: str, plain: bool) -> None:
    sent = octets.mended(json.dumps(text, ensure_ascii=plain).encode("utf-8", "replace"))

    assert len(json.loads(octets.doubled(sent))) == texts.length(json.loads(sent))


@given(VALUES, st.integers(0, 6))
def test_a_depth_is_the_deepest_bracket_s(value: Any, limit: int) -> None:
    def deep(inner: Any) -> int:
        if not isinstance(inner, dict | list):
            return 0
        each = inner.values() if isinstance(inner, dict) else inner
        return 1 + max(map(deep, each), default=0)

    sent = json.dumps([value, '[{"\\'], ensure_ascii=True).encode()

    assert octets.too_deep(sent, limit) == (deep([value, ""]) > limit)
    assert not octets.too_deep(sent, DEPTH)


@given(st.integers(100, 599), BYTES)
def test_any_answer_is_a_refusal_when_its_status_says_so(status: int, sent: bytes) -> None:
    refusal = answers.refused(status, sent)

    assert refusal.status == status
    assert (refusal.message or "").isprintable()
    assert refusal.retry_after is None or refusal.retry_after >= 0


@given(st.sampled_from([e for e in exchanges() if e.status < 300]), BYTES, st.data())
def test_any_bytes_are_an_answer_or_none(exchange: Any, junk: bytes, data: st.DataObject) -> None:
    sent = exchange.answered
    at = data.draw(st.integers(0, len(sent)))

    for said in (junk, sent[:at] + junk + sent[at:], sent[:at] + junk):
        for answered in exchange.route.answers:
            try:
                message = answers.read(said, answered.kind)
            except AnswerMalformed:
                continue
            assert answers.read(body.encode(message), answered.kind) == message or junk


@given(st.floats(-62135596800, 253402300799))
def test_a_time_that_is_sent_is_read_to_the_millisecond(seconds: float) -> None:
    text = times.stamp(seconds)

    assert times.seconds(text) == pytest.approx(seconds, abs=0.0006)
    assert times.stamp(times.seconds(text)) == text


PARTS = st.sampled_from(
    [
        *("2024", "2023", "0000", "-", "02", "29", "30", "13", "T", "t", " ", "23", ":", "59"),
        *("60", ".", ".5", "Z", "z", "+00:00", "\n", "2024-02-29", "12:00:00", "٣"),
    ]
)


@given(st.lists(PARTS, max_size=10).map("".join))
@example("2024-02-29T23:59:59.5Z")
@example("2023-02-29T23:59:59Z")
def test_a_text_is_a_time_where_the_calendar_and_the_form_agree(text: str) -> None:
    form = re.fullmatch(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]+)?)?Z", text
    )
    expected = None
    if form:
        try:
            parts = [int(each or 0) for each in form.groups()[:6]]
            # The calendar repeats after 400 years, and Python's begins with the first.
            expected = datetime(parts[0] + 400, *parts[1:], tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]
            expected += float(form[7] or 0) - 146_097 * 86_400
        except ValueError:
            expected = None

    try:
        read = times.seconds(text)
    except ValueError:
        assert expected is None
    else:
        assert read == pytest.approx(expected, abs=1e-5)


@given(st.binary(min_size=24, max_size=24), st.sampled_from([tokens.BOOTSTRAP, tokens.NODE]))
def test_a_token_s_secret_reads_back(secret: bytes, prefix: str) -> None:
    token = tokens.spelt(prefix, secret)

    value = 0
    for symbol in token.removeprefix(prefix):
        value = value << 5 | tokens.ALPHABET.index(symbol)

    assert (value >> 3).to_bytes(24, "big") == secret
    assert len(token) == 47


@given(st.binary(min_size=24, max_size=24), TEXTS, TEXTS, st.integers(0, 2))
def test_no_text_shows_a_token(secret: bytes, before: str, after: str, times_over: int) -> None:
    token = tokens.spelt(tokens.NODE, secret)

    shown = tokens.redacted(before + token * (times_over + 1) + after)

    assert token[12:] not in shown
    assert tokens.display(token) in shown


@given(st.text(st.characters(), max_size=40), st.integers(0, 40))
def test_a_text_is_shortened_to_its_longest_beginning(text: str, units: int) -> None:
    short = texts.shortened(text, units)

    assert text.startswith(short)
    assert texts.length(short) <= units
    rest = text[len(short) : len(short) + 1]
    assert not rest or texts.length(short + rest) > units or rest in _HALVES


_HALVES = {chr(code) for code in range(0xD800, 0xE000)}

DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | DOUBLES | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


@given(DOUBLES)
def test_a_number_in_canonical_form_is_the_same_number_in_the_fewest_digits(value: float) -> None:
    written = canonical.number(value)

    assert float(written) == value
    digits = re.sub(r"e.*|[-.]", "", written).strip("0")
    assert digits == re.sub(r"e.*|[-.]", "", repr(value)).strip("0")
    assert float(json.loads(written)) == value


@given(JSON)
def test_canonical_json_is_json_says_the_same_and_says_it_one_way(value: Any) -> None:
    written = canonical.encode(value)

    read = json.loads(written)
    assert canonical.encode(read) == written
    assert b"\n" not in written
    assert canonical.encode(_turned(value)) == written


def _turned(value: Any) -> Any:
    """A value with the members of every object the other way round."""
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [_turned(each) for each in value]
    return value


ENVELOPE: dict[str, Any] = recorded("actions/claim/claimed").answer["body"]["claimed"][0]
KEY = actions.Key(
    "example-key-1",
    bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"),
)
NOW = times.seconds("2026-01-02T03:05:00Z")


def verified(envelope: object) -> actions.Envelope:
    return actions.verified(envelope, "edge_0123456789ab4def", KEY, NOW, set())


@given(st.dictionaries(TEXTS, JSON, max_size=4))
@settings(max_examples=50)
def test_any_parameters_are_signed_sent_and_verified(parameters: dict[str, Any]) -> None:
    made = {**ENVELOPE, "parameters": parameters}
    made["signature"] = actions.sign(made, bytes(range(32)))

    received = msgspec.json.decode(octets.mended(json.dumps(made).encode()))
    assume("\\ud" not in json.dumps(parameters) or received["parameters"] == parameters)

    assert canonical.encode(verified(received).parameters) == canonical.encode(parameters)


@given(st.sampled_from(sorted(ENVELOPE)), VALUES)
@settings(max_examples=50)
def test_an_envelope_that_was_changed_is_rejected(field: str, value: Any) -> None:
    assume(value != ENVELOPE[field])

    with pytest.raises(actions.Rejected):
        verified({**ENVELOPE, field: value})
