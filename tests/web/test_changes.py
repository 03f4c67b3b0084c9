"""Changes in a real browser: looked at, filtered, decided on, and read as they come."""

from __future__ import annotations

import json
import time
import uuid
from functools import partial
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from dpf_edge.authority import news
from dpf_edge.authority.pages import live
from dpf_edge.errors import StoreUnavailable
from dpf_edge.store.feed_terms import Wanted
from dpf_edge.wire import events, times
from tests.web.browser import DESKTOP, LOOKS, Browser
from tests.web.planted import LONG, SCRIPT, Site, runs
from tests.web.test_base import seen, tabbed

pytestmark = pytest.mark.timeout(180)


def tells(site: Site, node: str, *each: dict[str, Any]) -> None:
    """Events of a node."""
    now = time.time()
    stands = {"source": "dpf-edge.discovery", "severity": "error", "action": "trigger"}
    body = {
        "runKey": str(uuid.uuid4()),
        "observedAt": times.stamp(now),
        "eventsVersion": "1",
        "events": [{**stands, "occurredAt": times.stamp(now), **one} for one in each],
    }
    request = events.decode(json.dumps(body).encode())
    site.store.events.submit(node, request, digest=str(uuid.uuid4()), received_at=now)


def alarm(number: int, **more: Any) -> dict[str, Any]:
    return {
        "dedupKey": f"dpf-edge.discovery:10.0.0.{number}:duplicate-address",
        "eventClass": "duplicate-address",
        "component": f"10.0.0.{number}",
        "summary": f"10.0.0.{number} is used by {LONG} and by {SCRIPT}",
        **more,
    }


@pytest.fixture
def feed(site: Site, nodes: dict[str, str]) -> dict[str, str]:
    """A feed with something of everything."""
    runs(site.store, nodes["blind"], 3)
    gateway = {"eventClass": "gateway-mac-changed", "severity": "critical"}
    tells(site, nodes["sees"], *(alarm(each) for each in range(3)), alarm(9, **gateway))
    done = [each.entry for each in site.store.feed.page(Wanted(kind="duplicate-address")).rows]
    site.store.feed.decide(done[:1], "acknowledged", by="user:ada", note=LONG)
    site.store.feed.decide(done[1:2], "resolved", by="user:ada", note="its own address now")
    return nodes


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at the store often enough that nobody waits."""
    monkeypatch.setattr(news, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.3)


def drawn(window: Browser) -> list[str]:
    """The rows that are there, by their ids."""
    script = "return [...document.querySelectorAll('#entries tr')].map((each) => each.id)"
    return [str(each) for each in window.run(script)]


def gone(window: Browser, rows: set[str]) -> bool:
    """Whether none of these rows is there any more."""
    return rows.isdisjoint(drawn(window))


def state(window: Browser) -> str:
    """What the page says of its connection."""
    return window.one("[data-state]").text


def test_the_feed_fits_and_can_be_read_by_everybody(
    window: Browser, feed: dict[str, str], axe_script: str
) -> None:
    for name, path in (
        ("changes", "/changes"),
        ("changes-open", "/changes?state=open&kind=events"),
        ("changes-none", "/changes?kind=renamed"),
    ):
        for size, colours in LOOKS:
            window.looks(size, colours)
            window.open(path)
            window.until(lambda: state(window) == "Live")
            seen(window, name, size, colours, axe_script)
    window.open("/changes")
    assert SCRIPT in window.text
    assert "taken" != window.driver.title
    assert not window.complaints()


def test_a_filter_is_chosen_and_stands_in_the_address(
    window: Browser, feed: dict[str, str]
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/changes")
    assert len(window.all("#entries tr")) > 10
    window.one("select[name=kind] option[value='gateway-mac-changed']").click()
    window.until(lambda: "kind=gateway-mac-changed" in window.path)
    assert 1 == len(window.all("#entries tr"))
    window.one("select[name=state] option:nth-child(4)").click()
    window.until(lambda: "state=resolved" in window.path)
    assert "kind=gateway-mac-changed" in window.path
    assert "Nothing like that has happened" in window.text
    window.one(".filters .button").click()
    window.until(lambda: window.path.rstrip("?") == "/changes")


def test_the_keyboard_alone_acknowledges_with_a_note(
    window: Browser, feed: dict[str, str], site: Site
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/changes?kind=gateway-mac-changed")
    tabbed(window, "[data-all]").send_keys(Keys.SPACE)
    assert window.one("input[name=entry]").is_selected()
    tabbed(window, "input[name=note]").send_keys("a new router")
    tabbed(window, ".decide button[value=acknowledged]").send_keys(Keys.ENTER)
    window.until(lambda: "done=acknowledged" in window.path)

    [row] = site.store.feed.page(Wanted(kind="gateway-mac-changed")).rows
    assert ("acknowledged", "a new router") == (row.state, row.note)
    assert "1 entry acknowledged." in window.text
    assert "“a new router”" in window.text
    tabbed(window, "#entries .act button").send_keys(Keys.ENTER)
    window.until(lambda: "done=resolved" in window.path)
    assert "resolved by" in window.text
    assert not window.complaints()


def test_what_happens_while_it_is_open_stands_on_top_and_is_announced(
    window: Browser, feed: dict[str, str], site: Site, quick: None
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/changes")
    window.until(lambda: state(window) == "Live")
    boxes = window.all("input[name=entry]")
    boxes[3].click()
    chosen = boxes[3].get_attribute("value")
    focused = window.run("return document.activeElement.value")

    tells(site, feed["sees"], alarm(77))
    window.until(lambda: "10.0.0.77" in window.one("#entries tr").text)

    assert SCRIPT in window.one("#entries tr").text
    assert chosen == focused == window.run("return document.activeElement.value")
    assert window.one(f"input[value='{chosen}']").is_selected()
    told = window.one("#told")
    assert "status" == told.get_attribute("role")
    window.until(lambda: "10.0.0.77" in (told.get_attribute("textContent") or ""))
    animated = window.run("return getComputedStyle(document.querySelector('.fresh')).animationName")
    assert "none" == animated, "somebody who wants no motion gets none"

    site.store.feed.decide(
        [each.entry for each in site.store.feed.page(limit=1).rows], "acknowledged", by="user:bob"
    )
    window.until(lambda: "acknowledged by bob" in window.one("#entries tr").text)
    assert not window.complaints()


def test_many_at_once_are_read_anew(
    window: Browser, feed: dict[str, str], site: Site, quick: None
) -> None:
    window.open("/changes?kind=events")
    window.until(lambda: state(window) == "Live")
    tells(site, feed["sees"], *(alarm(100 + each) for each in range(40)))
    window.until(lambda: len(window.all("#entries tr")) > 40)


def test_a_filter_that_something_leaves_loses_its_row(
    window: Browser, feed: dict[str, str], site: Site, quick: None
) -> None:
    window.open("/changes?state=open&kind=gateway-mac-changed")
    window.until(lambda: state(window) == "Live")
    entry = window.one("input[name=entry]").get_attribute("value") or ""
    site.store.feed.decide([entry], "resolved", by="user:bob")
    window.until(lambda: not window.all("#entries tr"))
    assert "Nothing like that has happened" in window.text


def test_a_row_that_comes_back_into_the_filter_stands_where_it_stood(
    window: Browser, feed: dict[str, str], site: Site, quick: None
) -> None:
    window.open("/changes?state=open")
    window.until(lambda: state(window) == "Live")
    before = drawn(window)
    middle = window.all("input[name=entry]")[len(before) // 2].get_attribute("value") or ""
    site.store.feed.decide([middle], "acknowledged", by="user:bob")
    window.until(lambda: len(drawn(window)) == len(before) - 1)
    site.store.feed.decide([middle], "open", by="user:bob")

    window.until(lambda: drawn(window) == before)
    assert "Live" == state(window)


def test_what_is_decided_on_a_page_behind_stays_there(
    window: Browser, feed: dict[str, str], site: Site, quick: None
) -> None:
    tells(site, feed["sees"], *(alarm(100 + each) for each in range(70)))
    window.open("/changes?kind=events")
    window.until(lambda: state(window) == "Live")
    before = drawn(window)
    rows = site.store.feed.page(Wanted(kind="events"), limit=70).rows
    site.store.feed.decide([rows[60].entry], "acknowledged", by="user:bob")
    site.store.feed.decide([rows[49].entry], "acknowledged", by="user:bob")

    window.until(lambda: "acknowledged by bob" in window.one("#entries tr:last-child").text)
    assert before == drawn(window)


def test_a_filter_whose_page_empties_goes_on_with_the_page_behind(
    window: Browser, feed: dict[str, str], site: Site, quick: None
) -> None:
    tells(site, feed["sees"], *(alarm(100 + each) for each in range(57)))
    window.open("/changes?state=open&kind=duplicate-address")
    window.until(lambda: state(window) == "Live")
    rows = site.store.feed.page(Wanted(kind="duplicate-address", state="open"), limit=50).rows
    marks = drawn(window)
    for begin in range(0, 50, 10):
        some = [each.entry for each in rows[begin : begin + 10]]
        # Not so many at once that the page is read anew for that.
        site.store.feed.decide(some, "resolved", by="user:bob")
        window.until(partial(gone, window, {*marks[begin : begin + 10]}))

    window.until(lambda: len(drawn(window)) == 8)
    assert not window.all("[data-older]")


def away(site: Site, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """The store does not answer a page, so many times; what is left of these."""
    left, real = [0] * times, site.store.nodes.list

    def listed(*given: Any, **named: Any) -> Any:
        if left:
            left.pop()
            raise StoreUnavailable("the store is away")
        return real(*given, **named)

    monkeypatch.setattr(site.store.nodes, "list", listed)
    return left


def test_a_page_that_cannot_be_read_anew_is_read_a_little_later(
    window: Browser,
    feed: dict[str, str],
    site: Site,
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.open("/changes?kind=events")
    window.until(lambda: state(window) == "Live")
    left = away(site, monkeypatch, 2)
    said = "window.said = new Set(); new MutationObserver(() => window.said.add(document"
    said += ".querySelector('[data-state]').textContent)).observe(document.querySelector('.live'),"
    window.run(said + "{subtree: true, childList: true})")
    tells(site, feed["sees"], *(alarm(100 + each) for each in range(40)))
    window.until(lambda: not left)
    tells(site, feed["sees"], alarm(99))

    window.until(lambda: len(drawn(window)) > 40)
    window.until(lambda: "10.0.0.99" in window.one("#entries tr").text)
    window.until(lambda: state(window) == "Live")
    assert ["Live", "Reconnecting"] == sorted(window.run("return [...window.said]"))


def test_a_page_whose_stream_is_refused_for_a_while_is_live_again(
    window: Browser,
    feed: dict[str, str],
    site: Site,
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.open("/changes?kind=events")
    window.until(lambda: state(window) == "Live")
    window.one(".live button").click()
    monkeypatch.setattr(news, "READERS", 0)
    window.one(".live button").click()
    window.until(lambda: state(window) == "Reconnecting")
    tells(site, feed["sees"], alarm(99))
    monkeypatch.setattr(news, "READERS", 200)

    window.until(lambda: state(window) == "Live")
    assert "10.0.0.99" in window.one("#entries tr").text


def test_paused_nothing_moves_and_afterwards_nothing_is_missing(
    window: Browser, feed: dict[str, str], site: Site, quick: None
) -> None:
    window.open("/changes")
    window.until(lambda: state(window) == "Live")
    button = window.one(".live button")
    button.click()
    assert ("Paused", "true") == (state(window), button.get_attribute("aria-pressed"))
    tells(site, feed["sees"], alarm(78))
    first = window.one("#entries tr").text
    button.click()
    window.until(lambda: "10.0.0.78" in window.one("#entries tr").text)
    assert "10.0.0.78" not in first


def test_a_session_that_ends_is_said_and_nothing_more_comes(
    window: Browser, feed: dict[str, str], site: Site, quick: None
) -> None:
    from dpf_edge.wire import tokens

    window.open("/changes")
    window.until(lambda: state(window) == "Live")
    cookie = window.driver.get_cookie("dpf_session")
    assert cookie is not None
    site.store.people.sign_out(tokens.digest(cookie["value"]))

    window.until(lambda: state(window) == "Signed out")
    window.one(".live a").click()
    window.until(lambda: window.path == "/sign-in")


def test_older_ones_are_on_the_pages_behind(
    window: Browser, feed: dict[str, str], site: Site
) -> None:
    tells(site, feed["sees"], *(alarm(100 + each) for each in range(70)))
    window.open("/changes?kind=events")
    first = {each.get_attribute("id") for each in window.all("#entries tr")}
    window.one(".pager a").click()
    window.until(lambda: "before=" in window.path)
    second = {each.get_attribute("id") for each in window.all("#entries tr")}

    assert 50 == len(first)
    assert second
    assert not first & second
    assert not window.all("[data-live]")
    window.one(".pager a").click()
    window.until(lambda: "before=" not in window.path)


def test_without_a_script_the_page_is_whole(
    window: Browser, feed: dict[str, str], site: Site
) -> None:
    window.looks(DESKTOP, "light")
    window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        window.open("/changes?kind=gateway-mac-changed")
        assert "Reload for what is new" in window.text
        window.one("#entries .act button").click()
        window.until(lambda: "done=acknowledged" in window.path)
    finally:
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    [row] = site.store.feed.page(Wanted(kind="gateway-mac-changed")).rows
    assert "acknowledged" == row.state
