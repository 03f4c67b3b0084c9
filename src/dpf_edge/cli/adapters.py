"""``dpf-edge adapters``: the controllers that nodes ask, whose keys the Authority keeps."""

from __future__ import annotations

import re

import click

from dpf_edge.cli.authority_store import (
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

# As in authority.adapters, which is not imported for a help text.
NAME, LONGEST_API_KEY = 200, 1000


@click.group("adapters", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Say which UniFi controllers nodes ask, and with which key.

    \b
      dpf-edge adapters add HQ https://192.168.1.1 --api-key-file key.txt
      dpf-edge adapters list
      dpf-edge adapters remove adapter_0123456789abcdef

    The key is kept sealed (AES-256-GCM), is shown nowhere, and goes to the nodes of its site alone.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def plain(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A text that may stand in a table and in a page."""
    del context, parameter
    if value is not None and not (0 < len(value) <= NAME and value.isprintable()):
        raise click.BadParameter(f"takes 1 to {NAME} printable characters")
    return value


def api_key(file: str) -> str:
    """The key in a file, or on standard input for ``-``.

    :raises click.UsageError: there is none.
    """
    from dpf_edge.cli.authority_people import first_line

    told = first_line(file).strip()
    if not re.fullmatch(rf"[\x21-\x7e]{{1,{LONGEST_API_KEY}}}", told):
        raise click.UsageError("the first line is no API key: empty, too long, or with a blank")
    return told


def fingerprint(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """The SHA-256 of a certificate."""
    del context, parameter
    if value is None:
        return None
    from dpf_edge.config import values

    try:
        return values.fingerprint(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@command.command("add")
@click.argument("name", callback=plain)
@click.argument("endpoint", metavar="URL")
@click.option(
    "--api-key-file",
    "file",
    required=True,
    metavar="FILE",
    help="Where the key stands, in the first line; - for standard input. It has no place on a "
    "command line, which everybody on the machine can read.",
)
@click.option("--site", callback=plain, help="The site whose nodes ask it; those without, else.")
@click.option("--node", callback=plain, metavar="NODEID", help="The one node that asks it.")
@click.option("--key", callback=plain, help="Its stable key at the Authority; else made up.")
@click.option("--unifi-site", callback=plain, help="The controller's own site, if not `default`.")
@click.option("--no-clients", is_flag=True, help="Ask for its devices alone, not their clients.")
@click.option(
    "--tls-fingerprint",
    callback=fingerprint,
    metavar="SHA256",
    help="The one certificate that counts, as a controller's own has no maker that is known.",
)
@click.option("--tls-insecure", is_flag=True, help="Do not look at its certificate at all.")
@the_store
@the_folder
@the_json
def add_command(
    name: str,
    endpoint: str,
    file: str,
    site: str | None,
    node: str | None,
    key: str | None,
    unifi_site: str | None,
    no_clients: bool,
    tls_fingerprint: str | None,
    tls_insecure: bool,
    url: str | None,
    folder: str | None,
    as_json: bool,
) -> int:
    """Add a UniFi controller, by its name for people and its URL."""
    from dpf_edge.authority import adapters, views
    from dpf_edge.wire.tokens import Secret

    try:
        at = adapters.endpoint(endpoint)
        how = adapters.configuration(
            unifi_site, clients=not no_clients, insecure=tls_insecure, fingerprint=tls_fingerprint
        )
    except ValueError as error:
        raise click.UsageError(f"{endpoint}: {error}") from error
    secret = Secret(api_key(file))
    with opened(url, folder, sealed=True) as store:
        if node is not None:
            store.nodes.get(node)
        with noted(store, "adapters.add", node, endpointUrl=at):
            row = store.adapters.add(
                name=name,
                endpoint_url=at,
                api_key=secret,
                connection_key=key,
                configuration=how,
                node_id=node,
                site=site,
            )
    if as_json:
        document({"adapter": views.shown(row)})
        return 0
    if tls_insecure:
        say("warning: whoever stands between node and controller can read the key")
    say(f"{row.adapter_id} ({name}): {whose(node, site)} asks {at} from its next sweep")
    return 0


def whose(node: str | None, site: str | None) -> str:
    """Who asks a controller, in words."""
    if node is not None:
        return f"node {node}"
    return f"every node of site {site or 'default'}"


@command.command("list")
@the_store
@the_folder
@the_json
def list_command(url: str | None, folder: str | None, as_json: bool) -> int:
    """List the controllers, without their keys."""
    from dpf_edge.authority import views

    with opened(url, folder) as store:
        rows = store.adapters.list()
    if as_json:
        document({"adapters": [views.shown(row) for row in rows]})
        return 0
    table(
        ("ADAPTER", "NAME", "KIND", "URL", "SITE", "NODE", "ADDED"),
        [
            (
                row.adapter_id,
                row.name,
                row.collector_type,
                row.endpoint_url,
                row.site or "-",
                row.node_id or "-",
                when(row.created_at),
            )
            for row in rows
        ],
    )
    return 0


@command.command("remove")
@click.argument("adapter")
@the_store
@the_folder
@the_json
def remove_command(adapter: str, url: str | None, folder: str | None, as_json: bool) -> int:
    """Remove a controller, and its key with it."""
    with opened(url, folder) as store, noted(store, "adapters.remove", adapter=adapter):
        store.adapters.remove(adapter)
    if as_json:
        document({"removed": adapter})
    else:
        say(f"{adapter} is removed; the key is still good at the controller until revoked there")
    return 0
