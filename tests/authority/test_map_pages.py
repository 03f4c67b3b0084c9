"""The map and coverage as text and JSON: what they hold, what they lead to, what they never do."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.authority.pages import coverage
from dpf_edge.authority.pages import map as map_page
from dpf_edge.wire import times
from tests.authority.desk import RUN
from tests.web.networks import device, item, network, tie

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.authority.desk import Caller, Desk

LAN = "192.168.1.0/24"
PLANTED = "<script>document.title='taken'</script>"
HOST = "host:linux:0000000000000001"


@pytest.fixture
def signed(either: Desk) -> Desk:
    """An Authority on a store of either kind, and an operator who is signed in."""
    either.signed_in()
    return either


def enrolled(at: Desk, answer: str = "yes", *, site: str = "default", **told: Any) -> Caller:
    """A node that beats and says what it sees."""
    caller = at.enrolled(site=site)
    beats(at, caller, answer, **told)
    return caller


def beats(at: Desk, caller: Caller, answer: str, **told: Any) -> None:
    """A node's heartbeat, with what it sees."""
    evidence = {"lanAnswer": answer, "level": "ask", **told}
    report = {"capability": "discovery.network", "status": "healthy", "evidence": evidence}
    assert 200 == at.post("heartbeat", {"capabilityReports": [report]}, caller.token).status_code


def submits(
    at: Desk,
    caller: Caller,
    items: Iterable[dict[str, Any]],
    ties: Iterable[dict[str, Any]] = (),
    *,
    late: float = 0,
    **more: Any,
) -> None:
    """A node's run; ``late``: how many seconds ago it was observed by the node's clock."""
    at.clock.now += 1
    run = {
        **{key: value for key, value in RUN.items() if key not in ("items", "relationships")},
        "runKey": f"run-{caller.node_id}-{at.clock.now}",
        "observedAt": times.stamp(at.clock.now - late),
        **more,
        "items": list(items),
        "relationships": list(ties),
    }
    answer = at.post("discovery-runs", run, caller.token)
    assert answer.status_code in (200, 201, 202), answer.text


def office(at: Desk) -> Caller:
    """A node on a LAN with a router, a switch, devices, and networks behind the router."""
    caller = enrolled(at)
    submits(
        at,
        caller,
        [
            item(HOST, "warehouse-2", platform="linux"),
            network(LAN, "interface", iface="eth0"),
            network("192.168.2.0/24", "route_table"),
            network("192.168.3.0/24", "snmp_poll"),
            device("192.168.1.1", "gate", 1, deviceKind="router"),
            device("192.168.1.2", "core", 2, deviceKind="switch"),
            *(device(f"192.168.1.{n}", f"host-{n} {PLANTED}", n) for n in range(10, 14)),
        ],
        [
            tie(HOST, "arp:192.168.1.1", "ROUTES_THROUGH"),
            tie("subnet:192.168.2.0/24", "arp:192.168.1.1", "ROUTES_THROUGH"),
            tie("arp:192.168.1.2", "arp:192.168.1.1", "PEER_OF", port="1", farPort="lan3"),
            *(tie(f"arp:192.168.1.{n}", "arp:192.168.1.2", "CONNECTS_TO") for n in range(10, 14)),
        ],
    )
    return caller


def drawn(at: Desk, query: str = "") -> tuple[dict[str, dict[str, Any]], set[tuple[str, ...]]]:
    """The map's elements by id, and its lines."""
    answer = at.client.get(f"/map/data{query}")
    assert 200 == answer.status_code
    told = json.loads(answer.text)
    elements = {each["id"]: each for each in told["elements"]}
    return elements, {(each["kind"], each["source"], each["target"]) for each in told["lines"]}


def ids(at: Desk) -> dict[str, str]:
    """Devices by their first address."""
    rows = at.store.inventory.devices(limit=1000).rows
    return {each.addresses[0]: each.device_id for each in rows if each.addresses}


# -- the map


def test_a_small_network_is_drawn_whole(signed: Desk) -> None:
    caller = office(signed)
    its = ids(signed)
    elements, lines = drawn(signed)
    gate, core, host = (f"device:{its[f'192.168.1.{n}']}" for n in (1, 2, 10))
    node, lan = f"node:{caller.node_id}", f"net:{LAN}@default"

    assert {"site:default", node, lan, gate, core, host} <= elements.keys()
    assert ("router", "switch", "layer-2") == (
        elements[gate]["kind"],
        elements[core]["kind"],
        elements[lan]["state"],
    )
    assert {
        ("routes", gate, "net:192.168.2.0/24@default"),
        ("stands", gate, lan),
        ("cable", core, gate),
        ("hangs", host, core),
    } <= lines
    assert elements[node]["parent"] == elements[host]["parent"] == lan
    assert f"/devices/{its['192.168.1.10']}" == elements[host]["href"]
    assert f"/nodes/{caller.node_id}" == elements[node]["href"]


def test_a_nodes_own_machine_is_drawn_as_the_node_and_not_twice(signed: Desk) -> None:
    office(signed)
    labels = [each["label"].split("\n")[0] for each in drawn(signed)[0].values()]

    assert 1 == labels.count("warehouse-2")


def test_a_blind_node_is_drawn_blind_and_ties_to_nothing(signed: Desk) -> None:
    office(signed)
    blind = enrolled(signed, "no", lanWhy="an inner network", lanNetwork="192.168.65.0/24")
    submits(
        signed,
        blind,
        [
            item("host:linux:0000000000000002", "till", platform="linux"),
            network("192.168.65.0/24", "interface"),
            device("192.168.65.1", "inner", 99, deviceKind="router"),
        ],
        [
            tie("host:linux:0000000000000002", "arp:192.168.65.1", "ROUTES_THROUGH"),
            tie("arp:192.168.65.1", "host:linux:0000000000000002", "PEER_OF"),
        ],
    )

    elements, lines = drawn(signed)

    assert "no" == elements[f"node:{blind.node_id}"]["state"]
    assert "net:192.168.65.0/24@default" not in elements
    assert not [each for each in lines if f"node:{blind.node_id}" in each]


def test_beyond_a_few_hundred_devices_stand_in_their_networks_until_one_is_opened(
    signed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_page, "MOST_ELEMENTS", 5)
    monkeypatch.setattr(map_page, "MOST_OPEN", 5)
    office(signed)

    closed, _ = drawn(signed)
    opened, lines = drawn(signed, f"?open={LAN}@default")
    page = signed.client.get(f"/map?open={LAN}@default").text

    lan = f"net:{LAN}@default"
    assert not [
        each for each in closed if each.startswith("device:") and "host-" in closed[each]["label"]
    ]
    assert f"/map?open={LAN.replace('/', '%2F')}%40default" == closed[lan]["href"]
    assert "6 devices" in closed[lan]["label"].replace("\xa0", " ")
    hosts = [each for each in opened.values() if each["label"].startswith("host-")]
    assert 3 == len(hosts)
    assert {lan} == {each["parent"] for each in hosts}
    assert "1 more" == opened[f"more:{LAN}@default"]["label"]
    assert any(kind == "hangs" for kind, *_ in lines)
    assert "host-10" in page
    assert "host-10" not in signed.client.get("/map").text


def test_a_fleet_too_large_for_its_networks_is_drawn_by_sites(
    signed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_page, "MOST_ELEMENTS", 1)
    monkeypatch.setattr(map_page, "MOST_NETWORKS", 2)
    office(signed)
    enrolled(signed, "no", site="rome")
    left = enrolled(signed, site="oslo")
    submits(signed, left, [device("10.0.0.9", "stays", 500)])
    signed.store.nodes.revoke(left.node_id, by="ada")

    elements, lines = drawn(signed)
    one_site, _ = drawn(signed, "?site=default")

    assert {"site:default": "yes", "site:oslo": "away", "site:rome": "no"} == {
        name: each["state"] for name, each in elements.items()
    }
    assert "/map?site=rome" == elements["site:rome"]["href"]
    assert set() == lines
    assert f"net:{LAN}@default" in one_site
    assert 'href="/map?site=rome"' in signed.client.get("/map").text


def test_the_map_is_of_one_site_where_one_is_asked_for(signed: Desk) -> None:
    office(signed)
    other = enrolled(signed, site="rome")
    submits(signed, other, [network(LAN, "interface"), device("192.168.1.10", "elsewhere", 77)])

    both, _ = drawn(signed)
    rome, _ = drawn(signed, "?site=rome")

    assert {f"net:{LAN}@default", f"net:{LAN}@rome"} <= both.keys()
    assert "site:rome" in rome
    assert not [each for each in rome if "default" in each]


def test_the_tables_hold_what_the_drawing_holds(signed: Desk) -> None:
    office(signed)
    page = signed.client.get("/map").text

    for told in (LAN, "192.168.2.0/24", "gate", "core", "host-10", "192.168.1.10", "warehouse-2"):
        assert told in page
    assert page.rindex(">gate</a>") < page.rindex(">core</a>") < page.rindex(">host-10")
    assert "<script>document" not in page
    assert "&lt;script&gt;document" in page
    assert "10 – " not in page


def test_names_in_the_drawing_are_plain_text(signed: Desk) -> None:
    caller = enrolled(signed)
    submits(signed, caller, [network(LAN, "interface"), device("192.168.1.9", "a\u202eb\tc", 9)])

    (its,) = (each for name, each in drawn(signed)[0].items() if name.startswith("device:"))

    assert "a" == its["label"][0]
    assert "\u202e" not in its["label"]


def test_the_map_and_coverage_without_a_node_say_what_they_are_made_of(signed: Desk) -> None:
    for path in ("/map", "/coverage"):
        page = signed.client.get(path).text
        assert 'href="/nodes/add"' in page
        assert "data-map=" not in page
    assert ({}, set()) == drawn(signed)


# -- coverage


def rows(at: Desk, query: str = "") -> list[dict[str, str]]:
    """Coverage, by its CSV."""
    answer = at.client.get(f"/coverage.csv{query}")
    assert "text/csv" in answer.headers["content-type"]
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_coverage_says_who_sees_what_and_what_nobody_sees(signed: Desk) -> None:
    office(signed)

    page = signed.client.get("/coverage").text
    told = {each["network"]: each for each in rows(signed)}

    assert "2 of 3 known networks are not seen" in page
    assert ["192.168.2.0/24", "192.168.3.0/24", LAN] == list(told)
    assert ("nobody sees it", "seen") == (told["192.168.2.0/24"]["seen"], told[LAN]["seen"])
    assert "warehouse-2 (layer 2)" == told[LAN]["nodes"]
    assert ("6", "254", "ask") == (
        told[LAN]["answering"],
        told[LAN]["addresses"],
        told[LAN]["levels"],
    )
    assert ("route", "SNMP table") == (
        told["192.168.2.0/24"]["known by"],
        told["192.168.3.0/24"]["known by"],
    )
    assert 'href="/nodes/add?site=default"' in page


def test_what_answers_through_a_router_is_told_from_what_a_table_names(signed: Desk) -> None:
    caller = enrolled(signed)
    submits(
        signed,
        caller,
        [
            network("10.1.0.0/24", "route_table"),
            network("10.2.0.0/24", "snmp_poll"),
            network("10.3.0.0/24", "route_table"),
            device("10.1.0.5", "answers", 1, "icmp_echo"),
            device("10.2.0.5", "named", 2, "snmp_poll"),
        ],
    )

    assert {
        "10.1.0.0/24": "through a router",
        "10.2.0.0/24": "told of only",
        "10.3.0.0/24": "nobody sees it",
    } == {each["network"]: each["seen"] for each in rows(signed)}


def test_a_node_that_went_away_sees_nothing_any_more(signed: Desk) -> None:
    office(signed)
    signed.clock.now += 3600

    assert "not seen now" in {each["seen"] for each in rows(signed)}
    assert "does not report any more" in signed.client.get("/coverage").text
    assert "3 of 3 known networks are not seen" in signed.client.get("/coverage").text


def test_a_site_where_nothing_is_seen_is_said_first(signed: Desk) -> None:
    office(signed)
    enrolled(signed, "no", site="depot", lanWhy=f"it is inside {PLANTED}")

    page = signed.client.get("/coverage").text

    assert "On site depot nothing is seen." in page
    assert "it is inside &lt;script&gt;" in page


def test_a_viewer_is_not_led_to_what_takes_an_operator(either: Desk) -> None:
    office(either)
    either.signed_in("viewer")

    for path in ("/map", "/coverage"):
        page = either.client.get(path)
        assert (200, False) == (page.status_code, "/nodes/add" in page.text)


def test_the_map_and_coverage_are_for_who_is_signed_in(at: Desk) -> None:
    for path in ("/map", "/map/data", "/coverage", "/coverage.csv"):
        assert (303, "/sign-in") == (
            at.client.get(path).status_code,
            at.client.get(path).headers["location"],
        )


def test_the_same_addresses_at_two_sites_are_two_rows(signed: Desk) -> None:
    for site in ("rome", "oslo"):
        submits(signed, enrolled(signed, site=site), [network(LAN, "interface")])

    assert [("oslo", LAN), ("rome", LAN)] == [
        (each["site"], each["network"]) for each in rows(signed)
    ]
    assert ["rome"] == [each["site"] for each in rows(signed, "?site=rome")]


def test_filters_are_in_the_address(signed: Desk) -> None:
    office(signed)

    assert [LAN] == [each["network"] for each in rows(signed, "?state=layer-2")]
    assert ["192.168.3.0/24"] == [each["network"] for each in rows(signed, "?q=168.3")]
    assert [] == rows(signed, "?q=nothing")
    assert "No network is like that" in signed.client.get("/coverage?q=nothing").text
    assert 400 == signed.client.get("/coverage?state=nonsense").status_code


def test_more_networks_than_a_page_takes_are_paged(
    signed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "ROWS", 2)
    office(signed)

    first = signed.client.get("/coverage").text
    second = signed.client.get("/coverage?from=2").text

    assert (True, False) == ("192.168.2.0/24" in first, f'"prefix">{LAN}' in first)
    assert (False, True) == ("192.168.2.0/24" in second, f'"prefix">{LAN}' in second)
    assert "from=2" in first
    beyond = signed.client.get("/coverage?from=500").text
    assert f'"prefix">{LAN}' in beyond
    assert "No network is like that" not in beyond
    assert "No network is like that" in signed.client.get("/coverage?from=500&q=nothing").text


def test_no_cell_of_the_csv_is_a_formula(signed: Desk) -> None:
    caller = enrolled(signed, site="=cmd|'/C calc'!A0;=2+2")
    submits(signed, caller, [network(LAN, "interface")])
    signed.store.nodes.rename(caller.node_id, "b;=1+1", by="ada")
    other = enrolled(signed, site="＝cmd")
    submits(signed, other, [network(LAN, "route_table")])

    told = signed.client.get("/coverage.csv").text

    assert {"'=cmd|'/C calc'!A0,=2+2", "'＝cmd"} == {each["site"] for each in rows(signed)}
    assert "b,=1+1 (layer 2)" in told
    # Where the separator of a spreadsheet is a semicolon, each part is a cell.
    cells = re.split(r"[;,\r\n]", told.replace("b,=1+1", "").replace("A0,=2+2", ""))
    assert not [each for each in cells if each.strip('" ').startswith(tuple("=+-@＝"))]


def test_what_nodes_say_of_networks_may_be_anything(signed: Desk) -> None:
    caller = enrolled(signed, lanNetwork="no network at all")
    odd: list[Any] = [7, None, ["x"], {"a": 1}, "9" * 5000, "0.0.0.0/0", "fe80::/64", "1.2.3.4/33"]
    submits(
        signed,
        caller,
        [
            *(
                item(f"subnet:{number}", "odd", "subnet", networkAddress=told, discoveredVia=told)
                for number, told in enumerate(odd)
            ),
            device("192.168.1.9", "host", 9, "\u202e", services=7, roles={"a": 1}),
        ],
        [
            tie("subnet:0", "arp:192.168.1.9", "ROUTES_THROUGH"),
            tie("arp:192.168.1.9", "arp:192.168.1.9", "PEER_OF"),
            tie("arp:nowhere", "arp:192.168.1.9", "CONNECTS_TO"),
        ],
    )

    assert [] == rows(signed)
    assert 200 == signed.client.get("/map").status_code
    assert 200 == signed.client.get("/coverage").status_code
    drawn(signed)
