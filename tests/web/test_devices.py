"""A hundred thousand devices in a real browser: searched, narrowed, gone through, looked at."""

from __future__ import annotations

import shutil
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dpf_edge.authority.identity import sighting
from dpf_edge.store import open_store
from dpf_edge.store.finding import KNOWN, Wanted
from tests.web.browser import DESKTOP, LOOKS, PHONE, Browser
from tests.web.crowd import BIDI, SCRIPT, crowd
from tests.web.planted import Site, opened
from tests.web.test_base import SHOTS, fits, seen, tabbed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A hundred thousand devices take half a minute to come in, once.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a hundred thousand devices, and some that were planted."""
    file = tmp_path_factory.mktemp("crowd") / "store.sqlite"
    with open_store(f"sqlite:///{file}", clock=time.time, sight=sighting) as store:
        crowd(store)
    return file


@pytest.fixture(scope="module")
def city(filled: Path) -> Iterator[Site]:
    """An Authority over them."""
    with opened(filled) as site:
        yield site


@pytest.fixture
def view(chromium: Browser, city: Site) -> Browser:
    """The browser, signed in as an operator, at a desk's size."""
    return signed_in(chromium, city)


def signed_in(chromium: Browser, site: Site) -> Browser:
    chromium.at = site.url
    chromium.driver.delete_all_cookies()
    chromium.complaints()
    chromium.looks(DESKTOP, "light")
    chromium.open(site.link())
    return chromium


def names(view: Browser) -> list[str]:
    """The names in the list, in its order; read at once, for it may be replaced meanwhile."""
    found = "return [...document.querySelectorAll('.devices tbody th a')].map(e => e.textContent)"
    return list(view.run(found))


def planted(site: Site, name: str) -> str:
    """The address of the page of a planted device."""
    rows = site.store.inventory.devices(site="the lab").rows
    found = next(each for each in rows if (each.name or "").startswith(name))
    return f"/devices/{found.device_id}"


LOOKED_AT = {
    "devices": "/devices",
    "devices-narrowed": "/devices?site=the+lab&state=all&sort=kind",
    "devices-none": "/devices?q=nothing-is-called-so",
    "device": "laptop",
    "device-hostile": "hostile",
    "device-gone": "gone-away",
    "device-long": "xxx",
    "device-unknown": "/devices/device_0",
}


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_of_devices_fits_and_can_be_read_by_everybody(
    view: Browser, city: Site, axe_script: str, name: str
) -> None:
    path = LOOKED_AT[name]
    path = path if path.startswith("/") else planted(city, path)
    for size, colours in LOOKS:
        view.looks(size, colours)
        view.open(path)
        seen(view, name, size, colours, axe_script)
    assert not [each for each in view.complaints() if " 404 " not in each]


# Every other page over the same hundred thousand; what each says when it is there.
CROWDED = {
    "see": ("/", "0 of 21 nodes see their LAN"),
    "nodes": ("/nodes", "21 nodes"),
    "node": ("/nodes/{node}", "node-00"),
    "map": ("/map", "21 sites"),
    "map-site": ("/map?site=site-03", "1 site, 1 node, 25 networks"),
    "coverage": ("/coverage", "501"),
    "changes": ("/changes", "New: "),
}


@pytest.mark.parametrize("name", CROWDED)
def test_every_page_opens_over_a_hundred_thousand(
    view: Browser, city: Site, axe_script: str, name: str
) -> None:
    path, says = CROWDED[name]
    node = next(each.node.node_id for each in city.store.nodes.list(site="site-00"))
    view.looks(PHONE, "dark")
    view.open(path.format(node=node))
    ready(view)
    view.shot(SHOTS / f"crowd-{name}-phone-dark.png")
    assert fits(view, PHONE)
    view.looks(DESKTOP, "light")
    view.open(path.format(node=node))
    ready(view)
    seen(view, f"crowd-{name}", DESKTOP, "light", axe_script)

    assert says in view.text
    assert not view.complaints()


def ready(view: Browser) -> None:
    """Wait until a map is drawn, where there is one."""
    if view.all("[data-map]"):
        view.until(lambda: view.all("[data-map][data-drawn]"), "the map is drawn")


def test_a_site_is_chosen_and_what_was_typed_stays(view: Browser, city: Site) -> None:
    view.open("/devices?sort=kind")
    view.one("#q").send_keys("printer")
    view.until(lambda: "q=printer" in view.path)
    view.one("#site option[value='site-03']").click()
    view.until(lambda: "site=site-03" in view.path)

    assert "printer" == view.one("#q").get_attribute("value")
    assert "sort=kind" in view.path
    there = city.store.inventory.find(Wanted(site="site-03", query="printer", state=KNOWN)).total
    assert 600 < there < 650
    assert f"{there} devices found" in view.text


def test_what_is_typed_is_found_while_it_is_typed_and_the_focus_stays(view: Browser) -> None:
    view.open("/devices")
    field = view.one("#q")
    field.click()
    field.send_keys("la")
    view.until(lambda: "q=la" in view.path, "the address follows")
    field.send_keys("ptop")
    view.until(lambda: ["laptop of the boss"] == names(view), "it is found")

    assert view.driver.switch_to.active_element == field
    assert "laptop" == field.get_attribute("value")
    view.until(lambda: "/devices?q=laptop" == view.path, "and so is its address")
    assert "1 device found" in view.text
    field.clear()
    field.send_keys("00-1E-C9-FF-00-04")
    view.until(lambda: ["core-switch"] == names(view), "by a MAC as Windows writes it")
    field.clear()
    field.send_keys("192.168.50.64/26")
    view.until(lambda: ["laptop of the boss"] == names(view), "by a subnet")
    assert not view.complaints()


def test_a_filter_counts_at_once_and_can_be_taken_away(view: Browser) -> None:
    view.open("/devices?site=the+lab")
    view.one(".narrow summary").click()
    view.one("select[name=kind] option[value=router]").click()
    view.until(lambda: ["gateway"] == names(view), "narrowed")
    view.until(lambda: "/devices?site=the+lab&kind=router" == view.path)
    view.one(".chips a").click()
    view.until(lambda: len(names(view)) == 5, "all of them again")

    assert "/devices?site=the+lab" == view.path


def test_pages_and_orders_of_a_hundred_thousand(view: Browser) -> None:
    view.open("/devices")
    first = names(view)
    assert 50 == len(first)
    counted = "100\N{NARROW NO-BREAK SPACE}005 devices"
    assert counted == view.run("return document.querySelector('.count').textContent")
    view.one("a[rel=next]").click()
    view.until(lambda: view.all("a[rel=prev]"))
    second = names(view)
    assert not set(first) & set(second)
    view.one("a[rel=prev]").click()
    view.until(lambda: names(view) == first)
    view.one("thead a[href*='sort=address']").click()
    view.until(lambda: view.all("th[aria-sort=ascending] a[href*='sort=address']"))

    found = [each.text for each in view.all(".devices td[data-label=Address] code")]
    assert found == sorted(found, key=lambda each: [int(part) for part in each.split(".")])
    view.one("th[aria-sort] a").click()
    view.until(lambda: view.all("th[aria-sort=descending]"))
    assert "192.168.50.66" == view.one(".devices td[data-label=Address] code").text


def test_a_device_leads_to_its_neighbours_and_back(view: Browser, city: Site) -> None:
    view.open(planted(city, "laptop"))
    view.driver.find_element(By.LINK_TEXT, "core-switch").click()
    view.until(lambda: "core-switch" == view.one("h1").text)
    assert "Gi1/0/48" in view.text
    view.driver.find_element(By.LINK_TEXT, "192.168.50.0/24").click()
    view.until(lambda: view.all(".devices"))

    assert {"core-switch", "gateway", "laptop of the boss"} < set(names(view))
    assert "in 192.168.50.0/24" in view.text


def test_what_a_device_calls_itself_stays_text(view: Browser, city: Site) -> None:
    for path in ("/devices?site=the+lab", planted(city, "hostile")):
        view.open(path)
        assert SCRIPT in view.text
        assert BIDI not in view.driver.page_source
        assert "taken" != view.driver.title
        assert not view.all("main img, main script")
    assert not view.complaints()


def test_the_keyboard_alone_finds_a_device_and_opens_it(view: Browser) -> None:
    view.open("/devices")
    tabbed(view, "#q").send_keys("gateway")
    view.until(lambda: ["gateway"] == names(view))
    tabbed(view, ".devices tbody th a").send_keys(Keys.ENTER)
    view.until(lambda: "gateway" == view.one("h1").text)

    assert not view.complaints()


def test_without_a_script_the_form_is_sent_and_everything_works(view: Browser) -> None:
    view.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        view.open("/devices?site=the+lab")
        view.one("#q").send_keys("boss")
        view.one(".search button").click()
        view.until(lambda: "q=boss" in view.path)
        found = [each.text for each in view.all(".devices tbody th a")]
        assert ["laptop of the boss"] == found
        view.one(".narrow summary").click()
        view.one("select[name=kind] option[value=router]").click()
        view.one(".search button").click()
        view.until(lambda: "kind=router" in view.path)
        assert view.all(".empty")
    finally:
        view.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_list_is_downloaded_as_it_was_narrowed(view: Browser) -> None:
    view.open("/devices?q=boss")
    view.one(".tally summary").click()
    link = view.one(".tally a[href*='/devices/download/csv']").get_attribute("href")
    cookies = {each["name"]: each["value"] for each in view.driver.get_cookies()}
    sent = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    asked = urllib.request.Request(str(link), headers=sent)  # noqa: S310 - our own loopback address
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()

    assert 2 == len(lines)
    assert lines[1].startswith("laptop of the boss,")


def test_an_operator_forgets_a_device(chromium: Browser, filled: Path, tmp_path: Path) -> None:
    shutil.copy(filled, tmp_path / "store.sqlite")
    with opened(tmp_path / "store.sqlite") as site:
        view = signed_in(chromium, site)
        view.open(planted(site, "gone-away"))
        view.one(".actions summary").click()
        view.one("form[action$='/forget'] button").click()
        view.until(lambda: "done=forget" in view.path)

        assert "Forgotten" in view.text
        assert 0 == len(site.store.inventory.devices(query="gone-away").rows)
