from __future__ import annotations

import csv as standard
import io
from typing import TYPE_CHECKING

from dpf_edge.export.exporters import exporter
from dpf_edge.export.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.export.inventory import Entry, Inventory, Offer

HEAD = (
    "name", "kind", "maker", "model", "addresses", "macs", "other_names", "services", "roles", "os",
    "site", "first_seen", "last_seen", "key",
)  # fmt: skip
# What a spreadsheet takes for the start of a formula (OWASP, CSV Injection). Full-width forms too:
# some programs fold them.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")
# Excel takes 32 767 characters a cell; an apostrophe may come before each of a cell's values.
MOST_CELL = 16_000


@exporter.declare(
    "csv", media="text/csv; charset=utf-8", suffix=".csv", readers="spreadsheets, RFC 4180"
)
def csv(inventory: Inventory) -> Iterator[str]:
    """A line a device, for spreadsheets; several values in a cell are separated by semicolons.

    No cell starts a formula, and no value in it: one that would has an apostrophe before it.
    """
    yield line(HEAD)
    for each in inventory.devices:
        yield line(cell(value) for value in row(each))


def row(entry: Entry) -> tuple[str, ...]:
    """A device's cells, as they are."""
    return (
        entry.title.replace(";", ","),
        entry.kind or "",
        entry.maker or "",
        entry.said("model"),
        ";".join(entry.addresses),
        ";".join(entry.macs),
        ";".join(name.replace(";", ",") for name in entry.names[1:]),
        ";".join(filter(None, map(service, entry.services))),
        ";".join(entry.roles),
        entry.said("os"),
        entry.site or "",
        entry.first_seen or "",
        entry.last_seen or "",
        entry.key,
    )


def service(offer: Offer) -> str:
    """A service as ``22/tcp ssh``."""
    at = f"{offer.port}/{offer.transport} " if offer.port is not None else ""
    return f"{at}{offer.name}".replace(";", ",").strip()


def cell(value: str) -> str:
    """A cell that no spreadsheet calculates.

    Where the list separator is a semicolon, as in much of Europe, a spreadsheet makes a cell of
    each value: so each is looked at.
    """
    return ";".join(guarded(each) for each in plain(value, MOST_CELL).split(";"))


def guarded(value: str) -> str:
    """A value with an apostrophe before it where it would start a formula."""
    told = value.strip()
    return f"'{told}" if told.startswith(FORMULA) else told


def line(cells: Iterable[str]) -> str:
    """One line, ended as RFC 4180 has it."""
    out = io.StringIO()
    standard.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
