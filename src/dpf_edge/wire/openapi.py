"""The contract as an OpenAPI 3.1 document, made of the routes and their types."""

from __future__ import annotations

import inspect
import sys
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.wire import actions, heartbeat, tokens
from dpf_edge.wire.route import HEALTH
from dpf_edge.wire.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dpf_edge.wire.route import Known, Route

Schema = dict[str, Any]

_REFERENCE = "#/components/schemas/"
_JSON = "application/json"
_OWN: dict[type, Schema] = {
    tokens.Secret: {"type": "string", "format": "password"},
    heartbeat.Rotated: {
        "type": "object",
        "required": ["token"],
        "properties": {"token": {"type": "string"}, "prefix": {"type": "string"}},
    },
}


def document(examples: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> Schema:
    """The document. ``examples`` are recorded exchanges by route name, the first the best."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "DPF Edge wire contract",
            "version": "1",
            "summary": "What an edge node and its Authority say to each other.",
            "description": "docs/wire/v1.md tells what a schema cannot: the order of checks, what "
            "is counted how, and what differs between published Authorities. Lengths count UTF-16 "
            "code units.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "the Authority's base URL"}],
        "paths": {
            **{route.path: _path(route, (examples or {}).get(route.name, ())) for route in ROUTES},
            HEALTH: _health(),
        },
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "bootstrapToken": _bearer("A bootstrap token, `dpfboot_…`: good for one call."),
                "nodeToken": _bearer("A node token, `dpfedge_…`."),
            },
        },
    }


def name(kind: type) -> str:
    """A type's name among the document's schemas: ``EnrollRequest``, ``Item``."""
    if kind.__name__ in {"Request", "Answer"}:
        return kind.__module__.rpartition(".")[2].title() + kind.__name__
    return kind.__name__


def operation(route: Route) -> str:
    """A route's operationId: ``discoveryRuns``, ``actionsClaim``."""
    first, *others = route.name.replace("/", "-").split("-")
    return first + "".join(map(str.title, others))


def _path(route: Route, examples: Sequence[Mapping[str, Any]]) -> Schema:
    about = inspect.getdoc(sys.modules[route.answers[0].kind.__module__]) or ""
    boots = route.name == "enroll"
    told: Schema = {
        "operationId": operation(route),
        "summary": route.says,
        "description": about.replace("``", "`"),
        "security": [{"bootstrapToken" if boots else "nodeToken": []}],
        "responses": _responses(route, examples),
    }
    if route.request:
        content: Schema = {"schema": _reference(route.request)}
        if shown := _shown(examples, "request"):
            content["examples"] = shown
        told["requestBody"] = {
            "required": route.name not in {"heartbeat", "actions/claim"},
            "content": {_JSON: content},
        }
    return {route.method.lower(): told}


def _responses(route: Route, examples: Sequence[Mapping[str, Any]]) -> Schema:
    told: Schema = {}
    for answered in route.answers:
        told[str(int(answered.status))] = _response(
            answered.when, _reference(answered.kind), _of(answered.status, examples)
        )
    by_status: dict[int, list[Known]] = {}
    for known in route.refusals:
        by_status.setdefault(int(known.status), []).append(known)
    for status, knowns in sorted(by_status.items()):
        codes = list(dict.fromkeys(str(known.code) for known in knowns))
        told[str(status)] = _response(
            "; ".join(f"`{known.code}`: {known.when}" for known in knowns),
            _refusal(codes),
            _of(status, examples),
        )
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            told[str(status)]["headers"] = {
                "Retry-After": {
                    "description": "seconds until a slot is free",
                    "required": True,
                    "schema": {"type": "integer", "minimum": 1},
                }
            }
    told["default"] = _response(
        "What HTTP or the store refuses: 404, 405, 408, 415, 421, 503", _reference(None), ()
    )
    return told


def _response(about: str, schema: Schema, examples: Sequence[Mapping[str, Any]]) -> Schema:
    content: Schema = {"schema": schema}
    if shown := _shown(examples, "answer"):
        content["examples"] = shown
    return {"description": about, "content": {_JSON: content}}


def _refusal(codes: list[str]) -> Schema:
    # A code that says more behind it ("illegal-transition a->b") begins with its name.
    plain = [code for code in codes if code != "illegal-transition"]
    error: Schema = {"enum": plain} if plain == codes else {"type": "string"}
    return {"allOf": [_reference(None), {"properties": {"error": error}}]}


def _of(status: int, examples: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return [each for each in examples if each["answer"]["status"] == status]


def _shown(examples: Iterable[Mapping[str, Any]], part: str) -> Schema:
    return {
        each["name"]: {"summary": each["about"], "value": each[part]["body"]}
        for each in examples
        if "body" in each[part] and (part == "answer" or each["answer"]["status"] < 300)
    }


def _reference(kind: type | None) -> Schema:
    return {"$ref": _REFERENCE + ("Refusal" if kind is None else name(kind))}


def _bearer(about: str) -> Schema:
    return {"type": "http", "scheme": "bearer", "description": about}


def _health() -> Schema:
    """The health probe, which wants no token."""
    return {
        "get": {
            "operationId": "health",
            "summary": "the Authority answers",
            "description": "Its `Date` header is what a node holds its own clock against.",
            "security": [],
            "responses": {
                "200": _response(
                    "it answers",
                    {
                        "type": "object",
                        "required": ["ok"],
                        "properties": {"ok": {"const": True}},
                    },
                    (),
                ),
                "default": _response("What HTTP or the store refuses", _reference(None), ()),
            },
        }
    }


def schemas() -> dict[str, Schema]:
    """Every type of the contract, by its name."""
    sent: list[type] = [actions.Envelope]
    sent += [route.request for route in ROUTES if route.request]
    answered = list(dict.fromkeys(each.kind for route in ROUTES for each in route.answers))
    kept = {**_described(answered, whole=True), **_described(sent, whole=False)}
    # An event without a kind is an alert, so its kind may be left out, and is no discriminator.
    kept["Alert"]["required"].remove("eventType")
    del kept["EventsRequest"]["properties"]["events"]["items"]["discriminator"]
    return dict(sorted({**kept, "Refusal": _refusal_body()}.items()))


def _described(kinds: Sequence[type], *, whole: bool) -> dict[str, Schema]:
    """The schemas of some types and of what they hold.

    ``whole`` says that this Authority leaves no field out that has a value of its own: an answer
    has every field but those that are for some cases only.
    """
    _, components = msgspec.json.schema_components(
        kinds, schema_hook=_OWN.__getitem__, ref_template=_REFERENCE + "{name}"
    )
    found = _held(kinds)
    names = {}
    for kind in found:
        for spelt in (kind.__name__, f"{kind.__module__}.{kind.__qualname__}"):
            if spelt in components:
                names[spelt] = name(kind)
    kept = {names.get(key, key): _tidied(schema, names) for key, schema in components.items()}
    for kind in found:
        schema = kept[name(kind)]
        schema["title"] = name(kind)
        if issubclass(kind, Enum):
            schema["enum"] = [word.value for word in kind]  # in the contract's order
        elif whole:
            fields = msgspec.structs.fields(kind)
            schema["required"] = [
                field.encode_name for field in fields if field.default is not msgspec.UNSET
            ]
    return kept


def _held(kinds: Iterable[type]) -> list[type[msgspec.Struct] | type[Enum]]:
    """The structs and closed lists that types are made of, themselves included."""
    found: dict[type[msgspec.Struct] | type[Enum], None] = {}

    def walk(described: msgspec.inspect.Type) -> None:
        match described:
            case msgspec.inspect.StructType():
                if described.cls not in found:
                    found[described.cls] = None
                    for field in described.fields:
                        walk(field.type)
            case msgspec.inspect.EnumType():
                found[described.cls] = None
            case msgspec.inspect.Metadata():
                walk(described.type)
            case msgspec.inspect.VarTupleType():
                walk(described.item_type)
            case msgspec.inspect.UnionType():
                for each in described.types:
                    walk(each)

    for kind in kinds:
        walk(msgspec.inspect.type_info(kind))
    return list(found)


def _tidied(schema: object, names: Mapping[str, str]) -> Any:  # noqa: ANN401 — JSON has any shape
    """A schema with our names, patterns as ECMA-262 spells them, and no defaults."""
    if isinstance(schema, dict):
        return {key: _spelt(key, value, names) for key, value in schema.items() if key != "default"}
    if isinstance(schema, list):
        return [_tidied(each, names) for each in schema]
    return schema


def _spelt(key: str, value: object, names: Mapping[str, str]) -> object:
    if key == "$ref" and isinstance(value, str):
        target = value.removeprefix(_REFERENCE)
        return _REFERENCE + names.get(target, target)
    if key == "pattern" and isinstance(value, str):
        return value.replace(r"\Z", "$")
    return _tidied(value, names)


def _refusal_body() -> Schema:
    count = {"type": "integer", "minimum": 0}
    return {
        "title": "Refusal",
        "description": "Why a call was refused.",
        "type": "object",
        "required": ["ok", "error"],
        "properties": {
            "ok": {"const": False},
            "error": {"type": "string", "description": "the code, for programs"},
            "message": {"type": "string", "description": "for people; may change"},
            "issues": {"type": "object", "description": "what is wrong with the body, by field"},
            "maxBytes": {**count, "description": "how large the body may be"},
            "itemIndex": {**count, "description": "which item's rawData is too large"},
            "itemObservedKey": {"type": "string", "description": "that item's key"},
            "retryAfter": {"type": "integer", "minimum": 1, "description": "as `Retry-After`"},
            "retryAfterSec": {"type": "integer", "minimum": 1, "description": "as `Retry-After`"},
        },
    }
