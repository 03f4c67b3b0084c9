"""Bootstrap tokens: issued by an operator, good for one enrolment, kept as their digests."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import insert, or_, select, update

from dpf_edge.errors import StoreConflict, StoreMissing
from dpf_edge.store.keeper import Keeper, names, record
from dpf_edge.store.records import BootstrapToken, IssuedToken
from dpf_edge.store.schema import bootstrap_token
from dpf_edge.wire import tokens
from dpf_edge.wire.tokens import Secret

if TYPE_CHECKING:
    from sqlalchemy import Connection

SITE = "default"
# The contract's bounds: at least a millisecond, at most a day.
MINUTES, LEAST_MINUTES, MOST_MINUTES = 15.0, 0.001 / 60, 1440.0

_SHOWN = [column for column in bootstrap_token.c if column.name != "revoked_by"]


class Tokens(Keeper):
    """``store.tokens``."""

    def issue(
        self,
        *,
        ttl_minutes: float = MINUTES,
        auto_approve: bool = False,
        site: str = SITE,
        fingerprint: str | None = None,
        by: str = "cli",
    ) -> IssuedToken:
        """Make a token. This is the only time that it is to be had.

        :param ttl_minutes: how long it is good for; at most a day, as the contract has it.
        :param auto_approve: whether the node that it enrols is trusted at once.
        :param site: where that node stands.
        :param fingerprint: the one ``hostFingerprint`` that it is good for.
        """
        now = self._clock()
        token = tokens.spelt(tokens.BOOTSTRAP, secrets.token_bytes(tokens.SECRET_BYTES))
        minutes = min(max(ttl_minutes, LEAST_MINUTES), MOST_MINUTES)
        row = BootstrapToken(
            digest=tokens.digest(token),
            prefix=tokens.display(token),
            site=site,
            auto_approve=auto_approve,
            fingerprint=fingerprint,
            issued_at=now,
            issued_by=by,
            expires_at=now + minutes * 60,
        )
        with self._database.writing() as connection:
            values = {column.name: getattr(row, column.name) for column in _SHOWN}
            connection.execute(insert(bootstrap_token).values(values))
        return IssuedToken(Secret(token), row)

    def list(self, *, site: str | None = None) -> tuple[BootstrapToken, ...]:
        """All tokens that were issued, newest first."""
        asked = select(*_SHOWN).order_by(
            bootstrap_token.c.issued_at.desc(), bootstrap_token.c.digest
        )
        if site is not None:
            asked = asked.where(bootstrap_token.c.site == site)
        with self._database.reading() as connection:
            return tuple(record(BootstrapToken, row) for row in connection.execute(asked))

    def revoke(self, which: str, *, by: str = "cli") -> BootstrapToken:
        """Take a token back. One that was used or revoked stays as it is.

        :param which: its first characters as they are shown, or eight or more of its digest's.
        :raises StoreMissing: there is none like that.
        :raises StoreConflict: several open ones are.
        """
        now = self._clock()
        with self._database.writing() as connection:
            found = self._named(connection, which, now)
            if found.state(now) in {"consumed", "revoked"}:
                return found
            mine = bootstrap_token.c.digest == found.digest
            done = update(bootstrap_token).where(mine).values(revoked_at=now, revoked_by=by)
            connection.execute(done)
            return record(BootstrapToken, connection.execute(select(*_SHOWN).where(mine)).one())

    @staticmethod
    def _named(connection: Connection, which: str, now: float) -> BootstrapToken:
        columns = bootstrap_token.c
        like = or_(
            columns.prefix == which, columns.digest.startswith(which.lower(), autoescape=True)
        )
        rows = [
            record(BootstrapToken, row) for row in connection.execute(select(*_SHOWN).where(like))
        ]
        rows = [row for row in rows if names(which, row.prefix, row.digest)]
        # The prefix shows twenty bits of the secret: it may be two tokens', of which one is over.
        rows = [row for row in rows if row.state(now) == "open"] or rows
        if not rows:
            raise StoreMissing(f"{which}: no such token", "see dpf-edge token list")
        if len(rows) > 1:
            raise StoreConflict(f"{which}: several tokens begin so", "name one by its digest")
        return rows[0]
