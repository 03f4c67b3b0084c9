"""``dpf-edge capture``: write down what this machine shows, to be judged elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from dpf_edge.errors import OutputFailed


@click.command("capture")
@click.option("-o", "--output", metavar="FILE", help="Write to a file instead of stdout.")
def command(output: str | None) -> int:
    """Write a capture of this machine: JSON (capture-1) for `diagnose --capture`.

    It holds what `dpf-edge list` says is read, filtered as it is taken: no secrets, but names and
    addresses of this machine. Nothing is sent.
    """
    from dpf_edge.host import capture as captures
    from dpf_edge.host.live import live, now

    text = captures.encode(captures.record(live(), time=now()))
    if output is None or output == "-":
        click.echo(text, nl=False)
        return 0
    try:
        Path(output).write_bytes(text)
    except OSError as error:
        raise OutputFailed(f"{output}: {error.strerror}") from error
    return 0
