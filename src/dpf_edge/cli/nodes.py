"""``dpf-edge nodes``: which there are, how they do, and what is decided about them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.store.kept import Store

NAME = 200


@click.group(
    "nodes",
    invoke_without_command=True,
    short_help="List an Authority's nodes, and decide about them.",
)
@click.pass_context
def command(context: click.Context) -> None:
    """List the nodes of an Authority, and decide about them.

    What is decided holds from the node's next call.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command("list")
@the_store
@the_folder
@click.option("--site", help="Only those of one site.")
@the_json
def list_command(url: str | None, folder: str | None, site: str | None, as_json: bool) -> int:
    """List the nodes, how each does, and what to do about it."""
    from dpf_edge.authority import fleet, views

    with opened(url, folder) as store:
        found = store.nodes.list(site=site)
    now = time.time()
    if as_json:
        document({"nodes": [views.node(each, now, None) for each in found]})
        return 0
    rows = []
    for each in found:
        node, condition = each.node, fleet.condition(each, now)
        rows.append(
            (
                node.node_id,
                node.name,
                node.site,
                node.trust_state,
                condition.health,
                when(node.last_seen_at),
                when(each.last_run.observed_at if each.last_run else None),
                condition.says,
            )
        )
    table(("NODE", "NAME", "SITE", "TRUST", "HEALTH", "LAST SEEN", "LAST RUN", "SAYS"), rows)
    return 0


def decision(verb: str, says: str, decide: Callable[[Store, str], object]) -> None:
    """One command that decides something about one node."""

    @command.command(verb, help=says)
    @click.argument("node")
    @the_store
    @the_folder
    @the_json
    def decided(node: str, url: str | None, folder: str | None, as_json: bool) -> int:
        with opened(url, folder) as store:
            with noted(store, f"nodes.{verb}", node):
                decide(store, node)
            shown(store, node, as_json=as_json)
        return 0


def shown(store: Store, node_id: str, *, as_json: bool) -> None:
    """How a node stands after a decision."""
    from dpf_edge.authority import views

    found = store.nodes.get(node_id)
    if as_json:
        document({"node": views.node(found, time.time(), None)})
    else:
        say(f"{node_id} ({found.node.name}) is {found.node.trust_state}")


decision(
    "approve",
    "Trust a node that waits.\n\nIt may do what was accepted when it enrolled.",
    lambda store, node: store.nodes.approve(node, by=BY),
)
decision(
    "quarantine",
    "Let a node beat and do nothing else.\n\nIt keeps what it has to deliver.",
    lambda store, node: store.nodes.quarantine(node, by=BY),
)
decision(
    "restore",
    "Trust a quarantined node again.",
    lambda store, node: store.nodes.restore(node, by=BY),
)
decision(
    "revoke",
    "End a node for good.\n\nIts token is forgotten: it has to enrol anew.",
    lambda store, node: store.nodes.revoke(node, by=BY),
)


@command.command("rename")
@click.argument("node")
@click.argument("name")
@the_store
@the_folder
@the_json
def rename_command(node: str, name: str, url: str | None, folder: str | None, as_json: bool) -> int:
    """Give a node another name."""
    if not (0 < len(name) <= NAME and name.isprintable()):
        raise click.UsageError(f"a name has 1 to {NAME} printable characters")
    with opened(url, folder) as store:
        with noted(store, "nodes.rename", node):
            store.nodes.rename(node, name, by=BY)
        shown(store, node, as_json=as_json)
    return 0


@command.command("rotate", short_help="Replace a node's token; the new one is the last line.")
@click.argument("node")
@click.option(
    "--by-heartbeat",
    is_flag=True,
    help="Hand the new token out with the next heartbeat; the old one ends when it is used.",
)
@the_store
@the_folder
@the_json
def rotate_command(
    node: str, by_heartbeat: bool, url: str | None, folder: str | None, as_json: bool
) -> int:
    """Replace a node's token at once, and print the new one as the last line.

    The old one is worth nothing from then on, and the node has to be given the new one; a node
    that takes it from a heartbeat's answer, as ours does, is rotated with --by-heartbeat.
    """
    token = None
    with opened(url, folder) as store, noted(store, "nodes.rotate", node, byHeartbeat=by_heartbeat):
        if by_heartbeat:
            store.nodes.rotate_by_heartbeat(node, by=BY)
        else:
            token = store.nodes.rotate(node, by=BY)
    if as_json:
        document({"nodeId": node, "byHeartbeat": by_heartbeat, "token": token})
    elif token is None:
        say(f"{node} gets its new token with its next heartbeat")
    else:
        say(f"{node}: the old token is worth nothing now; the new one:")
        sys.stdout.write(token.reveal() + "\n")
    return 0
