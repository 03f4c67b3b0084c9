"""``dpf-edge capture``: write down what this machine shows, to be judged elsewhere."""

from __future__ import annotations

import click

from dpf_edge.cli.output import put

# 128 bits: more than anybody can try.
KEY_BYTES = 16


@click.command("capture", short_help="Write down what this machine shows, to be judged elsewhere.")
@click.option("-o", "--output", metavar="FILE", help="Write to a file instead of stdout.")
@click.option(
    "--redact",
    is_flag=True,
    help="Replace addresses, MACs and names; the diagnosis stays the same.",
)
@click.option(
    "--capture",
    "source",
    metavar="FILE",
    help="Write a capture anew instead of this machine's; - reads standard input.",
)
@click.option(
    "--script", is_flag=True, help="Print a POSIX sh script that takes a capture without Python."
)
def command(output: str | None, source: str | None, *, redact: bool, script: bool) -> int:
    """Write a capture of this machine: JSON (capture-1) for `diagnose --capture`.

    It holds what `dpf-edge list` says is read, filtered as it is taken: no secrets, but names and
    addresses of this machine. Nothing is sent. Before you hand it to somebody, --redact it; one
    that the script took is redacted afterwards:

    \b
      dpf-edge capture --script -o probe.sh     here
      sh probe.sh >there.json                   on a machine without Python
      dpf-edge capture --redact --capture there.json -o handed-out.json
    """
    if script:
        if redact:
            raise click.UsageError(
                "--script cannot redact; redact afterwards what it took, with"
                " `dpf-edge capture --redact --capture FILE`"
            )
        if source is not None:
            raise click.UsageError("--script takes no capture, it prints what takes one")
        from dpf_edge.host.engines import probe

        return put([probe()], output)
    from dpf_edge.host import capture as captures

    if source is not None:
        taken = captures.load(source)
    else:
        from dpf_edge.host.live import live, now

        taken = captures.record(live(), time=now())
    if redact:
        import os

        from dpf_edge.host.redact import redact as redacted

        # Drawn for this one capture and kept nowhere: nobody can undo it, we neither.
        taken = redacted(taken, os.urandom(KEY_BYTES))
    return put([captures.encode(taken)], output)
