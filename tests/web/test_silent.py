"""Pages that grow old, in a real browser: nothing of before is shown as of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.browser import LOOKS, Browser
from tests.web.planted import Site, authority, beats, node, silent
from tests.web.test_base import seen

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(180)


def test_what_was_is_told_in_the_past_and_marked_as_unknown(
    chromium: Browser, tmp_path: Path, axe_script: str
) -> None:
    nodes = silent(tmp_path)
    with authority(tmp_path) as site:
        chromium.at = site.url
        chromium.driver.delete_all_cookies()
        chromium.complaints()
        chromium.open(site.link())
        [device] = site.store.inventory.devices(limit=1).rows
        pages = {
            "see-silent": "/",
            "nodes-silent": "/nodes",
            "node-silent": f"/nodes/{nodes['blind']}",
            "device-silent": f"/devices/{device.device_id}",
        }
        for name, path in pages.items():
            for size, colours in LOOKS:
                chromium.looks(size, colours)
                chromium.open(path)
                chromium.run("document.querySelector('.sight details')?.setAttribute('open', '')")
                seen(chromium, name, size, colours, axe_script)
            marks = {each.text for each in chromium.all(".sees")}
            assert marks <= {"unknown"}, name
            assert "in sight" not in chromium.text
        assert "last seen 3 days ago" in chromium.one(".badges").text
        chromium.open("/")
        assert "14 devices reported." in chromium.text
        assert "was lost" in chromium.text
        assert not chromium.complaints()


def test_a_page_that_stays_open_tells_how_things_are(window: Browser, site: Site) -> None:
    window.open("/")
    assert "There is no node yet" in window.text
    its = node(site.store, "warehouse-2")
    beats(site.store, its, "yes", vantage="linux-host")
    window.until(lambda: "Your node sees its LAN" in window.text)
    assert "Your node sees its LAN" in window.driver.title

    window.run("document.querySelector('[data-fresh]').dataset.fresh = '1'")
    beats(site.store, its, "no", vantage="docker-desktop-host", lanWhy="it is Docker's")
    window.until(lambda: "Your node does not see its LAN" in window.text)


def test_a_page_that_somebody_works_in_is_left_alone(window: Browser, site: Site) -> None:
    its = node(site.store, "warehouse-2")
    window.open("/")
    window.run(
        "window.reads = 0; const real = fetch;"
        "window.fetch = (...told) => { window.reads += 1; return real(...told); };"
        "document.querySelector('details.help').open = true;"
        "document.querySelector('[data-fresh]').dataset.fresh = '1'"
    )
    beats(site.store, its, "yes", vantage="linux-host")
    # The page looks once a second whether it is due.
    window.run("window.seconds = 0; setInterval(() => { window.seconds += 1; }, 1000)")
    window.until(lambda: window.run("return window.seconds") >= 4)
    assert 0 == window.run("return window.reads")
    assert "Your node sees its LAN" not in window.text

    window.run("document.querySelector('details.help').open = false")
    window.until(lambda: "Your node sees its LAN" in window.text)


def test_a_page_whose_session_is_over_leads_to_the_door(window: Browser, site: Site) -> None:
    node(site.store, "warehouse-2")
    window.open("/")
    window.driver.delete_all_cookies()
    window.run("document.querySelector('[data-fresh]').dataset.fresh = '1'")
    window.until(lambda: window.path == "/sign-in")
