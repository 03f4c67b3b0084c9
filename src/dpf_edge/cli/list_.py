"""``dpf-edge list``: every capability, with what it reads and sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    Capability = dict[str, str | list[str] | None]


@click.command("list", short_help="List every detector, collector and exporter.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def command(as_json: bool) -> int:
    """List all that this program can do: what each part reads, what it sends, what it needs.

    Detectors tell where a process stands, collectors what is out there, exporters hand the
    inventory to other programs. Detectors and exporters send nothing; a collector sends what is
    said here, at its level and above.
    """
    listed = [*detectors(), *collectors(), *exporters()]
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(listed), indent=2))
        return 0
    from dpf_edge.cli import render

    render.capabilities(listed)
    return 0


def detectors() -> Iterator[Capability]:
    """What judges a vantage."""
    from dpf_edge.vantage.detectors import detector, sources

    read = sources()
    for name in detector.all():
        yield {
            "kind": "detector",
            "name": name,
            "asks": detector.help(name),
            "reads": read.get(name, []),
            "sends": "nothing",
        }


def collectors() -> Iterator[Capability]:
    """What discovers."""
    from dpf_edge.discovery.collectors import collector

    for name, about in collector.about().items():
        yield {
            "kind": "collector",
            "name": name,
            "asks": collector.help(name),
            "reads": [about.reads],
            "sends": about.sends,
            "level": about.level.value,
            "reach": about.reach,
            "needs": about.needs,
            "without": about.without,
        }


def exporters() -> Iterator[Capability]:
    """What writes for others."""
    from dpf_edge.export.exporters import exporter

    for name, form in exporter.forms().items():
        yield {
            "kind": "exporter",
            "name": name,
            "asks": exporter.help(name),
            "reads": ["the inventory: a sweep's JSON, or a store"],
            "sends": "nothing",
            "media": form.media,
            "suffix": form.suffix,
            "readers": form.readers,
        }
