"""Captures: a machine written down as capture-1, read back, and replayed as a host.

A thing that a capture does not list did not exist where it was made. A file that was there and
could not be read is listed as denied.
"""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from dpf_edge.errors import (
    Absent,
    CaptureInvalid,
    CaptureMalformed,
    CaptureMissing,
    CaptureTooLarge,
    CaptureUnreadable,
    CaptureVersion,
    Denied,
    HostError,
)
from dpf_edge.host import allowed
from dpf_edge.host.file_calls import BINARY, CLOSED_ON_EXEC
from dpf_edge.model import Interface, Machine, Neighbour, Probe, Ran, Route, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dpf_edge.host.seam import Host

K = TypeVar("K")
V = TypeVar("V")

# A host with 1 000 containers and a full neighbour table makes 2 MiB; eight times that is no
# machine's capture.
MOST_BYTES = 16 << 20


class DeniedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is there, and could not be read."""

    denied: Literal[True] = True


class Capture(msgspec.Struct, frozen=True, omit_defaults=True):
    """capture-1, as docs/reference/contracts/capture-1.schema.json has it."""

    machine: Machine
    interfaces: tuple[Interface, ...]
    capture: Literal[1]
    note: str | None = None
    env: dict[str, str] = {}
    files: dict[str, str | DeniedFile] = {}
    directories: tuple[str, ...] = ()
    links: dict[str, str] = {}
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    names: dict[str, tuple[str, ...]] = {}
    commands: tuple[Ran, ...] = ()
    registry: dict[str, str | int] = {}
    probes: tuple[Probe, ...] = ()


class Replay:
    """A capture as a host; see :class:`~dpf_edge.host.seam.Host`."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._commands = {ran.argv: ran for ran in capture.commands}

    def machine(self) -> Machine:
        """What the machine said of itself, its kernel's files filling what it left out."""
        return self._capture.machine

    def env(self, name: str) -> str:
        """One variable."""
        return found(self._capture.env, name)

    def read(self, path: str) -> str:
        """One file's text."""
        text = found(self._capture.files, path)
        if isinstance(text, DeniedFile):
            raise Denied(path)
        return text

    def is_dir(self, path: str) -> bool:
        """Whether the directory is listed."""
        return path in self._capture.directories

    def link(self, path: str) -> str:
        """A link's target."""
        return found(self._capture.links, path)

    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces, as listed."""
        return self._capture.interfaces

    def routes(self) -> tuple[Route, ...]:
        """The routes, as listed."""
        return self._capture.routes

    def rules(self) -> tuple[Rule, ...]:
        """The rules, as listed."""
        return self._capture.rules

    def neighbours(self) -> tuple[Neighbour, ...]:
        """The neighbours, as listed."""
        return self._capture.neighbours

    def probes(self) -> tuple[Probe, ...]:
        """The active checks, as listed."""
        return self._capture.probes

    def names(self, name: str) -> tuple[str, ...]:
        """What the hosts file gave."""
        return self._capture.names.get(name, ())

    def run(self, *argv: str) -> Ran:
        """What the command gave."""
        return found(self._commands, argv)

    def registry(self, key: str) -> str | int:
        """One value."""
        return found(self._capture.registry, key)

    def registry_values(self, under: str) -> tuple[str, ...]:
        """The names of the listed values below a key."""
        below = under.rstrip("\\").lower() + "\\"
        return tuple(name for name in self._capture.registry if name.lower().startswith(below))


def found(table: dict[K, V], key: K) -> V:
    """A listed thing, or the refusal that stands for all that is not listed."""
    try:
        return table[key]
    except KeyError:
        raise Absent(str(key)) from None


def record(host: Host, *, time: str | None = None, note: str | None = None) -> Capture:
    """Everything of the allow-list that a host gives, as a capture.

    :param time: when it was taken, as RFC 3339 has it.
    """
    files: dict[str, str | DeniedFile] = {}
    for path in allowed.FILES:
        try:
            files[path] = host.read(path)
        except Denied:
            files[path] = DeniedFile()
        except HostError:
            continue
    machine = host.machine()
    return Capture(
        capture=1,
        note=note,
        machine=msgspec.structs.replace(machine, time=time),
        env=given(allowed.VARIABLES, host.env),
        files=files,
        directories=tuple(path for path in allowed.DIRECTORIES if host.is_dir(path)),
        links=given(allowed.LINKS, host.link),
        interfaces=table(host.interfaces),
        routes=table(host.routes),
        rules=table(host.rules),
        neighbours=table(host.neighbours),
        probes=table(host.probes),
        names={name: got for name in allowed.NAMES if (got := host.names(name))},
        commands=tuple(
            given(allowed.commands(machine.system), lambda argv: host.run(*argv)).values()
        ),
        registry=given(
            (name for key in allowed.REGISTRY for name in host.registry_values(key)), host.registry
        ),
    )


def given(keys: Iterable[K], ask: Callable[[K], V]) -> dict[K, V]:
    """What a host gives of a list of things; what it refuses is left out."""
    got = {}
    for key in keys:
        try:
            got[key] = ask(key)
        except HostError:
            continue
    return got


def table(ask: Callable[[], tuple[V, ...]]) -> tuple[V, ...]:
    """A network table; an empty one where it cannot be read (not every kernel has rules)."""
    try:
        return ask()
    except HostError:
        return ()


def encode(capture: Capture) -> bytes:
    """A capture as indented JSON, ended by a newline."""
    return msgspec.json.format(msgspec.json.encode(capture), indent=2) + b"\n"


def load(path: str) -> Capture:
    """Read a capture from a file; ``-`` is standard input.

    :raises CaptureMissing: no such file.
    :raises CaptureUnreadable: it is there, and cannot be read.
    :raises CaptureTooLarge: it is longer than any machine's capture.
    :raises CaptureError: as :func:`decode`.
    """
    try:
        handle = 0 if path == "-" else os.open(path, os.O_RDONLY | CLOSED_ON_EXEC | BINARY)
        with open(handle, "rb", closefd=handle != 0) as file:
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                raise CaptureUnreadable(f"{path}: is a directory")
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise CaptureMissing(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CaptureUnreadable(f"{path}: {why}") from error
    if len(data) > MOST_BYTES:
        raise CaptureTooLarge(
            f"{path}: longer than {MOST_BYTES >> 20} MiB, which no machine's capture is"
        )
    return decode(data, path)


def decode(data: bytes, name: str) -> Capture:
    """A capture from its bytes.

    :param name: what errors call it.
    :raises CaptureMalformed: no JSON, or broken off.
    :raises CaptureVersion: a capture of another version, or none.
    :raises CaptureInvalid: a wrong type, or two entries for one thing.
    """
    # PowerShell's Out-File begins a UTF-8 file with a byte-order mark.
    data = data.removeprefix(b"\xef\xbb\xbf")
    document = document_of(data, name)
    if not isinstance(document, dict):
        raise CaptureInvalid(f"{name}: a capture is a JSON object, and this is none")
    version = document.get("capture")
    if isinstance(version, bool) or version != 1:
        said = "missing" if version is None else repr(version)[:40]
        raise CaptureVersion(
            f"{name}: $.capture is {said}, and this program reads version 1",
            "take the capture again with `dpf-edge capture`",
        )
    try:
        capture = msgspec.convert(document, Capture)
    except msgspec.ValidationError as error:
        raise CaptureInvalid(f"{name}: {error}") from error
    twice = doubled(capture)
    if twice:
        raise CaptureInvalid(f"{name}: {twice} stands there twice")
    return capture


def document_of(data: bytes, name: str) -> object:
    """The JSON document in some bytes, every object of which holds each key once.

    Two readings: the strict one refuses what the lenient one would let through (half a
    surrogate pair, a million brackets), and the lenient one sees the doubled keys, of which the
    strict one would keep the last. A number written 1.0 is the integer it equals, as JSON
    Schema has it.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for key, value in pairs:
            if key in table:
                raise CaptureInvalid(f"{name}: key {key[:80]!r} stands there twice")
            table[key] = value
        return table

    def number(text: str) -> float | int:
        value = float(text)
        return int(value) if value.is_integer() else value

    try:
        msgspec.json.decode(data)
        document: object = json.loads(data, object_pairs_hook=once, parse_float=number)
    except (ValueError, RecursionError) as error:  # DecodeError and JSONDecodeError among them
        raise CaptureMalformed(f"{name}: {error}") from error
    return document


def doubled(capture: Capture) -> str | None:
    """The first thing of a capture that has two entries: an interface, a path, an argv."""
    lists: tuple[tuple[str, Iterable[object]], ...] = (
        ("interface", (interface.name for interface in capture.interfaces)),
        ("path", (*capture.files, *capture.directories)),
        ("command", (ran.argv for ran in capture.commands)),
    )
    for what, entries in lists:
        seen: set[object] = set()
        for entry in entries:
            if entry in seen:
                said = " ".join(entry) if isinstance(entry, tuple) else entry
                return f"{what} {said!r}"
            seen.add(entry)
    return None
