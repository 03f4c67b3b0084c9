"""What a machine says of its size, and a name for it that gives no secret away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dpf_edge.host import clock, hardware
from dpf_edge.host.background import DaemonThreads

if TYPE_CHECKING:
    from pathlib import Path

MACHINE_ID = "0123456789abcdef0123456789abcdef"


def test_this_machine_has_a_size() -> None:
    found = hardware.hardware()

    assert (found.processors or 0) >= 1
    assert (found.memory_bytes or 0) > 64 << 20


def test_a_fingerprint_is_the_same_each_time_and_not_the_machines_id(tmp_path: Path) -> None:
    """machine-id(5): it is confidential."""
    path = tmp_path / "machine-id"
    path.write_text(MACHINE_ID + "\n")

    found = hardware.machine_fingerprint((str(tmp_path / "none"), str(path)))

    assert found is not None
    assert found == hardware.machine_fingerprint((str(path),))
    assert MACHINE_ID not in found
    assert 64 == len(found)


@pytest.mark.parametrize("text", ["", "uninitialized", "0" * 32, MACHINE_ID[:-1], "g" * 32])
def test_an_image_that_is_prepared_for_many_machines_has_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "machine-id"
    path.write_text(text)

    assert hardware.machine_fingerprint((str(path),)) is None


def test_the_clocks_go_forward_and_a_boot_has_one_name() -> None:
    now = clock.SystemClock()

    before = (now.wall(), now.ticks())
    after = (now.wall(), now.ticks())

    assert before <= after
    assert now.boot() == clock.SystemClock().boot()
    assert abs(now.wall() - time.time()) < 5
    assert 0 <= clock.chance() < 1


def test_work_beside_the_loop_gives_its_result_or_its_error() -> None:
    threads = DaemonThreads()

    def breaks() -> None:
        raise KeyError("x")

    assert 3 == threads.submit(lambda a, b: a + b, 1, b=2).result(5)
    with pytest.raises(KeyError):
        threads.submit(breaks).result(5)
    threads.shutdown()
