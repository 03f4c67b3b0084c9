"""What the tests of the host stand on: root where it takes root, and a furnished namespace."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.left_out import left_out

from .spaces import Space, fill, run, space

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def root() -> None:
    """A test that asks for this one needs root: it is skipped without, and fails where CI=true."""
    missing = [name for name in ("unshare", "nsenter", "ip") if shutil.which(name) is None]
    if os.geteuid() != 0:
        why = "network namespaces are made by root only; run `make test` as root"
    elif missing:
        why = f"not installed: {', '.join(missing)}"
    elif run("unshare", "--net", "--mount", "true").returncode != 0:
        why = "this root may not make namespaces"
    else:
        return
    left_out(why)


@pytest.fixture
def empty(root: None) -> Iterator[Space]:
    """A namespace of the test's own, with nothing in it."""
    with space() as made:
        yield made


@pytest.fixture(scope="session")
def busy(root: None) -> Iterator[Space]:
    """A namespace with one of everything, which tests read and never change."""
    with space() as outside, space() as inside:
        fill(inside, outside)
        yield inside


@pytest.fixture
def card() -> str:
    """A link of this machine that a device stands behind.

    Left out where there is none, in CI too: a container has none, and none can be made there.
    """
    for each in Path("/sys/class/net").glob("*/device"):
        return each.parent.name
    pytest.skip("this machine has no network card")
