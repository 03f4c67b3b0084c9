"""How docs/wire says what a field is: its sort, and within what bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dpf_edge.wire import limits, openapi, times
from dpf_edge.wire.texts import UUID_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Schema = dict[str, Any]

SCHEMAS = openapi.schemas()
NAMES = {"string": "text", "integer": "whole number", "boolean": "true or false"}


def kind(said: Schema) -> tuple[str, str]:
    """What a field is, and of what or within what bounds."""
    if "$ref" in said:
        name = said["$ref"].rpartition("/")[2]
        choices = SCHEMAS[name].get("enum")
        return ("word", words(choices)) if choices else ("object", name)
    if "anyOf" in said:
        kinds = [kind(each) for each in said["anyOf"]]
        sorts = dict.fromkeys(sort for sort, _ in kinds)
        return " or ".join(sorts), " or ".join(of for _, of in kinds if of)
    if "enum" in said:
        constant = len(said["enum"]) == 1
        return "always" if constant else "word", words(said["enum"])
    if pattern := said.get("pattern"):
        named = {times.PATTERN: "time", UUID_PATTERN: "UUID"}.get(pattern.removesuffix("$") + r"\Z")
        return (named, "") if named else ("text", f"`{pattern.strip('^$')}`")
    if said.get("type") == "array":
        sort, of = kind(said["items"])
        one = of if sort == "object" or not of else f"each {of}"
        return f"array of {sort}s", "; ".join(filter(None, (_size(said, "Items"), one)))
    sort = str(said.get("type", "anything"))
    return NAMES.get(sort, sort), _size(said, "Length") or _range(said)


def references(said: object) -> Iterator[str]:
    """The names of the types that a schema refers to, in their order."""
    if isinstance(said, dict):
        if "$ref" in said:
            yield said["$ref"].rpartition("/")[2]
        for each in said.values():
            yield from references(each)
    elif isinstance(said, list):
        for each in said:
            yield from references(each)


def words(choices: Iterable[object]) -> str:
    """Words as a field may hold them."""
    return ", ".join(f"`{json.dumps(choice).strip(chr(34))}`" for choice in choices)


def number(value: float) -> str:
    """A number, with a space between its thousands; the end of the whole numbers as a power."""
    if abs(value) == limits.MAX_SAFE_INTEGER:
        return "2⁵³ − 1" if value > 0 else "−(2⁵³ − 1)"
    return f"{value:,.16g}".replace(",", " ")


def _size(said: Schema, of: str) -> str:
    """How many characters or entries there may be."""
    low, high = said.get(f"min{of}"), said.get(f"max{of}")
    if high is None:
        return "" if low is None else f"{low} or more"
    return f"{low or 0}–{number(high)}"


def _range(said: Schema) -> str:
    """Between what a number may be."""
    high = said.get("maximum")
    if (above := said.get("exclusiveMinimum")) is not None:
        low = f"more than {number(above)}"
    elif (least := said.get("minimum")) is not None:
        low = number(least) if high is not None else f"{number(least)} or more"
    else:
        return ""
    if high is None:
        return low
    return f"{low} to {number(high)}"
