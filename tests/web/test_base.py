"""The pages in a real browser: looked at, gone through by keyboard, and decided on."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.web.browser import DESKTOP, LOOKS, PHONE, Browser, Size
from tests.web.planted import SCRIPT, Site, beats, runs

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
# A page is looked at four ways, and axe takes a second each.
pytestmark = pytest.mark.timeout(180)

GRAVE = ("serious", "critical")
PAGES = {
    "see": "/",
    "see-one-site": "/?site=shop-7",
    "nodes": "/nodes",
    "node-sees": "/nodes/{sees}",
    "node-blind": "/nodes/{blind}",
    "node-unknown": "/nodes/{doubts}",
    "node-pending": "/nodes/{waits}",
    "add-a-node": "/nodes/add",
    "audit": "/audit",
    "api-tokens": "/api-tokens",
    "no-such-node": "/nodes/edge_0000000000000000",
}


def grave(window: Browser, script: str) -> list[str]:
    """What axe finds that is serious or worse."""
    window.run(script)
    found: dict[str, Any] = window.driver.execute_async_script(
        "const done = arguments[0]; axe.run().then(done, e => done({violations: [], e: `${e}`}))"
    )
    assert "e" not in found, found
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]


def fits(window: Browser, size: Size) -> bool:
    """Whether nothing is wider than the window; a phone would zoom out, and shrink all of it."""
    return int(window.run("return document.documentElement.scrollWidth")) <= size.width


def seen(window: Browser, name: str, size: Size, colours: str, script: str) -> None:
    """Look at the page that is open: a picture, and what may be held of any page."""
    window.shot(SHOTS / f"{name}-{size.name}-{colours}.png")
    assert fits(window, size), f"{name} is wider than a {size.name}"
    assert not grave(window, script), f"{name}, {size.name}, {colours}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_can_be_read_by_everybody(
    window: Browser, nodes: dict[str, str], axe_script: str, name: str
) -> None:
    for size, colours in LOOKS:
        window.looks(size, colours)
        window.open(PAGES[name].format(**nodes))
        seen(window, name, size, colours, axe_script)
    refused = [each for each in window.complaints() if " 404 " not in each]
    assert not refused


def test_a_page_without_nodes_and_the_door_can_be_read_too(
    window: Browser, axe_script: str
) -> None:
    for size, colours in LOOKS:
        window.looks(size, colours)
        window.open("/")
        seen(window, "see-empty", size, colours, axe_script)
    window.driver.delete_all_cookies()
    for size, colours in LOOKS:
        window.looks(size, colours)
        window.open("/sign-in")
        seen(window, "sign-in", size, colours, axe_script)
    assert not window.complaints()


def test_the_browser_asks_nobody_but_the_authority(
    window: Browser, nodes: dict[str, str], site: Site
) -> None:
    for path in PAGES.values():
        window.open(path.format(**nodes))
    asked = window.requested()

    assert len(asked) > len(PAGES)
    assert all(each.startswith((site.url, "data:", "chrome:", "about:")) for each in asked)


def test_a_script_in_a_name_stays_text(window: Browser, nodes: dict[str, str]) -> None:
    for path in ("/", "/nodes", f"/nodes/{nodes['doubts']}"):
        window.open(path)
        assert SCRIPT in window.text
        assert "taken" != window.driver.title
    assert not window.complaints()


def test_what_runs_inline_is_refused_and_reported(window: Browser) -> None:
    """The policy is there in earnest: this browser would say if a page broke it."""
    window.open("/")
    window.run(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.body.append(s)"
    )

    assert window.run("return window.ran") is None
    assert any("Content Security Policy" in each for each in window.complaints())


def test_colours_stay_as_they_were_chosen(window: Browser, nodes: dict[str, str]) -> None:
    def ground() -> str:
        return str(window.run("return getComputedStyle(document.body).backgroundColor"))

    window.looks(DESKTOP, "light")
    window.open("/")
    light = ground()
    switch = window.one("[data-theme-switch]")
    switch.click()
    switch.click()
    dark = ground()
    window.open("/nodes")

    assert light != dark == ground()
    window.one("[data-theme-switch]").click()
    assert light == ground()


def test_a_site_is_kept_from_page_to_page(window: Browser, nodes: dict[str, str]) -> None:
    window.looks(DESKTOP, "light")
    window.open("/")
    window.one("#site option[value='shop-7']").click()
    window.until(lambda: "site=shop-7" in window.path)
    assert "1 of 2 nodes sees its LAN" in window.text
    window.one("nav a[href^='/nodes']").click()
    window.until(lambda: window.path.startswith("/nodes"))

    assert "till-pc" in window.text
    assert "nas" not in window.text


def test_deciding_about_a_node_by_its_buttons(
    window: Browser, nodes: dict[str, str], site: Site
) -> None:
    node = nodes["waits"]

    def state() -> str:
        return site.store.nodes.get(node).node.trust_state

    def press(what: str) -> None:
        window.one(f"form[action$='/{what}'] button").click()
        window.until(lambda: f"done={what}" in window.path)

    def unfold(says: str) -> None:
        named = [each for each in window.all(".actions summary") if each.text == says]
        named[0].click()

    window.looks(PHONE, "light")
    window.open(f"/nodes/{node}")
    press("approve")
    assert "trusted" == state()
    unfold("Quarantine")
    press("quarantine")
    assert "quarantined" == state()
    press("restore")
    assert "trusted" == state()
    unfold("Rename")
    name = window.one("input[name=name]")
    name.clear()
    name.send_keys("the attic")
    press("rename")
    assert "the attic" == window.one("h1").text
    unfold("Revoke")
    press("revoke")
    assert "revoked" == state()
    assert not window.all(".actions")


def tabbed(window: Browser, selector: str) -> WebElement:
    """Press Tab until the focus is on what is wanted; how a hand without a mouse gets there."""
    wanted = window.one(selector)
    for _ in range(80):
        window.driver.switch_to.active_element.send_keys(Keys.TAB)
        if window.driver.switch_to.active_element == wanted:
            outline = window.run("return getComputedStyle(arguments[0]).outlineStyle", wanted)
            within = window.run("return arguments[0].closest('label:has(:focus-visible)')", wanted)
            assert outline != "none" or within, f"{selector}: the focus is not to be seen"
            return wanted
    raise AssertionError(f"no Tab leads to {selector}")


def enrols(site: Site, token: str) -> str:
    """A node comes in over HTTP as a program does; its id."""
    told = {
        "bootstrapToken": token,
        "displayName": "the-till",
        "platform": "linux",
        "installMode": "native",
        "version": "0.1.0",
        "advertisedCapabilities": ["discovery.network"],
    }
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{site.url}/api/v1/edge/enroll",
        json.dumps(told).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return str(json.load(answer)["nodeId"])


def test_the_keyboard_alone_adds_a_node_and_watches_it_come_in(
    window: Browser, site: Site, axe_script: str
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/")
    tabbed(window, "a[href='/nodes/add']").send_keys(Keys.ENTER)
    window.until(lambda: window.path == "/nodes/add")
    tabbed(window, "input[name=row]:checked").send_keys(Keys.ARROW_DOWN)
    assert "1" == window.one("input[name=row]:checked").get_attribute("value")
    field = tabbed(window, "input[name=to-site]")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("shop-7")
    tabbed(window, "main form > .fields > button").send_keys(Keys.ENTER)
    window.until(lambda: window.all("#progress"))
    for size, colours in LOOKS:
        window.looks(size, colours)
        seen(window, "node-joins", size, colours, axe_script)
    lines = window.one("main").text.splitlines()
    token = next(each for each in lines if each.startswith("dpfboot_"))

    node = enrols(site, token)
    window.until(lambda: "Enrolled as the-till" in window.text, "it enrols")
    tabbed(window, "#progress form button").send_keys(Keys.ENTER)
    window.until(lambda: site.store.nodes.get(node).node.trust_state == "trusted", "approved")
    beats(site.store, node, "yes", vantage="linux-host")
    runs(site.store, node)
    window.until(lambda: "First run: 14 items" in window.text, "it runs")
    assert "sees the LAN" in window.text
    window.shot(SHOTS / "node-came-in-desktop-dark.png")
    tabbed(window, "#progress a.button").send_keys(Keys.ENTER)
    window.until(lambda: window.path == f"/nodes/{node}")
    assert not window.complaints()


def test_the_way_past_the_navigation_is_the_first_thing_that_tab_reaches(
    window: Browser, nodes: dict[str, str]
) -> None:
    window.open("/nodes")
    window.one("body").send_keys(Keys.TAB)
    first = window.driver.switch_to.active_element

    assert "Skip to the content" == first.text
    first.send_keys(Keys.ENTER)
    assert "main" == window.run("return document.activeElement.id")


def test_a_tables_cell_on_a_phone_stands_beside_its_label(
    window: Browser, nodes: dict[str, str]
) -> None:
    window.looks(PHONE, "light")
    window.open(f"/nodes/{nodes['blind']}")
    window.open("/nodes")
    lefts = window.run(
        "return [...document.querySelectorAll('td[data-label]')].map(cell => {"
        " const range = document.createRange(); range.selectNodeContents(cell);"
        " return Math.round(range.getBoundingClientRect().left); })"
    )

    assert len(lefts) > 10
    assert 1 == len(set(lefts))
