"""``dpf-edge wslconfig``: ``.wslconfig`` by WSL's own grammar. No other command ever writes one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from dpf_edge.cli import wslconfig_report as report
from dpf_edge.cli.wslconfig_report import Done
from dpf_edge.errors import Declined, UnsupportedSystem, WslConfigMissing, WslConfigUnreadable
from dpf_edge.model import Severity
from dpf_edge.wsl import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.host.seam import Host
    from dpf_edge.wsl.rules import Ground
    from dpf_edge.wsl.show import Facts

T = TypeVar("T")

NAME = ".wslconfig"

# What lint ends with; with nothing worse than an info it is 0.
LINTED = {Severity.ERROR: 1, Severity.WARNING: 2}

the_file = click.option(
    "--file", metavar="FILE", help="This file, on any system, instead of this user's own."
)
the_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
the_capture = click.option(
    "--capture", metavar="CAPTURE", help="Judge the machine of a capture; - reads standard input."
)
without_asking = click.option("--yes", is_flag=True, help="Write without asking, for scripts.")
with_restart = click.option(
    "--restart-wsl",
    "restart",
    is_flag=True,
    help="Then offer `wsl --shutdown`; it is asked for by itself, whatever --yes says.",
)


@click.group(
    "wslconfig",
    invoke_without_command=True,
    short_help="Read .wslconfig as WSL does, and set mirrored networking in it.",
)
@click.pass_context
def command(context: click.Context) -> None:
    """Look at .wslconfig as WSL does, and change it for mirrored networking.

    Mirrored networking gives WSL distributions the LAN, and no container of Docker Desktop.

    \b
      dpf-edge wslconfig lint                      is every line read as it is written?
      dpf-edge wslconfig show                      what is intended, and what is in force?
      dpf-edge wslconfig plan                      what would mirrored networking change?
      dpf-edge wslconfig apply                     change it; a backup is kept beside it
      dpf-edge wslconfig undo                      bring the former file back
      dpf-edge wslconfig lint --file her.wslconfig a file from elsewhere, on any system
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command("lint", short_help="Which lines does WSL drop, ignore or read otherwise?")
@the_file
@the_capture
@click.option("--wsl-version", metavar="VERSION", help="Judge for this WSL: 2.6.3.")
@click.option("--windows-build", metavar="BUILD", help="Judge for this Windows: 22631.4317.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON (wslconfig-1).")
def lint_command(
    file: str | None,
    capture: str | None,
    wsl_version: str | None,
    windows_build: str | None,
    as_json: bool,
) -> int:
    """Say what a .wslconfig sets, and every line that WSL reads otherwise than it is written.

    Ends with 0 where there is nothing of the kind, with 1 where WSL drops or ignores something,
    and with 2 where it reads something otherwise than was probably meant.
    """
    from dpf_edge.wsl.lint import lint

    source = source_of(file, capture)
    if source.data is None and file is not None:
        raise WslConfigMissing(f"{file}: no such file")
    ground = ground_for(source, wsl_version, windows_build)
    found = lint(
        source.data or b"",
        policies=ground.policies,
        build=ground.build,
        version=ground.version,
    )
    if as_json:
        report.document(found)
    else:
        report.lint(found, source.name, is_there=source.data is not None)
    return 0 if found.worst is None else LINTED.get(found.worst, 0)


@command.command("show", short_help="What is intended, what is in force, and why do they differ?")
@the_file
@the_capture
@the_json
def show_command(file: str | None, capture: str | None, as_json: bool) -> int:
    """Show the four settings of mirrored networking: intended, in force, and why they differ.

    Intended is what the file says, or the default where it is silent. In force is what WSL itself,
    the links, the resolver and the environment show; where nothing does, that is said.
    """
    from dpf_edge.wsl.show import show

    source = source_of(file, capture)
    rows = show(source.data, facts_of(source, live=capture is None))
    if as_json:
        report.document({"file": source.name, "settings": rows})
    else:
        report.rows(rows, source.name, is_there=source.data is not None)
    return 0


@command.command("plan", short_help="Print what `apply` would change.")
@the_file
@the_json
def plan_command(file: str | None, as_json: bool) -> int:
    """Print what `apply` would change, as a diff, and write nothing."""
    from dpf_edge.wsl import edit

    source = source_of(file, None)
    made = edit.plan(source.data, os.linesep)
    done = Done.of(source.name, source.data, made.data, made.changes, written=False)
    if as_json:
        report.document(done)
    elif made.changes:
        report.before()
        report.diff(done)
    else:
        report.tell(nothing_to_change(source.name))
    report.in_the_way(done)
    return 0


@command.command("apply", short_help="Write the four settings of mirrored networking.")
@the_file
@without_asking
@with_restart
@the_json
def apply_command(file: str | None, yes: bool, restart: bool, as_json: bool) -> int:
    """Write the four settings of mirrored networking, and nothing else.

    The former file is kept beside it. WSL is restarted only with --restart-wsl, and only once what
    will stop was named and the question was answered with yes.
    """
    from dpf_edge.host import wsl_exe, wslconfig_file
    from dpf_edge.wsl import edit

    if restart:
        wsl_exe.available()
    source = source_of(file, None)
    made = edit.plan(source.data, os.linesep)
    done = Done.of(source.name, source.data, made.data, made.changes, written=bool(made.changes))
    if made.changes:
        report.before()
        if not as_json:
            report.diff(done)
        report.in_the_way(done)
        if not yes:
            confirm(f"Write {source.name}?", "nothing was written")
        older = wslconfig_file.write(source.name, made.data, was=source.data)
        if older is not None:
            report.tell(f"An older copy was there, and is kept: {older}.")
    if as_json:
        report.document(done)
    elif made.changes:
        report.after(kept_at(source) + report.WORDS)
    else:
        report.after((nothing_to_change(source.name), words.IF_DUE))
    if not made.changes:
        report.in_the_way(done)
    if restart:
        restart_wsl()
    return 0


@command.command("undo", short_help="Bring back the file as it was before `apply`.")
@the_file
@without_asking
@with_restart
@the_json
def undo_command(file: str | None, yes: bool, restart: bool, as_json: bool) -> int:
    """Bring back the file that `apply` replaced, or remove it where there was none.

    A file that was changed since is left as it is.
    """
    from dpf_edge.host import wsl_exe, wslconfig_file

    if restart:
        wsl_exe.available()
    path = file or wsl_exe.default_path()
    found = wslconfig_file.former(path)
    differs = found.data != found.now
    done = Done.of(path, found.now, found.data, (), written=differs)
    if differs:
        if not as_json:
            report.diff(done)
        if not yes:
            confirm(f"Bring back the former {path}?", "nothing was written")
    wslconfig_file.restore(path, found)
    if as_json:
        report.document(done)
    elif not differs:
        report.after((f"{path}: nothing to undo, the file is as it was before.",))
    elif found.data is None:
        report.after((f"{path}: removed, as there was none before.", words.DUE))
    else:
        report.after((f"{path}: as it was before.", words.DUE))
    if restart:
        restart_wsl()
    return 0


class Source(NamedTuple):
    """The file that a command line means, and the machine that it belongs to, where that is told.

    A file that was named belongs to no machine that is known: it may be from anywhere.
    """

    name: str
    data: bytes | None
    """Its bytes; None where there is no file."""
    host: Host | None = None


def source_of(file: str | None, capture: str | None) -> Source:
    """The file that a command line means.

    :raises DpfEdgeError: which one cannot be told, or it cannot be read.
    """
    from dpf_edge.host import whole_file, wsl_exe

    if file == "":
        raise click.UsageError("--file: an empty name")
    if capture is None:
        if file is not None:
            return Source(file, whole_file.read(file))
        path = wsl_exe.default_path()
        return Source(path, whole_file.read(path), this_machine())
    from dpf_edge.host import capture as captures

    held = captures.load(capture)
    host = captures.Replay(held)
    if file is not None:
        return Source(file, whole_file.read(file), host)
    for path, text in held.files.items():
        if not path.lower().endswith(NAME):
            continue
        if isinstance(text, str):
            return Source(path, text.encode("utf-8", "surrogatepass"), host)
        raise WslConfigUnreadable(f"{path} in {capture}: it was there, and could not be read")
    return Source(f"{NAME} of {capture}", None, host)


def this_machine() -> Host | None:
    """This machine, where it can be read live."""
    from dpf_edge.host.live import live

    try:
        return live()
    except UnsupportedSystem:
        return None


def ground_for(source: Source, wsl_version: str | None, windows_build: str | None) -> Ground:
    """What a file is judged on: what the command line says, else the machine that it belongs to."""
    from dpf_edge.wsl import facts
    from dpf_edge.wsl.rules import Ground

    ground = facts.ground_of(source.host) if source.host else Ground()
    version = parsed("--wsl-version", wsl_version, facts.parsed_version)
    build = parsed("--windows-build", windows_build, facts.parsed_build)
    return ground._replace(version=version or ground.version, build=build or ground.build)


def parsed(option: str, text: str | None, parse: Callable[[str], T | None]) -> T | None:
    """An option's value; None where it was not given.

    :raises click.UsageError: it is none.
    """
    if text is None:
        return None
    value = parse(text)
    if value is None:
        raise click.UsageError(f"{option}: {text!r} is none")
    return value


def facts_of(source: Source, *, live: bool) -> Facts:
    """What the machine shows of the four settings.

    :param live: whether it is this machine; then the environment and the clock are asked too.
    """
    from dpf_edge.vantage.detectors.wsl_mode import wsl_mode
    from dpf_edge.wsl import facts, rules, settings

    host = this_machine() if live else source.host
    if host is None:
        return facts.nothing()
    own = settings.read(source.data or b"").in_force.get(rules.TUNNEL_ADDRESS)
    return facts.gather(
        host,
        wsl_mode(host),
        resolvers=(own.value,) if own else (),
        proxies=proxies_here() if live else (),
        restart_due=is_restart_due(source.name) if live else None,
    )


def proxies_here() -> tuple[str, ...]:
    """The proxy variables of this distribution; outside WSL they say nothing of it."""
    from dpf_edge.host import wsl_exe

    return wsl_exe.proxy_variables() if wsl_exe.is_wsl() else ()


def is_restart_due(path: str) -> bool | None:
    """Whether a file was changed after WSL's virtual machine started; None outside of it."""
    from dpf_edge.host import wsl_exe, wslconfig_file

    changed, started = wslconfig_file.changed_at(path), wsl_exe.started_at()
    if not wsl_exe.is_wsl() or changed is None or started is None:
        return None
    return changed > started


def nothing_to_change(name: str) -> str:
    """What to say of a file that is as it should be."""
    return f"{name}: nothing to change, the four settings are there. {words.GIVES_NOT}"


def kept_at(source: Source) -> tuple[str, ...]:
    """What was written, and where the former file is."""
    from dpf_edge.host.wslconfig_file import BACKUP

    former = f"the former file is {source.name}{BACKUP}" if source.data is not None else "new"
    return (f"{source.name}: written ({former}). `dpf-edge wslconfig undo` takes it back.",)


def confirm(question: str, otherwise: str) -> None:
    """Ask on stderr, and go on only with a yes on standard input.

    :param otherwise: what is so without one.
    :raises Declined: the answer was another, or there was none.
    """
    report.tell(f"{question} [y/N]")
    # Without a standard input at all, Python has None there.
    answer = sys.stdin.readline() if sys.stdin else ""
    if answer.strip().lower() not in {"y", "yes"}:
        hint = None if answer else "--yes answers the question about the file, for scripts"
        raise Declined(f"{otherwise}: the answer was not yes", hint)


def restart_wsl() -> None:
    """Name what will stop, ask, and then end WSL.

    :raises Declined: the answer was not yes; WSL runs on.
    :raises WslUnavailable: WSL could not be asked or ended.
    """
    from dpf_edge.host import wsl_exe

    distributions, containers = wsl_exe.running(), wsl_exe.containers()
    listed = ", ".join(distributions) or "none runs"
    report.tell(f"`wsl --shutdown` stops these WSL distributions: {listed}.")
    if containers is None:
        report.tell("Containers: no engine answers, so none can be named.")
    else:
        report.tell(f"It stops these containers: {', '.join(containers) or 'none runs'}.")
    if wsl_exe.is_wsl():
        report.tell("This program runs in one of these distributions, and stops with it.")
    confirm("Stop them all and restart WSL now?", "WSL was not restarted")
    wsl_exe.shut_down()
    report.tell("WSL is down, and starts anew with its next distribution. Restart Docker Desktop.")
