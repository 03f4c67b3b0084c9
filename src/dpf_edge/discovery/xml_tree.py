"""XML from the network as a small tree: no entities, no document types, bounded in every direction.

What devices send is often not quite XML: a prefix that nobody declared, a byte order mark in the
wrong place, a break in the middle. Names are therefore taken without their prefix, and what came
before a break counts.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 65_536
# A router's description has 200 elements, four deep; a NAS's 300.
MOST_ELEMENTS = 2000
MOST_DEPTH = 24
MOST_TEXT = 1024
MOST_NAME = 80

_DECLARED = re.compile(rb"""^<\?xml[^>]{0,200}?encoding=["']([A-Za-z0-9._-]{1,30})["']""")
# What devices declare and mean. Any other name would have Python look for a codec of that name.
_EIGHT_BITS = {b"iso-8859-1", b"iso8859-1", b"latin1", b"latin-1", b"windows-1252", b"us-ascii"}


class Element:
    """One element: its name without a prefix, its own text, its children."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.children: list[Element] = []

    def child(self, *path: str) -> Element | None:
        """The first element down a path of names; None where there is none."""
        here = self
        for name in path:
            found = next((each for each in here.children if each.name == name), None)
            if found is None:
                return None
            here = found
        return here

    def says(self, *path: str) -> str:
        """The text of the first element down a path; an empty one where there is none."""
        found = self.child(*path)
        return found.text.strip() if found is not None else ""

    def all(self, name: str) -> Iterator[Element]:
        """This element and those in it, however deep, that have a name; in their order."""
        waiting = [self]
        while waiting:
            here = waiting.pop()
            if here.name == name:
                yield here
            waiting.extend(reversed(here.children))


class _Enough(Exception):
    """No more of this document is read."""


class _Builder:
    """Grows the tree as expat reads."""

    def __init__(self) -> None:
        self.root = Element("")
        self._path = [self.root]
        self._count = 0

    def start(self, name: str, _attributes: object) -> None:
        """Take the beginning of an element."""
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._path) > MOST_DEPTH:
            raise _Enough
        made = Element(name.rpartition(":")[2][:MOST_NAME])
        self._path[-1].children.append(made)
        self._path.append(made)

    def end(self, _name: str) -> None:
        """Take the end of an element."""
        self._path.pop()

    def text(self, data: str) -> None:
        """Take some text."""
        here = self._path[-1]
        if len(here.text) < MOST_TEXT:
            here.text += data[: MOST_TEXT - len(here.text)]

    def refuse(self, *_: object) -> None:
        """End the reading: a document type could define entities, and no device needs one."""
        raise _Enough


def read(data: bytes) -> Element | None:
    """The outermost element of a document, as far as it could be read; None where there is none."""
    builder = _Builder()
    # The text is decoded here, so what it says of its encoding no longer counts.
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    with contextlib.suppress(expat.ExpatError, _Enough):
        parser.Parse(in_utf_8(data[:MOST_BYTES]), True)
    return builder.root.children[0] if builder.root.children else None


def in_utf_8(data: bytes) -> bytes:
    """A document in UTF-8, without what stands before its first bracket and after its last."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode()
    begin, end = data.find(b"<"), data.rfind(b">")
    data = data[begin : end + 1] if begin >= 0 else b""
    try:
        data.decode()
    except UnicodeDecodeError:
        declared = _DECLARED.match(data)
        eight_bits = declared is not None and declared[1].lower() in _EIGHT_BITS
        return data.decode("cp1252" if eight_bits else "utf-8", "replace").encode()
    return data
