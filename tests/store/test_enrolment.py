"""Enrolment: one token, one node, all of it or nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.wire import tokens
from dpf_edge.wire.refusals import Refusal

from .fleet import CAPABILITY, request

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import IssuedToken

    from .fleet import Clock


def enrol(store: Store, issued: IssuedToken, **said: Any) -> Any:
    return store.nodes.enrol(tokens.digest(issued.token.reveal()), request(**said), [CAPABILITY])


def refused(store: Store, issued: IssuedToken, **said: Any) -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        enrol(store, issued, **said)
    return refusal.value.status, refusal.value.code


def test_a_token_makes_a_node_that_its_new_token_finds(store: Store, clock: Clock) -> None:
    issued = store.tokens.issue(site="depot")

    made = enrol(store, issued, metadata={"host": {"ipAddresses": ["192.168.50.7"]}})

    text = made.node_token.reveal()
    node = store.nodes.by_digest(tokens.digest(text))
    assert node is not None
    assert (made.node_id, "depot", "pending", "warehouse-2") == (
        node.node_id,
        node.site,
        node.trust_state,
        node.name,
    )
    assert (tokens.display(text), clock.now, None) == (
        node.token_prefix,
        node.enrolled_at,
        node.last_seen_at,
    )
    assert ("192.168.50.7",) == node.addresses
    assert text not in repr((made, node))


def test_a_node_that_nobody_approved_may_do_nothing_yet(store: Store) -> None:
    made = enrol(store, store.tokens.issue())

    (capability,) = store.nodes.get(made.node_id).capabilities
    assert (CAPABILITY, "disabled", "unknown", True) == (
        capability.name,
        capability.mode,
        capability.status,
        capability.accepted,
    )


def test_a_node_of_an_approving_token_may_do_what_was_accepted(store: Store) -> None:
    made = enrol(store, store.tokens.issue(auto_approve=True))

    detail = store.nodes.get(made.node_id)
    assert ("trusted", "trusted") == (made.trust_state, detail.node.trust_state)
    assert ["enabled"] == [capability.mode for capability in detail.capabilities]


def test_a_token_is_good_once(store: Store) -> None:
    issued = store.tokens.issue()
    enrol(store, issued)

    assert (401, "token_already_consumed") == refused(store, issued)
    assert 1 == len(store.nodes.list())


def test_a_token_that_is_not_ours_is_not_found(store: Store) -> None:
    with pytest.raises(Refusal) as refusal:
        store.nodes.enrol(tokens.digest("dpfboot_" + "0" * 39), request(), [CAPABILITY])

    assert (401, "token_not_found") == (refusal.value.status, refusal.value.code)


def test_what_is_wrong_with_a_token_is_said_in_the_contracts_order(
    store: Store, clock: Clock
) -> None:
    """Consumed before revoked before expired."""
    consumed, revoked = store.tokens.issue(), store.tokens.issue(fingerprint="f")
    enrol(store, consumed)
    store.tokens.revoke(revoked.row.digest)
    clock.on(86_400)

    assert (401, "token_already_consumed") == refused(store, consumed)
    assert (401, "token_revoked") == refused(store, revoked)


def test_a_token_is_over_when_its_time_is(store: Store, clock: Clock) -> None:
    issued = store.tokens.issue(ttl_minutes=1, fingerprint="another host's")
    clock.on(60)

    assert (401, "token_expired") == refused(store, issued)


@pytest.mark.parametrize("fingerprint", [None, "", "other"])
def test_a_bound_token_enrols_no_other_host_and_is_not_spent_on_it(
    store: Store, fingerprint: str | None
) -> None:
    """W11: the fingerprint is sent, and compared where the operator asked for it."""
    issued = store.tokens.issue(fingerprint="mine")
    said = {} if fingerprint is None else {"host_fingerprint": fingerprint}

    assert (401, "fingerprint_mismatch") == refused(store, issued, **said)
    assert "open" == issued.row.state(issued.row.issued_at)
    assert "pending" == enrol(store, issued, host_fingerprint="mine").trust_state


def test_a_token_without_a_fingerprint_takes_any_host(store: Store) -> None:
    made = enrol(store, store.tokens.issue(auto_approve=True), host_fingerprint="any")

    assert "any" == store.nodes.get(made.node_id).node.fingerprint


def test_of_many_that_race_for_a_token_one_wins_and_the_others_are_told(store: Store) -> None:
    """W11: the loser gets a clean 401, and no 500."""
    issued = store.tokens.issue()
    racers = 8
    line = threading.Barrier(racers)
    outcomes: list[str] = []

    def race() -> None:
        line.wait()
        try:
            outcomes.append(enrol(store, issued).trust_state)
        except Refusal as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=race) for _ in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert ["pending", *["token_already_consumed"] * (racers - 1)] == sorted(
        outcomes, key=lambda word: word != "pending"
    )
    assert 1 == len(store.nodes.list())


def test_enrolling_again_makes_another_node(store: Store) -> None:
    first = enrol(store, store.tokens.issue())
    second = enrol(store, store.tokens.issue())

    assert first.node_id != second.node_id
    assert {first.node_id, second.node_id} == {detail.node.node_id for detail in store.nodes.list()}


def test_a_hostile_name_is_stored_without_what_cannot_be(store: Store) -> None:
    made = enrol(
        store,
        store.tokens.issue(),
        display_name="a\0b",
        version="\0",
        metadata={"\0": "\0", "host": {"ipAddresses": [1, None, "\0"]}},
    )

    node = store.nodes.get(made.node_id).node
    assert "a�b" == node.name
    assert {"\0": "\0", "host": {"ipAddresses": [1, None, "\0"]}} == node.metadata
    assert ("1", "None", "\0") == node.addresses
