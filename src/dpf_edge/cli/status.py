"""``dpf-edge status``: how does the node on this machine do?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dpf_edge.cli.run import settings_of, the_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.node.status import Judged, Status, Turn

HEALTHY, ATTENTION, DOWN = 0, 1, 2
# The tasks that a person asks after; the others serve them.
SHOWN = ("enrolment", "heartbeat", "sweep", "delivery")


@click.command("status", short_help="How does the running node do?")
@click.option("--state-dir", metavar="FOLDER", help="The node's state folder; as for `run`.")
@the_file
@click.option(
    "--live",
    is_flag=True,
    help="End with 0 as long as the node runs: for supervisors, which can only restart it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the status as JSON.")
def command(state_dir: str | None, config: str | None, *, live: bool, as_json: bool) -> int:
    """Say how the running node does, by its local socket or its status file.

    Ends with 0 where all is well, with 1 where somebody should look (pending, blind, an Authority
    that is away, runs that wait), and with 2 where no node runs here, or it hangs.
    """
    from dpf_edge.host.clock import SystemClock
    from dpf_edge.node import status
    from dpf_edge.node.status import Health, Judged

    folder = settings_of(config, {"state_dir": state_dir}).state_folder
    heard = status.heard(folder, SystemClock())
    if heard is None:
        found = None
        judged = Judged(Health.DOWN, (f"no node runs on {folder}",))
    else:
        found, age = heard
        judged = status.judge(found, age)
    if as_json:
        document(found, judged)
    else:
        from dpf_edge.cli.plain import printable

        for line in lines(found, judged):
            click.echo(printable(line))
    code = {Health.HEALTHY: HEALTHY, Health.ATTENTION: ATTENTION, Health.DOWN: DOWN}[judged.health]
    return HEALTHY if live and code != DOWN else code


def document(found: Status | None, judged: Judged) -> None:
    """Print a status as JSON."""
    import msgspec

    told = {"health": judged.health, "reasons": judged.reasons, "node": found}
    click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))


def lines(found: Status | None, judged: Judged) -> Iterator[str]:
    """A status for a person: the answer, why, and then the figures."""
    from dpf_edge.node.core import Loop

    yield judged.health.value
    for reason in judged.reasons:
        yield f"  - {reason}"
    if found is None:
        return
    yield ""
    yield f"  {'node':<12} {found.name}, {found.node_id or 'not enrolled'}, {found.version}"
    yield f"  {'authority':<12} {found.authority}"
    yield f"  {'standing':<12} {found.mode.value}" + (f": {found.says}" if found.says else "")
    yield f"  {'accepted':<12} {', '.join(found.accepted) or 'nothing'}"
    answer = found.lan_answer.value if found.lan_answer else "not known yet"
    yield f"  {'sees the LAN':<12} {answer}" + (f": {found.lan_why}" if found.lan_why else "")
    yield f"  {'vantage':<12} {found.vantage or 'not known yet'}"
    for loop in SHOWN:
        yield f"  {loop:<12} {turn(found.turns[Loop(loop)])}"
    box = found.outbox
    oldest = f", the oldest for {span(box.oldest)}" if box.oldest is not None else ""
    yield f"  {'outbox':<12} {box.runs} runs wait, {box.bytes} bytes{oldest}"
    for reason, number in box.dropped.items():
        yield f"  {'dropped':<12} {number} runs: {reason}"
    yield f"  {'running':<12} for {span(found.running)}, process {found.pid}"


def turn(each: Turn) -> str:
    """How far a task is, in words."""
    parts = [
        "not yet" if each.worked is None else f"worked {span(each.worked)} ago",
        *([f"failed {each.failures} times since: {each.says}"] if each.failures else []),
        *([f"next in {span(max(0.0, each.due))}"] if each.due is not None else []),
    ]
    return "; ".join(parts)


def span(seconds: float) -> str:
    """A span of time, as coarse as it is long."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
