"""What every part of the store stands on: one database, and a clock that was handed in."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Row

    from dpf_edge.store.database import Database

T = TypeVar("T")

# Of a token's digest enough to name it by hand; four bytes meet once in 65 000 tokens.
_NAMING_DIGITS = 8


class Keeper:
    """One part of the store; each of its public methods is one transaction."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock


def record(kind: Callable[..., T], row: Row[*tuple[object, ...]], **more: object) -> T:
    """A row as the record whose fields are called like its columns."""
    return kind(**row._mapping, **more)


def made_id(prefix: str, at: float) -> str:
    """An id that sorts by time: milliseconds, then 48 random bits, in hexadecimal.

    Of one process and millisecond the order is random; 2^24 in one millisecond would meet.
    """
    return f"{prefix}{max(0, int(at * 1000)):012x}{secrets.token_hex(6)}"


def names(which: str, prefix: str, digest: str) -> bool:
    """Whether what somebody typed names a token: its prefix, or the digest or its beginning."""
    return which == prefix or (len(which) >= _NAMING_DIGITS and digest.startswith(which.lower()))
