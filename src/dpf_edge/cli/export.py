"""``dpf-edge export``: the inventory in the forms that other programs read."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import click

from dpf_edge.cli.authority_store import the_folder, the_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.export.inventory import Inventory


class Export(click.Command):
    """The command, whose help lists the forms that there are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every form, with what it is and who reads it."""
        del ctx
        from dpf_edge.export.exporters import exporter

        with formatter.section("Formats"):
            formatter.write_dl(
                [
                    (name, f"{exporter.help(name)} Read by {form.readers}.")
                    for name, form in exporter.forms().items()
                ]
            )


@click.command(
    "export", cls=Export, short_help="Write what is known of the network for another program."
)
@click.argument("form", metavar="[FORMAT]", required=False)
@the_store
@the_folder
@click.option(
    "--from",
    "sweep",
    metavar="FILE",
    help="Export a sweep (`sweep --json`) instead of a store; - reads standard input.",
)
@click.option("--site", help="Only what is on one site of the store.")
@click.option("-o", "--output", metavar="FILE", help="Write to a file instead of stdout.")
@click.pass_context
def command(
    context: click.Context,
    form: str | None,
    url: str | None,
    folder: str | None,
    sweep: str | None,
    site: str | None,
    output: str | None,
) -> int:
    """Write the devices of an Authority's store, or of one sweep, in another program's form.

    Devices that are gone are left out. What devices call themselves is taken for hostile: nothing
    of it is a formula, a template, markup or a control character in any of the forms.

    \b
      dpf-edge export csv -o devices.csv                 all sites of this machine's Authority
      dpf-edge export ansible --site berlin -o hosts.yml
      dpf-edge sweep --json | dpf-edge export dot --from - | dot -Tsvg -o lan.svg
    """
    from dpf_edge.cli.output import SHARED, pieces, put
    from dpf_edge.export.exporters import exporter

    if form is None:
        click.echo(context.get_help())
        return 0
    if form not in exporter.all():
        raise click.UsageError(f"there is no format {form}; there are {', '.join(exporter.all())}")
    if sweep is not None and (url, folder, site) != (None, None, None):
        raise click.UsageError("--from is one sweep: --store, --state-dir and --site are a store's")
    with source(sweep, url, folder, site) as inventory:
        return put(pieces(exporter.all()[form](inventory)), output, mode=SHARED)


@contextlib.contextmanager
def source(
    sweep: str | None, url: str | None, folder: str | None, site: str | None
) -> Iterator[Inventory]:
    """What is to be exported; a store is read while it is written.

    :raises SweepUnreadable: the file is no sweep.
    :raises StoreError: there is no store, or it cannot be used.
    """
    if sweep is not None:
        from dpf_edge.export import swept
        from dpf_edge.host import document

        name = "standard input" if sweep == "-" else sweep
        yield swept.inventory(document.read(sweep, swept.MOST_BYTES), name)
        return
    from dpf_edge.authority import exports
    from dpf_edge.cli.authority_store import opened, say

    with (
        opened(url, folder, made=False) as store,
        exports.inventory(store, now=time.time(), site=site) as inventory,
    ):
        if site is not None and not any(True for _ in inventory.devices):
            say(f"there is no device on a site {site}")
        yield inventory
