"""WSL's parser of ``.wslconfig``, line for line: what it reads, what it drops, and where that is.

It is the state machine of WSL's configfile.cpp (2.6.3), with its oddities, because they decide what
is in force:

- A section's header that is invalid does not end the section before it. The parser overwrites its
  buffer with as much of the new name as it read, and keeps the old name's length; the keys that
  follow are looked up below that mixture, cut off or filled with NULs, until a valid header comes.
- A lone CR ends a value and a header. It ends no comment, and no line that is being skipped.
- A backslash before a line end joins the next line to the value, whatever stands there.
- A value is trimmed at its end, but never before a quote or a backslash.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
BLANKS = re.compile(r"[ \t]*")
# A value's pieces: a run of plain characters, blanks, a quote, a backslash with what it escapes.
PIECE = re.compile(
    r'(?P<plain>[^"\\#\r\n \t]+)|(?P<blank>[ \t]+)|(?P<quote>")'
    r"|(?P<join>\\(?:\r\n|\n))|(?P<escape>\\[^\r\n]?)|(?P<hash>#)"
)
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\b": "\b", "\\n": "\n", "\\t": "\t"}


class Place(Enum):
    """Under what a key stands."""

    NOWHERE = "before any section"
    SPOILT = "after an invalid header"
    SECTION = "in a section"


class Fault(NamedTuple):
    """A line that WSL drops: where, under what code of the contract, and why."""

    line: int
    code: str
    message: str
    key: str | None = None
    """The name that the line would have set, where it got that far."""


class Header(NamedTuple):
    """A valid section header; ``end`` is where its line ends, the line's end included."""

    name: str
    line: int
    end: int


class Join(NamedTuple):
    """A backslash at a line's end: where it stands, and where the line that it takes begins."""

    line: int
    backslash: int
    swallowed: int


class Entry(NamedTuple):
    """A ``key = value``; all places are offsets into the text."""

    name: str
    """The name that WSL looks up."""
    section: str
    """The section that it was looked up in, NULs left out."""
    written: str
    """The key as it is written."""
    place: Place
    line: int
    start: int
    value_start: int
    value_end: int
    """Where the value ends, trailing blanks left out."""
    end: int
    """Where the value ends with them: at a comment, a line's end or the end of the file."""
    value: str = ""
    joins: tuple[Join, ...] = ()
    controls: tuple[str, ...] = ()
    """The escapes in it that stand for a control character, as written."""
    dropped: bool = False
    """Whether WSL drops the line for its value; what was read of it does not count then."""


class Scan(NamedTuple):
    """A text as WSL reads it."""

    entries: tuple[Entry, ...]
    headers: tuple[Header, ...]
    faults: tuple[Fault, ...]


def scan(text: str) -> Scan:
    """Read a text as WSL does. Never fails, and takes time in proportion to its length."""
    scanner = Scanner(text)
    scanner.run()
    return Scan(tuple(scanner.entries), tuple(scanner.headers), tuple(scanner.faults))


class Scanner:
    """The parser's state: its place, its line counter, and the buffer that names are made in."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.buffer = ""
        self.section_length = 0
        self.place = Place.NOWHERE
        self.entries: list[Entry] = []
        self.headers: list[Header] = []
        self.faults: list[Fault] = []

    def run(self) -> None:
        """Read to the end."""
        while self.at < len(self.text):
            self.skip_blanks()
            character = self.here()
            if character == "\n":
                self.at += 1
                self.line += 1
            elif character == "\r":
                self.at += 1
            elif character == "#":
                self.skip_line()
            elif character == "[":
                self.header()
            elif NAME.match(self.text, self.at):
                self.entry()
            elif character:
                self.drop("invalid-key-name", begins_no_line(character))

    def here(self) -> str:
        """The character at the scanner's place; empty at the end."""
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        """Skip spaces and tabs; nothing else is a blank to WSL."""
        self.at = end_of(BLANKS, self.text, self.at)

    def skip_line(self) -> None:
        """Skip to behind the next LF."""
        found = self.text.find("\n", self.at)
        self.at = len(self.text) if found < 0 else found + 1
        self.line += found >= 0

    def end_line(self) -> None:
        """Step over what ends a value or a header: a comment, CR LF, LF or a lone CR."""
        if self.here() == "#":
            self.skip_line()
        elif self.here():
            self.at += 2 if self.text.startswith("\r\n", self.at) else 1
            self.line += 1

    def drop(self, code: str, message: str, key: str | None = None) -> None:
        """Note that WSL drops this line, and skip the rest of it."""
        self.faults.append(Fault(self.line, code, message, key))
        self.skip_line()

    def header(self) -> None:
        """A section's header; the opening bracket is here."""
        line = self.line
        self.at += 1
        name = NAME.match(self.text, self.at)
        if name is None:
            self.spoil("a section's name begins with a letter, right behind the bracket")
            return
        # From here on the old name is overwritten, valid header or not.
        self.buffer = name[0]
        self.at = name.end()
        if self.here() != "]":
            self.spoil("a section's name is letters and digits alone, ended by a bracket")
            return
        self.at += 1
        self.skip_blanks()
        if self.here() not in {"", "\r", "\n", "#"}:
            self.spoil("behind a section's bracket only blanks and a # comment may stand")
            return
        self.section_length = len(name[0])
        self.place = Place.SECTION
        self.end_line()
        self.headers.append(Header(name[0], line, self.at))

    def spoil(self, message: str) -> None:
        """Note an invalid header, and what it does to the keys that follow."""
        self.place = Place.SPOILT
        consequence = "WSL drops the line, and the keys below it are in no section that was meant"
        self.drop("invalid-section", f"{message}; {consequence}")

    def entry(self) -> None:
        """A key, its equals sign and its value; the key's first letter is here."""
        start, line = self.at, self.line
        prefix = self.buffer[: self.section_length].ljust(self.section_length, "\0")
        end = end_of(NAME, self.text, self.at)
        written, self.at = self.text[start:end], end
        self.buffer = f"{prefix}.{written}" if prefix else written
        # C's strings end at a NUL, and so does what WSL compares.
        name = self.buffer.partition("\0")[0]
        self.skip_blanks()
        if self.here() != "=":
            self.drop("invalid-key-name", follows_no_key(written, self.here()))
            return
        self.at += 1
        self.skip_blanks()
        found = Entry(
            *(name, prefix.replace("\0", ""), written, self.place, line),
            *(start, self.at, self.at, self.at),
        )
        self.entries.append(self.with_value(found))

    def with_value(self, entry: Entry) -> Entry:
        """An entry with its value, which begins here; steps over the end of its line."""
        value: list[str] = []
        joins: list[Join] = []
        controls: list[str] = []
        quoted = False
        kept, kept_end = 0, self.at
        while piece := PIECE.match(self.text, self.at):
            what, written = piece.lastgroup, piece[0]
            if what == "hash" and not quoted:
                break
            if what == "escape" and written not in ESCAPES:
                self.drop("invalid-escape", no_escape(written), entry.name)
                # Where the piece begins, and not where the skipped line ends: an editor may keep
                # what stands behind.
                stop = piece.start()
                return entry._replace(value_end=stop, end=stop, joins=tuple(joins), dropped=True)
            self.at = piece.end()
            if what == "quote":
                quoted = not quoted
            elif what == "join":
                joins.append(Join(self.line, piece.start(), self.at))
                self.line += 1
            elif what == "escape":
                value.append(ESCAPES[written])
                controls += [written] if written[1] in "bnt" else []
            else:
                value.append(written)
            if what != "blank":
                kept, kept_end = len(value), self.at
        end = self.at
        if quoted:
            self.drop_unterminated(entry)
            return entry._replace(value_end=kept_end, end=end, joins=tuple(joins), dropped=True)
        self.end_line()
        return entry._replace(
            value="".join(value[:kept]),
            value_end=kept_end,
            end=end,
            joins=tuple(joins),
            controls=tuple(controls),
        )

    def drop_unterminated(self, entry: Entry) -> None:
        """Note a quote that is never closed, on the line where the key stands."""
        message = "a quote is opened and never closed; WSL drops the line"
        self.faults.append(Fault(entry.line, "unterminated-quote", message, entry.name))
        self.skip_line()


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern that stands here ends; here, where it does not."""
    found = pattern.match(text, at)
    return at if found is None else found.end()


def begins_no_line(character: str) -> str:
    """Why a line that begins with this character is dropped."""
    if character in ";/":
        return "a comment begins with #, and with nothing else; WSL drops the line"
    return "a line begins with a letter, [ or #; WSL drops this one"


def follows_no_key(written: str, character: str) -> str:
    """Why a key with this character behind it is dropped."""
    if character in {"", "\r", "\n"}:
        return f"{written} has no = and no value; WSL drops the line"
    return (
        f"a key is letters and digits alone, and {written} has no = behind it; WSL drops the line"
    )


def no_escape(written: str) -> str:
    """Why an escape is invalid."""
    told = f"{written} is no escape" if len(written) == 2 else "a lone backslash is no escape"
    return f"{told}; a backslash is written \\\\. WSL drops the line"
