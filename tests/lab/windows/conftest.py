"""The Windows host as a fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.state import LabUnavailable
from tests.left_out import left_out

from .host import WindowsHost, build, end, plugged_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.lab import Lab

# A test's own time: Wine starts Python in 1.5 s, and a comparison has two containers started.
_TEST_SECONDS = 150


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder the time that Wine takes."""
    for item in items:
        if "windows_host" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_TEST_SECONDS, func_only=True), append=False)


@pytest.fixture(scope="session")
def windows_built(lab: Lab) -> Iterator[WindowsHost]:
    """The Windows host beside the stage, its cable out. A machine without Wine skips, CI fails."""
    try:
        yield build(lab)
    except LabUnavailable as reason:
        left_out(str(reason))
    finally:
        end()


@pytest.fixture(scope="module")
def windows_host(windows_built: WindowsHost, lab: Lab) -> Iterator[WindowsHost]:
    """The Windows host on the lab's LAN, for as long as this module's tests run."""
    with plugged_in(windows_built, lab):
        yield windows_built
