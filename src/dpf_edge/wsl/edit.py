"""``wslconfig plan``: the few bytes that make a file say what mirrored networking needs. Pure.

Nothing but those keys is touched. A key is changed where it stands, in [wsl2] or in [experimental];
further lines of the same key, which WSL complains of, become comments; keys that are missing go
right below the header of [wsl2], or into a new one at the end. What WSL did not read before it does
not read afterwards: a line that a backslash had swallowed becomes a comment, and neither vanishes
nor comes to life.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.errors import WslConfigEncoding
from dpf_edge.wsl import lint, settings
from dpf_edge.wsl.encoding import decode, legible
from dpf_edge.wsl.grammar import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.wsl.grammar import Entry, Scan
    from dpf_edge.wsl.settings import Problem

WANTED: dict[str, str] = {
    "wsl2.networkingMode": "mirrored",
    "wsl2.firewall": "true",
    "wsl2.dnsTunneling": "true",
    "wsl2.autoProxy": "true",
}
"""The four settings of mirrored networking, in the order in which they are written."""

SAME = {"mirrored": {"mirrored"}, "true": {"true", "1"}}
COMMENT = "# "
# Where the value of a line that WSL dropped may end at the latest.
STOP = re.compile(r"[#\r\n]|\Z")
BLANK_LINE = re.compile(r"[ \t]*(?:\r?\n|\Z)")


# Codes of what may be against the four keys though each line is read as it is written.
AGAINST = frozenset({"ineffective", "conflict", "invalid-value"})


class Change(msgspec.Struct, frozen=True):
    """One key that is changed: from what, None where it was not set, on which line of the file."""

    key: str
    before: str | None
    after: str
    line: int | None


class Edit(NamedTuple):
    """A piece of the text, and what stands there instead; at one place in the order of ``rank``."""

    start: int
    rank: int
    end: int
    text: str


class Plan(NamedTuple):
    """A file's new bytes, and which keys that changes; none where it is as it should be."""

    data: bytes
    changes: tuple[Change, ...]


def plan(data: bytes | None, newline: str = "\n") -> Plan:
    """The bytes of a file that sets the four keys, and nothing else otherwise than before.

    :param data: the file's bytes; None where there is no file.
    :param newline: the line end of a file that has none yet.
    :raises WslConfigEncoding: WSL can read nothing of the file, and an addition would not mend it.
    """
    reading = settings.read(data or b"")
    whole, text = reading.text, reading.text.text
    if whole.fault is not None:
        raise WslConfigEncoding(
            f"the file {whole.fault}", "save it as UTF-8 first, for instance with Notepad"
        )
    ends = re.search(r"\r?\n", text)
    newline = ends[0] if ends else newline
    edits: list[Edit] = []
    changes: list[Change] = []
    missing: list[str] = []
    for name, wanted in WANTED.items():
        lines = [each for each in reading.scan.entries if is_of(each, name)]
        # The first line that WSL does not drop is the one that counts.
        lines.sort(key=lambda each: each.dropped)
        before_it = lines[0].start if lines else place_of_new(reading.scan, text)
        for stray in reading.scan.entries:
            if stray.start < before_it and is_by_accident(stray, name):
                edits += commented_out(stray, text, newline)
                changes.append(Change(name, legible(stray.value), wanted, stray.line))
        if not lines:
            missing.append(name)
            changes.append(Change(name, None, wanted, None))
            continue
        counts, *others = lines
        if not is_right(counts, wanted):
            edits += set_value(counts, wanted, text, newline)
            before = None if counts.dropped else legible(counts.value)
            changes.append(Change(name, before, wanted, counts.line))
        for other in others:
            edits += commented_out(other, text, newline)
            value = None if other.dropped else legible(other.value)
            changes.append(Change(name, value, wanted, other.line))
    if missing:
        edits.append(added(missing, reading.scan, text, newline))
    if not changes:
        return Plan(data or b"", ())
    return verified(data or b"", Plan(whole.encoded(applied(edits, text)), tuple(changes)))


def is_of(entry: Entry, name: str) -> bool:
    """Whether a line sets this key, by its present or its former name."""
    key = settings.known(entry)
    return key is not None and key.full == name


def is_by_accident(entry: Entry, name: str) -> bool:
    """Whether a line below an invalid header may be this key all the same, and come first."""
    return entry.place is Place.SPOILT and entry.name.lower() in (
        name.lower(),
        f"experimental.{name.partition('.')[2]}".lower(),
    )


def is_right(entry: Entry, wanted: str) -> bool:
    """Whether a line says what is wanted, and nobody could read it otherwise."""
    return not entry.dropped and not entry.joins and entry.value.lower() in SAME[wanted]


def set_value(entry: Entry, wanted: str, text: str, newline: str) -> Iterator[Edit]:
    """Put another value in place of a line's, and leave its blanks and its comment."""
    stop = entry.value_end
    if entry.dropped:
        found = STOP.search(text, entry.value_start)
        limit = len(text) if found is None else found.start()
        if is_lone_cr(text, limit):
            # WSL dropped what follows this CR with the rest of the line, and shall go on to.
            wanted += " #"
        stop = entry.value_start + len(text[entry.value_start : limit].rstrip(" \t"))
    if entry.joins:
        stop = min(stop, entry.joins[0].backslash + 1)
    if stop == entry.value_start and text.startswith("#", stop):
        wanted += " "
    yield Edit(entry.value_start, 1, stop, wanted)
    yield from swallowed_kept_out(entry, text, newline)


def commented_out(entry: Entry, text: str, newline: str) -> Iterator[Edit]:
    """Make a comment of a line."""
    yield Edit(entry.start, 1, entry.start, COMMENT)
    yield from swallowed_kept_out(entry, text, newline, is_comment=True)


def swallowed_kept_out(
    entry: Entry, text: str, newline: str, *, is_comment: bool = False
) -> Iterator[Edit]:
    """Make comments of the lines that an entry's value had taken in.

    A lone CR ends a value and no comment: behind one that ended this value a real line end is put.
    """
    for join in entry.joins:
        if BLANK_LINE.match(text, join.swallowed) is None:
            yield Edit(join.swallowed, 1, join.swallowed, COMMENT)
    if is_lone_cr(text, entry.end) and not entry.dropped and (is_comment or entry.joins):
        yield Edit(entry.end, 2, entry.end, newline)


def is_lone_cr(text: str, at: int) -> bool:
    """Whether a CR stands here, and no LF behind it."""
    return text.startswith("\r", at) and not text.startswith("\r\n", at)


def added(names: list[str], scan: Scan, text: str, newline: str) -> Edit:
    """Write keys that are missing: below the first header of [wsl2], or below a new one."""
    lines = "".join(f"{name.partition('.')[2]}={WANTED[name]}{newline}" for name in names)
    at = place_of_new(scan, text)
    if is_below_header(scan, at):
        unended = at == len(text) and not text.endswith("\n")
        return Edit(at, 0, at, newline + lines if unended else lines)
    lines = f"[wsl2]{newline}{lines}"
    if at == 0:
        return Edit(0, 0, 0, lines)
    # A blank line between, which also ends a value that a backslash at the very end leaves open.
    between = newline if text.endswith("\n", 0, at) else newline * 2
    return Edit(at, 0, at, between + lines)


def place_of_new(scan: Scan, text: str) -> int:
    """Where keys go that are missing: below the first header of [wsl2]; without one, at the end."""
    for header in scan.headers:
        if header.name.lower() == "wsl2":
            return header.end
    return before_dangling(scan, text)


def is_below_header(scan: Scan, at: int) -> bool:
    """Whether a header of [wsl2] ends at a place."""
    return any(header.end == at and header.name.lower() == "wsl2" for header in scan.headers)


def before_dangling(scan: Scan, text: str) -> int:
    """The end of a text; or before its last line where a backslash is the last thing in that.

    WSL drops such a line. With a line end behind it, it would be read, and take the next one in.
    """
    last = scan.entries[-1] if scan.entries else None
    if last is None or not last.dropped or last.end != len(text) - 1 or text[-1] != "\\":
        return len(text)
    return len(text[: last.start].rstrip(" \t"))


def applied(edits: list[Edit], text: str) -> str:
    """A text with its edits made, none of which overlap."""
    parts, at = [], 0
    for edit in sorted(edits):
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join((*parts, text[at:]))


def verified(before: bytes, made: Plan) -> Plan:
    """A plan, once it was read back and seen to do what it says and no more.

    :raises RuntimeError: it does not, which is a defect of this module; better none than a wrong
        file.
    """
    old, new = settings.read(before), settings.read(made.data)
    for name, wanted in WANTED.items():
        if new.value(name) not in SAME[wanted]:
            raise RuntimeError(f"the edited file would not set {name}")
    if untouched(old) != untouched(new):
        raise RuntimeError("the edited file would change other keys too")
    return made


def untouched(reading: settings.Reading) -> list[tuple[str, str, bool]]:
    """What a file sets beside the four keys."""
    mine = {*WANTED, *(name.partition(".")[2].lower() for name in WANTED)}
    return [
        (each.key, each.value, each.effective)
        for each in reading.settings
        if each.key not in mine and (each.effective or each.key.lower() not in mine)
    ]


def in_the_way(before: bytes, after: bytes) -> tuple[Problem, ...]:
    """What keeps one of the four keys of a file from its effect, or has none any more by them."""
    former = {(each.code, each.line) for each in lint.lint(before).problems}
    bare = tuple(name.partition(".")[2] for name in WANTED)
    return tuple(
        each
        for each in lint.lint(after).problems
        if each.code in AGAINST
        and (any(name in each.message for name in bare) or (each.code, each.line) not in former)
    )


def diff(before: bytes, after: bytes, name: str) -> list[str]:
    """What a plan changes, as a unified diff without line ends; empty where nothing does."""
    from difflib import unified_diff

    old, new = lines_of(before), lines_of(after)
    return list(unified_diff(old, new, name, name, lineterm="", n=3))


def lines_of(data: bytes) -> list[str]:
    """The lines of a file as an editor shows them."""
    text = legible(decode(data).text)
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
