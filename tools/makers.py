"""Writes the table of makers, ``src/dpf_edge/discovery/makers.tsv``, from the package oui-data.

``npm pack oui-data``, then ``python -m tools.makers oui-data-2.1.9.tgz 2026-08-26``, the date that
``npm view oui-data time`` gives for that version. The package is a daily copy of the three
registries of the IEEE (MA-L, MA-M and MA-S) and nothing else.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from dpf_edge.discovery.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = Path(__file__).resolve().parents[1] / "src" / "dpf_edge" / "discovery" / "makers.tsv"
# A block that is cut up is the registry's own, and one without a public owner says "Private".
NOBODY = frozenset({"IEEE Registration Authority", "Private"})
PREFIX = re.compile(r"[0-9A-F]{6}|[0-9A-F]{7}|[0-9A-F]{9}")
MOST = 100


def lines(registry: dict[str, str]) -> Iterator[str]:
    """The table's lines: a prefix, a tab, and who it was given to."""
    for prefix in sorted(registry):
        name = clean(registry[prefix].partition("\n")[0], MOST)
        if PREFIX.fullmatch(prefix) and name and name not in NOBODY:
            yield f"{prefix.lower()}\t{name}\n"


def main(package: str, date: str) -> None:
    """Write the table of one release of the package."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        sys.exit(f"not a date: {date}")
    with tarfile.open(package) as archive:
        about = json.load(archive.extractfile("package/package.json") or sys.exit("no package"))
        registry = json.load(archive.extractfile("package/index.json") or sys.exit("no table"))
    head = f"# IEEE MA-L, MA-M and MA-S of {date}, by oui-data {about['version']}\n"
    TABLE.write_text(head + "".join(lines(registry)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
