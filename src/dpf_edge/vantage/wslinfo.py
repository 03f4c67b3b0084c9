"""WSL's own word on its networking mode: what ``wslinfo`` prints inside a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Evidence

if TYPE_CHECKING:
    from dpf_edge.vantage.reading import Reading

ARGV = ("wslinfo", "--networking-mode")
SOURCE = " ".join(ARGV)
# What it prints (WSL 2.0.4 and later), and the mode that the word stands for; Consomme is
# VirtioProxy's name since WSL 2.9.
WORDS = {
    "nat": "nat",
    "mirrored": "mirrored",
    "bridged": "bridged",
    "virtioproxy": "virtioproxy",
    "consomme": "virtioproxy",
    "none": "none",
    "wsl1": "wsl1",
}


def told(reading: Reading) -> tuple[str, Evidence] | None:
    """The mode that it names, and its word as evidence; None where it names none.

    A program of that name which says anything else is no sign of WSL, and is noted as a doubt.
    """
    output = reading.output(*ARGV)
    if output is None:
        return None
    word = output.strip().lower()
    if word in WORDS:
        return WORDS[word], Evidence("wslinfo", word, SOURCE)
    reading.doubt("wslinfo", f"answered {output.strip()[:40]!r}", SOURCE)
    return None
