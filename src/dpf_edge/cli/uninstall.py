"""``dpf-edge uninstall``: takes back what `dpf-edge install` did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dpf_edge.deploy.ground import Ground
    from dpf_edge.deploy.step import Trace


@click.command("uninstall", short_help="Remove the installed node; its state only by --purge.")
@click.option(
    "--purge",
    is_flag=True,
    help="Remove the state too: its identity, and the observations that wait.",
)
@click.option(
    "--even-if-newer", is_flag=True, help="Remove a newer version's install with this one, too."
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--dry-run", is_flag=True, help="Print what would be removed, and do nothing.")
def command(*, purge: bool, even_if_newer: bool, yes: bool, dry_run: bool) -> int:
    """Stop the installed node, and remove every file, folder and service that installing made.

    Its state stays, so that it is the same node where it is installed again; --purge removes that
    too. Interrupted, it goes on where it is run again. No .wslconfig is touched.
    """
    from dpf_edge.cli.install import (
        confirm,
        must_be_administrator,
        tell,
        this_machine,
        trace_text,
    )
    from dpf_edge.deploy import install, refusing, standing
    from dpf_edge.errors import DeployMissing

    if not dry_run:
        must_be_administrator("uninstall")
    ground = this_machine()
    former = install.found(ground)
    kept = standing.kept_state(ground.machine) if former is None and purge else ()
    if kept:
        return forget(ground, kept, yes=yes, dry_run=dry_run)
    if former is None:
        raise DeployMissing(
            "no node is installed here by dpf-edge", "`dpf-edge install` would; see --dry-run"
        )
    for each in reversed(former.traces):
        if each.is_state and not (purge or former.is_purge):
            continue
        click.echo(f"remove  {trace_text(each)}", err=not dry_run)
    if not even_if_newer:
        refusing.refuse_newer(ground, former)
    if dry_run:
        return 0
    if not yes:
        confirm("Remove it?", "nothing was removed")
    install.uninstall(ground, purge=purge, even_if_newer=even_if_newer)
    stays = "" if purge or former.is_purge else "; its state is kept"
    tell(f"removed: {former.target}{stays}. The Authority still lists it: `dpf-edge nodes revoke`.")
    return 0


def forget(ground: Ground, kept: tuple[Trace, ...], *, yes: bool, dry_run: bool) -> int:
    """Remove the state that an uninstall kept."""
    from dpf_edge.cli.install import confirm, tell, trace_text
    from dpf_edge.deploy import install

    for each in kept:
        click.echo(f"remove  {trace_text(each)}", err=not dry_run)
    if dry_run:
        return 0
    if not yes:
        confirm("Remove the state that an uninstall kept?", "nothing was removed")
    install.forget(ground, kept)
    tell("removed: the state that an uninstall had kept")
    return 0
