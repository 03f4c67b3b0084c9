"""An Authority for each test, on a new SQLite store; or on one of either kind."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.authority import desk
from tests.left_out import left_out
from tests.store.suite import Cluster, PostgresUnavailable, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of this test run's own. A machine without one skips; CI fails."""
    try:
        with cluster() as running:
            yield running
    except PostgresUnavailable as reason:
        left_out(str(reason))


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
def at(tmp_path: Path) -> Iterator[desk.Desk]:
    """An Authority on a new SQLite store, at the contract's example time."""
    with desk.desk(desk.sqlite(tmp_path)) as opened:
        yield opened


@pytest.fixture(params=KINDS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[desk.Desk]:
    """An Authority on a new store of each kind."""
    with new_store(request, tmp_path) as url, desk.desk(url) as opened:
        yield opened


@pytest.fixture(scope="module", params=KINDS)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[desk.Desk]:
    """One Authority of each kind for a whole module, where every call is of a node of its own."""
    folder = tmp_path_factory.mktemp("shared")
    with new_store(request, folder) as url, desk.desk(url) as opened:
        yield opened
