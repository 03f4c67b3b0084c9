"""What WSL makes of a file's bytes before it reads a word, and back again without losing one.

WSL opens the file as text in UTF-8 (``_wfopen`` with ``rt,ccs=UTF-8``). Microsoft's runtime then
goes by the byte-order mark: UTF-8's and UTF-16LE's are good, UTF-16BE's is refused, and without one
it is UTF-8. In text mode CR LF is one line end, and Ctrl-Z ends the file.
"""

from __future__ import annotations

from typing import NamedTuple

BOM_UTF8 = b"\xef\xbb\xbf"
BOM_UTF16LE = b"\xff\xfe"
BOM_UTF16BE = b"\xfe\xff"
CTRL_Z = "\x1a"


class Text(NamedTuple):
    """A file's text as WSL sees it, and all that is needed to make the same bytes of it."""

    text: str
    bom: bytes = b""
    codec: str = "utf-8"
    errors: str = "surrogateescape"
    rest: bytes = b""
    """What WSL never sees: from a Ctrl-Z on, or the odd byte at the end of UTF-16."""
    fault: str | None = None
    """Why WSL can make nothing of the whole file, where that is so."""

    def encoded(self, text: str) -> bytes:
        """The bytes of the file with another text in it."""
        return self.bom + text.encode(self.codec, self.errors) + self.rest


def decode(data: bytes) -> Text:
    """The text of a file. Never fails: bytes that are no text stand in it as lone surrogates."""
    if data.startswith(BOM_UTF16BE):
        return Text(
            "",
            rest=data,
            fault="is UTF-16 in big-endian order, which WSL cannot open: none of it is read",
        )
    if data.startswith(BOM_UTF16LE):
        body = data[len(BOM_UTF16LE) :]
        whole = len(body) - len(body) % 2
        text = body[:whole].decode("utf-16-le", "surrogatepass")
        kept = Text(text, BOM_UTF16LE, "utf-16-le", "surrogatepass", body[whole:])
        return until_ctrl_z(kept)
    bom = BOM_UTF8 if data.startswith(BOM_UTF8) else b""
    text = data[len(bom) :].decode("utf-8", "surrogateescape")
    fault = None if bom else unmarked(data)
    return until_ctrl_z(Text(text, bom, fault=fault))


def until_ctrl_z(whole: Text) -> Text:
    """A text up to its first Ctrl-Z, where Microsoft's runtime stops; the rest is kept apart."""
    at = whole.text.find(CTRL_Z)
    if at < 0:
        return whole
    hidden = whole.text[at:].encode(whole.codec, whole.errors)
    return whole._replace(text=whole.text[:at], rest=hidden + whole.rest)


def unmarked(data: bytes) -> str | None:
    """Why a file is UTF-16 without a mark, where it is: every other byte is a NUL, mostly.

    A config file is nearly all ASCII, of which UTF-16 makes a byte and a NUL each; a NUL here and
    there is a stray one in UTF-8.
    """
    for first, name in ((1, "little"), (0, "big")):
        halves = data[first::2]
        if len(data) > 1 and halves.count(0) * 2 > len(halves) and 0 not in data[1 - first :: 2]:
            return (
                f"is UTF-16 ({name}-endian) without a byte-order mark: WSL takes it for UTF-8 "
                "and finds no valid line in it"
            )
    return None


def legible(text: str) -> str:
    """A text that any encoder takes: lone surrogates, which stand for stray bytes, replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
