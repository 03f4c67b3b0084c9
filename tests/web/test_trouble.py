"""A piece of a page that does not come: the page stays, says so, and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import StoreUnavailable
from tests.web.browser import DESKTOP, Browser
from tests.web.planted import node, runs

if TYPE_CHECKING:
    from tests.web.planted import Site

pytestmark = pytest.mark.timeout(180)


class Away:
    """Whether the store answers one of its questions; it is the failure that is made here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, keeper: Any, question: str) -> None:
        self.is_away = False
        self.refused = 0
        real = getattr(keeper, question)

        def asked(*given: Any, **named: Any) -> Any:
            if self.is_away:
                self.refused += 1
                raise StoreUnavailable("the store is away")
            return real(*given, **named)

        monkeypatch.setattr(keeper, question, asked)


@pytest.fixture
def pages(window: Browser) -> Browser:
    """The browser, in one size."""
    window.looks(DESKTOP, "light")
    return window


def trouble(window: Browser) -> str:
    """What a page says of a piece that did not come."""
    return " ".join(each.text for each in window.all("main > .notice.bad, main .notice.bad"))


def test_one_that_watches_a_node_come_in_goes_on_after_the_store_was_away(
    pages: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(monkeypatch, site.store.tokens, "list")
    pages.open("/nodes/add")
    pages.one("main form > .fields > button").click()
    pages.until(lambda: pages.all("#progress"))
    away.is_away = True

    pages.until(lambda: "does not answer" in trouble(pages))
    assert "Waiting for it to enrol" in pages.one("#progress").text
    pages.until(lambda: away.refused > 1, "it is asked again")
    assert 1 == len(pages.all("h1"))
    assert 1 == len(pages.all(".notice.bad[role=alert]"))
    away.is_away = False
    pages.until(lambda: not trouble(pages))
    site.store.tokens.revoke(site.store.tokens.list()[0].digest)
    pages.until(lambda: "The token is revoked" in pages.one("#progress").text)
    assert not [each for each in pages.complaints() if " 503 " not in each]


def test_a_search_that_fails_leaves_what_was_found_and_says_so(
    pages: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(site.store, node(site.store, "warehouse-2"), 5)
    away = Away(monkeypatch, site.store.inventory, "find")
    pages.open("/devices")
    found = pages.one("#found").text
    away.is_away = True
    pages.one("#q").send_keys("00:11:32:00:00:0")

    pages.until(lambda: "does not answer" in trouble(pages))
    assert found == pages.one("#found").text
    assert 1 == len(pages.all("h1"))
    assert "00:11:32:00:00:0" == pages.one("#q").get_attribute("value")
    away.is_away = False
    pages.one("#q").send_keys("3")
    pages.until(lambda: not trouble(pages))
    pages.until(lambda: 1 == len(pages.all("#found tbody tr")))


def test_an_authority_that_is_not_there_at_all_is_said_too(pages: Browser, site: Site) -> None:
    runs(site.store, node(site.store, "warehouse-2"), 5)
    pages.open("/devices")
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    pages.driver.execute_cdp_cmd("Network.enable", {})
    pages.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        pages.one("#q").send_keys("00:11:32:00:00:0")
        pages.until(lambda: "the Authority does not answer" in trouble(pages))
    finally:
        online = {**offline, "offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
        pages.driver.execute_cdp_cmd("Network.emulateNetworkConditions", online)
    pages.one("#q").send_keys("3")
    pages.until(lambda: 1 == len(pages.all("#found tbody tr")))
    assert not trouble(pages)
