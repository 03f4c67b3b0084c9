"""Docker's named pipe on Windows, held by whoever plays the engine: well, badly, or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import Absent, Failed
from dpf_edge.host import containers as engines
from dpf_edge.host import windows_pipe
from dpf_edge.host.containers import containers
from dpf_edge.host.windows import is_pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

assert sys.platform == "win32"

ID = "de5ad883d1f12dd8f685fcf5af34e9c3bfded6b8150adcb04b1d776bc9b034b3"
CONTAINER = {
    "Id": ID,
    "Names": ["/web-1"],
    "Image": "shop:1.4",
    "Command": "serve --password geheim",
    "State": "running",
    "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}},
}
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
ANSWER = HEAD + json.dumps([CONTAINER]).encode()
# Nobody waits as long as this; it ends a test that hangs.
LONG = 30.0
DUPLEX, BYTES, MESSAGES = 3, 0, 4  # winbase.h: PIPE_ACCESS_DUPLEX, PIPE_TYPE_*

kernel = ctypes.WinDLL("kernel32", use_last_error=True)
kernel.CreateNamedPipeW.restype = ctypes.c_void_p
numbers = itertools.count()


class End:
    """The engine's end of a pipe."""

    def __init__(self, path: str, kind: int) -> None:
        name = ctypes.c_wchar_p(path.replace("/", "\\"))
        made = kernel.CreateNamedPipeW(name, DUPLEX, kind, 1, 65536, 65536, 0, None)
        assert made != windows_pipe.INVALID_HANDLE
        self.handle = ctypes.c_void_p(made)

    def read(self) -> bytes:
        held, count = ctypes.create_string_buffer(65536), ctypes.c_uint32()
        kernel.ReadFile(self.handle, held, len(held), ctypes.byref(count), None)
        return held.raw[: count.value]

    def write(self, data: bytes) -> bool:
        count = ctypes.c_uint32()
        return bool(kernel.WriteFile(self.handle, data, len(data), ctypes.byref(count), None))


@contextlib.contextmanager
def engine(speak: Callable[[End], None], kind: int = BYTES) -> Iterator[str]:
    """Somebody who holds a pipe, and speaks to the first who asks there."""
    path = f"//./pipe/dpf-edge-test-{time.monotonic_ns()}-{next(numbers)}"
    end = End(path, kind)

    def serve() -> None:
        kernel.ConnectNamedPipe(end.handle, None)
        if end.read():
            speak(end)
            kernel.FlushFileBuffers(end.handle)
        kernel.DisconnectNamedPipe(end.handle)
        kernel.CloseHandle(end.handle)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield path
    thread.join(LONG)
    assert not thread.is_alive()


def at(*paths: str) -> Callable[[], Iterator[tuple[str, str]]]:
    return lambda: iter([("docker", path) for path in paths])


def saying(*parts: bytes) -> Callable[[End], None]:
    def speak(end: End) -> None:
        for part in parts:
            end.write(part)

    return speak


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (BYTES, (ANSWER,)),
        (BYTES, tuple(ANSWER[at : at + 7] for at in range(0, len(ANSWER), 7))),
        # As Docker's own pipe: messages, and an empty one at the end.
        (MESSAGES, (HEAD, ANSWER[len(HEAD) :], b"")),
    ],
    ids=["whole", "in pieces", "messages"],
)
def test_the_containers_of_an_engine_are_listed_through_its_pipe(
    kind: int, parts: tuple[bytes, ...]
) -> None:
    with engine(saying(*parts), kind) as path:
        (found,) = containers(lambda: 5.0, at(path))

    assert (found.id, found.name, found.addresses) == (ID, "web-1", ("172.17.0.2",))
    assert "geheim" not in repr(found)


def test_an_engine_with_two_pipes_has_each_container_once() -> None:
    with engine(saying(ANSWER)) as one, engine(saying(ANSWER)) as other:
        assert 1 == len(containers(lambda: 5.0, at(one, other)))


def test_where_there_is_no_pipe_there_is_no_engine() -> None:
    assert not is_pipe("//./pipe/dpf-edge-test-nobody")
    with pytest.raises(Absent, match="nobody listens"):
        engines.asked("//./pipe/dpf-edge-test-nobody")
    # Wine has none of the engines' own, and on Windows the engine's answer would be looked at.
    with pytest.raises(Absent, match="no container engine"):
        containers(lambda: 5.0, at())


@pytest.mark.parametrize(
    "said",
    [b"", b"\0\1\xff" * 100, b"Unauthorized", HEAD + b"{}", b"HTTP/1.1 400 Bad\r\n\r\n[]"],
    ids=["nothing", "binary", "text", "object", "refusal"],
)
def test_an_answer_that_is_no_list_is_a_failure(said: bytes) -> None:
    with engine(saying(said)) as path, pytest.raises(Failed, match="no list of containers"):
        containers(lambda: 5.0, at(path))


def test_an_engine_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "SECONDS", 0.5)
    over = threading.Event()
    began = time.monotonic()

    def wait(_: End) -> None:
        over.wait(LONG)

    with engine(wait) as path:
        with pytest.raises(Failed, match="no answer in time"):
            containers(lambda: 5.0, at(path))
        over.set()

    assert time.monotonic() - began < LONG


def test_an_engine_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "MOST_BYTES", 1 << 20)

    def babble(end: End) -> None:
        while end.write(b"x" * 50_000):
            pass

    with engine(babble) as path, pytest.raises(Failed, match="more than 1 MiB"):
        containers(lambda: 5.0, at(path))


def test_a_pipe_whose_only_end_is_taken_is_there_and_is_waited_for_no_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "SECONDS", 0.5)

    def other(path: str) -> windows_pipe.Pipe:
        return windows_pipe.Pipe(path, time.monotonic() + LONG)

    with engine(saying(b"")) as path:
        first = other(path)
        assert is_pipe(path)
        with pytest.raises(Failed, match="no answer in time"):
            containers(lambda: 5.0, at(path))
        first.write(b"so that it ends")
        first.close()


def test_one_engine_that_fails_hides_no_other() -> None:
    with engine(saying(b"nonsense")) as broken, engine(saying(ANSWER)) as well:
        assert 1 == len(containers(lambda: 5.0, at("//./pipe/dpf-edge-none", broken, well)))


def test_a_pipe_is_closed_after_use() -> None:
    """A handle that stays would keep one of the engine's ends from others."""
    kernel.GetProcessHandleCount.argtypes = (ctypes.c_void_p, ctypes.c_void_p)

    def handles() -> int:
        count = ctypes.c_uint32()
        kernel.GetProcessHandleCount(ctypes.c_void_p(-1), ctypes.byref(count))
        return count.value

    def ask() -> Any:
        with engine(saying(ANSWER)) as path:
            return containers(lambda: 5.0, at(path))

    ask()
    before = handles()
    for _ in range(5):
        ask()

    assert handles() <= before + 2
