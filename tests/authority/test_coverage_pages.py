"""Coverage and the map never say that a network is seen that nobody sees, and lose none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.authority.pages import map as map_page
from dpf_edge.discovery.asked import Asked
from dpf_edge.discovery.scope import told_of
from dpf_edge.model import (
    Answer,
    ContainersHere,
    Diagnosis,
    Lan,
    Reach,
    Recommendation,
    Runtime,
    Vantage,
)
from tests.authority.test_map_pages import LAN, beats, drawn, enrolled, rows, submits
from tests.web.networks import device, item, network, tie

if TYPE_CHECKING:
    from tests.authority.desk import Caller, Desk

FAR = "10.99.0.0/24"
INNER = "192.168.65.0/24"
ENGINE = "172.17.0.0/16"
# Longer than a sweep stands for the present, and no longer than a session lasts unused.
HOUR = 3600


@pytest.fixture
def signed(either: Desk) -> Desk:
    """An Authority on a store of either kind, and an operator who is signed in."""
    either.signed_in()
    return either


def seen(at: Desk) -> dict[str, str]:
    """How each network is seen."""
    return {each["network"]: each["seen"] for each in rows(at)}


def headline(at: Desk) -> str:
    """What the coverage page says first."""
    return at.client.get("/coverage").text.partition("<h1>")[2].partition("</h1>")[0]


def staffed(at: Desk, prefix: str = "10.7.0", *, site: str = "default", first: int = 100) -> Caller:
    """A node that stands on a network with a few devices."""
    caller = enrolled(at, lanNetwork=f"{prefix}.0/24", site=site)
    stations = (device(f"{prefix}.{n}", f"host-{n}", first + n) for n in range(2, 8))
    lan = network(f"{prefix}.0/24", "interface", iface="eth0")
    submits(at, caller, [machine(caller, "yes"), lan, *stations])
    return caller


def machine(caller: Caller, answer: str, name: str = "shop") -> dict[str, Any]:
    """What a node says in its sweep of the machine that it runs on."""
    return item(f"host:linux:{caller.node_id}", name, platform="linux", lanAnswer=answer)


def blind_sweep(at: Desk, caller: Caller) -> None:
    """What a node sends that knows itself to be blind, and stands on an inner network."""
    submits(
        at,
        caller,
        [
            machine(caller, "no", "till"),
            network(INNER, "interface", iface="eth0"),
            device("192.168.65.1", "inner-gateway", 901, deviceKind="router"),
            device("192.168.65.2", "inner-host", 902),
        ],
        [
            tie(f"host:linux:{caller.node_id}", "arp:192.168.65.1", "ROUTES_THROUGH"),
            tie("arp:192.168.65.2", "arp:192.168.65.1", "CONNECTS_TO"),
        ],
    )


# -- what counts in which network


def test_the_far_side_of_a_router_is_not_seen_for_its_near_side(signed: Desk) -> None:
    caller = enrolled(signed, lanNetwork=LAN)
    mac = "00:11:32:aa:00:01"
    submits(
        signed,
        caller,
        [
            network(LAN, "interface"),
            network(FAR, "snmp_poll"),
            item("arp:192.168.1.1", "rtr", "router", mac=mac, discoveredVia="arp_table"),
            {
                **item("snmp:10.99.0.1", "rtr", "router", mac=mac, address="10.99.0.1"),
                "confidence": 0.99,
            },
        ],
    )

    assert {LAN: "seen", FAR: "told of only"} == seen(signed)


@pytest.mark.parametrize("via", ["heard", "dns_ptr", "host_info", "mdns"])
def test_what_is_said_of_an_address_is_no_answer_from_it(signed: Desk, via: str) -> None:
    caller = enrolled(signed, lanNetwork=LAN)
    submits(
        signed,
        caller,
        [network(LAN, "interface"), network(FAR, "route_table"), device("10.99.0.2", "sw", 5, via)],
    )

    assert {LAN: "seen", FAR: "told of only"} == seen(signed)
    assert "1 of 2 known networks is not seen" == headline(signed)


# -- nodes that go blind


@pytest.mark.parametrize("swept_since", [False, True])
def test_the_network_of_a_node_that_went_blind_stays_on_the_list(
    signed: Desk, *, swept_since: bool
) -> None:
    sees = enrolled(signed, lanNetwork=LAN)
    submits(signed, sees, [network(LAN, "interface"), device("192.168.1.9", "host", 9)])
    goes = staffed(signed)
    assert "Both known networks are seen" == headline(signed)

    beats(signed, goes, "no", lanWhy="moved into Docker Desktop")
    if swept_since:
        blind_sweep(signed, goes)
        beats(signed, goes, "no", lanWhy="moved into Docker Desktop", lanForSec=1)
    page = signed.client.get("/coverage").text
    elements, lines = drawn(signed)

    assert {LAN: "seen", "10.7.0.0/24": "not seen now"} == seen(signed)
    assert "1 of 2 known networks is not seen" == headline(signed)
    assert "is blind now" in page
    assert "away" == elements["net:10.7.0.0/24@default"]["state"]
    assert 1 == len([each for each in elements if each == f"node:{goes.node_id}"])
    assert not [each for each in lines if f"node:{goes.node_id}" in each]
    labels = {each["label"].split("\n")[0] for each in elements.values()}
    assert "host-7" in labels
    assert not {"inner-gateway", "inner-host", "till"} & labels


def test_a_lone_node_that_went_blind_does_not_make_its_network_unknown(signed: Desk) -> None:
    goes = staffed(signed)

    beats(signed, goes, "no", lanWhy="moved into Docker Desktop")
    page = signed.client.get("/coverage").text

    assert "The one known network is not seen" == headline(signed)
    assert "Wait for the first sweep" not in page
    assert "On site default nothing is seen." in page


def test_a_node_that_was_blind_when_it_swept_adds_no_network_once_it_sees(signed: Desk) -> None:
    caller = enrolled(signed, "no")
    blind_sweep(signed, caller)
    beats(signed, caller, "yes", lanNetwork=LAN)

    assert {LAN: "seen"} == seen(signed)

    submits(signed, caller, [network(LAN, "interface"), network(INNER, "interface")])
    assert {LAN: "seen", INNER: "seen"} == seen(signed)


@pytest.mark.parametrize("says_so", [False, True])
def test_what_only_a_blind_node_tells_of_is_not_drawn(signed: Desk, *, says_so: bool) -> None:
    sees = enrolled(signed, lanNetwork=LAN)
    submits(signed, sees, [network(LAN, "interface"), device("192.168.1.9", "host", 9)])
    blind = enrolled(signed, "no")
    inner: list[dict[str, Any]] = [
        device("192.168.65.1", "inner-switch", 901, deviceKind="switch"),
        device("192.168.65.2", "inner-host", 902),
        device("192.168.1.66", "inner-twin", 903),
    ]
    if says_so:
        inner.append(item("host:linux:9", "till", platform="linux", lanAnswer="no"))
    ties = [tie("arp:192.168.65.2", "arp:192.168.65.1", "CONNECTS_TO")]
    submits(signed, blind, inner, ties)

    elements, _ = drawn(signed)
    page = signed.client.get("/map").text

    labels = {each["label"].split("\n")[0] for each in elements.values()}
    assert "host" in labels
    assert not {each for each in labels if each.startswith("inner-")}
    assert "inner-" not in page
    assert 200 == signed.client.get("/devices?q=inner-host").status_code
    assert "inner-host" in signed.client.get("/devices?q=inner-host").text


@pytest.mark.parametrize("swept_since", [False, True])
def test_the_inner_network_of_a_node_that_did_not_know_it_was_blind_is_not_on_the_list(
    signed: Desk, *, swept_since: bool
) -> None:
    sees = staffed(signed)
    doubts = enrolled(signed, "unknown")
    found = [machine(doubts, "unknown"), network(ENGINE, "interface")]
    submits(signed, doubts, found, warnings=[warning()])
    assert {"10.7.0.0/24": "seen", ENGINE: "not proven"} == seen(signed)

    signed.clock.now += 60
    beats(signed, doubts, "no", lanForSec=10)
    if swept_since:
        blind_sweep(signed, doubts)
        beats(signed, doubts, "no", lanForSec=10)
    beats(signed, sees, "yes", lanNetwork="10.7.0.0/24")

    assert {"10.7.0.0/24": "seen"} == seen(signed)
    assert f"net:{ENGINE}@default" not in drawn(signed)[0]


def test_a_node_of_which_it_is_not_known_that_it_saw_adds_no_network_once_it_is_blind(
    signed: Desk,
) -> None:
    caller = enrolled(signed, "unknown")
    submits(signed, caller, [network(INNER, "interface"), device("192.168.65.2", "inner", 902)])
    signed.clock.now += 60
    beats(signed, caller, "no", lanForSec=10)

    assert {} == seen(signed)


def warning() -> str:
    """What a node that does not know whether it sees the LAN warns of in its runs."""
    nothing = Diagnosis(
        vantage=Vantage.UNKNOWN,
        lan=Lan(Answer.UNKNOWN, Reach.UNKNOWN, 0.2, why="nothing proves it"),
        layers=(),
        interfaces=(),
        containers_here=ContainersHere(Answer.UNKNOWN, ""),
        evidence=(),
        advice=(),
        recommendation=Recommendation(None, Runtime.NATIVE, ""),
    )
    return f"discovery: {next(told_of(nothing, Asked()))}"


@pytest.mark.parametrize("says_so", [False, True])
def test_devices_of_a_blind_node_do_not_hide_what_answered(signed: Desk, *, says_so: bool) -> None:
    sees = enrolled(signed, lanNetwork=LAN)
    far = [network(FAR, "route_table"), device("10.99.0.200", "far", 5, "icmp_echo")]
    submits(signed, sees, [network(LAN, "interface"), *far])
    blind = enrolled(signed, "no", lanForSec=1000)
    inner = [device(f"10.99.0.{n}", f"inner-{n}", 900 + n) for n in range(2, 10)]
    submits(signed, blind, [*inner, *([machine(blind, "no")] if says_so else [])])

    assert {LAN: "seen", FAR: "through a router"} == seen(signed)


@pytest.mark.parametrize("says_so", [False, True])
def test_what_only_a_blind_node_names_does_not_make_a_network_told_of(
    signed: Desk, *, says_so: bool
) -> None:
    sees = enrolled(signed, lanNetwork=LAN)
    submits(signed, sees, [network(LAN, "interface"), network(FAR, "route_table")])
    blind = enrolled(signed, "no", lanForSec=1000)
    inner = [device(f"10.99.0.{n}", f"inner-{n}", 900 + n) for n in range(2, 10)]
    submits(signed, blind, [*inner, *([machine(blind, "no")] if says_so else [])])

    assert {LAN: "seen", FAR: "nobody sees it"} == seen(signed)
    assert ["0"] == [each["answering"] for each in rows(signed) if each["network"] == FAR]


def test_an_opened_network_shows_its_devices_behind_any_number_of_a_blind_nodes(
    signed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_page, "MOST_ELEMENTS", 0)
    monkeypatch.setattr(map_page, "MOST_OPEN", 5)
    sees, blind = enrolled(signed, lanNetwork=FAR), enrolled(signed, "no", lanForSec=1000)
    inner = (device(f"10.99.0.{n}", f"inner-{n}", 900 + n) for n in range(1, 60))
    submits(signed, blind, inner)
    submits(signed, sees, [network(FAR, "interface"), device("10.99.0.200", "real", 5)])

    shown = signed.client.get(f"/map/data?open={FAR}@default").json()["elements"]
    labels = {each["label"].split("\n")[0] for each in shown}

    assert "real" in labels
    assert not {each for each in labels if each.startswith("inner")}


def test_a_node_that_knows_nothing_of_its_lan_adds_none_while_it_waits_for_approval(
    signed: Desk,
) -> None:
    waits = signed.enrolled(trusted=False)
    beats(signed, waits, "unknown", lanNetwork=INNER)
    assert {} == seen(signed)

    signed.store.nodes.approve(waits.node_id, by="ada")

    assert {} == seen(signed)


# -- clocks


def test_a_sweep_by_a_slow_clock_of_which_the_node_tells_is_seen_now(signed: Desk) -> None:
    slow: dict[str, Any] = {"authorityClockAheadSec": 7200, "outbox": {"runs": 0}}
    caller = enrolled(signed, **slow)
    submits(signed, caller, [network(LAN, "interface")], late=7200)

    assert {LAN: "seen"} == seen(signed)

    signed.clock.now += HOUR
    beats(signed, caller, "yes", **slow)
    assert {LAN: "not seen now"} == seen(signed)


def test_a_sweep_by_a_slow_clock_of_a_node_that_keeps_no_outbox_is_as_old_as_it_came_in(
    signed: Desk,
) -> None:
    caller = enrolled(signed)
    submits(signed, caller, [network(LAN, "interface")], late=7200)

    assert {LAN: "seen"} == seen(signed)


@pytest.mark.parametrize("ahead", [0, -90, None])
def test_a_sweep_that_waited_in_an_outbox_is_as_old_as_it_is(
    signed: Desk, ahead: int | None
) -> None:
    told: dict[str, Any] = {} if ahead is None else {"authorityClockAheadSec": ahead}
    caller = enrolled(signed, outbox={"runs": 3}, **told)
    submits(signed, caller, [network(LAN, "interface")], late=7200)

    assert {LAN: "not seen now"} == seen(signed)


def test_a_run_that_its_node_set_right_is_not_set_right_again(signed: Desk) -> None:
    # Two days behind, or an hour ahead: unchanged, its runs would have been refused.
    for site, ahead in (("rome", 2 * 24 * HOUR), ("oslo", -HOUR)):
        caller = enrolled(signed, site=site, authorityClockAheadSec=ahead, outbox={"runs": 3})
        submits(signed, caller, [network(LAN, "interface")], late=60 if ahead < 0 else 7200)

    assert {"rome": "not seen now", "oslo": "seen"} == {
        each["site"]: each["seen"] for each in rows(signed)
    }


# -- what was seen once


def test_where_a_node_stood_an_hour_ago_is_not_seen_for_where_it_stands_now(signed: Desk) -> None:
    laptop = enrolled(signed, lanNetwork=LAN)
    submits(signed, laptop, [network(LAN, "interface"), device("192.168.1.9", "host", 9)])
    signed.clock.now += HOUR
    beats(signed, laptop, "yes", lanNetwork="10.1.0.0/24")

    elements, lines = drawn(signed)

    assert {LAN: "not seen now", "10.1.0.0/24": "seen"} == seen(signed)
    assert "away" == elements[f"net:{LAN}@default"]["state"]
    assert ("away", f"node:{laptop.node_id}", f"net:{LAN}@default") in lines
    assert "has not swept it lately" in signed.client.get("/coverage").text


def test_the_lan_that_heartbeats_name_is_seen_however_old_the_sweep_is(signed: Desk) -> None:
    caller = staffed(signed)
    signed.clock.now += HOUR
    beats(signed, caller, "yes", lanNetwork="10.7.0.0/24")

    assert {"10.7.0.0/24": "seen"} == seen(signed)
    page = signed.client.get("/coverage").text
    assert "Its node has not swept lately: look at it." in page
    assert "Nothing to do." not in page


def test_of_a_network_that_any_node_swept_lately_there_is_nothing_to_do(signed: Desk) -> None:
    idle = staffed(signed)
    signed.clock.now += HOUR
    beats(signed, idle, "yes", lanNetwork="10.7.0.0/24")
    staffed(signed, first=500)

    assert "Nothing to do." in signed.client.get("/coverage").text


def test_what_answered_an_hour_ago_is_not_seen_through_a_router_now(signed: Desk) -> None:
    caller = enrolled(signed, lanNetwork=LAN)
    far = [network(FAR, "route_table"), device("10.99.0.2", "far", 5, "icmp_echo")]
    submits(signed, caller, [network(LAN, "interface"), *far])
    assert {LAN: "seen", FAR: "through a router"} == seen(signed)
    assert "1 of 2 known networks answers only through a router" == headline(signed)

    signed.clock.now += HOUR
    beats(signed, caller, "yes", lanNetwork=LAN)

    assert {LAN: "seen", FAR: "not seen now"} == seen(signed)


def test_what_answers_a_node_that_may_see_nothing_is_not_proven(signed: Desk) -> None:
    caller = enrolled(signed, "unknown", lanWhy="nothing proves it")
    submits(
        signed, caller, [network(FAR, "route_table"), device("10.99.0.2", "far", 5, "icmp_echo")]
    )

    assert {FAR: "not proven"} == seen(signed)
    assert "The one known network is not seen" == headline(signed)
    assert "On site default nothing is seen." in signed.client.get("/coverage").text


def test_a_network_that_answers_through_a_router_alone_is_not_called_seen(signed: Desk) -> None:
    caller = enrolled(signed)
    far = [network(FAR, "route_table"), device("10.99.0.2", "far", 5, "icmp_echo")]
    submits(signed, caller, far)
    assert "The one known network answers through a router" == headline(signed)

    submits(signed, caller, [*far, network("10.98.0.0/24", "route_table")])
    assert "1 of 2 known networks is not seen, 1 only through a router" == headline(signed)


def test_a_later_page_says_from_which_number_it_goes_on(signed: Desk) -> None:
    caller = enrolled(signed)
    submits(signed, caller, [network(f"10.1.{n}.0/24", "route_table") for n in range(60)])

    assert "60 networks, from number 51" in signed.client.get("/coverage?from=50").text


# -- the map by sites


def test_a_node_that_waits_for_approval_is_away_in_the_table_of_sites_too(
    signed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_page, "MOST_ELEMENTS", 0)
    monkeypatch.setattr(map_page, "MOST_NETWORKS", 0)
    enrolled(signed, site="rome", lanNetwork=LAN)
    waits = signed.enrolled(site="oslo", trusted=False)
    beats(signed, waits, "yes", lanNetwork=LAN)
    gone = enrolled(signed, site="paris", lanNetwork=LAN)
    signed.store.nodes.quarantine(gone.node_id, by="ada")

    table = signed.client.get("/map").text.partition("<caption>Sites</caption>")[2]

    assert 1 == table.count("sees the LAN")
    assert 2 == table.count('<span class="muted">away</span>')
