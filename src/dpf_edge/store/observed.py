"""One run's items and relationships as the store takes them: once each, cleaned, with digests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from dpf_edge.store.texts import clean, short_digest
from dpf_edge.wire.discovery import Item, attributes

if TYPE_CHECKING:
    from dpf_edge.wire.discovery import Relationship, Request


class Observed(msgspec.Struct, frozen=True, gc=False):
    """One thing that a run saw; ``digest`` stands for all that was said of it."""

    item_id: str
    digest: str
    item: Item


class Related(msgspec.Struct, frozen=True, gc=False):
    """How two things of a run belong together."""

    relation_id: str
    digest: str
    from_key: str
    to_key: str
    kind: str
    raw: str | None


def content_digest(request: Request) -> str:
    """What stands for all that a run says but its runKey and its observedAt: SHA-256, in hex."""
    said = (
        request.agent_mode,
        request.agent_version,
        request.capabilities,
        request.items,
        request.relationships or (),
        request.warnings or (),
    )
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def items_of(request: Request) -> dict[str, Observed]:
    """A run's items by their ids. What it names twice becomes one (W23)."""
    found: dict[str, Observed] = {}
    for item in request.items:
        item_id = short_digest(clean(item.item_type), clean(item.observed_key))
        if item_id in found:
            item = merged(found[item_id].item, item)
        found[item_id] = Observed(item_id, _digest(item), item)
    return found


def relations_of(request: Request) -> dict[str, Related]:
    """A run's relationships by their ids; of one that it names twice the last counts."""
    found: dict[str, Related] = {}
    for each in request.relationships or ():
        related = _related(each)
        found[related.relation_id] = related
    return found


def merged(one: Item, other: Item) -> Item:
    """Two items of one key and type as one: the surer one's words, and what only the other knows.

    Equally sure, the first counts.
    """
    if (other.confidence or 0.0) > (one.confidence or 0.0):
        one, other = other, one
    known, more = attributes(one.raw_data), attributes(other.raw_data)
    added = {key: value for key, value in more.items() if known.get(key) in (None, "", [], {})}
    return msgspec.structs.replace(
        one,
        raw_data=Raw(msgspec.json.encode({**known, **added})),
        source_path=one.source_path or other.source_path,
    )


def confidence_of(item: Item) -> float | None:
    """How sure an item is; None where it does not say."""
    return item.confidence if isinstance(item.confidence, (int, float)) else None


def source_of(item: Item) -> str | None:
    """Where an item was read; None where it does not say."""
    return item.source_path if isinstance(item.source_path, str) else None


def text_of(raw: object) -> str | None:
    """rawData as the text that is kept; None where there is none."""
    return bytes(raw).decode("utf-8", "replace") if isinstance(raw, Raw) else None


def _digest(item: Item) -> str:
    return short_digest(
        clean(item.name), item.confidence or None, item.source_path or None, item.raw_data
    )


def _related(each: Relationship) -> Related:
    ends = clean(each.from_observed_key), clean(each.to_observed_key)
    kind, raw = clean(each.relationship_type), text_of(each.raw_data)
    return Related(short_digest(*ends, kind), short_digest(raw), *ends, kind, raw)
