"""Clocks that are wrong, or are set while the programs run: Debian's faketime turns the wall's."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dpf_edge.wire import times
from tests.authority_process import AuthorityProcess
from tests.left_out import left_out
from tests.together.admin import Admin

if TYPE_CHECKING:
    from tests.together.conftest import MakesNodes

DAY = 24 * 3600
# A Date header has whole seconds, and the programs take some of their own.
ABOUT = 60


class FakeTime:
    """Another time of day for one process; the clock that counts from the boot is left alone.

    :param file: holds by how much it differs, and is read at each look at the clock.
    """

    def __init__(self, library: Path, file: Path) -> None:
        self.file = file
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.step(0)

    def step(self, seconds: int) -> None:
        """Set the clock, by its difference from the right time; nobody sees half of the file."""
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{seconds:+d}s\n")
        draft.rename(self.file)


@pytest.fixture
def fake(tmp_path: Path) -> FakeTime:
    """A clock that a test sets."""
    found = [*Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")]
    if not found:
        left_out("faketime is not installed here (make lab-deps)")
    return FakeTime(found[0], tmp_path / "faketime")


def observed(admin: Admin) -> dict[str, tuple[float, tuple[str, ...]]]:
    """By run key: how far from now the Authority thinks it was taken, and what it was told."""
    now = time.time()
    return {
        run["runKey"]: (times.seconds(run["observedAt"]) - now, tuple(run["warnings"]))
        for run in admin.runs()
    }


@pytest.mark.parametrize("ahead", [DAY + 3600, 3600, -2 * DAY], ids=["a day", "an hour", "behind"])
def test_a_node_whose_clock_is_wrong_delivers_by_the_authoritys(
    ahead: int, admin: Admin, node: MakesNodes, fake: FakeTime
) -> None:
    """The first answer is ``stale_observation``; its Date is what the node then goes by."""
    fake.step(ahead)
    wrong = node("wrong", token=admin.issue())
    wrong.environment |= fake.environment

    wrong.start()
    wrong.waits_for("delivered")
    status = wrong.status()
    assert wrong.end() == 0

    [(difference, warnings)] = observed(admin).values()
    codes = [row["code"] for row in admin.audit() if row["tool"].endswith("discovery_runs.submit")]
    assert abs(difference) < ABOUT
    assert any("clock: observedAt was moved by" in each for each in warnings)
    assert "stale_observation" in codes
    assert any(
        "clock and the Authority's differ by" in each["text"] for each in wrong.events("clock")
    )
    assert abs(status["node"]["clockAhead"] + ahead) < ABOUT
    assert [] == wrong.events("dropped")


@pytest.mark.parametrize("step", [2 * DAY, -2 * DAY], ids=["forward", "back"])
def test_a_clock_that_is_set_while_runs_wait_neither_ages_nor_dates_them(
    step: int, authority: AuthorityProcess, admin: Admin, node: MakesNodes, fake: FakeTime
) -> None:
    """They are as old as the ticks of this boot say; each arrives, with the time it was taken."""
    stepped = node("stepped", token=admin.issue())
    stepped.environment |= fake.environment
    stepped.start()
    stepped.waits_for("delivered")
    stepped.end()
    authority.kill()
    stepped.start()
    stepped.waits_for("taken", 2)

    fake.step(step)
    authority.start()
    stepped.waits_for("delivered", 2)
    stepped.end()

    arrived = observed(admin)
    assert set(stepped.runs("taken")) == set(arrived)
    assert [] == [key for key, (difference, _) in arrived.items() if abs(difference) > ABOUT]
    assert [] == stepped.events("dropped")
    assert "Traceback" not in stepped.said()


def test_an_authority_whose_clock_was_a_month_ahead_goes_on_when_it_is_right_again(
    tmp_path: Path, node: MakesNodes, fake: FakeTime
) -> None:
    """A node goes by the Authority's clock while that is a month ahead. Once it is right again the
    node's runs are taken at once, and are what is known, rather than late for a month."""
    at = AuthorityProcess(tmp_path / "authority")
    at.start(**fake.environment)
    try:
        admin = Admin(at)
        fake.step(30 * DAY)
        client = node("client", url=at.url, token=admin.issue())
        client.start()
        client.waits_for("delivered")
        client.end()
        fake.step(0)
        client.start()
        client.waits_for("delivered", 2)
        client.end()
        now, before = sorted(admin.runs(), key=lambda run: run["observedAt"])
        [known] = at.nodes()
        [device, *_] = admin.get("/devices")["devices"]
    finally:
        at.end()

    assert client.runs("taken") == [before["runKey"], now["runKey"]]
    assert times.seconds(before["observedAt"]) > time.time() + 29 * DAY
    assert [False, False] == [before["late"], now["late"]]
    assert ("trusted", now["observedAt"]) == (known["trustState"], known["lastRun"]["observedAt"])
    assert device["present"] is True
    assert [] == client.events("dropped")
    assert not any("Traceback" in line for line in at.lines)
