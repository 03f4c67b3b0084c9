"""The containers of this machine's own engines, as their sockets and pipes list them.

Only those of this machine are asked, never an engine elsewhere, whatever ``DOCKER_HOST`` says.
Of what an engine lists, the fields below are kept: a container's command and labels may hold
passwords, and are dropped before anything else sees them.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.errors import Absent, Denied, Failed, HostError
from dpf_edge.host import allowed
from dpf_edge.host.net import Container

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Docker and Podman (both answer Docker's own questions), for the machine and for a user.
SOCKETS = (
    ("docker", "/run/docker.sock"),
    ("docker", "/var/run/docker.sock"),
    ("podman", "/run/podman/podman.sock"),
)
SOCKETS_OF_USER = (("docker", "docker.sock"), ("podman", "podman/podman.sock"))
# Where Docker Desktop, Colima and Rancher Desktop have theirs, below the home folder.
SOCKETS_OF_HOME = (
    ("docker", ".docker/run/docker.sock"),
    ("docker", ".colima/default/docker.sock"),
    ("docker", ".rd/docker.sock"),
)
# On Windows; Rancher Desktop and Podman's Docker compatibility use the first of Docker's names.
PIPES = (
    *(("docker", path) for path in allowed.DOCKER_PIPES),
    ("podman", "//./pipe/podman-machine-default"),
)
# An engine lists a hundred containers in 20 ms, and one that wakes up in a few seconds.
SECONDS = 5.0
# A container's entry is 1 to 4 KiB, labels and all: a thousand of them.
MOST_BYTES = 4 << 20
MOST_CONTAINERS, MOST_NETWORKS, MOST_TEXT = 1000, 16, 256
# HTTP/1.0, so that the answer comes in one piece and ends with the connection.
QUESTION = b"GET /containers/json HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"


class Attached(msgspec.Struct):
    """What is read of a container's place on one network."""

    address: str | None = msgspec.field(name="IPAddress", default=None)
    address_6: str | None = msgspec.field(name="GlobalIPv6Address", default=None)
    mac: str | None = msgspec.field(name="MacAddress", default=None)


class Settings(msgspec.Struct):
    """Where a container's networks stand."""

    networks: dict[str, Attached | None] | None = msgspec.field(name="Networks", default=None)


class Listed(msgspec.Struct):
    """What is read of one container (Docker Engine API, ContainerList)."""

    id: str = msgspec.field(name="Id", default="")
    names: list[str] | None = msgspec.field(name="Names", default=None)
    image: str = msgspec.field(name="Image", default="")
    state: str = msgspec.field(name="State", default="")
    settings: Settings | None = msgspec.field(name="NetworkSettings", default=None)


def sockets() -> Iterator[tuple[str, str]]:
    """The engines whose socket is there, each once however many names lead to it."""
    known = set()
    runtime, home = os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("HOME")
    named = [*SOCKETS]
    named += [(engine, f"{runtime}/{path}") for engine, path in SOCKETS_OF_USER if runtime]
    named += [(engine, f"{home}/{path}") for engine, path in SOCKETS_OF_HOME if home]
    for engine, path in named:
        try:
            if stat.S_ISSOCK(os.stat(path).st_mode):  # noqa: PTH116 -- it says why it cannot
                real = os.path.realpath(path)
                if real not in known:
                    known.add(real)
                    # podman-docker puts Podman's socket under Docker's name.
                    yield ("podman" if "podman" in real else engine), real
        except PermissionError:
            known.add(path)
            yield engine, path
        except (OSError, ValueError):
            continue


def pipes() -> Iterator[tuple[str, str]]:
    """The engines whose pipe is there, on Windows; one engine may have several."""
    from dpf_edge.host.windows import is_pipe

    for engine, path in PIPES:
        if is_pipe(path):
            yield engine, path


def containers(
    now: Callable[[], float], named: Callable[[], Iterator[tuple[str, str]]] | None = None
) -> tuple[Container, ...]:
    """The running containers of every engine that answers, each once.

    :param now: seconds since 1970.
    :param named: the engines there are, each with where it is asked; None for this machine's.
    :raises Absent: there is no engine; :raises Denied: none may be asked; :raises Failed: those
        that may gave nothing of use.
    """
    found: dict[str, Container] = {}
    refusals: list[HostError] = []
    answered = False
    for engine, path in (named or (pipes if sys.platform == "win32" else sockets))():
        try:
            for each in listed(engine, asked(path), now()):
                found.setdefault(each.id, each)
            answered = True
        except HostError as refusal:
            refusals.append(refusal)
    if not answered:
        raise refusals[0] if refusals else Absent("there is no container engine here")
    return tuple(found.values())


def asked(path: str) -> bytes:
    """What an engine answers, whole and within its time.

    :raises Absent: nobody listens there; :raises Denied: this user may not ask; :raises Failed: it
        answers with something else, too much, or not in time.
    """
    if sys.platform == "win32":
        from dpf_edge.host import windows_pipe

        return windows_pipe.asked(path, QUESTION, seconds=SECONDS, most=MOST_BYTES)
    held = bytearray()
    end = time.monotonic() + SECONDS
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(SECONDS)
            sock.connect(path)
            sock.sendall(QUESTION)
            while True:
                sock.settimeout(max(0.001, end - time.monotonic()))
                part = sock.recv(1 << 16)
                if not part:
                    break
                held += part
                if len(held) > MOST_BYTES:
                    raise Failed(f"{path}: more than {MOST_BYTES >> 20} MiB")
    except PermissionError as error:
        raise Denied(f"{path}: this user may not ask the engine") from error
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise Absent(f"{path}: nobody listens") from error
    except (OSError, ValueError) as error:
        raise Failed(
            f"{path}: {getattr(error, 'strerror', None) or 'no answer in time'}"
        ) from error
    return bytes(held)


def listed(engine: str, answer: bytes, at: float) -> list[Container]:
    """The containers in an engine's answer.

    :raises Failed: it is no list of containers.
    """
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if not head.startswith(b"HTTP/1.") or status != [b"200"]:
        raise Failed(f"{engine}: no list of containers")
    try:
        found = msgspec.json.decode(body, type=list[Listed])
    except (ValueError, RecursionError) as error:  # msgspec.DecodeError is a ValueError
        raise Failed(f"{engine}: no list of containers") from error
    return [container(engine, each, at) for each in found[:MOST_CONTAINERS] if each.id]


def container(engine: str, told: Listed, at: float) -> Container:
    """One container."""
    networks: dict[str, Attached | None] = {}
    if told.settings is not None and told.settings.networks:
        networks = dict(list(told.settings.networks.items())[:MOST_NETWORKS])
    places: list[Any] = [each for each in networks.values() if each is not None]
    addresses = [text for each in places for text in (each.address, each.address_6) if text]
    names = told.names or []
    return Container(
        engine,
        told.id[:MOST_TEXT],
        names[0].removeprefix("/")[:MOST_TEXT] if names else "",
        told.image[:MOST_TEXT],
        told.state[:MOST_TEXT],
        tuple(addresses),
        tuple(each.mac.lower() for each in places if each.mac),
        tuple(name[:MOST_TEXT] for name in networks),
        at,
    )
