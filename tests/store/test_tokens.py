"""Bootstrap tokens: issued once, good once, kept so that nobody can use what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.errors import StoreConflict, StoreMissing
from dpf_edge.store.schema import bootstrap_token
from dpf_edge.wire import tokens

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store

    from .fleet import Clock, Fleet


def test_a_token_is_given_once_and_only_its_digest_is_kept(store: Store) -> None:
    issued = store.tokens.issue(site="depot", by="ann")

    (row,) = store.tokens.list()
    text = issued.token.reveal()
    assert (tokens.digest(text), tokens.display(text), "depot", "ann") == (
        row.digest,
        row.prefix,
        row.site,
        row.issued_by,
    )
    assert text not in repr(issued)
    assert text not in repr(store.tokens.list())


def test_a_token_lives_a_quarter_of_an_hour_unless_said_otherwise(
    store: Store, clock: Clock
) -> None:
    row = store.tokens.issue().row

    assert clock.now + 15 * 60 == row.expires_at
    assert "open" == row.state(row.expires_at - 0.001)
    assert "expired" == row.state(row.expires_at)


@pytest.mark.parametrize(("asked", "given"), [(100_000, 1440), (1440, 1440), (30, 30)])
def test_a_token_lives_a_day_at_most(
    store: Store, clock: Clock, asked: float, given: float
) -> None:
    row = store.tokens.issue(ttl_minutes=asked).row

    assert given * 60 == row.expires_at - clock.now


@pytest.mark.parametrize("asked", [0, -5])
def test_a_token_lives_a_millisecond_at_least(store: Store, clock: Clock, asked: float) -> None:
    row = store.tokens.issue(ttl_minutes=asked).row

    assert row.expires_at - clock.now == pytest.approx(0.001, abs=1e-6)


def test_tokens_are_listed_newest_first_and_by_site(store: Store, clock: Clock) -> None:
    first = store.tokens.issue(site="depot").row
    clock.on(1)
    second = store.tokens.issue(site="shop").row

    assert (second, first) == store.tokens.list()
    assert (first,) == store.tokens.list(site="depot")


def test_a_token_is_revoked_by_what_is_shown_of_it(store: Store, clock: Clock) -> None:
    issued = store.tokens.issue()

    revoked = store.tokens.revoke(issued.row.prefix, by="ann")

    assert clock.now == revoked.revoked_at
    assert "revoked" == revoked.state(clock.now)
    assert revoked == store.tokens.revoke(issued.row.digest[:8])


def test_a_token_that_was_used_stays_used_when_it_is_revoked(store: Store, fleet: Fleet) -> None:
    node = fleet.enrolled()
    (row,) = store.tokens.list()

    after = store.tokens.revoke(row.prefix)

    assert (node.node_id, None) == (after.consumed_by, after.revoked_at)


def test_nobody_is_told_by_less_than_is_shown(store: Store) -> None:
    row = store.tokens.issue().row

    for which in ("dpfboot_", row.digest[:7], "", "%", "_" * 12):
        with pytest.raises(StoreMissing):
            store.tokens.revoke(which)


def test_two_tokens_that_look_alike_have_to_be_told_apart(store: Store, clock: Clock) -> None:
    one, other = store.tokens.issue().row, store.tokens.issue().row
    with store._database.writing() as connection:
        alike = bootstrap_token.update().values(prefix="dpfboot_SAME")
        connection.execute(alike)

    with pytest.raises(StoreConflict):
        store.tokens.revoke("dpfboot_SAME")

    assert one.digest == store.tokens.revoke(one.digest).digest
    # Now only one of them is open, so the prefix says which.
    assert other.digest == store.tokens.revoke("dpfboot_SAME").digest
