"""The diagnosis of this very machine, in a real browser; and the pages behind its door."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

from dpf_edge.authority.app import create
from dpf_edge.authority.identity import sighting
from dpf_edge.authority.self_diagnosis import Here, Taken
from dpf_edge.authority.settings import Settings
from dpf_edge.errors import StateCorrupt
from dpf_edge.host.live import live
from dpf_edge.model import Answer
from dpf_edge.store import open_store
from dpf_edge.vantage.diagnose import diagnose
from tests.authority.served import served
from tests.authority.test_change_pages import diagnosis
from tests.web.browser import DESKTOP, LOOKS, PHONE, Browser
from tests.web.planted import LONG, SCRIPT, Site
from tests.web.test_base import seen, tabbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dpf_edge.model import Diagnosis

pytestmark = pytest.mark.timeout(180)


@contextlib.contextmanager
def on_this_machine(
    folder: Path, chromium: Browser, look: Callable[[], Diagnosis]
) -> Iterator[Browser]:
    """The browser, signed in as an operator of an Authority that shares this machine."""
    with open_store(f"sqlite:///{folder / 'store.db'}", clock=time.time, sight=sighting) as store:
        here = Here(look, Taken(look(), time.time() - 4000, 0.2))
        with served(create(store, Settings(), time.time, here=here)) as at:
            chromium.at = at.url
            chromium.driver.delete_all_cookies()
            chromium.complaints()
            chromium.open(Site(at.url, store).link())
            yield chromium


def test_this_machine_is_diagnosed_again_by_the_keyboard(
    chromium: Browser, tmp_path: Path, axe_script: str
) -> None:
    with on_this_machine(tmp_path, chromium, lambda: diagnose(live())) as window:
        for size, colours in LOOKS:
            window.looks(size, colours)
            window.open("/diagnose")
            seen(window, "diagnose", size, colours, axe_script)
        # The one that was taken at the start was too old, and the page took another.
        before = taken(window)
        assert "66 min ago" not in window.text
        tabbed(window, "main .head button").send_keys(Keys.ENTER)
        window.until(lambda: taken(window) > before)
        assert "/diagnose" == window.path
        assert not window.complaints()


def taken(window: Browser) -> str:
    return window.one(".badges time").get_attribute("datetime") or ""


def test_one_that_cannot_be_taken_anew_is_told_in_the_past(
    chromium: Browser, tmp_path: Path, axe_script: str
) -> None:
    looks = [diagnosis(Answer.YES, "a neighbour answers")]

    def look() -> Diagnosis:
        if not looks:
            raise StateCorrupt("the machine cannot be read")
        return looks.pop()

    with on_this_machine(tmp_path, chromium, look) as window:
        for size, colours in LOOKS:
            window.looks(size, colours)
            window.open("/diagnose")
            seen(window, "diagnose-old", size, colours, axe_script)
        assert "66 min ago this machine saw the LAN" == window.one("h1").text
        assert "unknown" == window.one(".head .sees").text


def test_what_a_machine_says_of_itself_stays_text_and_fits(
    chromium: Browser, tmp_path: Path, axe_script: str
) -> None:
    with on_this_machine(
        tmp_path, chromium, lambda: diagnosis(Answer.NO, f"it is {LONG} {SCRIPT}")
    ) as window:
        for size in (PHONE, DESKTOP):
            window.looks(size, "dark")
            window.open("/diagnose")
            seen(window, "diagnose-blind", size, "dark", axe_script)
        assert SCRIPT in window.text
        assert "the LAN ends here" in window.run(
            "return getComputedStyle(document.querySelector('.layers .cut'), '::after').content"
        )
        assert not window.complaints()
