"""When a thing was seen: RFC 3339 in UTC, to the millisecond, ending in Z, as on the wire."""

from __future__ import annotations

from dpf_edge.wire.times import seconds, stamp

__all__ = ["seconds", "stamp"]
