"""Coverage never says that a network is seen unless a node sees it; and it takes any item."""

from __future__ import annotations

import ipaddress
import json

from hypothesis import given
from hypothesis import strategies as st

from dpf_edge.authority import coverage_rules, network_claims
from dpf_edge.authority.coverage_rules import Depth, Looker, State
from dpf_edge.authority.network_claims import Claim, How, Place, Reached
from dpf_edge.model import Answer

LOOKERS = st.lists(
    st.builds(
        Looker,
        node_id=st.sampled_from("abcd"),
        name=st.text(max_size=4),
        site=st.sampled_from(["rome", "oslo"]),
        answer=st.sampled_from(Answer),
        is_here=st.booleans(),
        network=st.sampled_from([None, "10.0.0.0/24", "10.0.1.0/24", "nothing"]),
        is_fresh=st.booleans(),
        saw_before=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda each: each.node_id,
)
PREFIXES = ["10.0.0.0/24", "10.0.0.0/8", "10.0.1.0/24", "10.0.1.128/25", "fd00::/64"]
PLACES = st.builds(
    Place, st.sampled_from(["rome", "oslo"]), st.sampled_from(PREFIXES).map(ipaddress.ip_network)
)
CLAIMS = st.lists(
    st.builds(Claim, place=PLACES, node_id=st.sampled_from("abcde"), how=st.sampled_from(How)),
    max_size=12,
)
REACHED = st.dictionaries(
    st.sampled_from("abcde"), st.builds(Reached, st.booleans(), st.booleans()), max_size=4
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ITEM = st.dictionaries(
    st.sampled_from(
        ["networkAddress", "discoveredVia", "iface", "services", "address", "ipAddress", "else"]
    ),
    JSON,
)


@given(LOOKERS, CLAIMS, REACHED)
def test_a_network_is_seen_only_by_a_node_that_is_there_and_sees(
    lookers: list[Looker], claims: list[Claim], reached: dict[str, Reached]
) -> None:
    by_id = {each.node_id: each for each in lookers}
    for one in coverage_rules.known(claims, lookers):
        found = coverage_rules.judged(one, by_id, reached)

        for each in found.seeing:
            assert each.looker.is_here
            assert each.looker.answer is Answer.YES
            assert each.looker.is_fresh or each.looker.network == str(one.place.network)
        if found.state in (State.LAYER_2, State.LAYER_3):
            assert found.seeing
        if found.state is State.LAYER_2:
            assert Depth.LAYER_2 in {each.depth for each in found.seeing}
        if found.state in (State.UNSEEN, State.TOLD, State.AWAY, State.UNPROVEN):
            assert not found.seeing


@given(LOOKERS, CLAIMS)
def test_the_order_of_claims_and_nodes_does_not_matter(
    lookers: list[Looker], claims: list[Claim]
) -> None:
    def told(some: list[Claim], by: list[Looker]) -> list[coverage_rules.Subnet]:
        by_id = {each.node_id: each for each in by}
        return [coverage_rules.judged(each, by_id, {}) for each in coverage_rules.known(some, by)]

    assert told(claims, lookers) == told(claims[::-1], lookers[::-1])


@given(st.text(max_size=80), ITEM)
def test_an_item_may_hold_anything(key: str, raw: dict[str, object]) -> None:
    told = json.dumps(raw)
    found = network_claims.claim("rome", "a", key, told)

    assert found is None or found.place.network.prefixlen > 0
    network = ipaddress.ip_network("10.0.0.0/24")
    reached = network_claims.found(key, told, network)
    assert reached is None or isinstance(reached, Reached)
    assert isinstance(network_claims.found("arp:10.0.0.7", "{}", network), Reached)
