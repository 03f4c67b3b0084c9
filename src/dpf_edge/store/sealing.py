"""Secrets that the Authority must be able to read again: sealed by AES-256-GCM.

The key is not in the database, so a backup or a stolen file gives none of them away. What a secret
belongs to goes in as additional data: moved to another row, it does not open.
"""

from __future__ import annotations

import base64
import secrets

from dpf_edge.errors import StoreSealed
from dpf_edge.wire.tokens import Secret

KEY_BYTES = 32
# NIST SP 800-38D, section 8.2.2: 96 random bits a seal; one key then lasts for 2^32 of them.
NONCE_BYTES = 12
VERSION = "1."


class Seal:
    """Seals and opens with one key; without a key it can do neither."""

    def __init__(self, key: bytes | None) -> None:
        if key is not None and len(key) != KEY_BYTES:
            raise StoreSealed(f"the key for stored secrets is {KEY_BYTES} bytes long")
        self._key = key

    def sealed(self, secret: Secret, belongs_to: str) -> str:
        """The secret as it may be stored.

        :raises StoreSealed: there is no key.
        """
        if self._key is None:
            raise StoreSealed("this store was opened without a key for secrets")
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(NONCE_BYTES)
        closed = AESGCM(self._key).encrypt(nonce, secret.reveal().encode(), belongs_to.encode())
        return VERSION + base64.urlsafe_b64encode(nonce + closed).decode()

    def opened(self, text: str, belongs_to: str) -> Secret:
        """The secret again.

        :raises StoreSealed: there is no key, it is another one, or the text was tampered with.
        """
        if self._key is None:
            raise StoreSealed("this store was opened without a key for secrets")
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            closed = base64.urlsafe_b64decode(text.removeprefix(VERSION))
            nonce, closed = closed[:NONCE_BYTES], closed[NONCE_BYTES:]
            return Secret(AESGCM(self._key).decrypt(nonce, closed, belongs_to.encode()).decode())
        except (InvalidTag, ValueError) as error:
            raise StoreSealed("a stored secret does not open with this key") from error

    def __repr__(self) -> str:
        return "Seal(…)"
