"""``dpf-edge token``: bootstrap tokens, each of which enrols one node, once."""

from __future__ import annotations

import sys
import time

import click

from dpf_edge.cli.authority_store import (
    BY,
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

# As in wire.tokens, which is not imported for a help text.
MINUTES, MOST_MINUTES = 15, 1440
SITE, FINGERPRINT = 100, 200


@click.group(
    "token",
    invoke_without_command=True,
    short_help="Issue, list and revoke the tokens that nodes enrol with.",
)
@click.pass_context
def command(context: click.Context) -> None:
    """Issue, list and revoke the tokens that nodes enrol with.

    \b
      dpf-edge token issue                 one token, for 15 minutes; the node waits for approval
      dpf-edge token issue --auto-approve  the node is trusted at once
      dpf-edge token revoke dpfboot_0000   take one back
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def plain(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A text that may stand in a table and in a page."""
    del context
    most = FINGERPRINT if parameter.name == "fingerprint" else SITE
    if value is not None and not (0 < len(value) <= most and value.isprintable()):
        raise click.BadParameter(f"takes 1 to {most} printable characters")
    return value


@command.command("issue", short_help="Issue a token; the last line printed.")
@the_store
@the_folder
@click.option(
    "--ttl-minutes",
    type=click.FloatRange(0, MOST_MINUTES, min_open=True),
    default=MINUTES,
    callback=finite,
    metavar="N",
    help=f"How long it is good for: {MINUTES} unless said, {MOST_MINUTES} at most.",
)
@click.option("--auto-approve", is_flag=True, help="Trust the node at once.")
@click.option("--site", default="default", callback=plain, help="Where the node stands.")
@click.option(
    "--fingerprint", callback=plain, metavar="F", help="The one host that it is good for."
)
@the_json
def issue_command(
    url: str | None,
    folder: str | None,
    ttl_minutes: float,
    auto_approve: bool,
    site: str,
    fingerprint: str | None,
    as_json: bool,
) -> int:
    """Issue a token, and print it as the last line: it is to be had this once."""
    with opened(url, folder) as store:
        with noted(store, "tokens.issue", site=site, autoApprove=auto_approve):
            issued = store.tokens.issue(
                ttl_minutes=ttl_minutes,
                auto_approve=auto_approve,
                site=site,
                fingerprint=fingerprint,
                by=BY,
            )
        at, pin = store.settings.get("authority-url"), store.settings.get("tls-fingerprint")
    if as_json:
        from dpf_edge.authority import views

        told = views.token(issued.row, time.time())
        document({"authorityUrl": at, "tlsFingerprint": pin, **told, "token": issued.token})
        return 0
    then = "is trusted at once" if auto_approve else "waits for: dpf-edge nodes approve"
    say(f"good until {when(issued.row.expires_at)}, for one node of site {site}, which {then}")
    if at:
        say(f"the node needs: DPF_AUTHORITY_URL={at}")
    if pin:
        say(f"and pins:       DPF_AUTHORITY_FINGERPRINT={pin}")
    say("and, this once, DPF_BOOTSTRAP_TOKEN, which is:")
    sys.stdout.write(issued.token.reveal() + "\n")
    return 0


@command.command("list", short_help="List the tokens that were issued.")
@the_store
@the_folder
@click.option("--site", help="Only those of one site.")
@the_json
def list_command(url: str | None, folder: str | None, site: str | None, as_json: bool) -> int:
    """List the tokens that were issued; of each, what may be shown."""
    from dpf_edge.authority import views

    with opened(url, folder) as store:
        rows = store.tokens.list(site=site)
    now = time.time()
    if as_json:
        document({"tokens": [views.token(row, now) for row in rows]})
        return 0
    table(
        ("TOKEN", "STATE", "SITE", "AUTO-APPROVE", "BOUND", "EXPIRES", "ISSUED BY", "NODE"),
        [
            (
                f"{row.prefix}…",
                row.state(now),
                row.site,
                "yes" if row.auto_approve else "no",
                "yes" if row.bound else "no",
                when(row.expires_at),
                row.issued_by,
                row.consumed_by or "-",
            )
            for row in rows
        ],
    )
    return 0


@command.command("revoke", short_help="Take a token back.")
@click.argument("token")
@the_store
@the_folder
@the_json
def revoke_command(token: str, url: str | None, folder: str | None, as_json: bool) -> int:
    """Take a token back, by its first twelve characters or the beginning of its digest.

    Never by the whole of it: what is on a command line, everybody on the machine can read.
    """
    from dpf_edge.authority import views

    # A whole token is cut before anything else sees it.
    which = token[:12] if "_" in token else token
    with opened(url, folder) as store, noted(store, "tokens.revoke", token=which):
        row = store.tokens.revoke(which, by=BY)
    now = time.time()
    if as_json:
        document({"token": views.token(row, now)})
    else:
        say(f"{row.prefix}… is {row.state(now)}")
    return 0
