"""``dpf-edge preflight``: would a node work here, and if not, why?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dpf_edge.cli.run import node_options, settings_of

if TYPE_CHECKING:
    from dpf_edge.config.node import Read
    from dpf_edge.node.preflight import Preflight


@click.command("preflight", short_help="Would a node work here? Check before a token is spent.")
@node_options
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def command(*, config: str | None, as_json: bool, **flags: str | bool | None) -> int:
    """Check what a node needs: settings, state folder, token, Authority, certificates, clock, LAN.

    Ends with 0 where nothing failed, and with 1 otherwise; the last line names the first cause. A
    bootstrap token is looked at and not spent. A node's own token is checked by an empty
    heartbeat. The host fingerprint is what `token issue --fingerprint` binds a token to.
    """
    return check(settings_of(config, flags), as_json=as_json)


def check(read: Read, *, as_json: bool) -> int:
    """Check everything, and say it.

    :returns: the exit code.
    """
    import asyncio

    from dpf_edge.cli.run import place
    from dpf_edge.node import preflight
    from dpf_edge.node.preflight import OK, Problem
    from dpf_edge.vantage.diagnose import diagnose

    on = place()
    diagnosis = diagnose(on.host())
    if read.settings is None:
        problems = [Problem(each.cause, f"{each.where} {each.why}") for each in read.problems]
        found = preflight.broken(problems, diagnosis, on)
    else:
        found = asyncio.run(preflight.preflight(read.settings, on, diagnosis))
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        show(found, read.warnings)
    return 0 if found.cause == OK else 1


def show(found: Preflight, warnings: tuple[str, ...]) -> None:
    """Print the checks, one a line, and the cause last."""
    from dpf_edge.cli.plain import printable
    from dpf_edge.node.preflight import Result

    marks = {Result.OK: "✓", Result.WARNING: "!", Result.FAILED: "✗"}
    for each in found.checks:
        click.echo(printable(f"{marks[each.result]} {each.cause:<24} {each.says}"))
    for warning in warnings:
        click.echo(printable(f"! {'settings':<24} {warning}"))
    if found.host_fingerprint:
        click.echo(f"  {'host fingerprint':<24} {found.host_fingerprint}")
    click.echo(found.cause)
