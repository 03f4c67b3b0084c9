"""The local socket: says one thing to this machine's user, and waits for nobody."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from dpf_edge.host import local_socket

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def during(path: Path, do: Callable[[], object], says: bytes = b"well") -> object:
    """Do something, in a thread, while something is said."""

    async def go() -> object:
        async with local_socket.said_at(str(path), lambda: says) as is_there:
            return await asyncio.to_thread(do) if is_there else None

    return asyncio.run(go())


def heard(path: Path) -> Callable[[], bytes | None]:
    return lambda: local_socket.heard_at(str(path), 2.0)


def test_what_is_said_is_heard_by_whoever_comes_and_as_often(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    long = b"x" * 100_000

    assert long == during(path, heard(path), long)
    assert [b"well"] * 3 == during(path, lambda: [heard(path)() for _ in range(3)])


def test_it_is_for_its_owner_alone_and_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"

    mode = during(path, lambda: stat.S_IMODE(path.stat().st_mode))

    assert 0o600 == mode
    assert not path.exists()
    assert heard(path)() is None


def test_what_a_killed_process_left_behind_is_told_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with pytest.raises(ConnectionRefusedError):
        heard(path)()

    assert b"well" == during(path, heard(path))


def test_a_path_that_is_too_long_or_nowhere_is_no_socket(tmp_path: Path) -> None:
    for path in (tmp_path / ("x" * 120), tmp_path / "none" / "node.sock"):
        assert during(path, heard(path)) is None
        assert heard(path)() is None


def test_who_says_too_much_or_nothing_is_not_listened_to(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        assert local_socket.heard_at(str(path), 0.1) is None
    path.unlink()

    assert during(path, heard(path), b"x" * (local_socket.MOST_BYTES + 1)) is None


def test_who_connects_and_does_not_listen_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"

    def both() -> bytes | None:
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(str(path))
            return heard(path)()

    says = b"x" * local_socket.MOST_BYTES
    assert says == during(path, both, says)


def test_who_is_being_told_when_it_ends_is_let_go(tmp_path: Path) -> None:
    """A connection that is left open at the end is a warning, and a warning fails this test."""
    path = tmp_path / "node.sock"
    open_ones: list[socket.socket] = []

    def connect() -> None:
        for _ in range(20):
            one = socket.socket(socket.AF_UNIX)
            one.connect(str(path))
            open_ones.append(one)

    during(path, connect, b"x" * local_socket.MOST_BYTES)
    gc.collect()

    for one in open_ones:
        one.settimeout(2.0)
        with one, contextlib.suppress(ConnectionResetError):
            while one.recv(65536):
                pass
