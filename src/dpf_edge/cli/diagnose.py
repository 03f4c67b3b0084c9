"""``dpf-edge diagnose``: where do I stand, do I see the LAN, how do I know, what should I do?"""

from __future__ import annotations

import click

from dpf_edge.model import Answer

# What --check ends with; --check is for scripts, so its codes are its answer.
CHECKED = {Answer.YES: 0, Answer.NO: 1, Answer.UNKNOWN: 2}


@click.command("diagnose")
@click.option(
    "--capture",
    metavar="FILE",
    help="Judge a capture instead of this machine; - reads standard input.",
)
@click.option("--check", is_flag=True, help="End with 0 for yes, 1 for no, 2 for unknown.")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnosis as JSON (diagnosis-1).")
def command(capture: str | None, check: bool, as_json: bool) -> int:
    """Say where this process stands on the network, and whether that is the real LAN.

    Nothing is sent, not even a DNS question. The answer is yes, no or unknown, with everything it
    rests on and what to do about it.
    """
    from dpf_edge.host import capture as captures
    from dpf_edge.host.live import live
    from dpf_edge.vantage.diagnose import diagnose

    host = captures.Replay(captures.load(capture)) if capture else live()
    diagnosis = diagnose(host)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(diagnosis), indent=2))
    else:
        from dpf_edge.cli import render

        render.diagnosis(diagnosis)
    return CHECKED[diagnosis.lan.answer] if check else 0
