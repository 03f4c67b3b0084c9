from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from dpf_edge.export.exporters import exporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.export.inventory import Edge, Inventory, Network


# Lone surrogates (Unicode 3.9, D75): no encoding has them, and strict readers refuse them escaped.
HALVES = frozenset(map(chr, range(0xD800, 0xE000)))


@exporter.declare(
    "jsonl", media="application/x-ndjson", suffix=".jsonl", readers="jq, log pipelines"
)
def jsonl(inventory: Inventory) -> Iterator[str]:
    """A JSON object a line: every device, then every network, then how they hang together.

    `type` says which: `device`, `network` or `relationship`.
    """
    for each in inventory.devices:
        yield line({"type": "device", **msgspec.to_builtins(each)})
    for network in inventory.networks:
        yield line({"type": "network", **known(network)})
    for edge in inventory.edges:
        yield line({"type": "relationship", **known(edge)})


def known(told: Network | Edge) -> dict[str, str]:
    """The fields that have a value."""
    return {key: value for key, value in told._asdict().items() if value is not None}


def line(value: object) -> str:
    """One line, in which nothing is raw that is not to be seen.

    The values stay what they are. What JSON allows raw and a line's reader (U+2028), a terminal
    or an eye (U+202E) does not is spelt out.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if not text.isprintable():
        text = "".join(each if each.isprintable() else spelt(each) for each in text)
    return f"{text}\n"


def spelt(character: str) -> str:
    """A character as JSON spells it, by one number or two; half a character is none."""
    return json.dumps(character if character not in HALVES else "\ufffd").strip('"')
