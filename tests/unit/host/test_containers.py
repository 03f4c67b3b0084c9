"""What engines list, asked at sockets as theirs are."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import Absent, Denied, Failed
from dpf_edge.host import containers as engines
from dpf_edge.host.containers import containers, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ID = "de5ad883d1f12dd8f685fcf5af34e9c3bfded6b8150adcb04b1d776bc9b034b3"
CONTAINER = {
    "Id": ID,
    "Names": ["/web-1"],
    "Image": "shop:1.4",
    "Command": "serve --password geheim",
    "Labels": {"token": "geheim"},
    "State": "running",
    "Status": "Up 2 minutes",
    "NetworkSettings": {
        "Networks": {
            "inner": {
                "IPAddress": "172.18.0.2",
                "GlobalIPv6Address": "",
                "MacAddress": "02:42:AC:12:00:02",
                "DriverOpts": {"secret": "geheim"},
            }
        }
    },
}


def answer(told: Any, status: str = "200 OK") -> bytes:
    return f"HTTP/1.0 {status}\r\nContent-Type: application/json\r\n\r\n{json.dumps(told)}".encode()


@contextlib.contextmanager
def engine(path: Path, speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """Somebody who listens at a socket, and speaks to the first who connects."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as sock:
                while b"\r\n\r\n" not in sock.recv(4096):
                    pass
                speak(sock)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield str(path)
    thread.join(5)


def at(*paths: str) -> Callable[[], Iterator[tuple[str, str]]]:
    return lambda: iter([("docker", path) for path in paths])


def test_a_container_is_told_and_nothing_that_may_be_secret(tmp_path: Path) -> None:
    data = answer([CONTAINER])

    with engine(tmp_path / "s", lambda sock: sock.sendall(data)) as path:
        (found,) = containers(lambda: 5.0, at(path))

    assert found == (
        "docker",
        ID,
        "web-1",
        "shop:1.4",
        "running",
        ("172.18.0.2",),
        ("02:42:ac:12:00:02",),
        ("inner",),
        5.0,
    )
    assert "geheim" not in repr(found)


@pytest.mark.parametrize(
    "told",
    [
        {**CONTAINER, "NetworkSettings": None},
        {**CONTAINER, "NetworkSettings": {"Networks": None}, "Names": None},
        {**CONTAINER, "NetworkSettings": {"Networks": {"host": None}}},
        {"Id": ID},
    ],
)
def test_what_an_engine_leaves_out_is_left_out(told: Any) -> None:
    (found,) = listed("podman", answer([told]), 1.0)

    assert (found.engine, found.id, found.addresses) == ("podman", ID, ())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.0 200 OK",
        b"\r\n\r\n[]",
        answer({"message": "no"}),
        answer([{"Id": 7}]),
        answer([], "500 Internal Server Error"),
        b"HTTP/1.0 200 OK\r\n\r\n" + b"[" * 200_000,
    ],
)
def test_an_answer_that_is_no_list_is_a_failure(data: bytes) -> None:
    with pytest.raises(Failed, match="no list"):
        listed("docker", data, 1.0)


def test_an_engine_that_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "MOST_BYTES", 100_000)

    def babble(sock: socket.socket) -> None:
        while True:
            sock.sendall(b"x" * 10_000)

    with (
        engine(tmp_path / "s", babble) as path,
        pytest.raises(Failed, match="more than"),
    ):
        containers(lambda: 1.0, at(path))


def test_an_engine_that_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "SECONDS", 0.05)
    done = threading.Event()

    with engine(tmp_path / "s", lambda _sock: bool(done.wait(5))) as path:  # type: ignore[arg-type]
        with pytest.raises(Failed, match="in time"):
            containers(lambda: 1.0, at(path))
        done.set()


def test_one_engine_that_fails_does_not_hide_another(tmp_path: Path) -> None:
    data = answer([CONTAINER])

    with engine(tmp_path / "s", lambda sock: sock.sendall(data)) as path:
        found = containers(lambda: 1.0, at(str(tmp_path / "none"), path))

    assert [each.name for each in found] == ["web-1"]


def test_no_engine_at_all_is_said() -> None:
    with pytest.raises(Absent):
        containers(lambda: 1.0, at())


def test_a_socket_that_nobody_listens_at_is_no_engine(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(tmp_path / "s"))

    with pytest.raises(Absent, match="nobody listens"):
        containers(lambda: 1.0, at(str(tmp_path / "s")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may ask every engine")
def test_an_engine_that_may_not_be_asked_is_said(tmp_path: Path) -> None:
    with engine(tmp_path / "s", lambda _sock: None) as path:
        os.chmod(path, 0)  # noqa: PTH101
        with pytest.raises(Denied):
            containers(lambda: 1.0, at(path))


def test_sockets_are_those_of_this_machine_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "podman").mkdir()
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.168.0.1:2375")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(engines, "SOCKETS", ())
    with (
        engine(tmp_path / "docker.sock", lambda _sock: None) as docker,
        engine(tmp_path / "podman" / "podman.sock", lambda _sock: None) as podman,
    ):
        (tmp_path / ".rd").mkdir()
        (tmp_path / ".rd" / "docker.sock").symlink_to(docker)
        found = list(engines.sockets())
        for path in (docker, podman):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.connect(path)
                sock.sendall(b"\r\n\r\n")

    assert found == [("docker", docker), ("podman", podman)]
