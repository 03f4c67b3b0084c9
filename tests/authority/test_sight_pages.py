"""What the pages say of now: whose word counts, how long it stands, and what is only history."""

from __future__ import annotations

import html
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from dpf_edge.authority.app import create
from dpf_edge.authority.self_diagnosis import Here, Taken
from dpf_edge.authority.settings import Settings
from dpf_edge.authority.sight import FRESH_SECONDS, NO_LONGER, NOT_SINCE, UNTRUSTED
from dpf_edge.errors import StateCorrupt
from dpf_edge.model import Answer
from dpf_edge.wire import times
from tests.authority import desk
from tests.authority.desk import ENROLL, RUN
from tests.authority.test_change_pages import diagnosis, on_this_machine, session

if TYPE_CHECKING:
    from dpf_edge.model import Diagnosis
    from tests.authority.desk import Caller, Desk

DAY = 86_400


def beats(at: Desk, caller: Caller, answer: str = "yes", **told: object) -> None:
    """A heartbeat that says whether the node sees."""
    evidence = {"vantage": "linux-host", "lanAnswer": answer, "lanForSec": 7200, **told}
    report = {"capability": "discovery.network", "status": "healthy", "evidence": evidence}
    assert 200 == at.post("heartbeat", {"capabilityReports": [report]}, caller.token).status_code


def runs(at: Desk, caller: Caller, *numbers: int, **more: Any) -> None:
    """A run with so many devices."""
    items = [
        {
            "observedKey": f"mac:00:11:32:00:00:{each:02x}",
            "itemType": "network_client",
            "name": f"device {each}",
            "rawData": {"macAddress": f"00:11:32:00:00:{each:02x}"},
        }
        for each in numbers
    ]
    run = {**RUN, "runKey": str(uuid.uuid4()), "observedAt": at.clock.stamp, "items": items}
    run = {**run, "relationships": [], "warnings": [], **more}
    assert at.post("discovery-runs", run, caller.token).is_success


def page(at: Desk, path: str) -> str:
    """A page as an operator has it."""
    answer = at.client.get(path)
    assert 200 == answer.status_code
    return html.unescape(answer.text)


def headline(text: str) -> str:
    return str(re.findall(r"<h1>(.*?)</h1>", text, re.DOTALL)[0])


def lead(text: str) -> str:
    """The line below a headline, as it is read."""
    told = re.findall(r'<p class="lead">(.*?)</p>', text, re.DOTALL)[0]
    return " ".join(re.sub(r"<[^>]+>", "", told).split())


def decided(at: Desk, caller: Caller, state: str) -> None:
    """Bring a node that is trusted into a trust state."""
    if state == "quarantined":
        at.store.nodes.quarantine(caller.node_id, by="test")
    if state == "revoked":
        at.store.nodes.revoke(caller.node_id, by="test")


# -- whose word counts


@pytest.mark.parametrize("state", sorted(map(str, UNTRUSTED)))
def test_a_node_that_is_not_trusted_is_shown_by_no_page_as_seeing(at: Desk, state: str) -> None:
    session(at)
    caller = at.enrolled(trusted=state != "pending")
    beats(at, caller)
    decided(at, caller, state)

    for path in ("/", "/nodes", f"/nodes/{caller.node_id}"):
        assert 'class="sees yes"' not in page(at, path), path
    assert "Your node sees its LAN" not in page(at, "/")
    own = page(at, f"/nodes/{caller.node_id}")
    assert 'class="sees unknown"' in own
    assert UNTRUSTED[next(each for each in UNTRUSTED if each == state)][1:] in own
    assert "<dt>Since</dt>" not in own


def test_nodes_that_are_not_trusted_do_not_count_as_seeing(at: Desk) -> None:
    session(at)
    waits, shut = at.enrolled(trusted=False), at.enrolled()
    for each in (waits, shut):
        beats(at, each)
    decided(at, shut, "quarantined")
    assert "0 of 2 nodes see their LAN" == headline(page(at, "/"))

    at.store.nodes.approve(waits.node_id, by="test")
    assert "1 of 2 nodes sees its LAN" == headline(page(at, "/"))


def test_approved_a_node_sees_at_once_where_it_is_watched_coming_in(at: Desk) -> None:
    csrf = session(at)
    made = at.client.post("/nodes/add", data={"csrf": csrf, "row": "7"}).text
    progress = re.findall(r'hx-get="(/nodes/add/\w+)"', made)[0]
    token = re.findall(r"dpfboot_\w+", made)[0]
    node = at.post("enroll", {**ENROLL, "bootstrapToken": token}, token).json()
    caller = desk.Caller(node["nodeId"], node["nodeToken"])
    beats(at, caller)
    before = page(at, progress)
    at.store.nodes.approve(caller.node_id, by="test")
    after = page(at, progress)

    assert 'class="sees unknown"' in before
    assert "waits for your approval" in before
    assert 'class="sees yes"' in after


# -- how long it stands


def test_a_node_that_is_not_heard_is_unknown_whatever_it_said(at: Desk) -> None:
    session(at)
    caller = at.enrolled()
    for answer, says in (("yes", NOT_SINCE), ("no", NO_LONGER), ("unknown", "as it is")):
        beats(at, caller, answer, lanWhy="as it is", advice=["docker-desktop-container"])
        before = page(at, "/nodes")
        at.clock.now += FRESH_SECONDS + 1
        assert f'class="sees {answer}"' in before
        for path in ("/", "/nodes", f"/nodes/{caller.node_id}"):
            marks = re.findall(r'class="sees (\w+)"', page(at, path))
            assert ["unknown"] == marks, (answer, path)
        own = page(at, f"/nodes/{caller.node_id}")
        assert says[1:] in own
        assert "Run the node as a native" in own, "what to do of it stays"
        assert (": as it is" in own) == (answer == "no")


def test_devices_are_in_sight_only_while_somebody_sees(at: Desk) -> None:
    at.client.headers.update(at.api_token())
    caller = at.enrolled()
    beats(at, caller)
    assert "No device has been reported yet." == lead(page(at, "/"))
    runs(at, caller, 1, 2)
    assert "2 devices in sight." == lead(page(at, "/"))

    beats(at, caller, "no")
    assert "2 devices reported." == lead(page(at, "/"))
    beats(at, caller)
    at.clock.now += 7 * DAY
    assert "2 devices reported." == lead(page(at, "/"))


def test_devices_that_were_missed_are_not_devices_that_were_never_reported(at: Desk) -> None:
    session(at)
    caller = at.enrolled()
    runs(at, caller, 1, 2, 3)
    at.clock.now += 400
    runs(at, caller)
    beats(at, caller)
    assert "0 devices in sight, 3 missed lately." == lead(page(at, "/"))

    at.clock.now += 400
    runs(at, caller, 1)
    beats(at, caller)
    assert "1 device in sight, 2 missed lately." == lead(page(at, "/"))
    beats(at, caller, "no")
    assert "3 devices reported, 2 missed lately." == lead(page(at, "/"))


def test_a_device_is_here_only_while_somebody_looks_at_it(at: Desk) -> None:
    at.client.headers.update(at.api_token())
    caller = at.enrolled()
    beats(at, caller)
    runs(at, caller, 1)
    path = re.findall(r'"(/devices/[\w-]+)"', page(at, "/devices"))[0]

    def badges() -> str:
        return str(re.findall(r'<p class="badges">(.*?)</p>', page(at, path), re.DOTALL)[0])

    assert 'class="state here"' in badges()
    beats(at, caller, "unknown")
    assert 'class="state here"' in badges(), "one that is in doubt looks all the same"
    beats(at, caller, "no")
    assert 'class="state here"' not in badges()
    assert "last seen <time" in badges()
    beats(at, caller)
    assert 'class="state here"' in badges()
    decided(at, caller, "quarantined")
    assert 'class="state here"' not in badges()
    at.store.nodes.restore(caller.node_id, by="test")
    beats(at, caller)
    at.clock.now += 7 * DAY
    assert ">7 days ago</time>" in badges()
    assert 'class="state here"' not in badges()


# -- what is only history


def compared(taken_at: str) -> bytes:
    """A comparison of two vantages, one of which sees."""
    rows = [
        {"name": name, "vantage": name, "sees_lan": sees, "says": says, "reached_by": "it"}
        for name, sees, says in (("host", "yes", "real LAN"), ("engine", "no", "its own network"))
    ]
    told = {
        "comparison": 1,
        "taken_at": taken_at,
        "versions": {},
        "lan": {"network": None, "address": None},
        "vantages": rows,
        "boundary": None,
        "conclusion": "lost",
    }
    return json.dumps(told).encode()


def test_a_comparison_of_another_day_is_told_in_the_past(at: Desk) -> None:
    at.client.headers.update(at.api_token())
    caller = at.enrolled()
    beats(at, caller, "no")
    at.store.comparisons.put(caller.node_id, compared(at.clock.stamp))
    paths = ("/", f"/nodes/{caller.node_id}")
    at.clock.now += DAY
    for path in paths:
        assert 'class="sees yes"' in page(at, path)
        assert "LAN is lost" in page(at, path)

    at.clock.now += 2 * DAY
    beats(at, caller, "no")

    for path in paths:
        text = page(at, path)
        assert 'class="sees yes"' not in text
        for told in ("saw the LAN", "was blind", "LAN was lost", ">3 days ago</time>"):
            assert told in text, path


def test_a_comparison_that_says_itself_that_it_is_old_is_old(at: Desk) -> None:
    at.client.headers.update(at.api_token())
    caller = at.enrolled()
    for taken_at, is_old in (
        ("2020-01-01T00:00:00Z", True),
        (times.stamp(at.clock.now + 9 * DAY), False),
        ("some time ago", False),
    ):
        at.store.comparisons.put(caller.node_id, compared(taken_at))
        assert ("saw the LAN" in page(at, "/")) == is_old, taken_at


@pytest.mark.parametrize(
    ("answer", "past"),
    [
        (Answer.YES, "this machine saw the LAN"),
        (Answer.NO, "this machine did not see the LAN"),
        (Answer.UNKNOWN, "it was not known whether this machine sees the LAN"),
    ],
)
def test_a_diagnosis_is_told_in_the_past_once_it_is_too_old(
    at: Desk, answer: Answer, past: str
) -> None:
    """One that is too old is taken anew, unless that cannot be."""
    looks = [diagnosis(answer, "as it is")]

    def look() -> Diagnosis:
        if not looks:
            raise StateCorrupt("the machine cannot be read")
        return looks.pop()

    with on_this_machine(at, look) as here:
        csrf = session(here)
        here.client.post("/diagnose", data={"csrf": csrf})
        here.clock.now += FRESH_SECONDS
        still = page(here, "/diagnose")
        here.clock.now += 3360
        over = page(here, "/diagnose")
        looks.append(diagnosis(Answer.NO, "as it is by now"))
        anew = page(here, "/diagnose")

    assert f'class="sees {answer}"' in still
    assert past.capitalize() not in headline(still)
    assert f"66 min ago {past}" == headline(over)
    assert ["unknown"] == re.findall(r'class="sees (\w+)"', over)
    assert "as it was then" in over
    assert "as it is by now" in anew.lower()
    assert ["no"] == re.findall(r'class="sees (\w+)"', anew)


def test_beside_an_old_diagnosis_stands_what_the_machines_node_says_now(at: Desk) -> None:
    caller = at.enrolled()
    beats(at, caller, "no")
    once = Taken(diagnosis(Answer.YES, "a neighbour answers"), at.clock.now - 30 * DAY, 0.1)

    def fails() -> Diagnosis:
        raise StateCorrupt("the machine cannot be read")

    here = Here(fails, once, node_id=lambda: caller.node_id)
    app = create(at.store, Settings(), at.clock, here=here)
    with TestClient(app, base_url="http://localhost", headers=at.api_token()) as client:
        text = client.get("/diagnose").text

    assert "30 days ago this machine saw the LAN" == headline(text)
    assert ["unknown", "no"] == re.findall(r'class="sees (\w+)"', text)


# -- a decision leads back to the site that was looked at


def test_a_site_is_kept_through_every_decision(at: Desk) -> None:
    csrf = session(at)
    caller = at.enrolled(trusted=False, site="shop-7")

    def press(path: str, what: str, **fields: str) -> str:
        named = re.findall(r'action="([^"]+)"', page(at, f"{path}?site=shop-7"))
        action = next(each for each in named if each.partition("?")[0].endswith(f"/{what}"))
        answer = at.client.post(action, data={"csrf": csrf, **fields})
        assert 303 == answer.status_code
        location = str(answer.headers["location"])
        assert "site=shop-7" in location, (what, location)
        return location

    own = f"/nodes/{caller.node_id}"
    assert "/nodes?site=shop-7" == press("/nodes", "approve", back="/nodes")
    assert press(own, "quarantine").startswith(f"{own}?")
    press("/nodes", "restore", back="/nodes")
    press(own, "rename", name="the till")
    runs(at, caller, 1)
    device = re.findall(r'"(/devices/[\w-]+)\?', page(at, "/devices?site=shop-7"))[0]
    press(device, "forget")
    press(own, "revoke")
    other = at.enrolled(trusted=False, site="shop-7")
    press("/", "approve")
    assert "trusted" == at.store.nodes.get(other.node_id).node.trust_state
    at.client.post("/api-tokens", data={"csrf": csrf, "label": "x", "role": "viewer", "days": "30"})
    posts = r'method="post" action="([^"]+)"'
    actions = re.findall(posts, page(at, "/api-tokens?site=shop-7"))
    ours = [each for each in actions if each.startswith("/api-tokens")]
    assert len(ours) == 2
    assert all(each.endswith("?site=shop-7") for each in ours)


def test_a_site_is_kept_while_a_node_is_watched_coming_in(at: Desk) -> None:
    csrf = session(at)
    made = at.client.post("/nodes/add?site=shop-7", data={"csrf": csrf, "row": "7"}).text
    progress = re.findall(r'hx-get="(/nodes/add/[^"]+)"', made)[0]
    token = re.findall(r"dpfboot_\w+", made)[0]
    node = at.post("enroll", {**ENROLL, "bootstrapToken": token}, token).json()["nodeId"]
    text = page(at, progress)

    assert progress.endswith("?site=shop-7")
    assert f'hx-post="/nodes/{node}/approve?site=shop-7"' in text
    assert f'href="/nodes/{node}?site=shop-7"' in text


# -- what was sent


def test_what_runs_warn_of_is_shown_and_counted(at: Desk) -> None:
    session(at)
    caller = at.enrolled()
    runs(at, caller, 1, warnings=["arp: no privilege", "b", "c", "d", "e"])

    own = page(at, f"/nodes/{caller.node_id}")

    assert "arp: no privilege" in own
    assert "and 2 more" in own


def test_an_outbox_says_what_waits_and_what_was_dropped(at: Desk) -> None:
    session(at)
    caller = at.enrolled()
    for told, says in (
        ({"runs": 0, "dropped": {}}, "empty"),
        ({"runs": 1, "dropped": {"old": 0}}, "1 run waits"),
        ({"runs": 3, "dropped": {"old": 4, "full": 2}}, "3 runs wait; dropped: old 4, full 2"),
    ):
        beats(at, caller, outbox=told)
        assert f"<dt>Outbox</dt><dd>{says}</dd>" in page(at, f"/nodes/{caller.node_id}")


def test_how_sure_and_since_when_stay_within_what_can_be(at: Desk) -> None:
    session(at)
    caller = at.enrolled()
    path = f"/nodes/{caller.node_id}"
    beats(at, caller, lanConfidence=7, lanForSec=60)
    assert "<dd>100 %</dd>" in page(at, path)
    assert "<dt>Since</dt>" in page(at, path)
    for held in (-1, at.clock.now + 60, 1e308, 10**400):
        beats(at, caller, lanConfidence=0, lanForSec=held)
        assert "<dt>Since</dt>" not in page(at, path), held
        assert "<dd>0 %</dd>" in page(at, path)


def test_a_yes_that_is_only_repeated_is_none(at: Desk) -> None:
    """A node whose look at its machine hangs goes on beating, with what it saw before."""
    at.client.headers.update(at.api_token())
    caller = at.enrolled()
    beats(at, caller, "yes", lookedAgoSec=FRESH_SECONDS)
    well = page(at, "/")
    beats(at, caller, "yes", lookedAgoSec=FRESH_SECONDS + 1, lanForSec=7200)
    hung = page(at, "/")

    assert "Your node sees its LAN" == headline(well)
    assert "It is not known whether your node sees its LAN" == headline(hung)
    assert "has not looked at its machine since" in hung
    assert "for 2 h" not in hung


def test_devices_are_in_sight_only_where_every_node_sees(at: Desk) -> None:
    at.client.headers.update(at.api_token())
    seeing, blind = at.enrolled(), at.enrolled()
    runs(at, seeing, 1, 2)
    runs(at, blind, 3)
    beats(at, seeing)
    beats(at, blind)
    assert "3 devices in sight." == lead(page(at, "/"))

    beats(at, blind, "no")
    assert "3 devices reported." == lead(page(at, "/"))


def test_a_device_of_a_sweep_of_long_ago_is_not_here_though_its_node_beats(at: Desk) -> None:
    session(at)
    caller = at.enrolled()
    runs(at, caller, 1)
    [device] = at.store.inventory.devices().rows
    beats(at, caller)
    assert 'class="state here"' in page(at, f"/devices/{device.device_id}")

    at.clock.now += 2 * 3600
    beats(at, caller)
    assert "Your node sees its LAN" == headline(page(at, "/"))
    assert "1 device reported." == lead(page(at, "/"))
    text = page(at, f"/devices/{device.device_id}")
    assert 'class="state here"' not in text
    assert "last seen <time" in text
