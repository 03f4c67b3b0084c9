"""A browser for the whole run, and an Authority for each module that plants its own nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.left_out import left_out
from tests.web import axe
from tests.web.browser import Browser, browser, missing
from tests.web.planted import Site, authority, fleet

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser; what it is pointed at is the test's."""
    if why := missing():
        left_out(why)
    with browser("", tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="session")
def axe_script() -> str:
    """axe-core."""
    try:
        return axe.script()
    except axe.Unavailable as why:
        left_out(str(why))


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An Authority without a node."""
    with authority(tmp_path_factory.mktemp("authority")) as opened:
        yield opened


@pytest.fixture
def nodes(site: Site) -> dict[str, str]:
    """Nodes of every sort on it, by what they are."""
    return fleet(site.store)


@pytest.fixture
def window(chromium: Browser, site: Site) -> Browser:
    """The browser, signed in as an operator."""
    chromium.at = site.url
    chromium.driver.delete_all_cookies()
    chromium.complaints()
    chromium.requested()
    chromium.open(site.link())
    return chromium
