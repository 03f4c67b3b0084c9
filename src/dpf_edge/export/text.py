"""Names from the network, made fit for other programs' files. Pure."""

from __future__ import annotations

import re
import unicodedata

# Controls, bidirectional marks, separators, lone surrogates, private and unassigned characters
# (Unicode, general categories): they steer a terminal, an eye or a parser, and no name needs them.
UNFIT = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}
# Longer than any name that a person gives, short enough for a cell, a label or a line.
MOST = 255
# How much of a text is looked at for each character that is wanted: a name may begin with a page
# of blanks, and one of 64 KiB is not to cost more than its first line.
LOOK = 4
# Decomposing grows with the square of what is decomposed (Unicode, canonical ordering): a label of
# a host's name has 63 characters (RFC 1035 2.3.4), a whole name 253.
MOST_SLUGGED = 255


def plain(text: object, most: int = MOST) -> str:
    """One line of text, without anything that is not to be seen; an ellipsis ends what is cut."""
    whole = str(text)
    look = whole[: most * LOOK]
    if look.isascii() and look.isprintable():
        # Nearly all there is: a list of a hundred thousand devices has a million of them.
        if len(whole) <= most and "  " not in whole and whole == whole.strip():
            return whole
    else:
        look = "".join(" " if unicodedata.category(each) in UNFIT else each for each in look)
    told = " ".join(look.split())
    if len(told) <= most and len(look) == len(whole):
        return told
    return told[: most - 1] + "…"


def slug(text: str, most: int = 63) -> str:
    """A name of letters, digits, dots and dashes alone (RFC 1123 2.1, and one dot at a time)."""
    told = unicodedata.normalize("NFKD", plain(text, MOST_SLUGGED))
    told = told.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+|\.{2,}", "-", told).strip("-.")[:most].strip("-.")


def identifier(text: str) -> str:
    """A name of letters, digits and underscores that starts with a letter."""
    told = re.sub(r"[^a-z0-9]+", "_", slug(text)).strip("_")
    return told if told[:1].isalpha() else f"x_{told}"
