"""Nodes: what people decide about them, how they beat, how their tokens are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import StoreConflict, StoreMissing
from dpf_edge.store.node_tokens import MOST_OFFERS
from dpf_edge.store.schema import node_token
from dpf_edge.wire import tokens
from dpf_edge.wire.heartbeat import Report
from dpf_edge.wire.vocabulary import Capability, CapabilityStatus

from .fleet import CAPABILITY, thing

if TYPE_CHECKING:
    from dpf_edge.store.kept import Store
    from dpf_edge.wire.tokens import Secret

    from .fleet import Clock, Fleet


def found(store: Store, token: Secret) -> str | None:
    node = store.nodes.by_digest(tokens.digest(token.reveal()))
    return node.node_id if node else None


def modes(store: Store, node_id: str) -> dict[str, str]:
    return {each.name: each.mode for each in store.nodes.get(node_id).capabilities}


# What can follow on what. Everything else is refused.
LEGAL = {
    "pending": {"approve": "trusted", "quarantine": "quarantined", "revoke": "revoked"},
    "trusted": {"approve": "trusted", "restore": "trusted", "quarantine": "quarantined",
                "revoke": "revoked"},
    "quarantined": {"restore": "trusted", "quarantine": "quarantined", "revoke": "revoked"},
    "revoked": {"revoke": "revoked"},
}  # fmt: skip
HOW = {
    "pending": (),
    "trusted": ("approve",),
    "quarantined": ("quarantine",),
    "revoked": ("revoke",),
}


@pytest.mark.parametrize("decision", ["approve", "quarantine", "restore", "revoke"])
@pytest.mark.parametrize("state", LEGAL)
def test_what_may_be_decided_follows_the_states(
    store: Store, fleet: Fleet, state: str, decision: str
) -> None:
    node_id = fleet.enrolled(approved=False).node_id
    for step in HOW[state]:
        getattr(store.nodes, step)(node_id, by="ann")
    decide = getattr(store.nodes, decision)

    if decision in LEGAL[state]:
        assert LEGAL[state][decision] == decide(node_id, by="ann").trust_state
        assert LEGAL[state][decision] == decide(node_id, by="bob").trust_state
    else:
        with pytest.raises(StoreConflict) as refused:
            decide(node_id, by="ann")
        assert refused.value.hint
        assert state == store.nodes.get(node_id).node.trust_state


def test_a_decision_that_changes_nothing_is_not_written_down(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    node_id = fleet.enrolled(approved=False).node_id
    first = store.nodes.approve(node_id, by="ann")
    clock.on(5)

    assert first == store.nodes.approve(node_id, by="bob")


def test_approving_enables_what_was_accepted_and_nothing_else(store: Store, fleet: Fleet) -> None:
    node_id = fleet.enrolled(approved=False).node_id
    more = Report(capability=Capability.METRICS_HOST, status=CapabilityStatus.HEALTHY)
    store.nodes.beat(node_id, [more])

    store.nodes.approve(node_id, by="ann")

    assert {CAPABILITY: "enabled", "metrics.host": "disabled"} == modes(store, node_id)
    assert (CAPABILITY,) == store.nodes.beat(node_id).accepted_capabilities


def test_a_restored_node_may_what_it_might(store: Store, fleet: Fleet) -> None:
    node_id = fleet.enrolled(approved=False).node_id
    store.nodes.quarantine(node_id, by="ann")

    store.nodes.restore(node_id, by="ann")

    assert {CAPABILITY: "enabled"} == modes(store, node_id)


def test_a_revoked_node_is_found_by_no_token_and_its_row_is_kept(
    store: Store, fleet: Fleet
) -> None:
    """What it is told then is token_not_found: the signal that W1 is about."""
    node = fleet.enrolled()
    store.nodes.rotate_by_heartbeat(node.node_id, by="ann")
    offer = store.nodes.beat(node.node_id).rotated
    assert offer is not None

    store.nodes.revoke(node.node_id, by="ann")

    assert (None, None) == (found(store, node.node_token), found(store, offer.token))
    kept = store.nodes.get(node.node_id).node
    assert ("revoked", None) == (kept.trust_state, kept.token_prefix)


def test_what_only_a_revoked_node_saw_is_not_there_any_more(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    gone, stays = fleet.enrolled().node_id, fleet.enrolled().node_id
    fleet.submit(gone, thing("a", mac="24:5a:4c:00:00:01"), thing("b", mac="24:5a:4c:00:00:02"))
    fleet.submit(stays, thing("b", mac="24:5a:4c:00:00:02"))
    seen = clock.now
    clock.on(60)

    store.nodes.revoke(gone, by="ann")

    there = {device.macs[0][-2:]: (device.present, device.last_seen) for device in fleet.devices()}
    assert {"01": (False, seen), "02": (True, seen)} == there


def test_nobody_decides_about_a_node_that_is_not_there(store: Store) -> None:
    for decide in ("approve", "quarantine", "restore", "revoke", "rotate", "rotate_by_heartbeat"):
        with pytest.raises(StoreMissing):
            getattr(store.nodes, decide)("edge_0000000000004000", by="ann")
    with pytest.raises(StoreMissing):
        store.nodes.get("edge_0000000000004000")
    with pytest.raises(StoreMissing):
        store.nodes.rename("edge_0000000000004000", "x", by="ann")
    with pytest.raises(StoreMissing):
        store.nodes.beat("edge_0000000000004000")


def test_nodes_are_listed_by_site_and_name(store: Store, fleet: Fleet) -> None:
    fleet.enrolled("b", display_name="one")
    fleet.enrolled("a", display_name="two")
    fleet.enrolled("a", display_name="Two")

    listed = [(each.node.site, each.node.name) for each in store.nodes.list()]

    assert [("a", "Two"), ("a", "two"), ("b", "one")] == listed
    assert ["one"] == [each.node.name for each in store.nodes.list(site="b")]


def test_a_renamed_node_keeps_its_name_whatever_it_reports(store: Store, fleet: Fleet) -> None:
    node_id = fleet.enrolled().node_id

    renamed = store.nodes.rename(node_id, "the shop's", by="ann")
    store.nodes.beat(node_id)

    assert "the shop's" == renamed.name == store.nodes.get(node_id).node.name


def test_a_heartbeat_says_that_a_node_is_there_and_how_it_does(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    node_id = fleet.enrolled().node_id
    now = clock.on(60)
    reports = [
        Report(capability=Capability.DISCOVERY_NETWORK, status=CapabilityStatus.FAILING),
        Report(
            capability=Capability.DISCOVERY_NETWORK,
            status=CapabilityStatus.HEALTHY,
            evidence={"lanAnswer": "yes", "text": "\0"},
        ),
    ]

    beat = store.nodes.beat(node_id, reports)

    detail = store.nodes.get(node_id)
    assert ("trusted", (CAPABILITY,), None) == (
        beat.trust_state,
        beat.accepted_capabilities,
        beat.rotated,
    )
    assert ("active", now) == (detail.node.status, detail.node.last_seen_at)
    (capability,) = detail.capabilities
    assert ("healthy", now, "enabled", True) == (
        capability.status,
        capability.reported_at,
        capability.mode,
        capability.accepted,
    )
    assert {"lanAnswer": "yes", "text": "\0"} == capability.evidence


def test_a_pending_node_beats_and_is_told_nothing_is_enabled(store: Store, fleet: Fleet) -> None:
    beat = store.nodes.beat(fleet.enrolled(approved=False).node_id)

    assert ("pending", ()) == (beat.trust_state, beat.accepted_capabilities)


def test_rotating_at_once_ends_the_old_token(store: Store, fleet: Fleet) -> None:
    node = fleet.enrolled()

    new = store.nodes.rotate(node.node_id, by="ann")

    assert (node.node_id, None) == (found(store, new), found(store, node.node_token))


def test_a_token_offered_by_heartbeat_is_the_only_one_once_it_was_used(
    store: Store, fleet: Fleet
) -> None:
    """W2: there is a way to change a node's token, and no way to strand the node."""
    node = fleet.enrolled()
    store.nodes.rotate_by_heartbeat(node.node_id, by="ann")

    offer = store.nodes.beat(node.node_id).rotated
    assert offer is not None
    assert node.node_id == found(store, node.node_token), "until the new one comes back"
    assert node.node_id == found(store, offer.token)

    assert None is found(store, node.node_token)
    assert None is store.nodes.beat(node.node_id).rotated
    assert tokens.display(offer.token.reveal()) == offer.prefix
    kept = store.nodes.get(node.node_id).node
    assert (offer.prefix, False) == (kept.token_prefix, kept.rotation_due)


def test_an_answer_that_was_lost_costs_nothing(store: Store, fleet: Fleet) -> None:
    """Each heartbeat offers a token; whichever the node got is good."""
    node = fleet.enrolled()
    store.nodes.rotate_by_heartbeat(node.node_id, by="ann")
    offers = [store.nodes.beat(node.node_id).rotated for _ in range(3)]
    first, second, third = (offer.token for offer in offers if offer)

    assert node.node_id == found(store, second)

    assert [None, node.node_id, None] == [found(store, each) for each in (first, second, third)]


def test_a_node_that_never_takes_an_offer_gathers_no_heap_of_them(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    """A published node drops what it does not know, and keeps its token."""
    node = fleet.enrolled()
    store.nodes.rotate_by_heartbeat(node.node_id, by="ann")

    for _ in range(3 * MOST_OFFERS):
        clock.on(60)
        store.nodes.beat(node.node_id)

    with store._database.reading() as connection:
        rows: Any = connection.execute(node_token.select()).all()
    assert MOST_OFFERS + 1 == len(rows)
    assert node.node_id == found(store, node.node_token)


def test_the_last_run_of_a_node_is_shown_with_all_its_parts(
    store: Store, fleet: Fleet, clock: Clock
) -> None:
    node_id = fleet.enrolled().node_id
    assert None is store.nodes.get(node_id).last_run
    fleet.submit(node_id, thing("a"))
    clock.on(300)
    sweep = clock.now
    fleet.submit(node_id, thing("a"), thing("b"), observed_at=sweep, warnings=("one",))
    clock.on(1)
    fleet.submit(node_id, thing("c"), observed_at=sweep, warnings=("one", "two"))

    last = store.nodes.get(node_id).last_run

    assert last is not None
    assert (sweep, clock.now, 3, ("one", "two")) == (
        last.observed_at,
        last.received_at,
        last.items,
        last.warnings,
    )
