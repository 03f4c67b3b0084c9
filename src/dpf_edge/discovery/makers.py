"""Who made a network card, by the three registries of the IEEE.

The registry gives out blocks of three sizes: a maker's address begins with the first 24 bits of a
large one (MA-L), 28 of a medium (MA-M) or 36 of a small one (MA-S). What is cut up into smaller
ones is the registry's own, so the longest prefix that fits is the maker's.

The table is read once, when the first address is asked for, and searched as it is: 1.5 MB, no
parsing, and some twenty comparisons an address.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from dpf_edge import macs
from dpf_edge.macs import MacKind

DATE = "2026-08-26"
"""The day of the registries that the table was made from."""
TABLE = "makers.tsv"
# In hexadecimal digits: MA-S, MA-M, MA-L.
BLOCKS = (9, 7, 6)
LEGAL = re.compile(
    r"\b(?:(?:Technolog(?:y|ies)|Innovations?)\s+)?"
    r"(?:Inc(?:orporated)?|LLC|Ltd|Limited|Corp(?:orat(?:e|ion))?|Co|Company|GmbH|AG|S\.?A|N\.?V|B\.?V)\.?$",
    re.IGNORECASE,
)


class Maker(NamedTuple):
    """Who made a card.

    :ivar name: as it is registered: ``Synology Incorporated``.
    :ivar prefix: the block that it was found in: ``70:b3:d5:71:9/36``.
    """

    name: str
    prefix: str


# A large site's stations fit, and a sweep asks for each of them again and again.
@lru_cache(1 << 13)
def maker(mac: str) -> Maker | None:
    """Who made a card, by its MAC address in lower case with colons.

    An address that software drew (a phone's, a container's) has no maker, and none is given for
    it even where the registry has its prefix; virtual machines' own prefixes are named.
    """
    if macs.kind(mac) is MacKind.NONE:
        return None
    if int(mac[1], 16) & 0b10:  # the local bit, IEEE 802-2014 section 8.4
        drawn = macs.MAKERS_OF_VIRTUAL_CARDS.get(mac[:8])
        return Maker(drawn, f"{mac[:8]}/24") if drawn else None
    digits = mac.replace(":", "")
    for length in BLOCKS:
        if name := registered(digits[:length].encode()):
            return Maker(name, f"{spelt(digits[:length])}/{4 * length}")
    return None


def short(name: str) -> str:
    """A maker's name for people, as published: without what says its legal form."""
    plain = name.split(",")[0].strip() or name
    for _ in range(2):
        plain = LEGAL.sub("", plain).strip(" .,") or plain
    return plain


def registered(prefix: bytes) -> str | None:
    """Whom a block was given to; None where it is nobody's, or the registry's own."""
    rows = table()
    low, high = rows.index(b"\n") + 1, len(rows)
    wanted = prefix + b"\t"
    while low < high:
        # A line is the one that the middle lies in: from after the last line break to the next.
        start = rows.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = rows.index(b"\n", start)
        if rows.startswith(wanted, start):
            return rows[start + len(wanted) : end].decode()
        low, high = (end + 1, high) if rows[start:end] < wanted else (low, start)
    return None


@cache
def table() -> bytes:
    """The table: a line that says what it is, then ``prefix<TAB>name`` in the order of bytes."""
    from pkgutil import get_data

    return get_data(__package__, TABLE) or b"#\n"


def spelt(digits: str) -> str:
    """Hexadecimal digits in pairs: ``70:b3:d5:71:9``."""
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
