"""The lab as a fixture: set up once a test run, at its first use, and always taken down."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.left_out import left_out

from .imaged import Server
from .lab import Lab, standing
from .stage import check, down, up
from .state import LabUnavailable, only_one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Set, it leaves the lab standing after the tests and takes one that stands already: for working on
# a test, which then starts at once. `make lab-down` ends it.
KEEP = "DPF_EDGE_LAB_KEEP"

# A test's own time; setting up has its own bounds, and takes minutes where the image is not cached.
_TEST_SECONDS = 60


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses the lab."""
    for item in items:
        if "lab" not in getattr(item, "fixturenames", ()):
            continue
        item.add_marker(pytest.mark.lab)
        if config.pluginmanager.hasplugin("timeout"):
            item.add_marker(pytest.mark.timeout(_TEST_SECONDS, func_only=True))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The whole lab, standing. A machine that cannot have it skips, and fails where CI=true."""
    keep = bool(os.environ.get(KEEP))
    try:
        check()
        with only_one():
            try:
                yield (standing() if keep else None) or up()
            finally:
                if not keep:
                    down()
    except LabUnavailable as reason:
        left_out(str(reason))


@pytest.fixture
def server(lab: Lab, tmp_path: Path) -> Iterator[Server]:
    """An Authority on the lab's LAN, without a node."""
    made = Server(lab, tmp_path)
    try:
        yield made
    finally:
        made.end()
