"""Coverage in a real browser: looked at, filtered, and followed to where something is done."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

from tests.web.browser import DESKTOP, LOOKS, PHONE, Browser
from tests.web.networks import planted
from tests.web.planted import Site, node
from tests.web.test_base import seen, tabbed

if TYPE_CHECKING:
    from pathlib import Path

# A page is looked at four ways, and axe takes a second each.
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def networks(site: Site) -> dict[str, str]:
    """Networks of three sites; the nodes by what they are."""
    return planted(site.store)


def listed(window: Browser) -> list[str]:
    """The networks that are shown."""
    return [each.text for each in window.all(".coverage tbody .prefix")]


def test_coverage_fits_and_can_be_read_by_everybody(
    window: Browser, networks: dict[str, str], axe_script: str
) -> None:
    for size, colours in LOOKS:
        window.looks(size, colours)
        window.open("/coverage")
        seen(window, "coverage", size, colours, axe_script)
    assert "3 of 7 known networks are not seen, 1 only through a router" == window.one("h1").text
    assert not window.complaints()


def test_coverage_that_is_empty_says_what_it_will_show(
    window: Browser, site: Site, axe_script: str
) -> None:
    for size in (PHONE, DESKTOP):
        window.looks(size, "light")
        window.open("/coverage")
        seen(window, "coverage-empty", size, "light", axe_script)
    assert "Nobody looks yet" in window.text
    node(site.store, "new")
    for size in (PHONE, DESKTOP):
        window.looks(size, "dark")
        window.open("/coverage")
        seen(window, "coverage-no-network", size, "dark", axe_script)
    assert "No network is known yet" in window.text
    assert not window.complaints()


def test_what_nobody_sees_stands_first_and_leads_to_a_node_for_its_site(
    window: Browser, networks: dict[str, str]
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/coverage")

    assert ["10.9.0.0/24", "192.168.8.0/24", "192.168.3.0/24"] == listed(window)[:3]
    assert 2 == listed(window).count("192.168.1.0/24")
    rows = window.all(".coverage tbody tr")
    rows[1].find_element("css selector", ".todo a").click()
    window.until(lambda: window.path.startswith("/nodes/add"), "adding a node")
    assert "shop" == window.one("input[name=to-site]").get_attribute("value")


def test_the_keyboard_alone_filters(window: Browser, networks: dict[str, str]) -> None:
    window.looks(DESKTOP, "light")
    window.open("/coverage")
    tabbed(window, ".covering a[href*='state=layer-2']").send_keys(Keys.ENTER)
    window.until(lambda: "state=layer-2" in window.path, "the filter is in the address")
    assert 3 == len(listed(window))
    tabbed(window, "input[name=q]").send_keys("shop", Keys.ENTER)
    window.until(lambda: "q=shop" in window.path, "and so is the search")

    assert ["192.168.1.0/24"] == listed(window)
    assert "true" == window.one(".covering a[href*='state=layer-2']").get_attribute("aria-current")


def test_what_is_shown_is_downloaded(
    window: Browser, networks: dict[str, str], tmp_path: Path
) -> None:
    window.looks(DESKTOP, "light")
    window.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    window.open("/coverage?site=office")
    window.one("a[href^='/coverage.csv']").click()
    file = tmp_path / "coverage.csv"
    window.until(file.is_file, "the file is there")
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))

    assert {"office"} == {each["site"] for each in rows}
    assert listed(window) == [each["network"] for each in rows]
