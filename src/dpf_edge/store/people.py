"""Who may look at the Authority and who may run it: people, their sessions, programs' tokens.

Everything that lets somebody in is kept so that it lets nobody in: passwords by argon2id, tokens
as SHA-256 of 24 random bytes, which no dictionary holds.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from dpf_edge.errors import StoreConflict, StoreMissing
from dpf_edge.store import passwords
from dpf_edge.store.keeper import Keeper, names, record
from dpf_edge.store.records import ApiToken, IssuedApiToken, OpenedSession, Person, Session
from dpf_edge.store.schema import api_token, person, session, sign_in_link
from dpf_edge.wire import tokens
from dpf_edge.wire.tokens import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from dpf_edge.store.database import Database

VIEWER, OPERATOR = "viewer", "operator"
ROLES = (VIEWER, OPERATOR)

SESSION, LINK, API = "dpfsess_", "dpflink_", "dpfapi_"
LINK_SECONDS = 600.0

_PERSON = [person.c[name] for name in Person.__struct_fields__]
_API = [api_token.c[name] for name in ApiToken.__struct_fields__]


class People(Keeper):
    """``store.people``."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        super().__init__(database, clock)
        self._passwords = passwords.Passwords()

    def add(self, name: str, role: str, password: Secret) -> Person:
        """Add somebody.

        :raises StoreConflict: the name is taken, or there is no such role.
        """
        _check(role)
        row = Person(name, role, self._clock())
        values = {
            "name": name,
            "role": role,
            "password_hash": self._passwords.hashed(password),
            "created_at": row.created_at,
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(person).values(values))
        except IntegrityError as error:
            raise StoreConflict(f"{name}: there is such a user") from error
        return row

    def list(self) -> tuple[Person, ...]:
        """Everybody, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(*_PERSON).order_by(person.c.name))
            return tuple(record(Person, row) for row in rows)

    def is_empty(self) -> bool:
        """Whether nobody was added yet."""
        with self._database.reading() as connection:
            return connection.execute(select(person.c.name).limit(1)).first() is None

    def remove(self, name: str) -> None:
        """Remove somebody, and end their sessions.

        :raises StoreMissing: there is nobody by that name.
        """
        with self._database.writing() as connection:
            connection.execute(delete(session).where(session.c.person == name))
            gone = connection.execute(delete(person).where(person.c.name == name))
            _found(gone.rowcount, name)

    def set_password(self, name: str, password: Secret) -> None:
        """Give somebody another password, and end their sessions.

        :raises StoreMissing: there is nobody by that name.
        """
        hashed = self._passwords.hashed(password)
        with self._database.writing() as connection:
            self._change(connection, name, password_hash=hashed)
            connection.execute(delete(session).where(session.c.person == name))

    def set_role(self, name: str, role: str) -> None:
        """Give somebody another role, in their open sessions too.

        :raises StoreMissing: there is nobody by that name.
        :raises StoreConflict: there is no such role.
        """
        _check(role)
        with self._database.writing() as connection:
            self._change(connection, name, role=role)
            mine = update(session).where(session.c.person == name)
            connection.execute(mine.values(role=role))

    @staticmethod
    def _change(connection: Connection, name: str, **values: str) -> None:
        done = connection.execute(update(person).where(person.c.name == name).values(**values))
        _found(done.rowcount, name)

    def sign_in(self, name: str, password: Secret, *, ttl_seconds: float) -> OpenedSession | None:
        """Open a session for who knows the password; None for who does not.

        A name that nobody has takes as long as a wrong password.
        """
        asked = select(person.c.password_hash, person.c.role).where(person.c.name == name)
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        # Outside of the transaction: this takes a good part of a second, on purpose.
        if not self._passwords.fits(row.password_hash if row else None, password) or row is None:
            return None
        renewed = self._passwords.renewed(row.password_hash, password)
        with self._database.writing() as connection:
            if renewed:
                self._change(connection, name, password_hash=renewed)
            return self._opened(connection, name, row.role, ttl_seconds)

    def session(self, token_digest: str) -> Session | None:
        """The session of a token; None where there is none or it is over."""
        asked = select(session).where(
            session.c.digest == token_digest, session.c.expires_at > self._clock()
        )
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else _session(row._mapping)

    def sign_out(self, token_digest: str) -> None:
        """End a session."""
        with self._database.writing() as connection:
            connection.execute(delete(session).where(session.c.digest == token_digest))

    def link(self, role: str = OPERATOR, *, ttl_seconds: float = LINK_SECONDS) -> Secret:
        """A token that signs in once, for who can read it off this machine's terminal.

        :raises StoreConflict: there is no such role.
        """
        _check(role)
        token = _made(LINK)
        row = {
            "digest": tokens.digest(token.reveal()),
            "role": role,
            "expires_at": self._clock() + ttl_seconds,
        }
        with self._database.writing() as connection:
            connection.execute(insert(sign_in_link).values(row))
        return token

    def use_link(self, token_digest: str, *, ttl_seconds: float) -> OpenedSession | None:
        """Sign in by a link, which is spent by it; None where there is none or it is too old."""
        with self._database.writing() as connection:
            mine = sign_in_link.c.digest == token_digest
            columns = sign_in_link.c.role, sign_in_link.c.expires_at
            row = connection.execute(
                delete(sign_in_link).where(mine).returning(*columns)
            ).one_or_none()
            if row is None or row.expires_at <= self._clock():
                return None
            return self._opened(connection, None, row.role, ttl_seconds)

    def _opened(
        self, connection: Connection, name: str | None, role: str, ttl_seconds: float
    ) -> OpenedSession:
        now, token = self._clock(), _made(SESSION)
        row = {
            "digest": tokens.digest(token.reveal()),
            "person": name,
            "role": role,
            "created_at": now,
            "expires_at": now + ttl_seconds,
        }
        connection.execute(delete(session).where(session.c.expires_at <= now))
        connection.execute(insert(session).values(row))
        return OpenedSession(token, _session(row))

    def issue_api_token(
        self, label: str, role: str, *, ttl_seconds: float | None = None, by: str = "cli"
    ) -> IssuedApiToken:
        """A token for a program. This is the only time that it is to be had.

        :raises StoreConflict: there is no such role.
        """
        _check(role)
        now, token = self._clock(), _made(API)
        row = ApiToken(
            digest=tokens.digest(token.reveal()),
            prefix=tokens.display(token.reveal()),
            label=label,
            role=role,
            created_at=now,
            created_by=by,
            expires_at=None if ttl_seconds is None else now + ttl_seconds,
            revoked_at=None,
        )
        with self._database.writing() as connection:
            values = {name: getattr(row, name) for name in ApiToken.__struct_fields__}
            connection.execute(insert(api_token).values(values))
        return IssuedApiToken(token, row)

    def api_tokens(self) -> tuple[ApiToken, ...]:
        """All tokens of programs, newest first."""
        asked = select(*_API).order_by(api_token.c.created_at.desc(), api_token.c.digest)
        with self._database.reading() as connection:
            return tuple(record(ApiToken, row) for row in connection.execute(asked))

    def api_token(self, token_digest: str) -> ApiToken | None:
        """The token of a program; None where there is none, or it is over or revoked."""
        columns = api_token.c
        asked = select(*_API).where(columns.digest == token_digest, columns.revoked_at.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(asked).one_or_none()
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock()):
            return None
        return record(ApiToken, row)

    def revoke_api_token(self, which: str) -> ApiToken:
        """Take a program's token back.

        :param which: its first characters as they are shown, or eight or more of its digest's.
        :raises StoreMissing: there is none like that.
        :raises StoreConflict: several are.
        """
        now, columns = self._clock(), api_token.c
        like = or_(
            columns.prefix == which, columns.digest.startswith(which.lower(), autoescape=True)
        )
        with self._database.writing() as connection:
            rows = [record(ApiToken, row) for row in connection.execute(select(*_API).where(like))]
            rows = [row for row in rows if names(which, row.prefix, row.digest)]
            rows = [row for row in rows if row.revoked_at is None] or rows
            if not rows:
                raise StoreMissing(f"{which}: no such token")
            if len(rows) > 1:
                raise StoreConflict(f"{which}: several tokens begin so", "name one by its digest")
            mine = columns.digest == rows[0].digest
            if rows[0].revoked_at is None:
                connection.execute(update(api_token).where(mine).values(revoked_at=now))
            return record(ApiToken, connection.execute(select(*_API).where(mine)).one())


def _made(prefix: str) -> Secret:
    return Secret(tokens.spelt(prefix, secrets.token_bytes(tokens.SECRET_BYTES)))


def _check(role: str) -> None:
    if role not in ROLES:
        raise StoreConflict(f"{role}: no such role", f"one of {', '.join(ROLES)}")


def _found(count: int, name: str) -> None:
    if not count:
        raise StoreMissing(f"{name}: no such user")


def _session(row: Any) -> Session:  # noqa: ANN401 -- a row's mapping, or what it was made of
    return Session(
        row["digest"][:16], row["person"], row["role"], row["created_at"], row["expires_at"]
    )
