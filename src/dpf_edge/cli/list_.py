"""``dpf-edge list``: every capability, with what it reads and sends."""

from __future__ import annotations

import click


@click.command("list", short_help="List every detector, what it reads and what it sends.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def command(as_json: bool) -> int:
    """List every detector: the one question that it asks, and what it reads to answer it.

    None of them sends anything; the checks of `diagnose --active` do, and say so first.
    """
    import msgspec

    from dpf_edge.vantage.detectors import detector, sources

    read = sources()
    listed: list[dict[str, str | list[str]]] = [
        {
            "kind": "detector",
            "name": name,
            "asks": detector.help(name),
            "reads": read.get(name, []),
            "sends": "nothing",
        }
        for name in detector.all()
    ]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(listed), indent=2))
        return 0
    from dpf_edge.cli import render

    render.capabilities(listed)
    return 0
