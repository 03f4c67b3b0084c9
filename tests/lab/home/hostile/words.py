"""What hostile devices call themselves, as bytes: each must come out harmless, or not at all."""

from __future__ import annotations

WORDS: tuple[bytes, ...] = (
    b"\x1b[2J\x1b[1;1Hgone\x07",  # clears a terminal and rings
    b"\x1b]0;owned\x07\x1b]8;;http://evil.example\x07click\x1b]8;;\x07",  # title, hyperlink
    b"\x9b31mred\x9b0m",  # the same by one byte: C1's CSI in ISO 8859-1
    "\u009b31mred".encode(),  # and in UTF-8
    b"<script>alert(1)</script><img src=x onerror=alert(2)>",
    b'"><svg/onload=alert(3)>',
    b"=cmd|'/C calc'!A0",  # a formula, for a spreadsheet
    b"'; DROP TABLE devices; --",
    b"a\nSet-Cookie: b\r\nc",  # lines and headers of its own
    b"\xff\xfe\xc3\x28\xed\xa0\x80",  # not UTF-8, and half of a surrogate pair
    "\u202egnp.exe\u202c\u2066x\u2069".encode(),  # overrides of the writing's direction
    "a\u200bd\u200em\u00adin\ufeff".encode(),  # what nobody sees
    b"nul\x00nul\x7f",
    b"{{7*7}}${7*7}%n%s",
    b"../../../../etc/passwd",
    b"A" * 60,
)
