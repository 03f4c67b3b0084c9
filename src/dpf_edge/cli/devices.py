"""``dpf-edge devices``: what the nodes of an Authority saw."""

from __future__ import annotations

import click

from dpf_edge.cli.authority_store import (
    BY,
    document,
    noted,
    opened,
    say,
    table,
    the_folder,
    the_json,
    the_store,
    when,
)

MOST = 10_000


@click.group(
    "devices", invoke_without_command=True, short_help="List the devices of a site, or forget one."
)
@click.pass_context
def command(context: click.Context) -> None:
    """List the devices of a site, or forget one."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command("list", short_help="List what was seen, where, and when last.")
@the_store
@the_folder
@click.option("--site", help="Only those of one site.")
@click.option(
    "--query",
    default="",
    help="Only those with these words: name, address, MAC, maker, kind, 192.168.1.0/24.",
)
@click.option("--kind", help="Only those of one kind: host, switch, access_point …")
@click.option("--gone", is_flag=True, help="Only those that no node sees any more.")
@click.option(
    "--limit", type=click.IntRange(1, MOST), default=1000, metavar="N", help="At most so many."
)
@the_json
def list_command(
    url: str | None,
    folder: str | None,
    site: str | None,
    query: str,
    kind: str | None,
    gone: bool,
    limit: int,
    as_json: bool,
) -> int:
    """List devices: what they are, where they are, when they were first and last seen."""
    from dpf_edge.authority import views

    with opened(url, folder) as store:
        page = store.inventory.devices(
            site=site, query=query, kind=kind, present=False if gone else None, limit=limit
        )
    if as_json:
        document({"devices": [views.shown(row) for row in page.rows], "total": page.total})
        return 0
    table(
        ("DEVICE", "NAME", "KIND", "ADDRESSES", "MACS", "SITE", "FIRST SEEN", "LAST SEEN", "HERE"),
        [
            (
                row.device_id,
                row.name or "-",
                row.kind,
                " ".join(row.addresses[:3]) or "-",
                " ".join(row.macs[:2]) or "-",
                row.site,
                when(row.first_seen),
                when(row.last_seen),
                "yes" if row.present else "no",
            )
            for row in page.rows
        ],
    )
    if page.total > len(page.rows):
        say(f"{page.total - len(page.rows)} more; --limit and --query choose")
    return 0


@command.command("forget", short_help="Delete a device and all that was seen of it.")
@click.argument("device")
@the_store
@the_folder
def forget_command(device: str, url: str | None, folder: str | None) -> int:
    """Delete a device and everything that was observed of it; seen again, it is new."""
    with opened(url, folder) as store, noted(store, "devices.forget", device=device):
        store.inventory.forget(device, by=BY)
    say(f"{device} is forgotten")
    return 0
