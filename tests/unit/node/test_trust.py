"""How a node stands: every transition that the contract has, and no other."""

from __future__ import annotations

import itertools

import pytest

from dpf_edge.node import trust
from dpf_edge.node.replies import Act
from dpf_edge.node.trust import REJECTIONS, Mode, Standing
from dpf_edge.wire.vocabulary import TrustState

DISCOVERY = ("discovery.network",)
TRUSTED = trust.of_state(TrustState.TRUSTED, DISCOVERY)


@pytest.mark.parametrize(
    ("state", "mode", "may_sweep"),
    [
        (TrustState.PENDING, Mode.PENDING, False),
        (TrustState.TRUSTED, Mode.TRUSTED, True),
        (TrustState.QUARANTINED, Mode.QUARANTINED, False),
        (TrustState.REVOKED, Mode.REVOKED, False),
    ],
)
def test_a_heartbeats_answer_is_the_truth_whatever_was_before(
    state: TrustState, mode: Mode, may_sweep: bool
) -> None:
    for before in (TRUSTED, Standing(Mode.REJECTED, rejections=9), Standing(Mode.MISCONFIGURED)):
        after = trust.heard(before, state, DISCOVERY)

        assert (mode, may_sweep, may_sweep) == (after.mode, after.may_sweep, after.may_deliver)
        assert (0, False) == (after.rejections, after.is_held)


def test_what_is_accepted_stays_where_an_authority_does_not_say() -> None:
    assert DISCOVERY == trust.heard(TRUSTED, TrustState.TRUSTED, None).accepted
    assert () == trust.heard(TRUSTED, TrustState.TRUSTED, ()).accepted


def test_a_trusted_node_of_which_nothing_is_accepted_delivers_and_does_not_sweep() -> None:
    """W12."""
    standing = trust.of_state(TrustState.TRUSTED, ("federation.discovery",))

    assert (True, False) == (standing.may_deliver, standing.may_sweep)


def test_an_unknown_token_is_final_after_so_many_heartbeats_in_a_row() -> None:
    """W1: token_not_found is what a revoked node hears."""
    standing = TRUSTED
    for number in range(1, REJECTIONS):
        standing = trust.refused(standing, Act.REJECTED, "", by_heartbeat=True)
        assert (Mode.TRUSTED, number, False) == (
            standing.mode,
            standing.rejections,
            standing.may_sweep,
        )

    standing = trust.refused(standing, Act.REJECTED, "", by_heartbeat=True)

    assert Mode.REJECTED is standing.mode
    assert (True, True, False) == (standing.may_beat, standing.may_enrol, standing.may_deliver)


def test_a_submission_that_hears_of_an_unknown_token_holds_and_decides_nothing() -> None:
    standing = TRUSTED
    for _ in range(3 * REJECTIONS):
        standing = trust.refused(standing, Act.REJECTED, "", by_heartbeat=False)

    assert (Mode.TRUSTED, False, False) == (
        standing.mode,
        standing.may_deliver,
        standing.may_sweep,
    )
    assert trust.heard(standing, TrustState.TRUSTED, None).may_deliver


def test_a_submission_that_is_forbidden_holds_until_a_heartbeat_says_otherwise() -> None:
    """W15."""
    held = trust.refused(TRUSTED, Act.HOLD, "quarantined", by_heartbeat=False)

    assert (Mode.TRUSTED, False, False) == (held.mode, held.may_deliver, held.may_sweep)
    assert trust.heard(held, TrustState.TRUSTED, None) == TRUSTED


def test_what_a_person_has_to_set_right_leaves_trust_as_it_was() -> None:
    """A certificate that expires at the Authority is no reason to see nothing for a day."""
    standing = trust.refused(TRUSTED, Act.MISCONFIGURED, "expired", by_heartbeat=True)

    assert (Mode.MISCONFIGURED, True, True) == (
        standing.mode,
        standing.may_sweep,
        standing.may_deliver,
    )


def test_revoked_is_revoked_by_whichever_call_hears_it() -> None:
    for by_heartbeat in (False, True):
        standing = trust.refused(TRUSTED, Act.REVOKED, "", by_heartbeat=by_heartbeat)

        assert Mode.REVOKED is standing.mode
        assert (False, False, True) == (
            standing.may_beat,
            standing.may_deliver,
            standing.may_enrol,
        )


def test_an_authority_that_is_away_changes_nothing() -> None:
    for act, by_heartbeat in itertools.product((Act.RETRY, Act.WAIT), (False, True)):
        assert TRUSTED == trust.refused(TRUSTED, act, "", by_heartbeat=by_heartbeat)


def test_no_refusal_makes_a_node_trusted() -> None:
    """Whatever is heard in whatever order, only an Authority's own word gives trust."""
    pending = trust.of_state(TrustState.PENDING, DISCOVERY)
    for acts in itertools.product(Act, repeat=3):
        standing = pending
        for act, by_heartbeat in itertools.product(acts, (False, True)):
            standing = trust.refused(standing, act, "", by_heartbeat=by_heartbeat)
        assert not standing.may_deliver
        assert not standing.may_sweep
