"""Texts as both databases take them, and the short digests that keys are made of."""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

# PostgreSQL's text has no U+0000 and no encoding has lone surrogates; both come from the network.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# 96 bits. Keys are looked up within one node or one site, and only what that node itself made up
# could meet there; hexadecimal, because both databases sort and compare that alike.
_KEY_BYTES = 12


def clean(text: str) -> str:
    """The text with what cannot be stored replaced by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def short_digest(*parts: str | float | bytes | None) -> str:
    """24 hexadecimal digits that stand for some values in a key.

    A key made of them has one length, whatever a node sent: PostgreSQL's indexes take 2 704 bytes
    and the contract bounds no ``observedKey``. Texts are cleaned first.
    """
    # JSON keeps two lists of texts apart, whatever is in them.
    return blake2b(msgspec.json.encode(parts), digest_size=_KEY_BYTES).hexdigest()
