"""Who may come in and what they may do, in a real browser: the door, viewers, tokens, decisions."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

from dpf_edge.wire import tokens
from tests.web.browser import DESKTOP, LOOKS, PHONE, Browser
from tests.web.test_base import seen, tabbed

if TYPE_CHECKING:
    from tests.web.planted import Site

pytestmark = pytest.mark.timeout(180)

PASSWORD = "correct horse battery"  # noqa: S105 - made up here
PAGES = ("/", "/nodes", "/nodes/{waits}", "/nodes/{sees}", "/changes", "/audit")


def leaves(window: Browser, site: Site) -> None:
    """End the session as the server knows it; the browser still has its cookie."""
    cookie = window.driver.get_cookie("dpf_session")
    assert cookie is not None
    site.store.people.sign_out(tokens.digest(cookie["value"]))


def comes(window: Browser, site: Site, role: str) -> None:
    """Sign in by the form, with the keyboard alone."""
    site.store.people.add("ada", role, tokens.Secret(PASSWORD))
    window.driver.delete_all_cookies()
    window.open("/sign-in")
    focused = window.driver.switch_to.active_element
    assert "name" == focused.get_attribute("name")
    focused.send_keys("ada", Keys.TAB)
    window.driver.switch_to.active_element.send_keys(PASSWORD, Keys.ENTER)
    window.until(lambda: window.path == "/")


def test_the_door_by_keyboard_and_out_again(window: Browser, site: Site, axe_script: str) -> None:
    window.looks(DESKTOP, "light")
    window.driver.delete_all_cookies()
    window.open("/")
    assert "/sign-in" == window.path
    window.one("input[name=name]").send_keys("ada")
    window.one("input[name=password]").send_keys("wrong", Keys.ENTER)
    window.until(lambda: "The name or password is wrong." in window.text)
    for size, colours in LOOKS:
        window.looks(size, colours)
        seen(window, "sign-in-wrong", size, colours, axe_script)
    comes(window, site, "operator")
    tabbed(window, ".menu summary").send_keys(Keys.ENTER)
    assert "operator" in window.one(".menu .sheet").text
    seen(window, "menu", DESKTOP, "dark", axe_script)
    tabbed(window, ".menu .sheet button").send_keys(Keys.ENTER)
    window.until(lambda: window.path == "/sign-in")
    window.open("/nodes")
    assert "/sign-in" == window.path
    assert not [each for each in window.complaints() if " 401 " not in each]


def test_a_viewer_sees_everything_and_has_nothing_to_press(
    window: Browser, site: Site, nodes: dict[str, str], axe_script: str
) -> None:
    window.looks(DESKTOP, "light")
    comes(window, site, "viewer")
    for path in PAGES:
        window.open(path.format(**nodes))
        actions = {each.get_attribute("action") for each in window.all("main form[method=post]")}
        assert not actions, path
        assert not window.all("a[href^='/nodes/add']"), path
        assert window.one("h1").text
    for path in ("/nodes/add", "/api-tokens"):
        window.open(path)
        assert "this takes an operator" in window.text
    seen(window, "viewer-refused", DESKTOP, "light", axe_script)
    refused = [each for each in window.complaints() if " 403 " not in each]
    assert not refused


def test_a_session_that_is_over_leads_to_the_door_from_a_page_and_from_a_piece_of_one(
    window: Browser, site: Site
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/nodes/add")
    window.one("main form > .fields > button").click()
    window.until(lambda: window.all("#progress"))
    leaves(window, site)
    # The page asks every two seconds how far the node is, and hears that nobody is signed in.
    window.until(lambda: window.path == "/sign-in")

    window.open(site.link())
    window.open("/nodes")
    leaves(window, site)
    window.one("nav a[href='/audit']").click()
    window.until(lambda: window.path == "/sign-in")


def call(site: Site, token: str) -> int:
    """What the API answers a program with a token."""
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{site.url}/api/v1/admin/nodes", headers={"authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_an_api_token_is_made_shown_once_used_and_revoked(
    window: Browser, site: Site, axe_script: str
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/api-tokens")
    tabbed(window, "input[name=label]").send_keys("a dashboard <b>", Keys.ENTER)
    window.until(lambda: window.all("figure.copied"))
    token = window.one("figure.copied code").text
    for size, colours in LOOKS:
        window.looks(size, colours)
        seen(window, "api-token-made", size, colours, axe_script)
    assert token.startswith("dpfapi_")
    assert 200 == call(site, token)

    window.open("/api-tokens")
    assert token not in window.driver.page_source
    assert "a dashboard <b>" in window.text
    tabbed(window, "form[action$='/revoke'] button").send_keys(Keys.ENTER)
    window.until(lambda: "revoked" in window.text)
    assert 401 == call(site, token)
    for size, colours in LOOKS:
        window.looks(size, colours)
        window.open("/audit")
        seen(window, "audit-of-what-was-done", size, colours, axe_script)
    assert "admin.api-tokens.revoke" in {each.tool for each in site.store.audit.page().rows}
    assert not window.complaints()


def test_a_node_gets_another_token_by_its_heartbeat_or_at_once(
    window: Browser, site: Site, nodes: dict[str, str], axe_script: str
) -> None:
    node = nodes["sees"]

    def unfold() -> None:
        window.open(f"/nodes/{node}")
        named = [each for each in window.all(".actions summary") if each.text == "New token"]
        named[0].send_keys(Keys.ENTER)

    window.looks(DESKTOP, "light")
    before = site.store.nodes.get(node).node.token_prefix
    unfold()
    tabbed(window, "button[value=by-heartbeat]").send_keys(Keys.ENTER)
    window.until(lambda: "done=rotate" in window.path)
    assert site.store.nodes.get(node).node.rotation_due
    assert before == site.store.nodes.get(node).node.token_prefix
    unfold()
    window.one("button[value=at-once]").click()
    window.until(lambda: window.all("figure.copied"))
    token = window.one("figure.copied code").text
    for size in (PHONE, DESKTOP):
        window.looks(size, "dark")
        seen(window, "node-new-token", size, "dark", axe_script)
    known = site.store.nodes.by_digest(tokens.digest(token))
    assert known is not None
    window.open(f"/nodes/{node}")
    assert token not in window.driver.page_source
    assert not window.complaints()


@pytest.mark.parametrize("path", ["/", "/nodes"])
def test_a_node_is_approved_where_it_stands_in_a_list(
    window: Browser, site: Site, nodes: dict[str, str], path: str
) -> None:
    window.looks(PHONE, "light")
    window.open(path)
    tabbed(window, "form[action$='/approve'] button").send_keys(Keys.ENTER)
    window.until(lambda: site.store.nodes.get(nodes["waits"]).node.trust_state == "trusted")


def test_the_seeds_table_shows_where_the_lan_is_lost_on_the_first_page_and_on_the_nodes(
    window: Browser, nodes: dict[str, str], axe_script: str
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/")
    tabbed(window, ".sight details summary").send_keys(Keys.ENTER)
    table = window.one(".sight details table").text
    for each in ("Windows host", "eth0 = 192.168.0.200", "Docker services only", "blind"):
        assert each in table
    for size in (PHONE, DESKTOP):
        window.looks(size, "light")
        seen(window, "see-where-it-is-lost", size, "light", axe_script)
    window.open(f"/nodes/{nodes['blind']}")
    assert "Docker services only" in window.text


def test_a_site_that_is_chosen_holds_on_every_page(
    window: Browser, site: Site, nodes: dict[str, str]
) -> None:
    window.looks(DESKTOP, "light")
    window.open("/?site=shop-7")
    addresses = [each.get_attribute("href") or "" for each in window.all(".top nav a")]
    assert len(addresses) >= 4
    for address in addresses:
        assert address.endswith("site=shop-7")
        window.driver.get(address)
        assert "shop-7" == window.one("#site").get_attribute("value"), address
        assert "till-pc" in window.text or "nas" not in window.one("main").text, address
    assert not window.complaints()
