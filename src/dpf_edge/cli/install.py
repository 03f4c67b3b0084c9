"""``dpf-edge install``: the node as a service of this machine, where the plan says it belongs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.deploy.ground import Ground
    from dpf_edge.deploy.step import Recipe, Step, Trace

HIDDEN = "… (not shown)"


@click.command("install", short_help="Install the node as a service, where it sees the LAN.")
@click.option(
    "--mode",
    type=click.Choice(["native", "container", "macvlan", "ipvlan"]),
    help="This form instead of the plan's; one that cannot see the LAN is refused.",
)
@click.option("--even-if-blind", is_flag=True, help="Install a form that cannot see the LAN, too.")
@click.option(
    "--authority",
    "--authority-url",
    "authority",
    metavar="URL",
    help="The Authority; needed the first time.",
)
@click.option(
    "--token-file", metavar="FILE", help="A file with the bootstrap token; - is standard input."
)
@click.option("--name", metavar="NAME", help="What the node is called; else by its host.")
@click.option("--site", metavar="SITE", help="The place that it stands in, as a hint.")
@click.option("--level", metavar="LEVEL", help="How much it may send: listen, ask or probe.")
@click.option("--ca-file", metavar="FILE", help="PEM certificates for the Authority's.")
@click.option("--fingerprint", metavar="SHA256", help="The Authority's one certificate.")
@click.option("--allow-http", is_flag=True, help="Plain HTTP to another machine, with a warning.")
@click.option("--image", metavar="IMAGE", help="A container's image.")
@click.option("--parent", metavar="CARD", help="The card of a macvlan or ipvlan; else the LAN's.")
@click.option("--subnet", metavar="NETWORK", help="The network there; else the LAN's.")
@click.option("--gateway", metavar="ADDRESS", help="The gateway there; else the LAN's.")
@click.option("--address", metavar="ADDRESS", help="The free address that the container gets.")
@click.option(
    "--even-if-newer", is_flag=True, help="Install over a newer version that is installed here."
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--dry-run", is_flag=True, help="Print every file and command, and do nothing.")
def command(
    *,
    mode: str | None,
    even_if_blind: bool,
    even_if_newer: bool,
    token_file: str | None,
    yes: bool,
    dry_run: bool,
    image: str | None,
    parent: str | None,
    subnet: str | None,
    gateway: str | None,
    address: str | None,
    **settings: str | bool | None,
) -> int:
    """Install the node: a systemd service, a LaunchDaemon, a Windows Service or a Compose project.

    Which of them, `dpf-edge plan` says, or --mode. Run again, it upgrades, changes what it is told
    and keeps the rest, or finishes what was interrupted. A token is never given on the command
    line, which everybody can read. No .wslconfig is touched.

    \b
      dpf-edge install --authority https://authority.example:8470 --token-file token --dry-run
      dpf-edge token issue … | dpf-edge install --authority … --token-file - --yes
    """
    from dpf_edge.cli.install_settings import STDIN, options_of, token_of, wanted_of
    from dpf_edge.deploy import choice, install
    from dpf_edge.host import installing
    from dpf_edge.vantage.diagnose import diagnose

    if token_file == STDIN and not (yes or dry_run):
        raise click.UsageError("--token-file -: takes --yes, as both would read standard input")
    if not dry_run:
        must_be_administrator("install")
    ground = this_machine()
    form = {
        "image": image,
        "parent": parent,
        "subnet": subnet,
        "gateway": gateway,
        "address": address,
    }
    options, said = options_of(ground, mode, even_if_blind=even_if_blind, given=form)
    wanted = wanted_of(ground, settings, token_of(token_file))
    recipe, plan = choice.recipe(
        diagnose(installing.host()), options, wanted, sys.platform, ground.machine
    )
    recipe = recipe._replace(form=tuple(({"mode": choice.mode_of(plan)} | said).items()))
    change = install.changes(ground, recipe, even_if_newer=even_if_newer)
    show(recipe, plan.why, change.gone, whole=dry_run)
    if dry_run:
        return 0
    if not yes:
        confirm("Install it?", "nothing was installed")
    install.install(ground, recipe, even_if_newer=even_if_newer)
    tell(f"installed: {recipe.target}. See how it does with: {'; '.join(recipe.after)}")
    if not wanted.has_token:
        tell(
            "It has no bootstrap token: unless it enrolled before, install again with --token-file."
        )
    return 0


def this_machine() -> Ground:
    """This machine, to be installed on."""
    from dpf_edge import __version__
    from dpf_edge.deploy.ground import Ground
    from dpf_edge.deploy.standing import journal_path
    from dpf_edge.host.installing import Machine
    from dpf_edge.host.windows_service import Manager

    services = Manager() if sys.platform == "win32" else None
    return Ground(Machine(), journal_path(), __version__, tell, services)


def show(recipe: Recipe, why: str, gone: tuple[Trace, ...], *, whole: bool) -> None:
    """Print what would be done: on stdout where that was asked for, else on stderr."""
    from dpf_edge.cli.plain import printable

    for line in lines(recipe, why, gone, whole=whole):
        click.echo(printable(line), err=not whole)


def lines(recipe: Recipe, why: str, gone: tuple[Trace, ...] = (), *, whole: bool) -> Iterator[str]:
    """A recipe for a person: why, what to know, and each step.

    :param gone: what an older install left, and is taken back.
    :param whole: with each file's content; a secret's is never shown.
    """
    yield f"{recipe.target}: {why}"
    for note in recipe.notes:
        yield f"  - {note}"
    for step in recipe.steps:
        yield from step_lines(step, whole=whole)
    for each in reversed([each for each in gone if not each.is_state]):
        yield f"remove  {trace_text(each)}"


def trace_text(trace: Trace) -> str:
    """What is taken back: a command, or what has a name."""
    import shlex

    return shlex.join(trace.argv) if trace.argv else trace.path


def step_lines(step: Step, *, whole: bool) -> Iterator[str]:
    """One step for a person."""
    import shlex

    from dpf_edge.deploy.step import Access, Command, File, Folder, Service

    match step:
        case Folder():
            yield f"folder  {step.path} ({step.mode:04o})"
        case File():
            owner = f", user {step.owner}" if step.owner is not None else ""
            kept = ", as it is" if step.data is None else ""
            yield f"file    {step.path} ({step.mode:04o}{owner}{kept})"
            if whole and step.data is not None:
                text = HIDDEN if step.is_secret else step.data.decode()
                yield from (f"        | {line}" for line in text.splitlines())
        case Command() if step.argv:
            yield f"run     {shlex.join(step.argv)}"
        case Access():
            yield f"access  {step.path}: SYSTEM, Administrators, {step.sid}"
        case Service():
            yield f"service {step.name}: {step.command_line}"
            yield f"        | account {step.account}, automatic start"
            after = ", ".join(str(seconds) for seconds in step.recovery.restart_after)
            yield f"        | started again after {after} s"
        case _:
            return


def must_be_administrator(doing: str) -> None:
    """Make sure that this may be done here, before anything of it is.

    :raises DeployDenied: it takes an administrator.
    """
    from dpf_edge.errors import DeployDenied
    from dpf_edge.host.places import is_system

    if not is_system():
        # sudo looks for programs in folders of its own, and not in a virtual environment.
        how = (
            "from a prompt that runs as administrator"
            if sys.platform == "win32"
            else f"with `sudo {this_program()} {doing} …`"
        )
        raise DeployDenied(
            f"{doing}: takes an administrator", f"run it {how}; --dry-run shows what it would do"
        )


def this_program() -> str:
    """How this program is started, for one who has another PATH."""
    import shlex

    from dpf_edge.host import installing

    is_script = not sys.argv[0].endswith("__main__.py")
    return shlex.join([sys.argv[0]] if is_script else installing.program())


def confirm(question: str, otherwise: str) -> None:
    """Ask on stderr, and go on only with a yes on standard input.

    :raises Declined: the answer was another, or there was none.
    """
    from dpf_edge.errors import Declined

    tell(f"{question} [y/N]")
    answer = sys.stdin.readline() if sys.stdin else ""
    if answer.strip().lower() not in {"y", "yes"}:
        raise Declined(f"{otherwise}: the answer was not yes", "--yes answers it, for scripts")


def tell(text: str) -> None:
    """Say something on stderr."""
    from dpf_edge.cli.plain import printable

    click.echo(printable(text), err=True)
