"""The rules of coverage: what exists, who sees it, how far; docs/concepts/coverage.md in tests."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest

from dpf_edge.authority import coverage_rules, network_claims
from dpf_edge.authority.coverage_rules import Depth, Looker, State, Subnet
from dpf_edge.authority.network_claims import Claim, How, Place, Reached
from dpf_edge.model import Answer

SITE = "rome"
SEES = Looker("sees", "warehouse-2", SITE, Answer.YES)
BLIND = Looker("blind", "till-pc", SITE, Answer.NO)
WENT_BLIND = BLIND._replace(saw_before=True)
IDLE = SEES._replace(node_id="idle", is_fresh=False)
DOUBTS = Looker("doubts", "vm", SITE, Answer.UNKNOWN)
AWAY = SEES._replace(node_id="away", is_here=False)
EVERYBODY = (SEES, BLIND, DOUBTS, AWAY)


def place(prefix: str, site: str = SITE) -> Place:
    return Place(site, ipaddress.ip_network(prefix))


def claims(prefix: str, how: How, *lookers: Looker) -> list[Claim]:
    return [Claim(place(prefix), each.node_id, how) for each in lookers]


def only(told: list[Claim], reached: dict[str, Reached] | None = None, **counts: int) -> Subnet:
    """The one network that claims come to, judged."""
    (known,) = coverage_rules.known(told, EVERYBODY)
    by_id = {each.node_id: each for each in EVERYBODY}
    return coverage_rules.judged(known, by_id, reached or {}, **counts)


# -- what exists


@pytest.mark.parametrize(
    ("told", "network"),
    [
        ("192.168.1.0/24", "192.168.1.0/24"),
        ("192.168.1.7/24", "192.168.1.0/24"),
        ("fd00:50::/64", "fd00:50::/64"),
        ("0.0.0.0/0", None),
        ("::/0", None),
        ("fe80::/64", None),
        ("127.0.0.0/8", None),
        ("169.254.0.0/16", None),
        ("224.0.0.0/4", None),
        ("192.168.1.7/32", None),
        ("192.168.1.7", None),
        ("1" * 100 + "/24", None),
        ("what/ever", None),
        (None, None),
        (7, None),
    ],
)
def test_a_network_is_one_that_devices_stand_on(told: object, network: str | None) -> None:
    found = network_claims.prefix(told)

    assert network == (None if found is None else str(found))


@pytest.mark.parametrize(
    ("raw", "how"),
    [
        ({"discoveredVia": "interface", "iface": "eth0"}, How.STANDS),
        ({"discoveredVia": "nmap_sn"}, How.STANDS),
        ({"discoveredVia": "route_table"}, How.ROUTE),
        ({"discoveredVia": "snmp_poll"}, How.SNMP),
        ({"discoveredVia": "engine"}, How.ENGINE),
        ({"discoveredVia": "what nobody wrote down"}, How.NAMED),
        ({"discoveredVia": ["a", "list"], "iface": 7}, How.NAMED),
        ({}, How.NAMED),
    ],
)
def test_an_item_says_how_its_node_knows(raw: dict[str, Any], how: How) -> None:
    found = network_claims.claim(SITE, "sees", "subnet:10.0.0.0/24", json.dumps(raw))

    assert found is not None
    assert (place("10.0.0.0/24"), how) == (found.place, found.how)


def test_what_an_item_says_counts_before_what_it_is_called() -> None:
    raw = json.dumps({"networkAddress": "10.1.0.0/16"})

    found = network_claims.claim(SITE, "sees", "subnet:whatever", raw)

    assert found is not None
    assert "10.1.0.0/16" == str(found.place.network)
    assert network_claims.claim(SITE, "sees", "subnet:whatever", "{}") is None


def test_the_same_prefix_of_two_sites_is_two_networks() -> None:
    lookers = [SEES, SEES._replace(node_id="other", site="oslo")]
    told = [Claim(place("10.0.0.0/24", one.site), one.node_id, How.STANDS) for one in lookers]

    assert ["oslo", SITE] == [each.place.site for each in coverage_rules.known(told, lookers)]


def test_what_a_blind_node_stands_on_and_what_an_engine_made_is_not_on_the_list() -> None:
    inner = claims("192.168.65.0/24", How.STANDS, BLIND)
    engines = claims("172.17.0.0/16", How.ENGINE, SEES)

    assert [] == coverage_rules.known([*inner, *engines], EVERYBODY)


def test_what_a_node_says_it_sees_is_known_before_its_first_run() -> None:
    new = SEES._replace(network="192.168.50.0/24")

    (found,) = coverage_rules.known([], [new])

    assert ("192.168.50.0/24", How.STANDS) == (str(found.place.network), found.claims[0].how)


def test_of_two_claims_of_a_node_the_better_counts() -> None:
    told = [*claims("10.0.0.0/24", How.ROUTE, SEES), *claims("10.0.0.0/24", How.STANDS, SEES)]

    for order in (told, told[::-1]):
        (found,) = coverage_rules.known(order, EVERYBODY)
        assert [How.STANDS] == [each.how for each in found.claims]


def test_who_is_not_known_claims_nothing() -> None:
    assert [] == coverage_rules.known(
        [Claim(place("10.0.0.0/24"), "revoked", How.STANDS)], EVERYBODY
    )


# -- who sees it


@pytest.mark.parametrize(
    ("looker", "how", "reached", "depth"),
    [
        (SEES, How.STANDS, None, Depth.LAYER_2),
        (SEES, How.ROUTE, Reached(by_link=True, answered=True), Depth.LAYER_2),
        (SEES, How.ROUTE, Reached(answered=True), Depth.LAYER_3),
        (SEES, How.SNMP, Reached(), Depth.TOLD),
        (SEES, How.SNMP, None, Depth.KNOWS),
        (DOUBTS, How.STANDS, None, Depth.UNPROVEN),
        (DOUBTS, How.ROUTE, Reached(answered=True), Depth.UNPROVEN),
        (DOUBTS._replace(is_fresh=False), How.STANDS, None, Depth.AWAY),
        (IDLE, How.STANDS, None, Depth.AWAY),
        (IDLE, How.ROUTE, Reached(by_link=True, answered=True), Depth.AWAY),
        (IDLE, How.ROUTE, Reached(answered=True), Depth.AWAY),
        (IDLE, How.SNMP, Reached(), Depth.TOLD),
        (IDLE, How.ROUTE, None, Depth.KNOWS),
        (AWAY, How.STANDS, None, Depth.AWAY),
        (AWAY, How.ROUTE, Reached(answered=True), Depth.AWAY),
        (AWAY, How.ROUTE, None, Depth.KNOWS),
        (BLIND, How.STANDS, Reached(by_link=True, answered=True), Depth.KNOWS),
        (WENT_BLIND, How.STANDS, None, Depth.AWAY),
        (WENT_BLIND, How.ROUTE, Reached(answered=True), Depth.AWAY),
        (WENT_BLIND, How.SNMP, Reached(), Depth.KNOWS),
    ],
)
def test_how_far_a_node_sees(
    looker: Looker, how: How, reached: Reached | None, depth: Depth
) -> None:
    assert depth is coverage_rules.depth(looker, how, reached)


@pytest.mark.parametrize(
    ("looker", "depth"),
    [
        (IDLE._replace(network="10.0.0.0/24"), Depth.LAYER_2),
        (IDLE._replace(network="10.0.0.7/24"), Depth.LAYER_2),
        (IDLE._replace(network="10.1.0.0/24"), Depth.AWAY),
        (IDLE._replace(network="nonsense"), Depth.AWAY),
        (IDLE._replace(network="10.0.0.0/24", answer=Answer.UNKNOWN), Depth.AWAY),
        (IDLE._replace(network="10.0.0.0/24", is_here=False), Depth.AWAY),
    ],
)
def test_an_old_sweep_proves_nothing_unless_heartbeats_name_that_very_network(
    looker: Looker, depth: Depth
) -> None:
    assert depth is coverage_rules.depth(
        looker, How.STANDS, None, ipaddress.ip_network("10.0.0.0/24")
    )


def test_what_a_node_told_of_before_it_went_blind_stays_on_the_list() -> None:
    (found,) = coverage_rules.known(claims("10.7.0.0/24", How.STANDS, BLIND), [WENT_BLIND])

    assert State.AWAY is coverage_rules.judged(found, {"blind": WENT_BLIND}, {}).state


@pytest.mark.parametrize(
    ("raw", "reached"),
    [
        ({"discoveredVia": "arp_scan"}, Reached(by_link=True, answered=True)),
        ({"discoveredVia": "arp_table"}, Reached(by_link=True, answered=True)),
        ({"discoveredVia": "icmp_echo"}, Reached(answered=True)),
        ({"discoveredVia": "snmp_poll"}, Reached()),
        ({"discoveredVia": "heard"}, Reached()),
        ({"discoveredVia": "heard", "services": [{"port": 22}]}, Reached()),
        ({"discoveredVia": "dns_ptr"}, Reached()),
        ({"discoveredVia": "host_info"}, Reached()),
        ({"discoveredVia": "mdns", "services": [{"port": 22}]}, Reached()),
        ({"discoveredVia": "snmp_poll", "services": [{"port": 22}]}, Reached(answered=True)),
        ({"discoveredVia": "snmp_poll", "services": "none"}, Reached()),
        ({}, Reached()),
        ({"discoveredVia": {"a": 1}}, Reached()),
    ],
)
def test_a_device_was_resolved_or_answered_or_was_told_of(
    raw: dict[str, Any], reached: Reached
) -> None:
    network = ipaddress.ip_network("10.0.0.0/24")

    assert reached == network_claims.found("arp:10.0.0.7", json.dumps(raw), network)


@pytest.mark.parametrize(
    ("key", "raw", "counts"),
    [
        ("arp:10.0.0.7", {}, True),
        ("ndp:10.0.0.7", {}, True),
        ("mac:00:11:32:00:00:01", {"ipAddress": "10.0.0.7"}, True),
        ("mac:00:11:32:00:00:01", {"address": "10.0.0.7", "ip": "10.0.0.7"}, True),
        ("arp:192.168.1.1", {}, False),
        ("mac:00:11:32:00:00:01", {"ipAddress": "192.168.1.1"}, False),
        ("arp:10.0.0.7", {"address": "192.168.1.1"}, False),
        ("mac:00:11:32:00:00:01", {"networkInterfaces": [{"address": "10.0.0.7"}]}, False),
        ("mac:00:11:32:00:00:01", {"address": ["10.0.0.7"]}, False),
        ("mac:00:11:32:00:00:01", {"address": "1" * 10_000}, False),
        ("mac:00:11:32:00:00:01", {"address": "nowhere", "ip": "10.0.0.7"}, False),
        ("arp:fd00::7", {}, False),
        ("arp:", {}, False),
    ],
)
def test_an_item_counts_in_the_network_that_its_own_address_lies_in(
    key: str, raw: dict[str, Any], *, counts: bool
) -> None:
    told = json.dumps({"discoveredVia": "arp_table", **raw})

    assert counts == (
        network_claims.found(key, told, ipaddress.ip_network("10.0.0.0/24")) is not None
    )


# -- how well it is seen


@pytest.mark.parametrize(
    ("told", "reached", "state"),
    [
        (claims("10.0.0.0/24", How.ROUTE, SEES), {}, State.UNSEEN),
        (claims("10.0.0.0/24", How.SNMP, SEES), {"sees": Reached()}, State.TOLD),
        (claims("10.0.0.0/24", How.STANDS, AWAY), {}, State.AWAY),
        (claims("10.0.0.0/24", How.STANDS, DOUBTS), {}, State.UNPROVEN),
        (claims("10.0.0.0/24", How.ROUTE, SEES), {"sees": Reached(answered=True)}, State.LAYER_3),
        (claims("10.0.0.0/24", How.STANDS, SEES), {}, State.LAYER_2),
        (claims("10.0.0.0/24", How.STANDS, DOUBTS, SEES, AWAY), {}, State.LAYER_2),
    ],
)
def test_the_best_of_its_nodes_says_how_well_a_network_is_seen(
    told: list[Claim], reached: dict[str, Reached], state: State
) -> None:
    assert state is only(told, reached).state


def test_who_reached_devices_there_sees_it_though_it_never_told_of_the_network() -> None:
    found = only(claims("10.0.0.0/24", How.ROUTE, AWAY), {"sees": Reached(answered=True)})

    assert State.LAYER_3 is found.state
    assert ["sees"] == [each.looker.node_id for each in found.seeing]


def test_a_network_where_devices_are_known_is_not_one_that_nobody_knows_of() -> None:
    assert State.TOLD is only(claims("10.0.0.0/24", How.ROUTE, SEES), devices=3, present=3).state


def test_a_route_to_a_range_that_holds_others_is_no_network_to_see() -> None:
    told = [*claims("10.0.0.0/8", How.ROUTE, SEES), *claims("10.1.0.0/24", How.STANDS, SEES)]

    wide, narrow = coverage_rules.known(told, EVERYBODY)
    by_id = {each.node_id: each for each in EVERYBODY}

    assert (1, 0) == (wide.covers, narrow.covers)
    assert State.RANGE is coverage_rules.judged(wide, by_id, {}).state
    stood_on = wide._replace(claims=tuple(claims("10.0.0.0/8", How.STANDS, SEES)))
    assert State.LAYER_2 is coverage_rules.judged(stood_on, by_id, {}).state


def test_networks_of_other_sites_and_families_lie_in_no_range() -> None:
    places = [
        place("10.0.0.0/8"),
        place("10.0.0.0/24"),
        place("10.0.0.0/25"),
        place("11.0.0.0/24"),
        place("fd00::/64"),
        place("10.0.0.0/24", "zurich"),
    ]

    assert [2, 1, 0, 0, 0, 0] == list(coverage_rules.covering(places).values())


@pytest.mark.parametrize(
    ("prefix", "size"),
    [("192.168.1.0/24", 254), ("10.0.0.0/30", 2), ("10.0.0.0/31", 2), ("fd00::/64", None)],
)
def test_how_many_addresses_a_network_has_for_devices(prefix: str, size: int | None) -> None:
    assert size == coverage_rules.size(ipaddress.ip_network(prefix))


def test_the_share_of_addresses_is_never_more_than_all() -> None:
    told = claims("10.0.0.0/30", How.STANDS, SEES)

    assert 0.5 == only(told, devices=1, present=1).share
    assert 1.0 == only(told, devices=9, present=9).share
    assert only(told).share is None


def test_what_is_seen_worst_stands_first() -> None:
    several = [
        only(claims("10.0.0.0/24", How.STANDS, SEES)),
        only(claims("10.0.9.0/24", How.ROUTE, SEES)),
        only(claims("9.0.0.0/24", How.ROUTE, SEES)),
        only(claims("10.0.1.0/24", How.STANDS, AWAY)),
    ]

    assert ["9.0.0.0/24", "10.0.9.0/24", "10.0.1.0/24", "10.0.0.0/24"] == [
        str(each.place.network) for each in coverage_rules.by_need(reversed(several))
    ]


def test_a_site_is_dark_where_no_node_sees_any_network() -> None:
    elsewhere = BLIND._replace(node_id="dock", site="depot")
    seen = only(claims("10.0.0.0/24", How.STANDS, SEES))

    assert {"depot": [elsewhere]} == coverage_rules.dark([*EVERYBODY, elsewhere], [seen])


def test_every_state_has_words_and_every_depth_a_state() -> None:
    assert set(State) == coverage_rules.SAYS.keys()
    assert set(Depth) == coverage_rules.OF_DEPTH.keys()
