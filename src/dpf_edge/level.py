"""How much the node may send on a LAN: the charter's three levels."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How much the node may send on the LAN; each level may do what those before it may.

    ``listen`` reads the machine's own tables and hears what comes by; it sends nothing and joins
    no group. ``ask`` also sends multicast questions, and questions to addresses that it knows.
    ``probe`` also walks the private ranges that it was allowed.
    """

    LISTEN = "listen"
    ASK = "ask"
    PROBE = "probe"

    def allows(self, other: Level) -> bool:
        """Whether what needs the other level may run at this one."""
        order = tuple(Level)
        return order.index(other) <= order.index(self)
