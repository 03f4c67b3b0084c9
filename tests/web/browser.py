"""A real browser: Debian's Chromium, headless, that reaches this machine and nothing else."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

CHROMIUM, DRIVER = "chromium", "chromedriver"
# What anything on this machine takes, with much to spare.
SECONDS = 20
# No call home, no look-up: the browser's own traffic would leave by the machine's adapter.
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--no-pings",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-prefers-reduced-motion",
)


class Size(NamedTuple):
    """A window, in CSS pixels."""

    name: str
    width: int
    height: int


PHONE, DESKTOP = Size("phone", 390, 844), Size("desktop", 1280, 800)
COLOURS = ("light", "dark")
LOOKS = tuple((size, colours) for size in (PHONE, DESKTOP) for colours in COLOURS)


def missing() -> str | None:
    """What this machine lacks for a browser; None where nothing does."""
    lacking = [each for each in (CHROMIUM, DRIVER) if shutil.which(each) is None]
    return f"there is no {' and no '.join(lacking)} here (make lab-deps)" if lacking else None


class Browser:
    """One window."""

    def __init__(self, driver: webdriver.Chrome, at: str) -> None:
        self.driver = driver
        self.at = at

    def open(self, path: str) -> None:
        """Go to a page."""
        self.driver.get(f"{self.at}{path}")

    @property
    def path(self) -> str:
        """Where it is."""
        return self.driver.current_url.removeprefix(self.at)

    @property
    def text(self) -> str:
        """All text that is to be seen."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    def one(self, selector: str) -> WebElement:
        """What a CSS selector finds first."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        """All that a CSS selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def until(self, holds: Callable[[], Any], says: str = "") -> Any:
        """Wait for a condition; an element of the page before this one is looked for again."""
        wait = WebDriverWait(
            self.driver, SECONDS, ignored_exceptions=[StaleElementReferenceException]
        )
        return wait.until(lambda _: holds(), says)

    def run(self, script: str, *told: Any) -> Any:
        """Run a script in the page, as a debugger does: no policy of the page is asked."""
        return self.driver.execute_script(script, *told)

    def looks(self, size: Size, colours: str) -> None:
        """Set the window and the system's colours."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": size.width,
                "height": size.height,
                "deviceScaleFactor": 1,
                "mobile": size.width < 600,
            },
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": colours}]},
        )

    def shot(self, file: Path) -> None:
        """A picture of the whole page."""
        got = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True}
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(got["data"]))

    def log(self, kind: str) -> list[dict[str, Any]]:
        """One of the browser's logs since it was last asked."""
        return list(self.driver.get_log(kind))  # type: ignore[no-untyped-call]

    def complaints(self) -> list[str]:
        """What the browser's console said since it was last asked: refusals, errors."""
        return [each["message"] for each in self.log("browser")]

    def requested(self) -> list[str]:
        """Every address that was asked for since it was last asked."""
        found = []
        for each in self.log("performance"):
            told = json.loads(each["message"])["message"]
            if told["method"] == "Network.requestWillBeSent":
                found.append(told["params"]["request"]["url"])
        return found


@contextlib.contextmanager
def browser(at: str, home: Path) -> Iterator[Browser]:
    """A browser with a home of its own.

    :param at: where the pages are: ``http://127.0.0.1:PORT``.
    """
    chromium, driver = shutil.which(CHROMIUM), shutil.which(DRIVER)
    assert chromium is not None
    assert driver is not None
    options = Options()
    options.binary_location = chromium
    for each in (*QUIET, f"--user-data-dir={home}"):
        options.add_argument(each)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(started, at)
    finally:
        started.quit()
