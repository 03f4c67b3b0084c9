"""Reports for a person: the same lines plain in a pipe and coloured on a terminal."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.cli.plain import printable
from dpf_edge.model import Answer, Role, Runtime, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dpf_edge.model import Advice, Comparison, Diagnosis
    from dpf_edge.vantage.plan import Plan

# Prose wider than this is hard to read, and narrower than that there is no room for tables.
WIDEST, NARROWEST = 96, 60
INDENT = "  "
# How the evidence of an active check is called, before the check's own name.
CHECK = "check "

HEADLINES = {
    Answer.YES: "Yes: this process sees the LAN.",
    Answer.NO: "No: this process does not see the LAN.",
    Answer.UNKNOWN: "Unknown: whether this process sees the LAN could not be told.",
}
STYLES = {
    Answer.YES: "bold green",
    Answer.NO: "bold red",
    Answer.UNKNOWN: "bold yellow",
}
SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold"}
TICKS = {Answer.YES: "✓", Answer.NO: "✗", Answer.UNKNOWN: "?"}


class Span(NamedTuple):
    """A piece of a line, and how it looks on a terminal."""

    text: str
    style: str = ""


Line = list[Span]


def width() -> int:
    """The columns to write in."""
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        columns = WIDEST
    return max(NARROWEST, min(WIDEST, columns))


def show(lines: Iterable[Line]) -> None:
    """Print lines on stdout, with colour only where a terminal shows it and NO_COLOR allows."""
    safe = [[Span(printable(span.text), span.style) for span in line] for line in lines]
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        sys.stdout.write("".join("".join(span.text for span in line) + "\n" for line in safe))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in safe:
        console.print(Text.assemble(*[(span.text, span.style) for span in line]))


def wrapped(text: str, indent: str = INDENT, first: str | None = None) -> Iterator[Line]:
    """A paragraph, wrapped and indented."""
    for line in textwrap.wrap(
        text,
        width(),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield [Span(line)]


def diagnosis(found: Diagnosis) -> None:
    """Print a diagnosis."""
    show(diagnosis_lines(found))


def diagnosis_lines(found: Diagnosis) -> Iterator[Line]:
    """A diagnosis as lines: the answer, the reason, the place, what it rests on, what to do."""
    lan = found.lan
    sure = f"{lan.confidence:.0%} sure" if lan.answer is not Answer.UNKNOWN else "not sure"
    yield [Span(HEADLINES[lan.answer], STYLES[lan.answer]), Span(f"  ({sure})", "dim")]
    yield []
    if lan.why:
        yield from labelled("why", lan.why[0].upper() + lan.why[1:] + ".")
    yield from labelled("vantage", found.vantage.value)
    if lan.interface:
        yield from labelled("LAN", f"{lan.network} by {lan.interface} as {lan.address}")
    yield from labelled(
        "layers",
        " › ".join(layer.says or f"{layer.kind} {layer.name}" for layer in found.layers),
    )
    here = found.containers_here
    yield from labelled("containers", f"{here.answer.value}: {here.why}")
    yield []
    yield [Span("Interfaces", "bold")]
    yield from table(
        (each.name, each.role.value, ", ".join(each.addresses) or "–", each.why)
        for each in found.interfaces
        if each.role is not Role.DOWN or each.addresses
    )
    down = [each.name for each in found.interfaces if each.role is Role.DOWN and not each.addresses]
    if down:
        yield from wrapped(f"down: {', '.join(down)}")
    yield []
    checks = [item for item in found.evidence if item.signal.startswith(CHECK)]
    if checks:
        yield [Span("What was asked, and what it proves", "bold")]
        for item in checks:
            yield from labelled(item.signal.removeprefix(CHECK), item.value)
        yield []
    yield [Span("How this is known", "bold")]
    yield from table(
        (item.signal, item.value, item.source) for item in found.evidence if item not in checks
    )
    if found.advice:
        yield []
        yield [Span("What to do", "bold")]
        for each in found.advice:
            yield from advice_lines(each)
    yield []
    yield [Span("Where the node belongs", "bold")]
    row = f"row {found.recommendation.row}: " if found.recommendation.row else ""
    yield from wrapped(f"{row}{found.recommendation.runtime.value}; {found.recommendation.why}.")
    yield from wrapped("`dpf-edge plan` says where exactly, and what every other form would give.")


def labelled(label: str, text: str, columns: int = 12) -> Iterator[Line]:
    """A paragraph behind a label, which takes so many columns."""
    indent = INDENT + " " * columns
    yield from wrapped(text, indent, f"{INDENT}{label:<{columns}}")


def advice_lines(advice: Advice) -> Iterator[Line]:
    """One advice: its title, its text, its commands."""
    yield [
        Span(INDENT + advice.title, SEVERITIES[advice.severity]),
        Span(f"  [{advice.code}]", "dim"),
    ]
    yield from wrapped(advice.text, INDENT * 2)
    for command in advice.commands:
        yield [Span(f"{INDENT * 3}$ {command}", "cyan")]


def table(rows: Iterable[tuple[str, ...]]) -> Iterator[Line]:
    """Rows in aligned columns; the last column is as long as it is, a middle one is cut."""
    listed = list(rows)
    if not listed:
        return
    # A column wider than this pushes the next off the screen; the whole value is in --json.
    most = 46
    cut = [tuple(shorten(printable(cell), most) for cell in row) for row in listed]
    widths = [max(len(row[column]) for row in cut) for column in range(len(cut[0]))]
    for row in cut:
        cells = [f"{cell:<{widths[i]}}" for i, cell in enumerate(row)]
        yield [Span(INDENT + "  ".join(cells).rstrip())]


def shorten(text: str, most: int) -> str:
    """A text cut to a number of characters, the cut shown."""
    return text if len(text) <= most else text[: most - 1] + "…"


def capabilities(listed: Iterable[Mapping[str, str | list[str] | None]]) -> None:
    """Print what the program can do: each capability's question, and what it reads and sends."""
    show(line for each in listed for line in capability_lines(each))


def capability_lines(each: Mapping[str, str | list[str] | None]) -> Iterator[Line]:
    """One capability: its kind and name, its question, what it reads, sends and needs."""
    level = f" (from level {each['level']})" if each.get("level") else ""
    yield [Span(f"{each['kind']} "), Span(str(each["name"]), "bold"), Span(level, "dim")]
    yield from wrapped(str(each["asks"]), INDENT)
    yield from wrapped("reads " + "; ".join(each["reads"] or ()), INDENT * 2)
    yield from wrapped(f"sends {each['sends']}", INDENT * 2)
    if each.get("needs"):
        yield from wrapped(f"needs {each['needs']}; without: {each['without']}", INDENT * 2)
    if each.get("readers"):
        yield from wrapped(f"writes for {each['readers']}", INDENT * 2)


FORMS = {
    Runtime.NATIVE: "A native program",
    Runtime.CONTAINER_HOST: "A container with host networking",
    Runtime.CONTAINER_MACVLAN: "A container with an address of its own, by macvlan",
    Runtime.CONTAINER_IPVLAN: "A container with an address of its own, by ipvlan at layer 2",
}


def plan(made: Plan) -> None:
    """Print a plan."""
    show(plan_lines(made))


def plan_lines(made: Plan) -> Iterator[Line]:
    """A plan as lines: the form and the place, what it sees, what to type, the other rows."""
    refused = " (refused)" if made.refused else ""
    form = FORMS.get(made.runtime)
    headline = f"{form}, {made.where}" if form else made.where.capitalize()
    yield [Span(f"{headline}{refused}.", STYLES[made.sees_lan])]
    yield []
    yield from labelled("sees the LAN", f"{made.sees_lan.value}: {made.why}", 16)
    if made.even_if_blind and made.sees_lan is Answer.NO:
        yield from labelled("", "It is planned all the same, because --even-if-blind is given.", 16)
    yield from labelled("diagnosed here", made.vantage.value, 16)
    if made.row:
        yield from labelled("matrix", f"row {made.row}", 16)
    if made.commands:
        yield []
        yield [Span(f"Next, {there(made)}", "bold")]
        for command in made.commands:
            yield [Span(f"{INDENT}$ {command}", "cyan")]
        for note in made.notes:
            yield from wrapped(note)
    yield []
    yield [Span("What each row of the matrix would give here", "bold")]
    for option in made.options:
        if option.sees_lan is not None:
            tick = Span(TICKS[option.sees_lan], STYLES[option.sees_lan])
            name = f" {option.row}  {option.place}: {option.runtime.value}"
            yield [Span(INDENT), tick, Span(name)]
            yield from wrapped(option.why, INDENT * 4)
    others = [str(option.row) for option in made.options if option.sees_lan is None]
    if others:
        yield from wrapped(f"for machines of another kind: rows {', '.join(others)}")


def there(made: Plan) -> str:
    """Where the next command is typed."""
    if made.here or made.runtime is Runtime.NONE:
        return "on this machine"
    return made.where if made.runtime is Runtime.NATIVE else "on the machine of this engine"


def comparison(found: Comparison) -> None:
    """Print a comparison."""
    show(comparison_lines(found))


def comparison_lines(found: Comparison) -> Iterator[Line]:
    """A comparison as lines: the table, the boundary, the conclusion, the versions."""
    rows = [
        (
            each.name,
            f"{each.interface or '–'} = {place(each.address, each.network)}"
            if each.address
            else "–",
            TICKS[each.sees_lan],
            each.says if each.error is None else f"{each.says}: {each.error}",
        )
        for each in found.vantages
    ]
    widths = [max(len(printable(row[i])) for row in rows) for i in range(2)]
    for each, row in zip(found.vantages, rows, strict=True):
        name, where = printable(row[0]), printable(row[1])
        yield [
            Span(f"{name:<{widths[0]}}   {where:<{widths[1]}}   "),
            Span(row[2], STYLES[each.sees_lan]),
            Span(f" {row[3]}"),
        ]
    yield []
    if found.boundary is not None:
        last, first = found.boundary.last_that_sees, found.boundary.first_that_does_not
        yield from wrapped(f"The LAN is lost between {last} and {first}: {found.boundary.why}.", "")
    yield from wrapped(found.conclusion, "")
    yield []
    told = [f"{name} {value}" for name, value in found.versions.items() if value]
    yield [Span(f"Taken {found.taken_at} with {', '.join(told)}", "dim")]


def comparison_markdown(found: Comparison) -> str:
    """A comparison as a Markdown table with its conclusion, for a ticket."""
    lines = ["| vantage | interface | sees the LAN | |", "|---|---|---|---|"]
    for each in found.vantages:
        where = f"{each.interface} {place(each.address, each.network)}" if each.address else "–"
        told = each.says if each.error is None else f"{each.says}: {each.error}"
        cells = (each.name, where, f"{TICKS[each.sees_lan]} {each.sees_lan.value}", told)
        lines.append(
            "| " + " | ".join(printable(cell).replace("|", "\\|") for cell in cells) + " |"
        )
    lines.append("")
    if found.boundary is not None:
        last, first = found.boundary.last_that_sees, found.boundary.first_that_does_not
        why = found.boundary.why
        lines.append(printable(f"The LAN is lost between {last} and {first}: {why}.") + "\n")
    lines.append(printable(found.conclusion))
    told = ", ".join(f"{name} {value}" for name, value in found.versions.items() if value)
    lines.append(f"\nTaken {found.taken_at} with {printable(told)}.")
    return "\n".join(lines) + "\n"


def place(address: str | None, network: str | None) -> str:
    """An address with its network's prefix length, as ``ip addr`` writes it."""
    if address is None:
        return "–"
    return f"{address}/{network.partition('/')[2]}" if network else address
