"""A fresh store for every test, of both kinds, with a clock that the test sets."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from dpf_edge.store import open_store

from .fleet import Clock, Fleet, sight
from .suite import KINDS, emptied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dpf_edge.store.kept import Store

    from .suite import Cluster

KEY = bytes(range(32))


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where there is no store yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server: Cluster = request.getfixturevalue("postgres")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store that has its tables and nothing in them."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.db")
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    used: str = request.getfixturevalue("postgres_store")
    emptied(used)
    yield used


@pytest.fixture
def clock() -> Clock:
    """A clock that stands until the test moves it."""
    return Clock()


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[Store]:
    """An empty store."""
    with open_store(url, clock=clock, sight=sight, key=KEY) as opened:
        yield opened


@pytest.fixture
def fleet(store: Store, clock: Clock) -> Fleet:
    """Nodes to fill a store with."""
    return Fleet(store, clock)
