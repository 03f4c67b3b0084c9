"""What ``dpf-edge wslconfig`` prints: data on stdout, words about it on stderr."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dpf_edge.cli import render
from dpf_edge.cli.plain import printable
from dpf_edge.wsl import edit
from dpf_edge.wsl.edit import Change
from dpf_edge.wsl.settings import Problem
from dpf_edge.wsl.words import DUE, GIVES, GIVES_NOT, IN_THE_WAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.wsl.lint import Lint
    from dpf_edge.wsl.show import Row

WORDS = (GIVES, GIVES_NOT, DUE)


class Done(msgspec.Struct, frozen=True):
    """What a command changed in a file, or would."""

    file: str
    written: bool
    changes: tuple[Change, ...]
    diff: tuple[str, ...]
    in_the_way: tuple[Problem, ...] = ()
    """What in the new file leaves a setting of mirrored networking without effect, or loses its
    own by it."""

    @classmethod
    def of(
        cls,
        name: str,
        old: bytes | None,
        new: bytes | None,
        changes: tuple[Change, ...],
        *,
        written: bool,
    ) -> Done:
        """The change from one file to another."""
        lines = edit.diff(old or b"", new or b"", name)
        return cls(name, written, changes, tuple(lines), edit.in_the_way(old or b"", new or b""))


def document(found: Any) -> None:  # noqa: ANN401 -- whatever msgspec encodes
    """Print a value as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))


def tell(text: str, *, err: bool = True) -> None:
    """Print a paragraph, on stderr unless it is what was asked for."""
    filled = textwrap.fill(
        printable(text), render.WIDEST, break_long_words=False, break_on_hyphens=False
    )
    click.echo(filled, err=err)


def before() -> None:
    """Say what mirrored networking gives, before it is asked for."""
    for paragraph in WORDS:
        tell(paragraph)


def in_the_way(done: Done) -> None:
    """Say what else in the file is against it."""
    for problem in done.in_the_way:
        tell(f"{IN_THE_WAY} {done.file}:{problem.line}: {problem.message}")


def after(paragraphs: Iterable[str]) -> None:
    """Say what was done, and what follows from it."""
    for paragraph in paragraphs:
        tell(paragraph, err=False)


def diff(done: Done) -> None:
    """Print a diff, line by line as an editor shows them."""
    for line in done.diff:
        click.echo(printable(line))


def lint(found: Lint, name: str, *, is_there: bool) -> None:
    """Print a file's problems, one a line, and how many there are."""
    for problem in found.problems:
        told = f"{name}:{problem.line}: {problem.severity.value}[{problem.code}]: {problem.message}"
        click.echo(printable(told))
    counted = Counter(problem.severity.value for problem in found.problems)
    if not is_there:
        click.echo(printable(f"{name}: not there, so that WSL uses its defaults"))
    elif not counted:
        click.echo(printable(f"{name}: WSL reads every line as it is written"))
    else:
        told = ", ".join(
            f"{number} {severity}{'s' if number > 1 else ''}"
            for severity, number in sorted(counted.items())
        )
        click.echo(told, err=True)


def rows(found: Iterable[Row], name: str, *, is_there: bool) -> None:
    """Print the four settings."""
    if not is_there:
        click.echo(printable(f"{name}: not there, so that WSL uses its defaults"))
    for each in found:
        render.show([[render.Span(each.key, "bold")]])
        render.show(render.labelled("intended", f"{each.intended}, by {each.intended_by}"))
        render.show(render.labelled("in force", each.in_force or "unknown"))
        for item in each.known_by:
            render.show(render.labelled("known by", f"{item.value} ({item.source})"))
        if each.why is not None:
            render.show(render.labelled("because", each.why))
