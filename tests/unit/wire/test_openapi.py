"""The OpenAPI document: whole, and true of the recorded exchanges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dpf_edge.wire import openapi
from dpf_edge.wire.routes import ROUTES
from tests.unit.wire.recorded import Exchange, exchanges, recorded

DOCUMENT = openapi.document()
FILE = Path(__file__).parents[3] / "docs" / "wire" / "openapi.json"


def holds(schema: dict[str, Any], value: object) -> bool:
    """Whether a value fits a schema of the document."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return jsonschema.Draft202012Validator(whole).is_valid(value)


def schema(exchange: Exchange, part: str) -> dict[str, Any]:
    told = DOCUMENT["paths"][exchange.route.path][exchange.route.method.lower()]
    if part == "request":
        content = told["requestBody"]["content"]
    else:
        content = told["responses"][str(exchange.status)]["content"]
    found: dict[str, Any] = content["application/json"]["schema"]
    return found


def test_every_schema_is_one() -> None:
    for told in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(told)


def test_nothing_refers_to_what_is_not_there() -> None:
    there = set(DOCUMENT["components"]["schemas"])

    used = {each.rpartition("/")[2] for each in references(DOCUMENT)}

    assert used <= there
    assert there - used <= {"Envelope"}


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in references(inner)]
    return []


@pytest.mark.parametrize("exchange", [e for e in exchanges() if e.sent and e.status < 300], ids=str)
def test_a_request_that_is_taken_fits(exchange: Exchange) -> None:
    assert holds(schema(exchange, "request"), exchange.request["body"])


@pytest.mark.parametrize("exchange", exchanges(), ids=str)
def test_an_answer_fits_the_response_of_its_status(exchange: Exchange) -> None:
    assert holds(schema(exchange, "answer"), exchange.answer["body"])


@pytest.mark.parametrize(
    "name",
    [
        "enroll/malformed",
        "enroll/another-platform",
        "heartbeat/unknown-capability",
        "discovery-runs/with-an-offset",
        "events/malformed",
        "metrics/empty-name",
    ],
)
def test_a_request_that_is_refused_by_its_fields_does_not_fit(name: str) -> None:
    exchange = recorded(name)

    assert not holds(schema(exchange, "request"), exchange.request["body"])


def test_a_refusal_of_another_route_does_not_fit() -> None:
    exchange = recorded("heartbeat/too-often")

    assert not holds(schema(exchange, "answer"), {"ok": False, "error": "stale_payload"})
    assert not holds(schema(exchange, "answer"), {"ok": True, "error": "rate_limited"})


def test_every_route_has_an_operation_and_a_scheme_of_security() -> None:
    told = [each for methods in DOCUMENT["paths"].values() for each in methods.values()]

    schemes = {each["operationId"]: [*each["security"], {"nothing": []}][0] for each in told}

    assert len(schemes) == len(ROUTES) + 1
    assert schemes.pop("health") == {"nothing": []}
    assert schemes.pop("enroll") == {"bootstrapToken": []}
    assert {name for scheme in schemes.values() for name in scheme} == {"nodeToken"}


def test_every_429_has_its_header() -> None:
    for methods in DOCUMENT["paths"].values():
        for told in methods.values():
            if limited := told["responses"].get("429"):
                assert limited["headers"]["Retry-After"]["required"]


def test_the_file_in_the_documents_has_the_examples_too() -> None:
    kept = json.loads(FILE.read_text())
    told = kept["paths"]["/api/v1/edge/enroll"]["post"]

    assert "enrolled" in told["requestBody"]["content"]["application/json"]["examples"]
    assert "token-used" in told["responses"]["401"]["content"]["application/json"]["examples"]
    assert kept["components"] == DOCUMENT["components"]
