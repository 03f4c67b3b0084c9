"""Passwords: argon2id with the second set of RFC 9106's recommended parameters."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from dpf_edge.wire.tokens import Secret


class Passwords:
    """Hashes and compares; argon2 is imported when the first one comes."""

    def hashed(self, password: Secret) -> str:
        """What is kept of a password: parameters, salt and hash in one text."""
        return self._hasher.hash(password.reveal())

    def fits(self, kept: str | None, password: Secret) -> bool:
        """Whether it is the password.

        :param kept: what :meth:`hashed` gave; None takes as long, and is never it.
        """
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            self._hasher.verify(kept if kept is not None else self._nobodys, password.reveal())
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def renewed(self, kept: str, password: Secret) -> str | None:
        """What to keep instead, where it was hashed with parameters that are no longer ours."""
        return self.hashed(password) if self._hasher.check_needs_rehash(kept) else None

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher, profiles

        # RFC 9106, section 4, the second choice: 64 MiB, three passes, four lanes. The first asks
        # for 2 GiB, which a small machine does not have for each sign-in.
        return PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)

    @cached_property
    def _nobodys(self) -> str:
        """The hash of a password that nobody knows, to take as long over a name nobody has."""
        import secrets

        return self._hasher.hash(secrets.token_hex())
