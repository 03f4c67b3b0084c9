"""Devices as a table, for a person: filling while a sweep goes on, and whole at its end."""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.cli.plain import printable
from dpf_edge.cli.render import Span, shorten, show, wrapped
from dpf_edge.discovery import makers
from dpf_edge.discovery.identity.services import protocol
from dpf_edge.model import Answer
from dpf_edge.observed import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from rich.live import Live

    from dpf_edge.cli.render import Line
    from dpf_edge.discovery.sweep import Sweep
    from dpf_edge.discovery.swept import Swept
    from dpf_edge.observed import Device

COLUMN_NAMES = ("ADDRESS", "NAME", "KIND", "MAKER", "MAC", "SERVICES")
# How wide a column becomes at most where there is room, and how it shrinks where there is none:
# an address and a MAC are worthless when they are cut.
WIDEST = (39, 32, 16, 24, 17, 60)
LEAST = (15, 12, 8, 8, 17, 8)
GAP = 2
# A pipe has no width; a file is read with one.
PIPE_COLUMNS = 160
USUAL = os.terminal_size((80, 24))
REFRESH_SECONDS = 0.2
# Nobody waits for a refresh while the table is empty: the first device is shown when it is there.
FIRST_SECONDS = 0.03
# What a table that fills leaves free: the head, the progress and the prompt.
ROOM_LINES = 4


class Columns(NamedTuple):
    """A table's cells and the widths of its columns."""

    rows: list[tuple[str, ...]]
    widths: tuple[int, ...]


def row(device: Device) -> tuple[str, ...]:
    """One device's cells."""
    addresses = sorted(device.addresses, key=place)
    more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
    name = device.names[0] if device.names else "–"
    if only_routed(device):
        name = "(not seen: a route names it)"
    told = [device.kind or "–", *device.roles]
    maker = device.maker or ("private MAC" if device.private_mac else "–")
    services = dict.fromkeys(protocol(each.name) for each in device.services)
    return tuple(
        printable(cell)
        for cell in (
            (addresses[0] if addresses else "–") + more,
            f"{name} (this machine)" if device.self else name,
            next(iter(dict.fromkeys(each for each in told if each != "–")), "–"),
            maker,
            device.macs[0] if device.macs else "–",
            " ".join(services) or "–",
        )
    )


def only_routed(device: Device) -> bool:
    """Whether nothing speaks for a device but this machine's own routing table."""
    return {each.collector for told in device.sources.values() for each in told} == {"routes"}


def place(address: str) -> tuple[int, int]:
    """Where an address stands in order: IPv4 first, link-local IPv6 last."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return (9, 0)
    return (ip.version + (2 if ip.version == 6 and ip.is_link_local else 0), int(ip))


def in_order(devices: Iterable[Device]) -> list[Device]:
    """Devices by their first addresses."""
    return sorted(devices, key=lambda each: min(map(place, each.addresses), default=(9, 0)))


def columns(devices: Iterable[Device], width: int) -> Columns:
    """The cells of a table that is at most so wide."""
    shown = fitting(width)
    rows = [
        tuple(cells[index] for index in shown)
        for cells in (COLUMN_NAMES, *map(row, in_order(devices)))
    ]
    wanted = {
        index: min(WIDEST[index], max(len(each[at]) for each in rows))
        for at, index in enumerate(shown)
    }
    spare = width - (len(shown) - 1) * GAP
    # The last columns give way first: what a thing is called matters more than all it serves.
    for index in (5, 3, 1, 2, 0):
        over = sum(wanted.values()) - spare
        if over > 0 and index in wanted:
            wanted[index] = max(min(LEAST[index], wanted[index]), wanted[index] - over)
    return Columns(rows, tuple(wanted.values()))


def fitting(width: int) -> list[int]:
    """The columns that have room, however little each gets; address and name always."""
    shown = [0, 1]
    for index in (2, 4, 3, 5):
        if sum(LEAST[each] + GAP for each in (*shown, index)) - GAP <= width:
            shown.append(index)
    return sorted(shown)


def lines(devices: Iterable[Device], width: int) -> Iterator[Line]:
    """The table, its head first."""
    rows, widths = columns(devices, width)
    for number, cells in enumerate(rows):
        cut = [f"{shorten(cell, wide):<{wide}}" for cell, wide in zip(cells, widths, strict=True)]
        yield [Span("  ".join(cut).rstrip(), "bold" if number == 0 else "")]


def report(found: Swept) -> None:
    """Print what a sweep came to."""
    show(report_lines(found, screen_columns()))


def report_lines(found: Swept, width: int) -> Iterator[Line]:
    """The devices, how each collector ended, and what is to be said of it."""
    yield from lines(found.devices, width)
    yield []
    sent = sum(each.packets for each in found.outcomes)
    told = f"{number(len(found.devices), 'device')} in {found.seconds:.1f} s, "
    told += f"{number(sent, 'packet')} sent"
    yield [Span(told, "bold")]
    by = {status: [e for e in found.outcomes if e.status is status] for status in Status}
    if by[Status.FOUND]:
        listed = ", ".join(f"{each.name} {each.found}" for each in by[Status.FOUND])
        yield from wrapped(f"found by {listed}")
    if by[Status.NOTHING]:
        yield from wrapped(f"nothing by {', '.join(each.name for each in by[Status.NOTHING])}")
    for each in (*by[Status.FAILED], *by[Status.TIMED_OUT]):
        yield from wrapped(f"{each.name} {each.status.value}: {each.reason}")
    for each in (*by[Status.FOUND], *by[Status.NOTHING]):
        if each.reason:
            yield from wrapped(f"{each.name}: {each.reason}")
    for reason, names in grouped(found).items():
        yield from wrapped(f"skipped {', '.join(names)}: {reason}")
    yield [Span(f"  makers by the IEEE's registries of {makers.DATE}", "dim")]
    if found.diagnosis.lan.answer is Answer.NO:
        lan = f"this process does not see the LAN: {found.diagnosis.lan.why}"
        yield [Span("  warning: ", "bold yellow"), Span(lan)]
    for warning in found.warnings:
        yield [Span("  warning: ", "bold yellow"), Span(warning)]
    if found.diagnosis.lan.answer is not Answer.YES:
        yield from wrapped("`dpf-edge diagnose` says where this process stands and what to do.")


def grouped(found: Swept) -> dict[str, list[str]]:
    """The collectors that did not run, by the reason; but those that nobody asked for."""
    by_reason: dict[str, list[str]] = {}
    for each in found.outcomes:
        if each.status is Status.SKIPPED and each.reason != "not asked for":
            by_reason.setdefault(each.reason or "", []).append(each.name)
    return by_reason


def number(count: int, of: str) -> str:
    """So many of something."""
    return f"{count} {of}{'' if count == 1 else 's'}"


def screen_columns() -> int:
    """The columns to write a table in."""
    return size_of(sys.stdout).columns if sys.stdout.isatty() else PIPE_COLUMNS


def size_of(stream: TextIO) -> os.terminal_size:
    """A terminal's columns and lines, as it says itself."""
    try:
        return os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return USUAL


def progress(sweep: Sweep, count: int) -> str:
    """How far a sweep is, in one line."""
    at_work = ", ".join(sweep.running) or "done"
    return (
        f"{sweep.seconds:4.1f} s  {number(count, 'device')}  {number(sweep.packets, 'packet')} "
        f"sent  at work: {at_work}  (Ctrl-C keeps what was found)"
    )


class Screen:
    """Where a sweep is watched: the table on a terminal, else a line on stderr, else nothing.

    :param shows_table: whether standard output is for people, and not for JSON.
    """

    def __init__(self, sweep: Sweep, *, shows_table: bool) -> None:
        self._sweep = sweep
        self._next = 0.0
        self._devices: Sequence[Device] = ()
        self._is_new = True
        self._live = live() if shows_table and is_terminal(sys.stdout) else None
        self._has_line = self._live is None and is_terminal(sys.stderr)

    def __enter__(self) -> Screen:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
        elif self._has_line:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def look(self, *, is_new: bool) -> None:
        """Show what there is, a few times a second."""
        self._is_new = self._is_new or is_new
        if (self._live is None and not self._has_line) or self._sweep.seconds < self._next:
            return
        if self._is_new:
            self._devices, self._is_new = self._sweep.devices(), False
        began = self._sweep.seconds
        if self._live is not None:
            self._draw()
        else:
            line = shorten(
                progress(self._sweep, len(self._devices)), size_of(sys.stderr).columns - 1
            )
            sys.stderr.write(f"\r\x1b[K{printable(line)}")
            sys.stderr.flush()
        now = self._sweep.seconds
        if all(each.self for each in self._devices):
            self._next = now + FIRST_SECONDS
            return
        # Drawing takes a tenth of the time at most, however much there is to draw.
        self._next = now + max(REFRESH_SECONDS, 10 * (now - began))

    def _draw(self) -> None:
        from rich.text import Text

        size = size_of(sys.stdout)
        drawn = list(lines(self._devices, size.columns - 1))
        room = max(3, size.lines - ROOM_LINES)
        hidden = len(drawn) - room
        told = Text()
        for line in drawn[:room]:
            told.append_text(Text.assemble(*[(span.text, span.style) for span in line], "\n"))
        if hidden > 0:
            told.append(f"… and {hidden} more\n", "dim")
        far = shorten(progress(self._sweep, len(self._devices)), size.columns - 1)
        told.append(printable(far), "dim")
        assert self._live is not None
        self._live.update(told, refresh=True)


def live() -> Live:
    """A part of the terminal that is drawn anew, and cleared at the end."""
    from rich.console import Console
    from rich.live import Live

    return Live(console=Console(highlight=False), auto_refresh=False, transient=True)


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can be drawn on."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
