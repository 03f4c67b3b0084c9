"""What a file sets: each line that names a key, whether it counts, and what is to be said of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.model import Severity
from dpf_edge.wsl import grammar, keys, values
from dpf_edge.wsl.encoding import decode, legible
from dpf_edge.wsl.grammar import Place
from dpf_edge.wsl.keys import Kind

if TYPE_CHECKING:
    from dpf_edge.wsl.encoding import Text
    from dpf_edge.wsl.grammar import Entry, Scan
    from dpf_edge.wsl.keys import Key, Version

# A value that looks like a path of Windows: a drive, or two backslashes, of which one is left.
LOOKS_LIKE_A_PATH = re.compile(r"[A-Za-z]:|\\")
# What a swallowed line shows where it was a setting, a section or a comment of its own.
LOOKS_LIKE_A_LINE = re.compile(r"[ \t]*(?:\[|#|[A-Za-z][A-Za-z0-9]*[ \t]*=)")


class Problem(msgspec.Struct, frozen=True):
    """One thing to say of a file; see wslconfig-1."""

    line: int
    code: str
    severity: Severity
    message: str


class Setting(msgspec.Struct, frozen=True):
    """One line that sets a key; see wslconfig-1."""

    key: str
    value: str
    line: int
    effective: bool


class InForce(NamedTuple):
    """The value that counts for a key: unquoted, unescaped, and valid."""

    value: str
    line: int


class Reading(NamedTuple):
    """A file as WSL reads it, line by line, before the settings are held against each other."""

    text: Text
    scan: Scan
    settings: tuple[Setting, ...]
    problems: tuple[Problem, ...]
    in_force: dict[str, InForce]
    """By the key's present name, ``wsl2.networkingMode``."""

    def value(self, name: str) -> str | None:
        """The value that counts for a key as WSL compares it, in lower case; None without one."""
        found = self.in_force.get(name)
        return None if found is None else values.narrow(found.value).lower()

    def says(self, name: str) -> bool | None:
        """What counts for a boolean; None where the file does not set it."""
        found = self.in_force.get(name)
        return None if found is None else values.is_true(found.value)

    def line(self, name: str) -> int:
        """Where the value that counts stands."""
        return self.in_force[name].line


def known(entry: Entry, version: Version | None = None) -> Key | None:
    """The key that WSL finds under an entry's name; None where it knows none.

    Below an invalid header the name is a mixture. By accident it may be a key's; what rests on
    that counts for nothing here, because the next change above it undoes it.
    """
    key = None if entry.place is Place.SPOILT else keys.BY_NAME.get(entry.name.lower())
    if key is None or version is None:
        return key
    since = key.since
    if key.also_experimental and entry.section.lower() == "experimental":
        since = None
    return None if since is not None and version < since else key


def read(data: bytes, version: Version | None = None) -> Reading:
    """Read a file as WSL does: what it sets, and what is wrong line by line. Never fails.

    A key's first line counts, even where its value is invalid and so nothing does.

    :param version: WSL's, where it is known; else the newest is meant.
    """
    text = decode(data)
    scan = grammar.scan(text.text)
    problems = [
        Problem(fault.line, fault.code, Severity.ERROR, legible(fault.message))
        for fault in scan.faults
    ]
    if text.fault is not None:
        problems.append(Problem(1, "encoding", Severity.ERROR, f"the file {text.fault}"))
    settings: list[Setting] = []
    in_force: dict[str, InForce] = {}
    first: dict[str, Entry] = {}
    for entry in scan.entries:
        key = known(entry, version)
        problems += swallowed(entry, key, text.text)
        if entry.dropped:
            continue
        if key is None:
            problems.append(unknown(entry, version))
            settings.append(Setting(unknown_name(entry), legible(entry.value), entry.line, False))
            continue
        judged = values.judge(key, entry.value, version)
        earlier = first.setdefault(key.full, entry)
        if earlier is not entry:
            problems.append(duplicate(key, entry, earlier))
            judged = values.Judged(False)
        else:
            problems += said_of(key, entry, judged, version)
        if judged.effective:
            in_force[key.full] = InForce(entry.value, entry.line)
        settings.append(Setting(key.full, shown(key, entry.value), entry.line, judged.effective))
    return Reading(text, scan, tuple(settings), tuple(problems), in_force)


def shown(key: Key, value: str) -> str:
    """A value as the contract has it: words in lower case, all else as written."""
    return legible(value.lower() if key.kind in {Kind.BOOLEAN, Kind.CHOICE} else value)


def said_of(
    key: Key, entry: Entry, judged: values.Judged, version: Version | None
) -> list[Problem]:
    """What is to be said of a line whose key is known and set for the first time."""
    found = []
    if judged.code is not None:
        message = f"{key.full}: {legible(judged.message)}"
        found.append(Problem(entry.line, judged.code, judged.severity, message))
    if entry.controls and (key.kind is not Kind.TEXT or LOOKS_LIKE_A_PATH.match(entry.value)):
        names = {"\\b": "a backspace", "\\n": "a line feed", "\\t": "a tab"}
        read_as = ", ".join(f"{each} as {names[each]}" for each in dict.fromkeys(entry.controls))
        message = f"{key.full}: WSL reads {read_as}; a backslash is written \\\\"
        found.append(Problem(entry.line, "suspicious-escape", Severity.WARNING, message))
    old = key.also_experimental and entry.section.lower() == "experimental"
    if old and (version is None or version >= keys.MOVED):
        message = f"{key.name} stands in [wsl2] since WSL 2.0.5; [experimental] still works"
        found.append(Problem(entry.line, "deprecated-section", Severity.INFO, message))
    return found


def duplicate(key: Key, entry: Entry, earlier: Entry) -> Problem:
    """What WSL says of a key's second line, in the same section or in its former one."""
    message = f"{key.full} is set on line {earlier.line} already, and the first line counts"
    return Problem(entry.line, "duplicate-key", Severity.ERROR, message)


def swallowed(entry: Entry, key: Key | None, text: str) -> list[Problem]:
    """The lines that an entry's value takes in because a backslash stands before their end.

    A kernel's command line may be meant to go on; a line that looks like one of its own was not.
    """
    found = []
    for join in entry.joins:
        looks = LOOKS_LIKE_A_LINE.match(text, join.swallowed)
        if looks is None and key is not None and key.kind is Kind.TEXT:
            continue
        severity = Severity.ERROR if looks else Severity.WARNING
        message = (
            f"the backslash at the end takes the next line into the value of {entry.written}; "
            "a backslash is written \\\\"
        )
        found.append(Problem(join.line, "swallowed-line", severity, message))
    return found


def unknown_name(entry: Entry) -> str:
    """How to call a key that WSL does not know; below an invalid header it stands in no section."""
    if not entry.section or entry.place is Place.SPOILT:
        return entry.written
    section = keys.SECTIONS.get(entry.section.lower(), entry.section)
    return f"{section}.{entry.written}"


def unknown(entry: Entry, version: Version | None) -> Problem:
    """What to say of a line whose key WSL does not know: its error, and where the key belongs."""
    code = "key-outside-section" if entry.place is Place.NOWHERE else "unknown-key"
    return Problem(entry.line, code, Severity.ERROR, unknown_because(entry, version))


def unknown_because(entry: Entry, version: Version | None) -> str:
    """Why WSL does not know a key, and what was probably meant."""
    name = unknown_name(entry)
    if entry.place is Place.NOWHERE:
        return f"{name} stands before any section, where WSL knows no key"
    if entry.place is Place.SPOILT:
        return f"{entry.written} stands below an invalid header, in no section that WSL knows"
    told = f"WSL knows no key {name}"
    newer = keys.BY_NAME.get(entry.name.lower())
    if newer is not None and version is not None and newer.since is not None:
        return f"{told} before version {'.'.join(map(str, newer.since))}"
    if entry.written.lower() in keys.FORMER:
        return f"{told}: {keys.FORMER[entry.written.lower()]}"
    homes = [key for key in keys.KEYS if key.name.lower() == entry.written.lower()]
    if homes:
        return f"{told}: {homes[0].name} belongs in [{homes[0].section}]"
    if entry.section.lower() in keys.WSL_CONF_SECTIONS:
        return f"{told}: [{entry.section}] is a section of a distribution's /etc/wsl.conf"
    return told + meant(entry)


def meant(entry: Entry) -> str:
    """A known key with nearly that name, as a question; empty where there is none."""
    from difflib import get_close_matches

    names = {key.name.lower(): key for key in keys.KEYS}
    # Names longer than any key's are not worth the comparison, which takes their square.
    near = get_close_matches(entry.written.lower()[:60], names, n=1, cutoff=0.8)
    return f"; is {names[near[0]].full} meant?" if near else ""
