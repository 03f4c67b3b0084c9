"""``dpf-edge status``: how does the node on this machine do?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dpf_edge.cli.run import settings_of, the_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.deploy.standing import Installed
    from dpf_edge.host.clock import SystemClock
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
    here = None if state_dir or config else installed()
    reasons = interrupted(here) if here else ()
    heard = heard_from(folder, here, SystemClock())
    if heard is None and here is not None and here.target == "compose":
        found, judged = inside(here, reasons)
    elif heard is None:
        found = None
        judged = Judged(Health.DOWN, (*reasons, f"no node runs on {folder}"))
    else:
        found, age = heard
        health, why = status.judge(found, age)
        worse = Health.ATTENTION if reasons and health is Health.HEALTHY else health
        judged = Judged(worse, (*reasons, *why))
    if as_json:
        document(found, judged, here)
    else:
        from dpf_edge.cli.plain import printable

        for line in lines(found, judged, here):
            click.echo(printable(line))
    code = {Health.HEALTHY: HEALTHY, Health.ATTENTION: ATTENTION, Health.DOWN: DOWN}[judged.health]
    return HEALTHY if live and code != DOWN else code


def installed() -> Installed | None:
    """The node that `dpf-edge install` put here; None where it put none."""
    from dpf_edge.deploy import standing
    from dpf_edge.host.installing import Machine

    return standing.installed(Machine(), standing.journal_path())


def interrupted(here: Installed) -> tuple[str, ...]:
    """What to say where an install or its opposite was interrupted."""
    if here.phase == "installed":
        return ()
    doing = "install" if here.phase == "installing" else "uninstall"
    return (f"an {doing} was interrupted: run `dpf-edge {doing}` again",)


def inside(here: Installed, reasons: tuple[str, ...]) -> tuple[Status | None, Judged]:
    """What the node in its container says of itself."""
    import msgspec

    from dpf_edge.deploy import standing
    from dpf_edge.host.installing import Machine
    from dpf_edge.node.status import Health, Judged, Status

    text = standing.asked_inside(Machine())
    try:
        told = msgspec.json.decode(text or "", type=dict[str, Any])
        health, why = Health(told["health"]), msgspec.convert(told["reasons"], tuple[str, ...])
        node = msgspec.convert(told.get("node"), Status | None)
    except (msgspec.MsgspecError, ValueError, KeyError, RecursionError):
        says = here.service or "the engine does not answer; more is told to root alone"
        return None, Judged(Health.DOWN, (*reasons, f"the container says nothing: {says}"))
    worse = Health.ATTENTION if reasons and health is Health.HEALTHY else health
    return node, Judged(worse, (*reasons, *why))


def heard_from(
    folder: str, here: Installed | None, clock: SystemClock
) -> tuple[Status, float] | None:
    """What the node says; None where it says nothing.

    :raises DeployDenied: it is the installed one's, which tells its own user and root.
    """
    from dpf_edge.errors import DeployDenied, PrivateFileUnreadable
    from dpf_edge.node import status

    try:
        return status.heard(folder, clock)
    except PrivateFileUnreadable as error:
        if here is None or here.service is None:
            raise
        raise DeployDenied(
            f"the installed node ({here.target}) is {here.service}; more is told to root alone",
            "sudo dpf-edge status",
        ) from error


def document(found: Status | None, judged: Judged, here: Installed | None) -> None:
    """Print a status as JSON."""
    import msgspec

    told = {
        "health": judged.health,
        "reasons": judged.reasons,
        "node": found,
        "installed": here,
    }
    click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))


def lines(found: Status | None, judged: Judged, here: Installed | None = None) -> Iterator[str]:
    """A status for a person: the answer, why, and then the figures."""
    from dpf_edge.node.core import Loop

    yield judged.health.value
    for reason in judged.reasons:
        yield f"  - {reason}"
    if here is not None:
        yield ""
        says = here.service or "no word from its supervisor"
        yield f"  {'installed':<12} {here.target}, {here.version}: {says}"
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
