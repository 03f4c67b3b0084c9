"""What a device says of itself, made fit to be kept: a name may hold anything at all.

A device's words end on terminals, in web pages and in other people's files. Here they lose what no
name needs and what steers a reader: control characters, terminal escape sequences, and the
characters that turn or hide text (CVE-2021-42574). What is left may still hold HTML, a formula or
a quote, which are nothing by themselves: whoever writes a format escapes for that format.
"""

from __future__ import annotations

import re
import unicodedata

# ECMA-48: CSI sequences (8.3.16), the string sequences OSC, DCS, SOS, PM and APC with their end
# (8.3.89 and on), and any other escape of two characters. The last byte may be missing: what was
# cut off is no text either. No class holds ESC itself, so one pass is linear in the text.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# Unicode's general categories of what is dropped: other (control, format such as bidi overrides
# and zero-width characters, surrogates, private use, unassigned).
_NO_TEXT = "C"
# Categories that count as one space: spaces, line and paragraph separators.
_SPACES = "Z"
# The same for what is ASCII, where most names and none of the slow look-ups are.
_ASCII = {code: " " if chr(code).isspace() and code < 0x1C else None for code in (*range(32), 127)}
# A character may be four bytes of UTF-8; as many again may be dropped. More is not looked at.
_LOOK_AT = 8


def clean(value: bytes | str, most: int) -> str:
    """A device's words as one line of at most ``most`` characters, without what steers a reader.

    Bytes are read as UTF-8, what is none is U+FFFD. Runs of white space, line breaks among them,
    are one space. The text is in Unicode's form NFC, so that one name from two sources is one.

    :returns: the text, empty where nothing of it is text.
    """
    raw = value[: most * _LOOK_AT]
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    if not (text.isascii() and text.isprintable()):
        text = _ESCAPES.sub("", text)
        text = text.translate(_ASCII) if text.isascii() else "".join(map(_kept, text))
    line = " ".join(text.split())[:most]
    # Composed only after the cut: ordering a pile of accents is quadratic in its height.
    return line if line.isascii() else unicodedata.normalize("NFC", line)[:most].strip()


def _kept(character: str) -> str:
    """A character, a space in its place, or nothing."""
    if character in "\t\n\v\f\r":
        return " "
    category = unicodedata.category(character)[0]
    return "" if category == _NO_TEXT else " " if category == _SPACES else character
