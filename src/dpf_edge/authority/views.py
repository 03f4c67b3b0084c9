"""What the store has, as JSON shows it: names as the wire writes them, times that end in ``Z``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.authority import fleet
from dpf_edge.wire import times
from dpf_edge.wire.tokens import Secret

if TYPE_CHECKING:
    from dpf_edge.store.records import BootstrapToken, NodeDetail

# How the fields are called that hold times, in the store's records.
TIMES = ("_at", "_seen")


def camel(name: str) -> str:
    """A field's name as the wire writes it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def shown(record: msgspec.Struct) -> dict[str, Any]:
    """A record as JSON shows it. A secret in it stays one."""
    return {
        camel(field): value(field, getattr(record, field)) for field in record.__struct_fields__
    }


def value(field: str, held: Any) -> Any:  # noqa: ANN401 - a record's field is of any type
    """One field's value."""
    match held:
        case float() if field == "at" or field.endswith(TIMES):
            return times.stamp(held)
        case Secret():
            return repr(held)
        case msgspec.Struct():
            return shown(held)
        case tuple() | list():
            return [value(field, each) for each in held]
    return held


def token(row: BootstrapToken, now: float) -> dict[str, Any]:
    """A bootstrap token, without what it was bound to: that may be a machine's own number."""
    view = shown(row)
    del view["fingerprint"]
    return {**view, "state": row.state(now), "bound": row.bound}


def node(detail: NodeDetail, now: float, current_version: str | None) -> dict[str, Any]:
    """A node with what it can do, what it last saw, and how it does."""
    found = fleet.condition(detail, now, current_version)
    # What a node says of itself in metadata may be as large as a body; of it, the addresses.
    of_node = {field: told for field, told in shown(detail.node).items() if field != "metadata"}
    return {
        **of_node,
        "addresses": list(detail.node.addresses),
        "health": found.health,
        "nextAction": found.next_action,
        "says": found.says,
        "capabilities": [shown(each) for each in detail.capabilities],
        "lastRun": None if detail.last_run is None else shown(detail.last_run),
    }
