"""``dpf-edge sweep``: one round of discovery, shown as it goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dpf_edge.cli.signals import cut_short
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dpf_edge.discovery.asked import Asked
    from dpf_edge.discovery.sweep import Sweep

# 128 and SIGINT's number, as shells report it.
INTERRUPTED = 130


@click.command("sweep", short_help="Look once at what is out there; sends nothing unless told to.")
@click.option(
    "--level",
    type=click.Choice([each.value for each in Level]),
    default=Level.LISTEN.value,
    show_default=True,
    help="How much may be sent: nothing; questions; or a walk through address ranges too.",
)
@click.option(
    "--rate",
    metavar="RATE",
    default="normal",
    show_default=True,
    help="Packets a second: polite (5), normal (150), fast (2000), or a number up to 50000.",
)
@click.option(
    "--subnet",
    "subnets",
    metavar="A.B.C.D/N",
    multiple=True,
    help="A range that may be walked, instead of the LAN's own; may be given again.",
)
@click.option(
    "--only", metavar="COLLECTOR", multiple=True, help="Only this collector; may be given again."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400),
    default=None,
    help="How long to listen; 10 s where nothing is sent.",
)
@click.option("--snmp", metavar="FILE", help="SNMP targets as JSON, asked from the level ask on.")
@click.option("--even-if-blind", is_flag=True, help="Sweep although the LAN is not seen from here.")
@click.option("--json", "as_json", is_flag=True, help="Print the sweep as JSON (sweep-1).")
def command(
    *,
    level: str,
    rate: str,
    subnets: tuple[str, ...],
    only: tuple[str, ...],
    seconds: float | None,
    snmp: str | None,
    even_if_blind: bool,
    as_json: bool,
) -> int:
    """Find out once what is on the LAN, and show it as it is found.

    Nothing is sent on the LAN unless --level says so, and what is sent is said first. From a place
    that does not see the LAN, the LAN is not looked for. Ctrl-C keeps what was found.

    \b
      dpf-edge sweep                                what the tables know and what comes by
      dpf-edge sweep --level ask                    and what answers questions to everybody
      dpf-edge sweep --level probe --rate fast      and who is there in the LAN's own range
    """
    asked = asked_for(Level(level), rate, subnets, only, seconds, snmp, even_if_blind=even_if_blind)
    sweep = begun(asked)
    for line in sweep.announcement:
        say(line)
    with cut_short() as is_cut_short:
        watched(sweep, is_cut_short, shows_table=not as_json)
        code = INTERRUPTED if is_cut_short() else 0
        found = sweep.swept()
        if as_json:
            from dpf_edge.discovery.swept import encoded

            click.echo(encoded(found), nl=False)
        else:
            from dpf_edge.cli import sweep_table

            sweep_table.report(found)
    return code


def asked_for(
    level: Level,
    rate: str,
    subnets: Sequence[str],
    only: Sequence[str],
    seconds: float | None,
    snmp: str | None,
    *,
    even_if_blind: bool,
) -> Asked:
    """What the command line asks for.

    :raises click.UsageError: a rate, a range, a collector or a file that is none.
    """
    from dpf_edge.config import values
    from dpf_edge.discovery.asked import LISTEN_SECONDS, Asked
    from dpf_edge.discovery.collectors import collector
    from dpf_edge.discovery.subnets import subnets as parsed

    unknown = sorted({*only} - collector.all().keys())
    if unknown:
        names = ", ".join(collector.all())
        raise click.UsageError(f"there is no collector {', '.join(unknown)}; there are {names}")
    ranges = parsed(",".join(subnets)) if subnets else None
    if ranges is not None and ranges.refused:
        raise click.UsageError("--subnet " + "; ".join(ranges.refused))
    if ranges is not None and level is not Level.PROBE:
        raise click.UsageError("--subnet names what is walked, and only --level probe walks")
    try:
        packets = values.rate(rate)
    except ValueError as error:
        raise click.UsageError(f"--rate {rate} {error}") from None
    return Asked(
        level=level,
        rate=packets,
        subnets=ranges,
        only=tuple(only),
        even_if_blind=even_if_blind,
        listen=LISTEN_SECONDS if seconds is None else seconds,
        settings=settings(snmp),
    )


def settings(snmp: str | None) -> dict[str, Any]:
    """What collectors are told beside their jobs: this machine's size, and SNMP targets."""
    from dpf_edge.host.hardware import hardware

    told: dict[str, Any] = {"hardware": hardware()}
    if snmp is not None:
        from dpf_edge.discovery.snmp import targets as snmp_targets
        from dpf_edge.errors import PrivateFileError
        from dpf_edge.host import private_file

        try:
            shown = private_file.read_given(snmp)
        except PrivateFileError as error:
            raise click.UsageError(f"--snmp: {error}") from None
        if shown is None:
            raise click.UsageError(f"--snmp: {snmp} is not there")
        read = snmp_targets.read(shown.data)
        for warning in read.warnings:
            say(f"{snmp}: {warning}")
        told["snmp"] = read.targets
    return told


def begun(asked: Asked) -> Sweep:
    """A sweep of this machine's network, judged and ready to go."""
    from dpf_edge.discovery.sweep import Machine, Sweep
    from dpf_edge.host.clock import SystemClock, chance
    from dpf_edge.host.live import live
    from dpf_edge.host.live_net import LiveNet
    from dpf_edge.vantage.diagnose import diagnose

    clock = SystemClock()
    machine = Machine(live, LiveNet(asked.rate), clock.ticks, clock.wall, chance)
    return Sweep(machine, diagnose(live()), asked)


def watched(sweep: Sweep, is_cut_short: Callable[[], bool], *, shows_table: bool) -> None:
    """Sweep, and show it, until it is done or cut short."""
    from dpf_edge.cli.sweep_table import Screen

    with Screen(sweep, shows_table=shows_table) as screen:
        for event in sweep.events():
            if is_cut_short():
                sweep.stop()
            screen.look(is_new=event.seen is not None)


def say(text: str) -> None:
    """Say something that is no data."""
    from dpf_edge.cli.plain import printable

    sys.stderr.write(printable(text) + "\n")
    sys.stderr.flush()
