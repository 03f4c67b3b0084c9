"""``dpf-edge logs``: what did the node on this machine do?"""

from __future__ import annotations

from typing import Any

import click

from dpf_edge.cli.run import settings_of, the_file
from dpf_edge.errors import LogsMissing


@click.command("logs", short_help="Print the last lines of the node's log.")
@click.option(
    "--lines", metavar="N", type=click.IntRange(0, 1_000_000), default=50, help="So many."
)
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--log-dir", metavar="FOLDER", help="The node's log folder; as for `run`.")
@the_file
@click.option("--json", "as_json", is_flag=True, help="Print the lines as they are kept: JSON.")
def command(
    lines: int, log_dir: str | None, config: str | None, *, follow: bool, as_json: bool
) -> int:
    """Print the last lines of the node's log, 50 unless --lines says otherwise."""
    from dpf_edge.cli.plain import printable
    from dpf_edge.host import log_file
    from dpf_edge.node import logs

    path = logs.path_in(settings_of(config, {"log_dir": log_dir}).log_folder)

    read = log_file.followed if follow else log_file.last_lines
    try:
        for line in read(path, lines):
            click.echo(line if as_json else printable(in_words(line)))
    except OSError as error:
        raise LogsMissing(
            f"{path}: {error.strerror}", "has a node run on this machine, and with this --log-dir?"
        ) from error
    return 0


def in_words(line: str) -> str:
    """A line of the log for a person; one that is none is shown as it is."""
    import msgspec

    from dpf_edge.node import logs

    try:
        found = msgspec.json.decode(line, type=dict[str, Any])
        return logs.as_words({name: str(found[name]) for name in ("time", "level", "text")})
    except (msgspec.MsgspecError, KeyError):
        return line
