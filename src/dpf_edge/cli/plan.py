"""``dpf-edge plan``: where the node belongs on this machine, and in what form."""

from __future__ import annotations

import click


@click.command("plan", short_help="Where does the node belong here, and what do I type next?")
@click.option(
    "--mode",
    type=click.Choice(["native", "container", "macvlan", "ipvlan"]),
    help="Want this form instead of the matrix's; one that cannot see the LAN is refused.",
)
@click.option("--even-if-blind", is_flag=True, help="Plan a form that cannot see the LAN, too.")
@click.option(
    "--capture",
    metavar="FILE",
    help="Plan for the machine of a capture; - reads standard input.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def command(mode: str | None, even_if_blind: bool, capture: str | None, as_json: bool) -> int:
    """Say where the node belongs on this machine, in what form, why, and the next command.

    The deployment matrix is applied to this machine's diagnosis, and every row says what it would
    give here. Nothing is sent, and nothing is changed.

    \b
    dpf-edge plan                       the matrix's answer
    dpf-edge plan --mode macvlan        what a macvlan would give
    dpf-edge plan --capture box.json    another machine's
    """
    from dpf_edge.cli.answer import host_of
    from dpf_edge.errors import PlanBlind
    from dpf_edge.vantage.diagnose import diagnose
    from dpf_edge.vantage.forms import Mode
    from dpf_edge.vantage.plan import plan

    wanted = Mode(mode) if mode else None
    made = plan(diagnose(host_of(capture)), wanted, even_if_blind=even_if_blind)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(made), indent=2))
    else:
        from dpf_edge.cli import render

        render.plan(made)
    if made.refused:
        raise PlanBlind(
            f"--mode {mode} would not see the LAN here: {made.why}",
            "`dpf-edge plan` says what would; --even-if-blind plans it all the same",
        )
    return 0
