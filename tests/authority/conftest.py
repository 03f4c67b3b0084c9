"""An Authority for each test, on a new SQLite store; or on one of either kind."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.authority import desk
from tests.store.suite import KINDS, emptied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.store.suite import Cluster


@contextlib.contextmanager
def new_store(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of a new store of the kind that a fixture was asked for."""
    if request.param == "sqlite":
        yield desk.sqlite(folder)
        return
    server: Cluster = request.getfixturevalue("postgres")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture
def at(sqlite_template: Path, tmp_path: Path) -> Iterator[desk.Desk]:
    """An Authority on an empty SQLite store, at the contract's example time."""
    with desk.desk(copied(sqlite_template, tmp_path)) as opened:
        yield opened


@pytest.fixture(params=KINDS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[desk.Desk]:
    """An Authority on an empty store of each kind."""
    if request.param == "sqlite":
        url = copied(request.getfixturevalue("sqlite_template"), tmp_path)
    else:
        url = request.getfixturevalue("postgres_store")
        emptied(url)
    with desk.desk(url) as opened:
        yield opened


def copied(template: Path, folder: Path) -> str:
    """The URL of a store that has its tables: they are made once, and copied."""
    shutil.copy(template, folder / desk.FILE)
    return desk.sqlite(folder)


@pytest.fixture(scope="module", params=KINDS)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[desk.Desk]:
    """One Authority of each kind for a whole module, where every call is of a node of its own."""
    folder = tmp_path_factory.mktemp("shared")
    with new_store(request, folder) as url, desk.desk(url) as opened:
        yield opened
