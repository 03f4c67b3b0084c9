"""People, sessions, links and programs' tokens: what lets somebody in, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import StoreConflict, StoreMissing
from dpf_edge.store import passwords
from dpf_edge.store.schema import api_token, person, session, sign_in_link
from dpf_edge.wire import tokens
from dpf_edge.wire.tokens import Secret

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import OpenedSession

    from .fleet import Clock

PASSWORD = Secret("planted correct horse\0battery ☃")
WRONG = Secret("wrong")
HOUR = 3600.0


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters that are used are checked by one test; the others need not wait for them."""
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords.Passwords, "_hasher", cheap)


def sign_in(store: Store, name: str, password: Secret = PASSWORD) -> OpenedSession | None:
    return store.people.sign_in(name, password, ttl_seconds=HOUR)


def digest(token: Secret) -> str:
    return tokens.digest(token.reveal())


def test_who_knows_the_password_is_let_in(store: Store, clock: Clock) -> None:
    store.people.add("ann", "operator", PASSWORD)

    opened = sign_in(store, "ann")

    assert opened is not None
    there = store.people.session(digest(opened.token))
    assert opened.session == there
    assert there is not None
    assert ("ann", "operator", clock.now + HOUR) == (there.name, there.role, there.expires_at)


def test_who_does_not_is_not(store: Store) -> None:
    store.people.add("ann", "operator", PASSWORD)

    assert None is sign_in(store, "ann", WRONG)
    assert None is sign_in(store, "ANN")
    assert None is sign_in(store, "nobody")
    assert None is sign_in(store, "")


def test_a_name_that_nobody_has_is_hashed_for_like_any_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.people.add("ann", "operator", PASSWORD)
    asked: list[str] = []
    hasher: Any = passwords.Passwords._hasher

    class Counting:
        def verify(self, kept: str, password: str) -> Any:
            asked.append(kept.rpartition("$")[0].rpartition("$")[0])
            return hasher.verify(kept, password)

        def hash(self, password: str) -> Any:
            return hasher.hash(password)

    monkeypatch.setattr(passwords.Passwords, "_hasher", Counting())
    sign_in(store, "ann", WRONG)
    sign_in(store, "nobody", WRONG)

    assert 2 == len(asked)
    assert asked[0] == asked[1], "by the same parameters"


def test_passwords_are_hashed_by_argon2id_as_rfc_9106_recommends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()

    hashed = passwords.Passwords().hashed(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_of_other_parameters_is_renewed_by_the_next_who_signs_in(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from argon2 import PasswordHasher

    store.people.add("ann", "operator", PASSWORD)
    better = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords.Passwords, "_hasher", better)

    assert sign_in(store, "ann")

    with store._database.reading() as connection:
        assert "t=2," in connection.execute(person.select()).one().password_hash
    assert sign_in(store, "ann")


def test_a_session_ends_by_itself_and_by_signing_out(store: Store, clock: Clock) -> None:
    store.people.add("ann", "viewer", PASSWORD)
    one, other = sign_in(store, "ann"), sign_in(store, "ann")
    assert one is not None
    assert other is not None

    store.people.sign_out(digest(one.token))
    assert None is store.people.session(digest(one.token))
    assert store.people.session(digest(other.token))

    clock.on(HOUR)
    assert None is store.people.session(digest(other.token))


def test_another_password_ends_all_sessions(store: Store) -> None:
    store.people.add("ann", "viewer", PASSWORD)
    opened = sign_in(store, "ann")
    assert opened is not None

    store.people.set_password("ann", Secret("new"))

    assert None is store.people.session(digest(opened.token))
    assert None is sign_in(store, "ann")
    assert sign_in(store, "ann", Secret("new"))


def test_another_role_holds_from_the_next_call(store: Store) -> None:
    store.people.add("ann", "operator", PASSWORD)
    opened = sign_in(store, "ann")
    assert opened is not None

    store.people.set_role("ann", "viewer")

    there = store.people.session(digest(opened.token))
    assert there is not None
    assert ["viewer", "viewer"] == [there.role, store.people.list()[0].role]


def test_who_is_removed_is_out(store: Store) -> None:
    store.people.add("ann", "operator", PASSWORD)
    opened = sign_in(store, "ann")
    assert opened is not None

    store.people.remove("ann")

    assert None is store.people.session(digest(opened.token))
    assert store.people.is_empty()
    with pytest.raises(StoreMissing):
        store.people.remove("ann")


def test_names_are_taken_once_and_roles_are_two(store: Store) -> None:
    assert store.people.is_empty()
    store.people.add("ann", "operator", PASSWORD)

    with pytest.raises(StoreConflict):
        store.people.add("ann", "viewer", PASSWORD)
    with pytest.raises(StoreConflict):
        store.people.add("bob", "root", PASSWORD)
    with pytest.raises(StoreConflict):
        store.people.set_role("ann", "root")
    with pytest.raises(StoreMissing):
        store.people.set_role("bob", "viewer")
    with pytest.raises(StoreMissing):
        store.people.set_password("bob", PASSWORD)
    assert ["ann"] == [each.name for each in store.people.list()]


def test_a_link_lets_in_once(store: Store) -> None:
    token = store.people.link()
    assert token.reveal().startswith("dpflink_")

    opened = store.people.use_link(digest(token), ttl_seconds=HOUR)

    assert opened is not None
    assert (None, "operator") == (opened.session.name, opened.session.role)
    assert store.people.session(digest(opened.token))
    assert None is store.people.use_link(digest(token), ttl_seconds=HOUR)


def test_a_link_is_good_for_ten_minutes(store: Store, clock: Clock) -> None:
    token = store.people.link("viewer")
    clock.on(600)

    assert None is store.people.use_link(digest(token), ttl_seconds=HOUR)


def test_a_programs_token_is_good_until_it_is_over_or_revoked(store: Store, clock: Clock) -> None:
    lasting = store.people.issue_api_token("export", "viewer", by="ann")
    short = store.people.issue_api_token("try", "operator", ttl_seconds=60, by="ann")
    assert lasting.token.reveal().startswith("dpfapi_")

    assert lasting.row == store.people.api_token(digest(lasting.token))
    assert short.row == store.people.api_token(digest(short.token))

    clock.on(60)
    assert None is store.people.api_token(digest(short.token))
    store.people.revoke_api_token(lasting.row.prefix)
    assert None is store.people.api_token(digest(lasting.token))
    assert clock.now == store.people.revoke_api_token(lasting.row.digest).revoked_at
    assert {"export", "try"} == {row.label for row in store.people.api_tokens()}
    with pytest.raises(StoreMissing):
        store.people.revoke_api_token("dpfapi_none")


def test_nothing_that_is_kept_lets_anybody_in(store: Store) -> None:
    store.people.add("ann", "operator", PASSWORD)
    opened = sign_in(store, "ann")
    assert opened is not None
    given = [opened.token, store.people.link(), store.people.issue_api_token("x", "viewer").token]

    with store._database.reading() as connection:
        tables = (person, session, sign_in_link, api_token)
        kept = repr([connection.execute(table.select()).all() for table in tables])

    for secret in (PASSWORD, *given):
        assert secret.reveal() not in kept
    assert opened.token.reveal() not in repr(opened)
