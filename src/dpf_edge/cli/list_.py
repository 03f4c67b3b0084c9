"""``dpf-edge list``: every capability, with what it reads and sends."""

from __future__ import annotations

import click


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def command(as_json: bool) -> int:
    """List every detector: the one question that it asks. None of them sends anything."""
    from dpf_edge.vantage.detectors import detector

    listed = [
        {"kind": "detector", "name": name, "asks": detector.help(name), "sends": "nothing"}
        for name in detector.all()
    ]
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(listed), indent=2))
        return 0
    width = max(len(each["name"]) for each in listed)
    for each in listed:
        click.echo(f"{each['kind']}  {each['name']:<{width}}  {each['asks']}")
    return 0
