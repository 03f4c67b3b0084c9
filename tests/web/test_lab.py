"""The pages on what a real node found in the lab's office, delivered to a real Authority.

The node probes, on the office's edge; the switch, the agents and the services that answer it are
Debian's daemons in their namespaces. The browser is outside: the Authority that it looks at has the
store of the one that was reported to.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.home import reporting
from tests.lab.home.office import office
from tests.lab.home.standing import need
from tests.web.browser import DESKTOP, LOOKS, Browser
from tests.web.planted import STORE, Site, authority
from tests.web.test_base import seen
from tests.web.test_map import drawn, labelled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The node walks ranges, which fills the kernel's one neighbour table; a page is looked at four
# ways, and axe takes a second each.
pytestmark = [pytest.mark.lab, pytest.mark.lab_late, pytest.mark.timeout(240)]

PROBES = {"DPF_EDGE_LEVEL": "probe", "DPF_EDGE_RATE": "fast", "DPF_EDGE_NODE_NAME": "edge-1"}
# What only a run at that level has: the far end of a cable, out of the switch's tables.
KNOWN = ("printer.local", "sw-office", "NAS")
PAGES = {
    "see": "/",
    "nodes": "/nodes",
    "node": "/nodes/{node}",
    "devices": "/devices",
    "device": "/devices/{printer}",
    "switch": "/devices/{switch}",
    "map": "/map",
    "coverage": "/coverage",
    "changes": "/changes",
    "audit": "/audit",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store that a node delivered the office to."""
    need()
    folder = tmp_path_factory.mktemp("office")
    with office() as where:
        with (
            reporting.authority(where) as told,
            reporting.node(where, {**told, **PROBES}),
        ):
            limit = time.monotonic() + 2 * reporting.PATIENCE
            while time.monotonic() < limit:
                known = reporting.devices(where)
                if all(each in known for each in KNOWN):
                    break
                time.sleep(0.5)
        shutil.copyfile(reporting.store(where), folder / STORE)
    assert all(each in known for each in KNOWN), known
    return folder


@pytest.fixture(scope="module")
def site(store: Path) -> Iterator[Site]:
    """An Authority on that store."""
    with authority(store) as opened:
        yield opened


@pytest.fixture
def ids(window: Browser, site: Site) -> dict[str, str]:
    """What the addresses of some pages hold."""

    def device(name: str) -> str:
        window.open(f"/devices?q={name}")
        link = window.one("main tbody a[href^='/devices/']").get_attribute("href")
        assert link is not None
        return link.rpartition("/")[2]

    node = site.store.nodes.list()[0].node.node_id
    return {"node": node, "printer": device("printer.local"), "switch": device("sw-office")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_office_can_be_read_by_everybody(
    window: Browser, ids: dict[str, str], axe_script: str, name: str
) -> None:
    for size, colours in LOOKS:
        window.looks(size, colours)
        if name == "map":
            drawn(window)
        else:
            window.open(PAGES[name].format(**ids))
        seen(window, f"office-{name}", size, colours, axe_script)
    assert not window.complaints()


def test_the_first_page_says_where_the_node_stands(window: Browser) -> None:
    window.open("/")

    assert "192.168.40.0/24" in window.text
    assert "edge-1" in window.text


def test_a_printer_is_found_by_what_is_known_of_it(window: Browser, ids: dict[str, str]) -> None:
    window.looks(DESKTOP, "light")
    for asked in ("printer.local", "192.168.40.20", "3c-d9-2b-40-00-20", "ipp"):
        window.open(f"/devices?q={asked}")
        assert window.all(f"main tbody a[href$='{ids['printer']}']"), asked
    window.open(f"/devices/{ids['printer']}")
    for told in ("192.168.40.20", "3c:d9:2b:40:00:20", "ARP, asked", "ipp"):
        assert told in window.text


def test_the_map_has_the_switch_the_router_and_whom_they_connect(window: Browser) -> None:
    window.looks(DESKTOP, "light")
    drawn(window)

    for label in ("192.168.40.0/24", "sw-office", "printer"):
        assert labelled(window, label), label


def test_coverage_has_the_network_that_only_a_router_knows(window: Browser) -> None:
    window.looks(DESKTOP, "light")
    window.open("/coverage?q=192.168.41.0/24")
    behind = window.one("main tbody").text
    window.open("/coverage?q=192.168.40.0/24")
    own = window.one("main tbody").text

    assert "192.168.41.0/24" in behind
    assert "layer 2" not in behind
    assert "edge-1" in own


def test_what_is_new_is_acknowledged(window: Browser) -> None:
    window.looks(DESKTOP, "light")
    window.open("/changes")
    assert "printer.local" in window.text
    window.one("main [name=entry]").click()
    window.one("main button[name=state][value=acknowledged]").click()
    window.until(lambda: "done=acknowledged" in window.path)

    assert "1 entry acknowledged" in window.text
