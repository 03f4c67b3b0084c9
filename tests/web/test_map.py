"""The map in a real browser: drawn under the strict policy, walked by mouse, touch and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.web.browser import DESKTOP, LOOKS, PHONE, Browser
from tests.web.networks import planted
from tests.web.planted import SCRIPT, Site
from tests.web.test_base import seen, tabbed

if TYPE_CHECKING:
    from pathlib import Path

# A page is looked at four ways, and axe takes a second each.
pytestmark = pytest.mark.timeout(180)

CANVAS = "[data-map]"
# More devices than are drawn one by one.
MANY = 320
OPENED = "192.168.1.0/24@office"


@pytest.fixture
def networks(site: Site) -> dict[str, str]:
    """Networks of three sites; the nodes by what they are."""
    return planted(site.store)


@pytest.fixture
def crowded(site: Site) -> dict[str, str]:
    """The same, with more devices than are drawn one by one."""
    return planted(site.store, stations=MANY)


def drawn(window: Browser, path: str = "/map") -> None:
    """Open a map, and wait until it is drawn."""
    window.open(path)
    window.until(lambda: window.one(CANVAS).get_attribute("data-drawn"), "the map is drawn")


def of(window: Browser, script: str, *told: Any) -> Any:
    """Ask the drawing: ``cy`` is the graph, ``told`` the arguments."""
    return window.run(
        f"const cy = document.querySelector('{CANVAS}').map; const told = arguments; {script}",
        *told,
    )


def labelled(window: Browser, label: str) -> list[str]:
    """The elements whose label begins so."""
    return list(
        of(
            window,
            "return cy.nodes().filter(n => n.data('label').startsWith(told[0])).map(n => n.id())",
            label,
        )
    )


def clicked(window: Browser, its: str) -> None:
    """Click an element where it is drawn."""
    canvas = window.one(CANVAS)
    window.run("arguments[0].scrollIntoView({block: 'center'})", canvas)
    x, y = of(window, "const p = cy.$id(told[0]).renderedPosition(); return [p.x, p.y]", its)
    size = canvas.size
    chain = ActionChains(window.driver)
    chain.move_to_element_with_offset(canvas, x - size["width"] / 2, y - size["height"] / 2)
    chain.click().perform()


@pytest.mark.parametrize(("name", "path"), [("map", "/map"), ("map-one-site", "/map?site=office")])
def test_the_map_fits_and_can_be_read_by_everybody(
    window: Browser, networks: dict[str, str], axe_script: str, name: str, path: str
) -> None:
    for size, colours in LOOKS:
        window.looks(size, colours)
        drawn(window, path)
        seen(window, name, size, colours, axe_script)
    assert not window.complaints()


def test_the_map_of_many_can_be_read_by_everybody_closed_and_open(
    window: Browser, crowded: dict[str, str], axe_script: str
) -> None:
    for name, path in (("map-many", "/map"), ("map-open", f"/map?open={OPENED}")):
        for size in (PHONE, DESKTOP):
            window.looks(size, "light")
            drawn(window, path)
            seen(window, name, size, "light", axe_script)
    assert not window.complaints()


def test_an_empty_map_leads_to_adding_a_node(window: Browser, axe_script: str) -> None:
    for size in (PHONE, DESKTOP):
        window.looks(size, "dark")
        window.open("/map")
        seen(window, "map-empty", size, "dark", axe_script)
    assert window.all("a[href='/nodes/add']")
    assert not window.complaints()


def test_a_script_in_a_name_stays_text_in_the_drawing_and_beside_it(
    window: Browser, networks: dict[str, str]
) -> None:
    window.looks(DESKTOP, "light")
    drawn(window)

    assert 1 == len(labelled(window, "till <script>"))
    assert SCRIPT in (window.one("#map-list").get_attribute("textContent") or "")
    assert "taken" != window.driver.title
    assert not window.complaints()


def test_a_blind_node_is_drawn_as_blind_and_ties_to_nothing(
    window: Browser, networks: dict[str, str]
) -> None:
    drawn(window)
    blind = f"node:{networks['blind']}"

    state, ties = of(
        window, "const n = cy.$id(told[0]); return [n.data('state'), n.degree()]", blind
    )
    style = of(window, "return cy.$id(told[0]).style('border-style')", blind)

    assert ("no", 0, "dashed") == (state, ties, style)
    assert not labelled(window, "192.168.65.0/24")


def test_it_is_drawn_the_same_each_time(window: Browser, networks: dict[str, str]) -> None:
    places = []
    for _ in range(2):
        drawn(window)
        places.append(of(window, "return cy.nodes().map(n => [n.id(), n.position()])"))

    assert places[0] == places[1]
    assert len(places[0]) > 30


def test_a_click_on_a_network_opens_it_and_on_a_device_leads_to_it(
    window: Browser, crowded: dict[str, str], site: Site
) -> None:
    window.looks(DESKTOP, "light")
    drawn(window, "/map?site=office")
    assert not labelled(window, "camera-")
    clicked(window, f"net:{OPENED}")
    window.until(lambda: "open=" in window.path, "the network opens")
    assert "site=office" in window.path
    window.until(lambda: window.one(CANVAS).get_attribute("data-drawn"))
    assert labelled(window, "camera-")
    assert 1 == len(labelled(window, "3 more"))
    device = labelled(window, "phone-6")[0]
    of(window, "cy.zoom(1); cy.center(cy.$id(told[0]))", device)
    clicked(window, device)
    wanted = f"/devices/{device.removeprefix('device:')}"
    window.until(lambda: window.path.startswith(wanted), "the device's page")
    assert "site=office" in window.path


def test_the_keyboard_alone_walks_the_map_and_opens_a_network(
    window: Browser, crowded: dict[str, str]
) -> None:
    window.looks(DESKTOP, "light")
    drawn(window, "/map?site=office")
    canvas = tabbed(window, CANVAS)
    says = window.one("[data-map-says]")
    canvas.send_keys(Keys.ARROW_RIGHT)
    visited = [says.text]
    for key in (Keys.ARROW_DOWN, Keys.ARROW_RIGHT) * 8:
        if "192.168.1.0/24" in says.text:
            break
        canvas.send_keys(key)
        visited.append(says.text)
    for key in (Keys.ARROW_LEFT,) * 8:
        if "192.168.1.0/24" in says.text:
            break
        canvas.send_keys(key)
        visited.append(says.text)
    assert "192.168.1.0/24" in says.text, visited
    assert "Enter opens it" in says.text
    before = of(window, "return cy.zoom()")
    canvas.send_keys("+")
    assert of(window, "return cy.zoom()") > before
    canvas.send_keys("0")
    canvas.send_keys(Keys.ENTER)
    window.until(lambda: "open=192.168.1.0" in window.path, "it opens")
    assert not window.complaints()


def test_the_map_takes_on_other_colours_without_being_loaded_again(
    window: Browser, networks: dict[str, str]
) -> None:
    def label() -> str:
        return str(of(window, "return cy.nodes()[0].style('color')"))

    window.looks(DESKTOP, "light")
    drawn(window)
    light = label()
    window.looks(DESKTOP, "dark")
    window.until(lambda: label() != light, "the system turns dark")
    dark = label()
    switch = window.one("[data-theme-switch]")
    switch.click()
    window.until(lambda: label() == light, "light was chosen")
    switch.click()
    window.until(lambda: label() == dark, "dark was chosen")
    switch.click()


def test_the_map_is_saved_as_a_picture(
    window: Browser, networks: dict[str, str], tmp_path: Path
) -> None:
    window.looks(DESKTOP, "light")
    window.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    drawn(window, "/map?site=office")
    window.one("[data-map-do=png]").click()
    file = tmp_path / "map-office.png"
    window.until(file.is_file, "the picture is there")

    assert b"\x89PNG\r\n" == file.read_bytes()[:6]
    assert file.stat().st_size > 10_000
    assert not window.complaints()


def test_fingers_zoom_and_the_tables_come_first_on_a_phone(
    window: Browser, networks: dict[str, str]
) -> None:
    window.looks(PHONE, "light")
    drawn(window, "/map?site=office")
    table = window.run("return document.querySelector('#map-list').getBoundingClientRect().top")
    canvas = window.run(f"return document.querySelector('{CANVAS}').getBoundingClientRect().top")
    assert table < canvas
    window.run(f"document.querySelector('{CANVAS}').scrollIntoView({{block: 'center'}})")
    left, top, before = of(
        window,
        "const r = cy.container().getBoundingClientRect();"
        "return [r.left + r.width / 2, r.top + r.height / 2, cy.zoom()]",
    )
    for kind, apart in (("touchStart", 30), ("touchMove", 60), ("touchMove", 100)):
        points = [{"x": left - apart, "y": top}, {"x": left + apart, "y": top}]
        window.driver.execute_cdp_cmd(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )
    window.driver.execute_cdp_cmd(
        "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
    )

    window.until(lambda: of(window, "return cy.zoom()") > before * 1.5, "it is nearer")


def test_without_javascript_the_tables_are_there(window: Browser, networks: dict[str, str]) -> None:
    window.looks(DESKTOP, "light")
    try:
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        window.open("/map?site=office")
        text = window.text
    finally:
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert "Drawing the map takes JavaScript" in text
    for told in ("192.168.1.0/24", "core-switch", "label-printer", "10.9.0.0/24"):
        assert told in text


def test_where_the_drawing_cannot_be_had_the_page_says_so(
    window: Browser, networks: dict[str, str]
) -> None:
    window.looks(DESKTOP, "light")
    window.driver.execute_cdp_cmd("Network.enable", {})
    try:
        window.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/map/data*"]})
        window.open("/map")
        window.until(lambda: "could not be drawn" in window.text, "it is said")
    finally:
        window.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    window.complaints()
