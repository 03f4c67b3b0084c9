"""Changes and the diagnosis as text: who may see and decide, what they show, how the news come."""

from __future__ import annotations

import contextlib
import json
import re
import select
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dpf_edge.authority import news
from dpf_edge.authority.app import create
from dpf_edge.authority.connection import Patience
from dpf_edge.authority.identity import sighting
from dpf_edge.authority.pages import live
from dpf_edge.authority.self_diagnosis import Here, Taken
from dpf_edge.authority.settings import Settings
from dpf_edge.model import (
    Answer,
    ContainersHere,
    Diagnosis,
    Evidence,
    InterfaceRole,
    Lan,
    Layer,
    Reach,
    Recommendation,
    Role,
    Runtime,
    Vantage,
)
from dpf_edge.store import open_store
from dpf_edge.wire import enroll, events, times, tokens
from tests.authority.desk import EVENTS, RUN
from tests.authority.served import SECONDS, answer, connected, served, until

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dpf_edge.authority.serve import Listening
    from dpf_edge.store.kept import Store
    from tests.authority.desk import Caller, Desk

PLANTED = "<script>document.title='taken'</script>"
ALERT = EVENTS["events"][0]
LINK = "/sign-in?link="


def told(at: Desk, caller: Caller, *each: dict[str, Any]) -> None:
    """A batch of events of a node."""
    body = {**EVENTS, "runKey": str(uuid.uuid4()), "observedAt": at.clock.stamp}
    assert 200 == at.post("events", {**body, "events": list(each)}, caller.token).status_code


def alert(number: int = 0, **more: Any) -> dict[str, Any]:
    return {**ALERT, "dedupKey": f"ping:{number}", "summary": f"alarm {number} {PLANTED}", **more}


def record(key: str, says: str) -> dict[str, Any]:
    """A security record that says when it was."""
    return {
        "eventType": "security",
        "eventKey": key,
        "ocsfVersion": "1.3.0",
        "ocsfClassUid": 2004,
        "time": says,
        "sourceKind": "ids",
        "sourceName": "suricata",
    }


def ran(at: Desk, caller: Caller, **more: Any) -> None:
    """A run of a node, observed now."""
    body = {**RUN, "runKey": str(uuid.uuid4()), "observedAt": at.clock.stamp, **more}
    assert at.post("discovery-runs", body, caller.token).is_success


def session(at: Desk, role: str = "operator") -> str:
    return at.signed_in(role)["x-csrf-token"]


def entries(page: str) -> list[str]:
    """What a page's entries are known by."""
    return re.findall(r'name="entry" value="([^"]+)"', page)


# -- the page


def test_a_feed_leads_to_its_devices_and_nodes(at: Desk) -> None:
    caller = at.enrolled(site="shop-7")
    ran(at, caller)
    told(at, caller, alert(component="192.168.50.1"))
    session(at, "viewer")

    page = at.client.get("/changes").text

    device = at.store.inventory.devices().rows[0].device_id
    assert 2 == page.count(f'href="/devices/{device}"')
    assert 2 <= page.count(f'href="/nodes/{caller.node_id}"')
    assert "&lt;script&gt;" in page
    assert PLANTED not in page
    assert "New: " in page
    assert 'name="entry"' not in page
    assert "Acknowledge" not in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?kind=devices", 1),
        ("?kind=new", 1),
        ("?kind=gone", 0),
        ("?kind=events", 2),
        ("?severity=critical", 1),
        ("?state=open", 3),
        ("?state=resolved", 0),
        ("?site=shop-7", 3),
        ("?site=elsewhere", 0),
        ("?node={node}&severity=error", 1),
        ("?device={device}", 1),
        ("?device=none", 0),
        ("?node=%00", None),
        ("?state=closed", None),
        ("?severity=bad", None),
        ("?before=nonsense", None),
    ],
)
def test_filters_stand_in_the_address(at: Desk, query: str, count: int | None) -> None:
    caller = at.enrolled(site="shop-7")
    ran(at, caller)
    told(at, caller, alert(1), alert(2, severity="critical"))
    device = at.store.inventory.devices().rows[0].device_id
    session(at)

    got = at.client.get("/changes" + query.format(node=caller.node_id, device=device))

    if count is None:
        assert 400 == got.status_code
    else:
        assert (200, count) == (got.status_code, len(entries(got.text)))


def test_pages_are_gone_through_to_the_end_and_each_entry_comes_once(at: Desk) -> None:
    caller = at.enrolled()
    told(at, caller, *(alert(each) for each in range(120)))
    session(at)
    address, found = "/changes?kind=events", []
    for _ in range(5):
        page = at.client.get(address).text
        found += entries(page)
        older = re.search(r'href="(/changes\?[^"]*before=[^"]+)">Older', page)
        if older is None:
            break
        assert "kind=events" in older[1]
        address = older[1].replace("&amp;", "&")

    assert 120 == len(found) == len(set(found))


@pytest.mark.parametrize(
    ("says", "shown"),
    [
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31 23:59:59 UTC"),
    ],
)
def test_a_record_of_another_age_is_shown_with_its_own_time(
    at: Desk, says: str, shown: str
) -> None:
    caller = at.enrolled()
    told(at, caller, record("r", says))
    session(at)

    for address in ("/changes", "/changes?kind=security"):
        got = at.client.get(address)
        assert 200 == got.status_code
        assert f"by its own word {shown}" in got.text
        assert ">just now<" in got.text


def test_deciding_takes_an_operator_and_leaves_a_trail(at: Desk) -> None:
    caller = at.enrolled()
    told(at, caller, alert(1), alert(2))
    csrf = session(at)
    chosen = entries(at.client.get("/changes").text)

    done = at.client.post(
        "/changes/decide?kind=events",
        data={"csrf": csrf, "entry": chosen, "state": "acknowledged", "note": "on <it>"},
    )

    assert (303, "/changes?kind=events&done=acknowledged&count=2") == (
        done.status_code,
        done.headers["location"],
    )
    page = at.client.get(done.headers["location"]).text
    assert "2 entries acknowledged." in page
    assert "acknowledged by ada" in page
    assert "“on &lt;it&gt;”" in page
    assert {"acknowledged"} == {each.status for each in at.store.events.alerts()}
    [row] = at.audit(tool="admin.changes.decide")
    assert ("user:ada", caller.node_id) == (row.actor, row.node_id)
    assert {"state": "acknowledged", "note": "on <it>", "entries": chosen[::-1]} in (
        row.detail,
        {**(row.detail or {}), "entries": (row.detail or {})["entries"][::-1]},
    )


def test_one_entry_is_decided_by_its_own_button(at: Desk) -> None:
    caller = at.enrolled()
    told(at, caller, alert(1), alert(2))
    csrf = session(at)
    one, other = entries(at.client.get("/changes").text)

    for state in ("resolved", "open", "acknowledged"):
        sent = {"csrf": csrf, "one": f"{state} {one}", "entry": other, "state": "resolved"}
        assert 303 == at.client.post("/changes/decide", data=sent).status_code
        page = at.client.get(f"/changes?state={state}").text
        assert one in entries(page)
    assert [other] == entries(at.client.get("/changes?state=open").text)


@pytest.mark.parametrize(
    "sent",
    [
        {"state": "resolved"},
        {"state": "gone", "entry": "alert:x:y"},
        {"entry": "alert:x:y"},
        {"state": "resolved", "entry": "alert:x:y", "note": "x" * 501},
        {"state": "resolved", "entry": "alert:x:y", "note": "a\u202eb"},
        {"state": "resolved", "entry": ["alert:x:y"] * 51},
        {"one": "alert:x:y"},
    ],
)
def test_a_decision_that_says_nothing_is_refused(at: Desk, sent: dict[str, Any]) -> None:
    csrf = session(at)
    assert 400 == at.client.post("/changes/decide", data={"csrf": csrf, **sent}).status_code
    assert not at.audit(tool="admin.changes.decide")


def test_what_is_not_there_any_more_is_said_to_be_so(at: Desk) -> None:
    csrf = session(at)
    sent = {"csrf": csrf, "state": "resolved", "entry": "alert:x:y"}
    assert 404 == at.client.post("/changes/decide", data=sent).status_code


def test_a_viewer_decides_nothing(at: Desk) -> None:
    told(at, at.enrolled(), alert())
    csrf = session(at, "viewer")
    [alarm] = at.store.feed.page().rows
    sent = {"csrf": csrf, "state": "resolved", "entry": alarm.entry}
    assert 403 == at.client.post("/changes/decide", data=sent).status_code
    assert "open" == at.store.feed.page().rows[0].state


# -- as it comes


class Reading:
    """A browser that reads along, in bytes."""

    def __init__(self, at: Listening, cookie: str, query: str = "", last: str = "") -> None:
        self.connection = connected(at)
        resumes = f"Last-Event-ID: {last}\r\n" if last else ""
        self.connection.sendall(
            f"GET /changes/live{query} HTTP/1.1\r\nHost: localhost\r\n"
            f"Cookie: {cookie}\r\n{resumes}\r\n".encode()
        )
        self.bytes = b""

    def until(self, text: str) -> str:
        """Read until something has come; all until then."""
        limit = time.monotonic() + SECONDS
        while text.encode() not in self.bytes:
            assert time.monotonic() < limit, self.bytes[-2000:]
            part = self.connection.recv(65536)
            assert part, self.bytes[-2000:]
            self.bytes += part
        return self.bytes.decode()

    def end(self) -> str:
        """Read until the other side has ended the answer."""
        return self.until("\r\n0\r\n\r\n")

    @property
    def ids(self) -> list[str]:
        return re.findall(r"^id: (\S+)$", self.bytes.decode(), re.MULTILINE)


class Room:
    """An Authority behind our own server, with one node."""

    def __init__(self, store: Store, at: Listening) -> None:
        self.store = store
        self.at = at
        token = store.tokens.issue(auto_approve=True).token.reveal()
        body = {
            "displayName": "warehouse-2",
            "platform": "linux",
            "installMode": "native",
            "version": "0.1.0",
            "advertisedCapabilities": ["discovery.network"],
        }
        request = enroll.decode(json.dumps(body).encode())
        made = store.nodes.enrol(tokens.digest(token), request, enroll.check(request))
        self.node = made.node_id
        opened = store.people.use_link(
            tokens.digest(store.people.link("operator").reveal()), ttl_seconds=3600
        )
        assert opened is not None
        self.session = tokens.digest(opened.token.reveal())
        self.cookie = f"dpf_session={opened.token.reveal()}"
        self.readings: list[socket.socket] = []

    def read(self, query: str = "", last: str = "") -> Reading:
        reading = Reading(self.at, self.cookie, query, last)
        self.readings.append(reading.connection)
        return reading

    def open(self, query: str = "", last: str = "") -> Reading:
        """Read along, from now on."""
        reading = self.read(query, last)
        reading.until("retry: ")
        return reading

    def tells(self, *numbers: int, **more: Any) -> None:
        self.says(*(alert(each, **more) for each in numbers))

    def says(self, *told: dict[str, Any]) -> None:
        now = time.time()
        body = {
            **EVENTS,
            "runKey": str(uuid.uuid4()),
            "observedAt": times.stamp(now),
            "events": [*told],
        }
        request = events.decode(json.dumps(body).encode())
        self.store.events.submit(self.node, request, digest=str(uuid.uuid4()), received_at=now)


@contextlib.contextmanager
def opened(folder: Path, patience: Patience | None = None) -> Iterator[Room]:
    url = f"sqlite:///{folder / 'store.db'}"
    with (
        open_store(url, clock=time.time, sight=sighting) as store,
        served(create(store, Settings(), time.time), patience=patience) as at,
    ):
        room = Room(store, at)
        try:
            yield room
        finally:
            for each in room.readings:
                each.close()


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(news, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.2)
    with opened(tmp_path) as made:
        yield made


def test_news_come_as_they_happen_with_every_name_made_text(room: Room) -> None:
    reading = room.open()
    room.tells(1)
    text = reading.until("alarm 1")

    assert "HTTP/1.1 200" in text
    assert "content-type: text/event-stream" in text
    assert "event: new\n" in text
    assert PLANTED not in reading.until("&lt;script&gt;")
    assert "</tr>" in reading.until("</tr>")


def test_records_of_the_year_9999_leave_room_for_what_is_new(room: Room) -> None:
    for batch in range(3):
        room.says(*(record(f"{batch}.{each}", "9999-12-31T23:59:59Z") for each in range(90)))
    reading = room.open()
    room.tells(1)

    assert "event: new\n" in reading.until("alarm 1")


def test_what_only_came_into_the_window_is_not_told_as_new(room: Room) -> None:
    for number in range(news.WINDOW + 1):
        room.tells(number)
    every = room.store.feed.page(limit=news.WINDOW + 1).rows
    known = {each.entry: each for each in every[: news.WINDOW]}

    assert [] == news.fresh(known, every[1:])
    del known[every[0].entry]
    assert [(every[-1], True)] == news.fresh(known, every[1:]), "there is room, so it is new"


def test_what_does_not_fit_the_filters_is_left_out(room: Room) -> None:
    reading = room.open("?severity=critical")
    room.tells(1)
    reading.until("event: out")
    room.tells(2, severity="critical")

    assert "alarm 1" not in reading.until("alarm 2")


def test_what_was_decided_comes_too_and_is_not_new(room: Room) -> None:
    room.tells(1)
    [entry] = room.store.feed.page().rows
    reading = room.open()

    room.store.feed.decide([entry.entry], "acknowledged", by="user:ada")

    text = reading.until("acknowledged by ada")
    assert "event: other\n" in text
    assert "event: new\n" not in text


def test_somebody_is_still_there_when_nothing_happens(room: Room) -> None:
    room.open().until(live.BEAT)


def test_who_comes_back_gets_what_was_missed(room: Room) -> None:
    reading = room.open()
    room.tells(1)
    reading.until("alarm 1")
    last = reading.ids[-1]
    room.tells(2)
    reading.until("alarm 2")
    reading.connection.close()

    again = room.open("?after=nonsense", last)

    assert "alarm 1" not in again.until("alarm 2")
    assert "anew" not in again.until("retry:")


@pytest.mark.parametrize("after", ["another.1", "nonsense", "9", ".", "-1", "{edition}.99999999"])
def test_who_comes_back_after_too_long_is_told_to_read_anew(room: Room, after: str) -> None:
    room.open().until("retry")
    room.open(f"?after={after}").until("event: anew")


def test_many_at_once_are_one_word(room: Room) -> None:
    reading = room.open()
    room.tells(*range(news.MOST_AT_ONCE + 1))

    assert "alarm" not in reading.until("event: anew")


def test_a_session_that_ends_ends_it(room: Room) -> None:
    reading = room.open()
    room.store.people.sign_out(room.session)

    assert "event: signed-out" in reading.end()


def test_who_may_less_than_before_reads_no_further(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = room.open()
    real = room.store.people.session

    def demoted(digest: str) -> Any:
        known = real(digest)
        return known and msgspec.structs.replace(known, role="viewer")

    monkeypatch.setattr(room.store.people, "session", demoted)

    assert "event: signed-out" in reading.end()


def test_a_fault_of_ours_lets_readers_go_and_they_come_back(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reading = room.open()
    with monkeypatch.context() as broken:

        def fault(*_: Any) -> Any:
            raise RuntimeError("nobody thought of this")

        broken.setattr(news, "fresh", fault)
        reading.end()
    assert "nobody thought of this" in caplog.text

    again = room.open()
    room.tells(1)
    again.until("alarm 1")


def test_who_asks_for_the_headers_alone_is_not_kept(room: Room) -> None:
    with connected(room.at) as connection:
        head = f"HEAD /changes/live HTTP/1.1\r\nHost: localhost\r\nCookie: {room.cookie}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        got = answer(connection).decode()
    assert "200" in got.partition("\r\n")[0]
    assert "text/event-stream" in got


def test_nobody_reads_along_without_a_session(room: Room) -> None:
    room.cookie = "dpf_session=none"
    assert "/sign-in" in room.read().until("303")


def test_so_many_read_along_and_no_more(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "READERS_OF_ONE", 2)
    first, _ = room.open(), room.open()
    room.read().until("HTTP/1.1 503")

    first.connection.close()

    def there_is_room() -> bool:
        reading = room.read()
        reading.until("\r\n\r\n")
        return b" 200 " in reading.bytes

    until(there_is_room)


def test_it_ends_when_the_server_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 60.0)
    with opened(tmp_path) as room:
        room.open()
        began = time.monotonic()
    assert time.monotonic() - began < SECONDS


def test_who_takes_nothing_is_dropped_and_nobody_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(live, "TAKING_SECONDS", 0.2)
    with opened(tmp_path, Patience(taking=0.2)) as room:
        slow, quick = room.open(), room.open()
        # More than both sides of a connection keep for a reader: some MiB of rows.
        for number in range(400):
            room.tells(*range(15), summary=f"{'<' * 490}{number}")
            quick.until(f"&lt;{number}")
            quick.bytes = b""
            if hung_up(slow.connection):
                break
        else:
            until(lambda: hung_up(slow.connection))


def hung_up(connection: socket.socket) -> bool:
    """Whether the other side has closed a connection; nothing is read from it."""
    try:
        connection.send(b"\r\n")
    except OSError:
        return True
    asked = select.poll()
    asked.register(connection, 0)
    return any(told & (select.POLLERR | select.POLLHUP) for _, told in asked.poll(0))


def test_one_look_serves_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "LOOK_SECONDS", 0.2)
    with opened(tmp_path) as room:
        looks = []
        page = room.store.feed.page

        def looked(*given: Any, **named: Any) -> Any:
            looks.append(named)
            return page(*given, **named)

        monkeypatch.setattr(room.store.feed, "page", looked)
        readings = [room.open() for _ in range(6)]
        for number in range(3):
            room.tells(number)
            for each in readings:
                each.until(f"alarm {number}")

    # One to begin with, and one for each round that brought something, with some that did not.
    assert 4 <= len(looks) < 6 * 3


# -- this machine


def diagnosis(answer: Answer = Answer.NO, why: str = f"it is {PLANTED}") -> Diagnosis:
    return Diagnosis(
        vantage=Vantage.ENGINE_BRIDGE,
        lan=Lan(answer, Reach.NAT, 0.95, "eth0", "172.17.0.2", "172.17.0.0/16", "172.17.0.1", why),
        layers=(Layer("host", "linux"), Layer("engine", "docker"), Layer("container", "bridge")),
        interfaces=(
            InterfaceRole("eth0", Role.ENGINE, ("172.17.0.2/16",), "a veth"),
            InterfaceRole("eth9", Role.DOWN, (), "it is down"),
        ),
        containers_here=ContainersHere(Answer.UNKNOWN, "no engine is to be seen"),
        evidence=(Evidence("container", "docker", "/proc/1/cgroup"),),
        advice=(),
        recommendation=Recommendation(1, Runtime.CONTAINER_HOST, "it is the host's own network"),
    )


@contextlib.contextmanager
def on_this_machine(
    at: Desk, look: Callable[[], Diagnosis], seconds: float = 20.0
) -> Iterator[Desk]:
    from starlette.testclient import TestClient

    from tests.authority.desk import Desk

    here = Here(look, Taken(diagnosis(), at.clock.now, 0.1), most_seconds=seconds)
    app = create(at.store, Settings(), at.clock, here=here)
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield Desk(at.store, at.clock, client)


def test_an_authority_alone_has_no_page_of_its_machine(at: Desk) -> None:
    csrf = session(at)
    assert 404 == at.client.get("/diagnose").status_code
    assert at.client.post("/diagnose", data={"csrf": csrf}).status_code in {404, 405}
    assert "/diagnose" not in at.client.get("/").text


def test_the_whole_diagnosis_is_there(at: Desk) -> None:
    with on_this_machine(at, diagnosis) as here:
        session(here)
        page = here.client.get("/diagnose").text

    for each in ("does not see the LAN", "95 % sure", "172.17.0.0/16", "bridge", "a veth"):
        assert each in page
    for each in ("/proc/1/cgroup", "row 1", "no engine is to be seen", "Down: eth9"):
        assert each in page
    assert "It is &lt;script&gt;" in page
    assert 'aria-current="page">Diagnose' in page


def test_the_button_diagnoses_again(at: Desk) -> None:
    with on_this_machine(at, lambda: diagnosis(Answer.YES, "a neighbour answers")) as here:
        csrf = session(here)
        here.clock.now += 60
        done = here.client.post("/diagnose", data={"csrf": csrf})
        page = here.client.get("/diagnose").text

    assert (303, "/diagnose") == (done.status_code, done.headers["location"])
    assert "This machine sees the LAN" in page
    assert "just now" in page
    [row] = at.audit(tool="admin.diagnose")
    assert {"answer": "yes"} == row.detail


def test_a_viewer_sees_it_and_has_no_button(at: Desk) -> None:
    with on_this_machine(at, diagnosis) as here:
        csrf = session(here, "viewer")
        assert "Diagnose again" not in here.client.get("/diagnose").text
        assert 403 == here.client.post("/diagnose", data={"csrf": csrf}).status_code


def test_one_that_hangs_is_given_up_and_no_second_one_stands_beside_it(at: Desk) -> None:
    release = threading.Event()

    def hangs() -> Diagnosis:
        release.wait(SECONDS)
        return diagnosis(Answer.YES)

    with on_this_machine(at, hangs, seconds=0.05) as here:
        csrf = session(here)
        late = here.client.post("/diagnose", data={"csrf": csrf})
        second = here.client.post("/diagnose", data={"csrf": csrf})
        page = here.client.get("/diagnose").text
        release.set()

    assert (504, 409) == (late.status_code, second.status_code)
    assert "does not see the LAN" in page
    assert not at.audit(tool="admin.diagnose")
