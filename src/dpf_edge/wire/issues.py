"""What is wrong with a body, every problem with its place: what ``issues`` says in a refusal.

Two shapes are published, by route: a tree (enroll, heartbeat, discovery-runs) and a list by
top-level field (events, metrics). The texts are ours and may change; the shapes stay. No text and
no place repeats what the client sent: places are the contract's own field names, and numbers.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

MOST = 50  # problems told: a body may have ten thousand items, and each may be wrong


def problems(value: object, kind: object) -> Iterator[Problem]:
    """Every problem of a parsed value, held against a type; in the order of the type's fields.

    1.0 is a whole number here, as it is in JavaScript.
    """
    yield from _held(value, _described(kind), ())


def tree(found: Iterable[Problem]) -> dict[str, Any]:
    """The problems as a tree: ``{"_errors": […], "items": {"_errors": [], "3": {…}}}``."""
    root: dict[str, Any] = {"_errors": []}
    for path, says in found:
        node = root
        for step in path:
            node = node.setdefault(str(step), {"_errors": []})
        node["_errors"].append(says)
    return root


def flat(found: Iterable[Problem]) -> dict[str, Any]:
    """The problems by top-level field: ``{"formErrors": […], "fieldErrors": {"events": […]}}``.

    What lies deeper is told in the text: ``3.summary: is missing``.
    """
    form: list[str] = []
    fields: dict[str, list[str]] = {}
    for path, says in found:
        if not path:
            form.append(says)
            continue
        deeper = ".".join(map(str, path[1:]))
        fields.setdefault(str(path[0]), []).append(f"{deeper}: {says}" if deeper else says)
    return {"formErrors": form, "fieldErrors": fields}


@cache
def _described(kind: object) -> inspect.Type:
    return inspect.type_info(kind)


def _held(value: object, kind: inspect.Type, path: Path) -> Iterator[Problem]:
    match kind:
        case inspect.Metadata():
            yield from _held(value, kind.type, path)
        case inspect.UnionType():
            yield from _one_of(value, kind, path)
        case inspect.StructType():
            yield from _struct(value, kind, path)
        case inspect.VarTupleType():
            yield from _array(value, kind, path)
        # Raw stands for an object of any shape: nothing else is kept unparsed in the contract.
        case inspect.DictType() | inspect.RawType():
            if not isinstance(value, dict):
                yield path, "an object is wanted"
        case _:
            if says := _plain(value, kind):
                yield path, says


def _one_of(value: object, kind: inspect.UnionType, path: Path) -> Iterator[Problem]:
    """The problems of a value that may be of several types: structs by their tag, or null."""
    structs = [each for each in kind.types if isinstance(each, inspect.StructType)]
    if not structs:
        if value is not None:
            yield from _held(value, kind.types[0], path)
    elif not isinstance(value, dict):
        yield path, "an object is wanted"
    else:
        field = str(structs[0].tag_field)
        chosen = [each for each in structs if each.tag == value.get(field)]
        if chosen:
            yield from _struct(value, chosen[0], path)
        else:
            yield (*path, field), _choice(str(each.tag) for each in structs)


def _struct(value: object, kind: inspect.StructType, path: Path) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield path, "an object is wanted"
        return
    for field in kind.fields:
        if field.encode_name in value:
            yield from _held(value[field.encode_name], field.type, (*path, field.encode_name))
        elif field.required:
            yield (*path, field.encode_name), "is missing"


def _array(value: object, kind: inspect.VarTupleType, path: Path) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield path, "an array is wanted"
        return
    if says := _size(len(value), kind.min_length, kind.max_length, "long"):
        yield path, says
    for index, each in enumerate(value):
        yield from _held(each, kind.item_type, (*path, index))


def _plain(value: object, kind: inspect.Type) -> str | None:
    """What is wrong with a value that is neither array nor object; None where nothing is."""
    match kind:
        case inspect.StrType():
            return _text(value, kind)
        case inspect.IntType() | inspect.FloatType():
            return _number(value, kind)
        case inspect.EnumType():
            return _word(value, [str(each.value) for each in kind.cls])
        case inspect.LiteralType():
            return _word(value, [str(each) for each in kind.values])
    return None


def _text(value: object, kind: inspect.StrType) -> str | None:
    if not isinstance(value, str):
        return "a text is wanted"
    if kind.pattern is not None and not re.search(kind.pattern, value):
        return "is not written as the contract says"
    return _size(len(value), kind.min_length, kind.max_length, "characters long")


def _number(value: object, kind: inspect.IntType | inspect.FloatType) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "a number is wanted"
    if isinstance(kind, inspect.IntType) and value != value // 1:
        return "a whole number is wanted"
    if kind.ge is not None and value < kind.ge:
        return f"at least {kind.ge:.16g} is wanted"
    if kind.gt is not None and value <= kind.gt:
        return f"more than {kind.gt:.16g} is wanted"
    if kind.le is not None and value > kind.le:
        return f"at most {kind.le:.16g} is wanted"
    return None


def _word(value: object, words: list[str]) -> str | None:
    return None if isinstance(value, str) and value in words else _choice(words)


def _choice(words: Iterable[str]) -> str:
    return "one of these is wanted: " + ", ".join(words)


def _size(size: int, least: int | None, most: int | None, long: str) -> str | None:
    if least is not None and size < least:
        return f"must be at least {least} {long}"
    if most is not None and size > most:
        return f"may be at most {most} {long}"
    return None
