"""Discovery runs: their bounds, what becomes of rawData, when they are stale."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET

from dpf_edge.errors import AnswerMalformed
from dpf_edge.wire import body, discovery, limits, times
from dpf_edge.wire.limits import Window
from dpf_edge.wire.refusals import Refusal
from tests.unit.wire.recorded import recorded

RUN = recorded("discovery-runs/stored").request["body"]
ITEM = RUN["items"][1]
LINK = RUN["relationships"][0]
NOW = times.seconds(RUN["observedAt"])


def decoded(**fields: object) -> discovery.Request:
    return discovery.decode(json.dumps({**RUN, **fields}).encode())


def refusal(of: Any, *arguments: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        of(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("field", "least", "most"), [("runKey", 1, 120), ("agentMode", 1, 60), ("agentVersion", 1, 40)]
)
def test_the_lengths_of_a_run_s_texts(field: str, least: int, most: int) -> None:
    for length in (least, most):
        decoded(**{field: "x" * length})
    for length in (least - 1, most + 1):
        with pytest.raises(Refusal):
            decoded(**{field: "x" * length})


def test_a_run_has_ten_thousand_items_at_most() -> None:
    """W17: published nodes send what they have, and an Authority refuses all of it."""
    item = {**ITEM, "rawData": {}}

    assert len(decoded(items=[item] * 10_000).items) == 10_000
    with pytest.raises(Refusal) as caught:
        decoded(items=[item] * 10_001)

    said = caught.value.body()["issues"]["items"]
    assert said == {"_errors": ["may be at most 10000 long"]}


def test_a_run_has_twenty_thousand_relationships_at_most() -> None:
    assert len(decoded(relationships=[LINK] * 20_000).relationships or ()) == 20_000
    with pytest.raises(Refusal):
        decoded(relationships=[LINK] * 20_001)


@pytest.mark.parametrize("field", ["observedKey", "itemType", "name"])
def test_an_item_s_texts_are_never_empty_and_as_long_as_they_like(field: str) -> None:
    decoded(items=[{**ITEM, field: "x" * 5000}])

    with pytest.raises(Refusal):
        decoded(items=[{**ITEM, field: ""}])


@pytest.mark.parametrize("confidence", [0, 1, 0.7, 1.0])
def test_a_confidence_lies_between_nothing_and_one(confidence: float) -> None:
    assert decoded(items=[{**ITEM, "confidence": confidence}]).items[0].confidence == confidence


@pytest.mark.parametrize("confidence", [-0.01, 1.01, 100, "1", True, None])
def test_a_confidence_beyond_that_is_refused(confidence: object) -> None:
    with pytest.raises(Refusal):
        decoded(items=[{**ITEM, "confidence": confidence}])


def test_a_source_path_may_be_null_and_that_is_not_the_same_as_none() -> None:
    null, without = decoded(items=[{**ITEM, "sourcePath": None}, ITEM]).items

    assert (None, UNSET) == (null.source_path, without.source_path)


def test_further_keys_of_items_and_relationships_pass_and_are_not_kept() -> None:
    run = decoded(items=[{**ITEM, "seen": 5}], relationships=[{**LINK, "weight": 2}])

    assert b"seen" not in body.encode(run)
    assert b"weight" not in body.encode(run)


@pytest.mark.parametrize("data", [None, [], "x", 5, True])
def test_raw_data_is_an_object(data: object) -> None:
    for fields in (
        {"items": [{**ITEM, "rawData": data}]},
        {"relationships": [{**LINK, "rawData": data}]},
    ):
        with pytest.raises(Refusal) as caught:
            decoded(**fields)

        assert (400, "invalid_body") == (caught.value.status, caught.value.code)


def test_raw_data_is_kept_compact_and_reads_back() -> None:
    written = b'{ "b" : [1.0, "\\u00e9\\ud83d"],\n "b": 1e2, "a": {"\\u0000": null} }'
    octets = json.dumps({**RUN, "items": [{**ITEM, "rawData": 0}]}).encode()

    (item,) = discovery.decode(octets.replace(b'"rawData": 0', b'"rawData": ' + written)).items

    assert bytes(item.raw_data) == b'{"b":100.0,"a":{"\\u0000":null}}'
    assert discovery.attributes(item.raw_data) == {"b": 100, "a": {"\0": None}}


def test_a_relationship_s_raw_data_may_be_missing() -> None:
    run = decoded(relationships=[{**LINK, "rawData": {"a": 1}}, LINK])

    kept = [discovery.attributes(link.raw_data) for link in run.relationships or ()]

    assert kept == [{"a": 1}, {}]


def test_raw_data_that_no_double_holds_is_no_json() -> None:
    octets = json.dumps(RUN).replace('"osiLayer": 3', '"osiLayer": 1e999').encode()

    said = refusal(discovery.decode, octets)

    assert (400, "invalid_json") == (said.status, said.code)


def sized(octets: int) -> dict[str, Any]:
    """An item whose rawData is so large when serialised."""
    return {**ITEM, "observedKey": "large", "rawData": {"a": "x" * (octets - len('{"a":""}'))}}


def test_64_kib_of_raw_data_are_taken_however_they_are_written() -> None:
    octets = json.dumps({**RUN, "items": [ITEM, sized(65536)]}, indent=4).encode()

    discovery.check_raw_data(discovery.decode(octets))


def test_more_is_refused_with_the_item_it_is_in() -> None:
    said = refusal(discovery.check_raw_data, decoded(items=[ITEM, sized(65537)]))

    assert said.status == 413
    assert {
        "ok": False,
        "error": "raw_data_too_large",
        "message": "an item's rawData may be 65536 bytes",
        "itemIndex": 1,
        "itemObservedKey": "large",
    } == said.body()


def test_raw_data_is_counted_in_bytes_and_not_in_characters() -> None:
    item = {**ITEM, "rawData": {"a": "é" * 32765}}

    said = refusal(discovery.check_raw_data, decoded(items=[item]))

    assert said.code == "raw_data_too_large"


@pytest.mark.parametrize("away", [-86_400, -1, 0, 300])
def test_a_run_from_a_day_ago_to_five_minutes_ahead_is_fresh(away: float) -> None:
    discovery.check_fresh(decoded(), NOW - away)


@pytest.mark.parametrize("away", [-86_401, 301, -1e9, 1e9])
def test_a_run_from_beyond_is_stale(away: float) -> None:
    said = refusal(discovery.check_fresh, decoded(), NOW - away)

    assert (400, "stale_observation") == (said.status, said.code)
    assert "NTP" in (said.message or "")


def test_an_authority_may_set_how_fresh() -> None:
    window = limits.window("60", "10")

    discovery.check_fresh(decoded(), NOW + 60, window)
    said = refusal(discovery.check_fresh, decoded(), NOW + 61, window)

    assert "60 s behind" in (said.message or "")


@pytest.mark.parametrize("text", [None, "", "x", "0", "-5", "nan", "inf", "1e999"])
def test_a_freshness_that_is_no_number_above_zero_is_the_default(text: str | None) -> None:
    assert limits.window(text, text) == limits.DISCOVERY_WINDOW == Window(86_400, 300)


def test_the_same_run_again_is_another_answer() -> None:
    again = discovery.answer(recorded("discovery-runs/stored-before").answered)
    first = discovery.answer(recorded("discovery-runs/stored").answered)

    assert (discovery.Replay, discovery.Answer) == (type(again), type(first))


def test_the_earliest_authorities_answer_is_read() -> None:
    answer = discovery.answer(
        b'{"ok": true, "accepted": true, "runKey": "r", "persistencePending": true, "note": "x"}'
    )

    assert isinstance(answer, discovery.Pending)
    assert answer.run_key == "r"


@pytest.mark.parametrize("octets", [b"{}", b"[]", b"", b'{"ok": true, "runKey": "r"}'])
def test_what_is_no_answer_is_told(octets: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        discovery.answer(octets)


def test_a_name_that_no_utf_8_has_is_sent_all_the_same() -> None:
    item = discovery.Item(
        observed_key="arp:192.168.50.1",
        item_type="host",
        name="caf\udce9",
        raw_data=discovery.raw({"hostname": "caf\udce9", "n": [1.5, "\ud83d"]}),
    )

    assert json.loads(body.encode([item])) == [
        {
            "observedKey": "arp:192.168.50.1",
            "itemType": "host",
            "name": "caf\ufffd",
            "rawData": {"hostname": "caf\ufffd", "n": [1.5, "\ufffd"]},
        }
    ]


def test_an_item_is_made_of_attributes() -> None:
    item = discovery.Item(
        observed_key="arp:192.168.50.1",
        item_type="host",
        name="LAN Host 192.168.50.1",
        raw_data=discovery.raw({"address": "192.168.50.1"}),
    )

    assert json.loads(body.encode(item)) == {
        "observedKey": "arp:192.168.50.1",
        "itemType": "host",
        "name": "LAN Host 192.168.50.1",
        "rawData": {"address": "192.168.50.1"},
    }
