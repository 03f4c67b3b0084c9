"""How long a text is, as the contract counts: in UTF-16 code units.

The published Authority counts as JavaScript does, where a character outside the Basic Multilingual
Plane (an emoji, a rare ideograph) is two. A name of 200 such characters is 400 long, and refused.
"""

from __future__ import annotations


def length(text: str) -> int:
    """The number of UTF-16 code units in a text; a lone surrogate is one, as in JavaScript."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, units: int) -> str:
    """The longest beginning of a text that is at most ``units`` UTF-16 code units long.

    A character is never cut in two, so it may be one unit shorter than it could.
    """
    if length(text) <= units:
        return text
    units_kept = text.encode("utf-16-le", "surrogatepass")[: 2 * units]
    kept = units_kept.decode("utf-16-le", "surrogatepass")
    return kept if text.startswith(kept) else kept[:-1]


def sendable(text: str) -> str:
    """A text in which lone surrogates are U+FFFD, because UTF-8 has none.

    They come from file names and host names that are no Unicode, by os.fsdecode.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# RFC 9562: the version and the variant digit are checked; nil and max are UUIDs too. ``\Z`` and
# not ``$``, which also matches before a line break at the end.
UUID_PATTERN = (
    r"^(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}"
    r"-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000"
    r"|ffffffff-ffff-ffff-ffff-ffffffffffff)\Z"
)
