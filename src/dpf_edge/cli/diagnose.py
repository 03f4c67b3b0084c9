"""``dpf-edge diagnose``: where do I stand, do I see the LAN, how do I know, what should I do?"""

from __future__ import annotations

import click


@click.command("diagnose", short_help="Do I see the LAN? How is that known, and what should I do?")
@click.option(
    "--capture",
    metavar="FILE",
    help="Judge a capture instead of this machine; - reads standard input.",
)
@click.option(
    "--active",
    is_flag=True,
    help="Ask the network too, for at most 2 s; what is sent is said first.",
)
@click.option("--check", is_flag=True, help="End with 0 for yes, 1 for no, 2 for unknown.")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnosis as JSON (diagnosis-1).")
def command(capture: str | None, active: bool, check: bool, as_json: bool) -> int:
    """Say where this process stands on the network, and whether that is the real LAN.

    Nothing is sent, not even a DNS question, unless --active is given. The answer is yes, no or
    unknown, with everything it rests on and what to do about it.
    """
    from dpf_edge.cli.answer import answer

    if active and capture is not None:
        raise click.UsageError("--active asks this machine's network, and a capture has none")
    return answer(capture, check=check, as_json=as_json, active=active)
