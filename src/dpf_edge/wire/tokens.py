"""The two tokens of the contract, and how they are kept out of sight.

A bootstrap token, ``dpfboot_…``, enrols one node, once. A node token, ``dpfedge_…``, is the bearer
of every later call. Both are a prefix and 24 random bytes in Crockford's base32, most significant
bit first and without padding: 39 characters, 47 with the prefix. An Authority keeps the SHA-256 of
the whole text and its first 12 characters to show to people, never the token.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from dpf_edge.wire.refusals import Code, unauthorized

if TYPE_CHECKING:
    from uuid import UUID

BOOTSTRAP = "dpfboot_"
NODE = "dpfedge_"
SECRET_BYTES = 24
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
SECRET_CHARACTERS = 39  # 192 bits, five a character; the last holds two and is one of 0 8 G R
DISPLAY_CHARACTERS = 12

BOOTSTRAP_MINUTES = 15  # how long a bootstrap token lives unless said otherwise
BOOTSTRAP_MINUTES_MAX = 24 * 60

_BEARER = re.compile(r"Bearer\s+(\S.*)", re.DOTALL)
# Any of this project's tokens in a text, whatever its case: the prefix and the first four
# characters may be shown, and identify it; the rest is the secret, with whatever is glued to it.
_ANYWHERE = re.compile(r"(dpf[a-z]{3,5}_[0-9A-Z]{4})[0-9A-Z_]+", re.IGNORECASE | re.ASCII)


class Secret:
    """A text that is not to be shown: only ``reveal()`` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def from_wire(cls, value: object) -> Secret:
        """The secret that a message says.

        :raises ValueError: it is not a text, or an empty one.
        """
        if not isinstance(value, str) or not value:
            raise ValueError("a secret text is wanted")
        return cls(value)

    def to_wire(self) -> str:
        """The text itself, as a message says it."""
        return self._text

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def spelt(prefix: str, secret: bytes) -> str:
    """A token: its prefix, and the secret bytes in Crockford's base32.

    :raises ValueError: the secret is not 24 bytes long.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a token's secret is {SECRET_BYTES} bytes long")
    # 192 bits do not divide by five: three zero bits fill the last character.
    bits = int.from_bytes(secret, "big") << (5 * SECRET_CHARACTERS - 8 * SECRET_BYTES)
    symbols = (ALPHABET[bits >> shift & 31] for shift in range(5 * (SECRET_CHARACTERS - 1), -1, -5))
    return prefix + "".join(symbols)


def digest(token: str) -> str:
    """What an Authority keeps of a token: the SHA-256 of the whole text, in lower-case hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def display(token: str) -> str:
    """What may be shown of a token: its first 12 characters."""
    return token[:DISPLAY_CHARACTERS]


def node_id(uuid4: UUID) -> str:
    """A node's id, made of a random UUID: ``edge_`` and its first 16 hexadecimal digits."""
    return f"edge_{uuid4.hex[:16]}"


def bearer(header: str | None) -> str:
    """The token of an ``Authorization`` header, whatever it looks like.

    :raises Refusal: 401 ``missing_authorization``, or ``invalid_scheme`` where it is not
        ``Bearer``, in that case, and something after it.
    """
    text = (header or "").strip()
    if not text:
        raise unauthorized(Code.MISSING_AUTHORIZATION, "there is no Authorization header")
    matched = _BEARER.fullmatch(text)
    if not matched:
        raise unauthorized(
            Code.INVALID_SCHEME, "the Authorization header is not Bearer and a token"
        )
    return matched[1]


def spelt_for(prefix: str, token: str) -> str:
    """The token, where it begins with the prefix of its kind; nothing else of it is checked.

    :raises Refusal: 401 ``invalid_token_format``.
    """
    if not token.startswith(prefix):
        raise unauthorized(Code.INVALID_TOKEN_FORMAT, f"this call takes a token like {prefix}…")
    return token


def redacted(text: str) -> str:
    """A text with every token in it cut to what may be shown of it."""
    return _ANYWHERE.sub(r"\1…", text)
