"""What others' JSON tells of a device, where no contract says how: read as far as it can be. Pure.

What is of no use is passed over: a field that holds something else than it should tells nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.export.inventory import Offer
from dpf_edge.export.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

# A hardware address of six bytes or more (EUI-64, InfiniBand), as somebody may write it.
HARDWARE = re.compile(r"[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5,19}")
MOST_PORT = 65_535
# A network interface with its addresses is four deep. What is much deeper is meant to break a
# reader, ours or the next one's.
MOST_DEPTH = 16


class _Ports(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of a relationship's rawData."""

    port: Any = None
    far_port: Any = None


_PORTS = msgspec.json.Decoder(_Ports)


def ports(raw: str | None) -> tuple[str | None, str | None]:
    """The ports at a relationship's source and at its target.

    :param raw: its rawData: an object, or it would not have been taken; None where it has none.
    """
    told = _PORTS.decode(raw) if raw else _Ports()
    return text(told.port), text(told.far_port)


def text(told: Any) -> str | None:  # noqa: ANN401 - any JSON
    """A text in which there is something to see."""
    return told if isinstance(told, str) and plain(told) else None


def texts(told: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """The texts of a list, each once; empty where it is none."""
    if not isinstance(told, list | tuple):
        return ()
    return tuple(dict.fromkeys(each for each in told if text(each)))


def objects(told: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """The objects of a list; empty where it is none."""
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def mac(told: str | None) -> str | None:
    """A hardware address in lower case with colons; None for what is none."""
    low = told.lower() if told else ""
    return low.replace("-", ":") if HARDWARE.fullmatch(low) else None


def offer(told: Mapping[str, Any]) -> Offer:
    """A service."""
    port, details = told.get("port"), told.get("details")
    is_port = isinstance(port, int) and not isinstance(port, bool) and 0 <= port <= MOST_PORT
    pairs = details.items() if isinstance(details, dict) else ()
    return Offer(
        name=text(told.get("name")) or "",
        port=port if is_port else None,
        transport=text(told.get("transport")) or "tcp",
        product=text(told.get("product")),
        says=text(told.get("says")),
        details={key: value for key, value in pairs if isinstance(value, str)},
    )


def bounded(told: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """A value without what lies deeper than any device's attribute."""
    if depth > MOST_DEPTH:
        return None
    if isinstance(told, dict):
        return {key: bounded(value, depth + 1) for key, value in told.items()}
    if isinstance(told, list):
        return [bounded(value, depth + 1) for value in told]
    return told
