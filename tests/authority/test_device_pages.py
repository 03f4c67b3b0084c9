"""The devices, one device, and the downloads, as text; tests/web looks at them in a browser."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.authority import device_facts
from dpf_edge.authority.identity import sighting
from dpf_edge.authority.pages import downloads
from dpf_edge.export.exporters import exporter
from dpf_edge.store.finding import Wanted
from dpf_edge.store.records import Observation
from dpf_edge.wire.refusals import Refusal
from tests.authority.desk import RUN
from tests.web.crowd import BIDI, SCRIPT, host, planted

if TYPE_CHECKING:
    from tests.authority.desk import Desk


@pytest.fixture
def lab(at: Desk) -> Desk:
    """A desk with the planted devices."""
    at.clock.now += 7200
    planted(at.store, at.clock.now)
    return at


def page(at: Desk, path: str, role: str = "viewer", **query: str) -> str:
    """A page's text, as it is read."""
    answer = at.client.get(path, params=query or None, headers=at.api_token(role))
    assert 200 == answer.status_code, answer.text
    return answer.text


def listed(text: str) -> list[str]:
    """The names in a list, in its order."""
    found = re.findall(r'<th scope="row"><a href="/devices/[^"]*">(.*?)</a>', text)
    return [html.unescape(each) for each in found]


def device_id(at: Desk, name: str) -> str:
    """The id of a planted device."""
    rows = at.store.inventory.devices(site="the lab").rows
    return next(each.device_id for each in rows if (each.name or "").startswith(name))


# -- the list


def test_without_a_device_the_list_says_how_one_comes(at: Desk) -> None:
    text = page(at, "/devices")

    assert "No node has reported a device" in text
    assert "Download" not in text


def test_the_list_has_who_is_known_and_counts_them(lab: Desk) -> None:
    text = page(lab, "/devices")

    assert "5\N{NARROW NO-BREAK SPACE}" not in text
    assert "5 devices" in text
    assert ["core-switch", "gateway"] == listed(text)[:2]
    assert "gone-away" not in listed(text)
    assert "gone-away" in listed(page(lab, "/devices", state="all"))
    assert ["gone-away"] == listed(page(lab, "/devices", state="gone"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "24-5A-4C-FF-00-01"}, ["gateway"]),
        ({"q": "245a.4cff.0001"}, ["gateway"]),
        ({"q": "apple boss"}, ["laptop of the boss"]),
        ({"q": "dns 53/udp"}, ["gateway"]),
        ({"q": "N1148T"}, ["core-switch"]),
        ({"q": "192.168.50.64/26"}, ["laptop of the boss"]),
        ({"subnet": "192.168.50.64/26"}, ["laptop of the boss"]),
        ({"kind": "router"}, ["gateway"]),
        ({"maker": "Dell Inc."}, ["core-switch"]),
        ({"source": "snmp_poll"}, ["core-switch"]),
        ({"site": "depot"}, []),
        ({"q": "nothing-is-called-so"}, []),
        ({"subnet": "no subnet"}, []),
        ({"node": "edge_0"}, []),
        ({"new": "1h"}, []),
        ({"q": "boss", "site": "the lab", "new": "24h", "state": "here"}, ["laptop of the boss"]),
    ],
)
def test_the_address_says_what_is_found(lab: Desk, query: dict[str, str], found: list[str]) -> None:
    text = page(lab, "/devices", **query)

    assert found == listed(text)
    assert bool(found) == ("<table" in text)


def test_what_narrows_the_list_is_said_and_can_be_taken_away(lab: Desk) -> None:
    text = page(lab, "/devices", kind="router", subnet="192.168.50.0/24", site="the lab", q="gate")

    assert 'href="/devices?subnet=192.168.50.0%2F24&amp;site=the+lab&amp;q=gate"' in text
    assert "in 192.168.50.0/24" in text
    assert 'href="/devices?kind=router' in text


def test_a_list_without_a_match_leads_on(lab: Desk) -> None:
    assert "state=all" in page(lab, "/devices", q="gone-away")
    assert "is no subnet" in page(lab, "/devices", subnet="192.168.50")


@pytest.mark.parametrize(
    "query",
    [
        {"state": "x"},
        {"new": "2y"},
        {"sort": "x"},
        {"order": "x"},
        {"q": "x" * 300},
        {"q": "\0"},
        {"q": "10.0.0.0/8 ::/0 fd00::/8"},
        {"source": "_" * 26_000},
        {"source": "arp%"},
        *({name: "x" * 300} for name in ("node", "kind", "maker", "site", "subnet")),
    ],
)
def test_a_query_that_means_nothing_is_refused_in_words(at: Desk, query: dict[str, str]) -> None:
    headers = at.api_token()
    answer = at.client.get("/devices", params=query, headers=headers)

    assert 400 == answer.status_code
    assert "That did not work" in answer.text
    if query.keys().isdisjoint({"sort", "order"}):
        answer = at.client.get("/devices/download/csv", params=query, headers=headers)
        assert 400 == answer.status_code


def test_another_site_is_chosen_and_the_rest_of_the_query_stays(lab: Desk) -> None:
    lab.enrolled(site="shop-7")
    told = {"q": "print er", "state": "all", "sort": "seen", "after": "x", "done": "forget"}
    text = page(lab, "/devices", **told, site="the lab", maker="")

    form = re.findall(r'<form class="site".*?</form>', text, re.DOTALL)[0]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    assert {"q": "print er", "state": "all", "sort": "seen"} == dict(hidden)
    assert ["site"] == re.findall(r'<select id="site" name="(\w+)">', form)


def test_a_site_cannot_be_chosen_where_a_form_was_answered(lab: Desk) -> None:
    """Its page is not to be had by its address: it shows a token once, or says what went wrong."""
    node = lab.enrolled(site="shop-7").node_id
    csrf = lab.signed_in()["x-csrf-token"]
    for path, told in (
        (f"/nodes/{node}/rotate", {"when": "at-once"}),
        (f"/nodes/{node}/rename", {"name": ""}),
    ):
        answer = lab.client.post(path, data={"csrf": csrf, **told})
        assert "text/html" in answer.headers["content-type"]
        assert 'class="site"' not in answer.text
    assert 'class="site"' in lab.client.get(f"/nodes/{node}").text


def test_a_script_gets_what_was_found_alone_and_the_clean_address(lab: Desk) -> None:
    headers = {**lab.api_token(), "hx-request": "true"}
    asked = {"q": "boss", "kind": "", "maker": "", "state": "", "site": ""}

    answer = lab.client.get("/devices", params=asked, headers=headers)

    assert answer.text.strip().startswith('<section id="found">')
    assert "/devices?q=boss" == answer.headers["hx-replace-url"]
    assert ["laptop of the boss"] == listed(answer.text)


def test_pages_follow_each_other(at: Desk) -> None:
    at.clock.now += 10
    node = at.enrolled()
    items = [
        {**RUN["items"][0], "observedKey": f"mac:{n}", "name": f"device-{n:03d}",
         "rawData": {"mac": f"24:5a:4c:00:01:{n:02x}"}}
        for n in range(120)
    ]  # fmt: skip
    run = {**RUN, "observedAt": at.clock.stamp, "items": items, "relationships": []}
    assert 201 == at.post("discovery-runs", run, node.token).status_code
    names, path = [], "/devices?sort=name"
    for _ in range(3):
        text = page(at, path)
        names += listed(text)
        onward = re.search(r'rel="next" href="([^"]*)"', text)
        path = html.unescape(onward[1]) if onward else ""

    assert [f"device-{n:03d}" for n in range(120)] == names
    assert "" == path
    back = re.search(r'rel="prev" href="([^"]*)"', text)
    assert back
    assert names[50:100] == listed(page(at, html.unescape(back[1])))


# -- a device


def test_a_device_has_all_that_is_known_and_who_says_so(lab: Desk) -> None:
    text = page(lab, f"/devices/{device_id(lab, 'core-switch')}")

    for said in ("core-switch", "N1148T", "CN0123456789", "00:1e:c9:ff:00:04", "SNMP", "95 %"):
        assert said in text
    assert "lab-node" in text
    assert "Dell Networking N1148T-ON, 6.6.3.20" in text


def test_a_device_leads_to_its_neighbours(lab: Desk) -> None:
    switch, laptop = device_id(lab, "core-switch"), device_id(lab, "laptop")
    text = page(lab, f"/devices/{switch}")

    assert f'href="/devices/{laptop}"' in text
    assert f'href="/devices/{device_id(lab, "gateway")}"' in text
    assert "subnet=192.168.50.0%2F24" in text
    assert "Gi1/0/48" in text
    assert f'href="/devices/{switch}"' in page(lab, f"/devices/{laptop}")


def test_a_device_tells_what_happened_to_it(lab: Desk) -> None:
    moved = page(lab, f"/devices/{device_id(lab, 'laptop')}")
    gone = page(lab, f"/devices/{device_id(lab, 'gone-away')}")

    assert "192.168.50.6 → 192.168.50.66" in moved
    assert "laptop → laptop of the boss" in moved
    assert "seen for the first time" in moved
    assert '<span class="state gone">' in gone


def test_a_device_that_is_not_there_is_told_so(at: Desk) -> None:
    answer = at.client.get("/devices/device_0", headers=at.api_token())

    assert 404 == answer.status_code
    assert "no such device" in answer.text


def test_what_devices_call_themselves_stays_text(lab: Desk) -> None:
    hostile = device_id(lab, "hostile")
    for text in (page(lab, "/devices"), page(lab, f"/devices/{hostile}")):
        assert SCRIPT not in text
        assert html.escape(SCRIPT, quote=False)[:14] in text
        assert BIDI not in text
        assert "\x1b" not in text
        assert "<img" not in text


def test_an_operator_forgets_a_device_and_the_audit_says_who(lab: Desk) -> None:
    gone = device_id(lab, "gone-away")
    viewer = lab.client.post(f"/devices/{gone}/forget", headers=lab.api_token("viewer"))
    assert 403 == viewer.status_code
    assert "Forget" not in page(lab, f"/devices/{gone}")
    assert "Forget" in page(lab, f"/devices/{gone}", "operator")

    done = lab.client.post(f"/devices/{gone}/forget", headers=lab.api_token())

    assert (303, "/devices?done=forget") == (done.status_code, done.headers["location"])
    assert 404 == lab.client.get(f"/devices/{gone}", headers=lab.api_token()).status_code
    (row,) = lab.audit(tool="admin.devices.forget")
    assert {"device": gone} == row.detail


def test_a_form_without_its_token_forgets_nothing(at: Desk) -> None:
    csrf = at.signed_in()["x-csrf-token"]
    planted(at.store, at.clock.now + 7200)
    gone = device_id(at, "gone-away")

    without = at.client.post(f"/devices/{gone}/forget", data={"csrf": "x"})
    meant = at.client.post(f"/devices/{gone}/forget", data={"csrf": csrf})

    assert (403, 303) == (without.status_code, meant.status_code)


# -- downloads


@pytest.mark.parametrize("form", sorted(exporter.all()))
def test_every_form_is_downloaded_under_a_name_of_its_own(lab: Desk, form: str) -> None:
    answer = lab.client.get(f"/devices/download/{form}", headers=lab.api_token("viewer"))

    assert 200 == answer.status_code
    told = exporter.forms()[form]
    assert answer.headers["content-type"].startswith(told.media)
    named = f'attachment; filename="devices{told.suffix}"'
    assert named == answer.headers["content-disposition"]
    assert str(len(answer.content)) == answer.headers["content-length"]
    assert "core-switch" in answer.text.replace("_", "-")
    assert "nosniff" == answer.headers["x-content-type-options"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "apple"},
        {"state": "gone"},
        {"state": "all", "site": "the lab"},
        {"subnet": "192.168.50.0/30"},
        {"q": "nothing-is-called-so"},
    ],
)
def test_a_download_has_just_what_the_list_has(lab: Desk, query: dict[str, str]) -> None:
    told = page(lab, "/devices/download/csv", **query)
    rows = list(csv.DictReader(io.StringIO(told)))

    text = page(lab, "/devices", **query)
    ids = re.findall(r'<th scope="row"><a href="/devices/([^"?]*)', text)
    assert sorted(ids) == sorted(row["key"] for row in rows)


def test_a_narrowed_download_has_the_networks_and_ties_of_its_devices_alone(lab: Desk) -> None:
    lines = [
        json.loads(each)
        for each in page(lab, "/devices/download/jsonl", q="N1148T").split("\n")
        if each
    ]

    assert ["device", "network", "relationship"] == [each["type"] for each in lines]
    assert "192.168.50.0/24" == lines[1]["prefix"]


def test_a_download_is_for_who_is_signed_in_and_of_a_form_that_there_is(at: Desk) -> None:
    stranger = at.client.get("/devices/download/csv")
    other = at.client.get("/devices/download/exe", headers=at.api_token())

    assert (303, "/sign-in") == (stranger.status_code, stranger.headers["location"])
    assert 404 == other.status_code
    assert "there is no form exe" in other.text


def test_a_download_waits_for_nobody_and_fills_no_disk(
    lab: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def status() -> int:
        return lab.client.get("/devices/download/csv", headers=lab.api_token()).status_code

    write, wants = exporter.all()["csv"], Wanted()
    free, room = threading.BoundedSemaphore(1), threading.BoundedSemaphore(1)
    told = lab.store, write, wants, lab.clock.now, free, room
    with free, pytest.raises(Refusal) as busy:
        downloads.written(*told)
    assert 503 == busy.value.status
    fetched = downloads.written(*told)
    with pytest.raises(Refusal) as full:
        downloads.written(*told)
    assert 503 == full.value.status
    fetched.close()
    downloads.written(*told).close()
    assert free.acquire(blocking=False), "given back"
    monkeypatch.setattr(downloads, "MOST_BYTES", 100)
    assert 413 == status()
    monkeypatch.undo()
    assert 200 == status()


# -- what is known


def seen(raw: dict[str, Any], node: str = "edge_1", **other: Any) -> Observation:
    """One item of a node."""
    told: dict[str, Any] = {"confidence": 0.5, "present": True, **other}
    return Observation(
        node_id=node,
        observed_key="arp:10.0.0.1",
        item_type="host",
        name="till",
        source_path=None,
        raw=json.dumps(raw),
        first_seen=1.0,
        last_seen=2.0,
        **told,
    )


def test_one_fact_has_all_who_say_it_the_surest_first() -> None:
    found = device_facts.facts(
        [
            seen({"model": "A", "discoveredVia": "ssdp"}),
            seen({"model": "A", "discoveredVia": "mdns"}, confidence=0.9),
            seen({"model": "B"}, node="edge_2", confidence=1.0, present=False),
        ]
    )

    models = [each for each in found if each.label == "Model"]
    assert ["A", "B"] == [each.value for each in models]
    assert ["mdns", "ssdp"] == [each.via for each in models[0].sources]


@pytest.mark.parametrize(
    ("raw", "facts"),
    [
        ({"isGateway": True, "privateMac": False}, [("Gateway", "yes")]),
        ({"roles": ["router", {"x": 1}, "", 7]}, [("Role", "router"), ("Role", "7")]),
        ({"osiLayer": 3, "networkInterfaces": [{"name": "eth0"}], "": "x"}, []),
        ({"firmwareVersion": "1.2"}, [("Firmware version", "1.2")]),
        ({"deep": {"a": {"b": 1}}, "none": None}, []),
        ({"model": "x" * 9000}, [("Model", "x" * 300)]),
    ],
)
def test_a_fact_is_what_has_a_name_and_one_value(
    raw: dict[str, Any], facts: list[tuple[str, str]]
) -> None:
    found = [(each.label, each.value) for each in device_facts.facts([seen(raw)])]

    assert [("Name", "till"), *facts] == found


def test_a_page_has_a_bounded_number_of_facts() -> None:
    assert device_facts.MOST_FACTS == len(
        device_facts.facts([seen({f"f{n}": n for n in range(500)})])
    )


def test_a_service_is_told_once_by_whoever_tells_the_most() -> None:
    plain = {"name": "ssh", "port": 22}
    found = device_facts.services(
        [
            seen({"services": [plain, "no object", {"name": "x", "port": "22"}]}),
            seen({"services": [{**plain, "product": "OpenSSH 9.2"}]}, node="edge_2"),
        ]
    )

    assert [("x", None, None), ("ssh", 22, "OpenSSH 9.2")] == [
        (each.offer.name, each.offer.port, each.offer.product) for each in found
    ]
    assert 2 == len(found[1].sources)


def test_a_device_is_found_by_its_services_and_other_names() -> None:
    told = sighting(
        host(
            "arp:10.0.0.1",
            "nas",
            address="10.0.0.1",
            names=["nas", "diskstation.local", 7],
            services=[
                {"name": "_smb._tcp", "port": 445, "product": "Samba"},
                {"name": "dns", "port": 53, "transport": "udp"},
                {"name": 7, "port": True},
                "http",
                None,
            ],
        )
    )

    assert told is not None
    found = ("nas", "diskstation.local", "_smb._tcp", "Samba", "445/tcp", "dns", "53/udp", "http")
    assert found == told.words
    assert ("arp_scan",) == told.via
    odd = sighting(host("arp:10.0.0.1", "x", discoveredVia="Two Words"))
    assert odd is not None
    assert () == odd.via
