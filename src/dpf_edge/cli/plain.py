"""Text that is safe to print: what a machine or a network says may hold anything."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text with every control character spelt out, so that it cannot steer a terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
