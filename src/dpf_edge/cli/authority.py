"""``dpf-edge authority``: the server that nodes report to, and what its operator does with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dpf_edge.cli.authority_store import (
    document,
    finite,
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
    from dpf_edge.wire.tokens import Secret

LISTEN = "127.0.0.1:8470"
the_role = click.option(
    "--role",
    type=click.Choice(["viewer", "operator"]),
    default="viewer",
    help="A viewer only looks, and is what you get unless you say otherwise.",
)


@click.group(
    "authority",
    invoke_without_command=True,
    short_help="Serve nodes and their operators; keep the store.",
)
@the_store
@the_folder
@click.option(
    "--listen", default=LISTEN, metavar="HOST:PORT", help=f"{LISTEN} unless said; port 0 is any."
)
@click.option("--tls-cert", metavar="FILE", help="The certificate, PEM, its chain behind it.")
@click.option("--tls-key", metavar="FILE", help="Its key, PEM, unlocked.")
@click.option("--tls", "tls_wanted", is_flag=True, help="HTTPS on loopback too.")
@click.option(
    "--plain-http",
    is_flag=True,
    help="HTTP on a network: only behind a proxy that ends TLS.",
)
@click.option(
    "--public-url", metavar="URL", help="Where clients reach it, where that is not what it binds."
)
@click.option(
    "--allow-host", multiple=True, metavar="NAME", help="Another name that it is called by."
)
@click.option(
    "--node-version", metavar="VERSION", help="What nodes ought to run; others show as degraded."
)
@click.pass_context
def command(context: click.Context, /, **told: object) -> int | None:
    """Serve nodes and their operators until told to stop; nothing is asked at the first start.

    On loopback it is HTTP, anywhere else HTTPS: by --tls-cert and --tls-key, or by a certificate
    that is made at the first start and that nodes pin by its fingerprint.

    \b
      dpf-edge authority                          on this machine, for this machine
      dpf-edge authority --listen 0.0.0.0:8470    for a network
      dpf-edge authority backup FILE              while it runs
    """
    if context.invoked_subcommand is not None:
        if any(each not in {None, False, (), LISTEN} for each in told.values()):
            sub = context.invoked_subcommand
            raise click.UsageError(f"options of {sub} stand behind it: dpf-edge authority {sub} …")
        return None
    from dpf_edge.cli import authority_server

    return authority_server.serve(authority_server.Told(**told))  # type: ignore[arg-type]


@command.command("backup", short_help="Write the whole store into one file.")
@click.argument("file")
@the_store
@the_folder
@the_json
def backup_command(file: str, url: str | None, folder: str | None, as_json: bool) -> int:
    """Write everything the store has into one file; the Authority may go on running.

    It can be restored into either kind of store. Only who may read the store should read it.
    """
    with opened(url, folder) as store:
        store.backup(file)
    if as_json:
        document({"backup": file})
    else:
        say(f"wrote {file}")
    return 0


@command.command("restore", short_help="Fill an empty store from a backup.")
@click.argument("file")
@click.option("--replace", is_flag=True, help="Even where the store holds something already.")
@the_store
@the_folder
@the_json
def restore_command(
    file: str, replace: bool, url: str | None, folder: str | None, as_json: bool
) -> int:
    """Fill a store from a backup; one that holds something is left alone, unless --replace.

    Stop the Authority first: it would go on with what it has in hand.
    """
    with opened(url, folder) as store:
        store.restore(file, replace=replace)
    if as_json:
        document({"restored": file})
    else:
        say(f"restored from {file}")
    return 0


@command.command("sign-in-link", short_help="Print a link that signs you in, once.")
@the_store
@the_folder
@the_role
def link_command(url: str | None, folder: str | None, role: str) -> int:
    """Print a link that signs you in: once, and for 15 minutes. It is the last line."""
    from dpf_edge.authority import login

    with opened(url, folder) as store, noted(store, "people.link", role=role):
        link = store.people.link(role, ttl_seconds=login.LINK_SECONDS)
        at = store.settings.get("authority-url") or f"http://{LISTEN}"
    sys.stdout.write(f"{at}/sign-in?link={link.reveal()}\n")
    return 0


@command.group("user")
def user_group() -> None:
    """Let people in: add, list, remove."""


@user_group.command("add")
@click.argument("name")
@click.option(
    "--password-file",
    metavar="FILE",
    help="The password is its first line; - reads standard input. Without it one is made, and "
    "printed as the last line.",
)
@the_role
@the_store
@the_folder
def add_command(
    name: str, password_file: str | None, role: str, url: str | None, folder: str | None
) -> int:
    """Let somebody in who signs in with a password."""
    from dpf_edge.cli import authority_people

    if not (0 < len(name) <= authority_people.NAME and name.isprintable()):
        raise click.UsageError(f"a name has 1 to {authority_people.NAME} printable characters")
    password = authority_people.password(password_file)
    with opened(url, folder) as store, noted(store, "people.add", name=name, role=role):
        store.people.add(name, role, password)
    say(f"{name} may sign in, as {role}")
    if password_file is None:
        sys.stdout.write(password.reveal() + "\n")
    return 0


@user_group.command("list")
@the_store
@the_folder
@the_json
def users_command(url: str | None, folder: str | None, as_json: bool) -> int:
    """List who may sign in."""
    from dpf_edge.authority import views

    with opened(url, folder) as store:
        found = store.people.list()
    if as_json:
        document({"people": [views.shown(each) for each in found]})
        return 0
    table(
        ("NAME", "ROLE", "SINCE"), [(each.name, each.role, when(each.created_at)) for each in found]
    )
    return 0


@user_group.command("remove")
@click.argument("name")
@the_store
@the_folder
def remove_command(name: str, url: str | None, folder: str | None) -> int:
    """Let somebody in no more; their sessions end."""
    with opened(url, folder) as store, noted(store, "people.remove", name=name):
        store.people.remove(name)
    say(f"{name} may not sign in any more")
    return 0


@command.group("api-token")
def api_token_group() -> None:
    """Let programs in: issue, list, revoke. Prometheus needs one for /metrics."""


@api_token_group.command("issue", short_help="Issue an API token; the last line printed.")
@click.argument("label")
@the_role
@click.option(
    "--ttl-days",
    type=click.FloatRange(0, 3650, min_open=True),
    callback=finite,
    metavar="N",
    help="How long it is good for; until it is revoked, unless said.",
)
@the_store
@the_folder
def issue_command(
    label: str, role: str, ttl_days: float | None, url: str | None, folder: str | None
) -> int:
    """Issue an API token, and print it as the last line: it is to be had this once."""
    from dpf_edge.cli import authority_people

    if not (0 < len(label) <= authority_people.NAME and label.isprintable()):
        raise click.UsageError(f"a label has 1 to {authority_people.NAME} printable characters")
    seconds = None if ttl_days is None else ttl_days * 86_400
    with opened(url, folder) as store, noted(store, "api-tokens.issue", label=label, role=role):
        token: Secret = store.people.issue_api_token(
            label, role, ttl_seconds=seconds, by="cli"
        ).token
    say(f"{label} may call /api/v1/admin and /metrics, as {role}: Authorization: Bearer")
    sys.stdout.write(token.reveal() + "\n")
    return 0


@api_token_group.command("list", short_help="List the API tokens that were issued.")
@the_store
@the_folder
@the_json
def api_tokens_command(url: str | None, folder: str | None, as_json: bool) -> int:
    """List the API tokens that were issued; of each, what may be shown."""
    from dpf_edge.authority import views

    with opened(url, folder) as store:
        found = store.people.api_tokens()
    if as_json:
        document({"apiTokens": [views.shown(each) for each in found]})
        return 0
    table(
        ("TOKEN", "LABEL", "ROLE", "SINCE", "EXPIRES", "REVOKED"),
        [
            (
                f"{each.prefix}…",
                each.label,
                each.role,
                when(each.created_at),
                when(each.expires_at),
                when(each.revoked_at),
            )
            for each in found
        ],
    )
    return 0


@api_token_group.command("revoke", short_help="Take an API token back.")
@click.argument("token")
@the_store
@the_folder
def revoke_command(token: str, url: str | None, folder: str | None) -> int:
    """Take an API token back, by its first twelve characters or the beginning of its digest."""
    which = token[:12] if "_" in token else token
    with opened(url, folder) as store, noted(store, "api-tokens.revoke", token=which):
        store.people.revoke_api_token(which)
    say(f"{which}… is revoked")
    return 0
