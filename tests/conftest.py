"""What every test stands on: an environment of its own, and no way onto a network."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings

from dpf_edge.host import allowed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.store.suite import Cluster


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the variables that a detector reads, but for those that it sets itself."""
    for name in (*allowed.VARIABLES, "NO_COLOR", "DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)


# What stores stand on is imported where it is asked for: Windows' tests run without a database.


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of this test run's own. A machine without one skips; CI fails."""
    from tests.left_out import left_out
    from tests.store.suite import PostgresUnavailable, cluster

    try:
        with cluster() as running:
            yield running
    except PostgresUnavailable as reason:
        left_out(str(reason))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store's file with its tables and nothing in them, to be copied."""
    from tests.store.suite import made

    path = tmp_path_factory.mktemp("template") / "store.db"
    made(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_store(postgres: Cluster) -> str:
    """The URL of a PostgreSQL store with its tables, to be emptied by each test that takes it.

    Making a database takes half a second, emptying one a hundredth of that.
    """
    from tests.store.suite import made

    url = postgres.database()
    made(url)
    return url


def _is_ours(address: object) -> bool:
    """Whether a socket's address is this machine's own loopback, or no network's at all."""
    if not isinstance(address, tuple) or not address:
        return True  # AF_UNIX and AF_NETLINK name paths and numbers
    try:
        return ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback
    except ValueError:
        return not isinstance(address[0], str) or address[0] in {"localhost", ""}


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"} and not _is_ours(arguments[1]):
        raise RuntimeError(f"a test tried to send to {arguments[1]!r}, which is not loopback")


def pytest_configure() -> None:
    """Refuse every packet to anywhere but loopback, for the whole run of this process.

    What is started in the lab runs in namespaces with no way out, which the lab's own tests check.
    """
    sys.addaudithook(_guard)
    # A shell that starts the tests in the background has them ignore Ctrl-C, and with them all
    # that they start: the programs that are to be ended by it would not be.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A developer's run looks at new examples each time, and finds what nobody thought of. The one
    # that decides whether a change lands must give the same answer twice.
    # To explain a failure takes minutes, and is for whoever sits at it.
    brief = [phase for phase in Phase if phase is not Phase.explain]
    settings.register_profile("same", derandomize=True, phases=brief)
    if os.environ.get("CI") == "true":
        settings.load_profile("same")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what fills the kernel's neighbour table, and what takes the lab down, behind all others,
    whichever folders are run."""
    order = ("lab_last", "lab_late")
    items.sort(key=lambda item: [item.get_closest_marker(late) is not None for late in order])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line a reason what was left out, and so how to get it."""
    counted: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple):
            counted[report.longrepr[2].removeprefix("Skipped: ")] += 1
    for reason, count in counted.items():
        terminalreporter.write_line(f"left out {count} tests: {reason}")


@pytest.fixture(scope="session", autouse=True)
def _plain_terminal() -> Iterator[None]:
    """Reports are as wide as they are made, whatever the terminal of who runs the tests."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    yield
    if before is None:
        del os.environ["COLUMNS"]
    else:
        os.environ["COLUMNS"] = before
