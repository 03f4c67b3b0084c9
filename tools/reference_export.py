"""Writes docs/reference/exporters.md: every exporter, with what it writes and who reads that."""

from __future__ import annotations

import inspect

from dpf_edge.export.exporters import exporter

MADE = "<!-- Made by tools/reference_export.py; `make reference` writes it anew. -->\n"


def exporters() -> str:
    """Every exporter, under its name."""
    parts = [
        f"{MADE}\n# Exporters\n",
        "`dpf-edge export FORMAT` writes the devices of an Authority's store, or with `--from` "
        "those of one sweep.\nThe [guide](../guides/exports.md) says how each is used, and what "
        "becomes of hostile names.\n",
    ]
    for name, function in exporter.all().items():
        form = exporter.forms()[name]
        parts.append(f"## {name}\n\n{inspect.cleandoc(function.__doc__ or '')}\n")
        parts.append(
            f"Media type `{form.media}`, suffix `{form.suffix}`. Read by {form.readers}.\n"
        )
    return "\n".join(parts)


def made() -> dict[str, str]:
    """The pages, by their names in docs/reference."""
    return {"exporters.md": exporters()}
