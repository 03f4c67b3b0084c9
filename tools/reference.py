"""Writes the generated pages of docs/reference from the code that they describe.

``python -m tools.reference`` writes them; ``--check`` says which of them are not what they would
be, and ends with 1 if any is not.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import confusion
from tests.test_cases import NAMES, replay

from dpf_edge import __main__ as program
from dpf_edge import errors
from dpf_edge.host import allowed
from dpf_edge.model import Answer, Vantage
from dpf_edge.vantage.advice import CASES
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.diagnose import diagnose
from dpf_edge.vantage.forms import Mode
from dpf_edge.vantage.homes import AS_HERE, BY_ENGINE, HOMES
from dpf_edge.vantage.matrix import ROWS
from dpf_edge.vantage.plan import plan
from dpf_edge.wsl import keys
from dpf_edge.wsl.lint import CODES
from tools import (
    reads,
    reference_discovery,
    reference_export,
    settings_reference,
    wire_reference,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference"
MADE = "<!-- Made by tools/reference.py; `make reference` writes it anew. -->\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def leaves(error: type[errors.DpfEdgeError]) -> Iterator[type[errors.DpfEdgeError]]:
    """The errors below one that a user may meet."""
    for below in error.__subclasses__():
        if not issubclass(below, errors.HostError):
            yield from leaves(below)
    if not error.__subclasses__():
        yield error


def exit_codes() -> str:
    """The exit codes of every command, and the code that each error line carries."""
    listed = sorted({*leaves(errors.DpfEdgeError)}, key=lambda each: (each.exit_code, each.code))
    rows = [
        (f"`{each.code}`", str(each.exit_code), (each.__doc__ or "").strip()) for each in listed
    ]
    rows += [
        ("`usage`", str(program.EX_USAGE), "The command line says something that is not there."),
        ("`internal`", str(program.EX_SOFTWARE), "A defect of this program; please report it."),
        ("", str(program.INTERRUPTED), "Interrupted by Ctrl-C."),
    ]
    return (
        f"{MADE}\n# Exit codes\n\n"
        "Every command ends with 0 where it did what it was asked, whatever the answer.\n"
        "Some answer by their exit code. `diagnose --check`: 0 yes, 1 no, 2 unknown.\n"
        "`status`: 0 healthy, 1 somebody should look, 2 no node runs, or it hangs; with `--live` 0 "
        "as long as it runs.\n"
        "`preflight`: 0 nothing failed, 1 something did.\n"
        "`wslconfig lint`: 0 nothing worse than an info, 1 WSL drops or ignores something, 2 WSL "
        "reads something otherwise than was probably meant.\n"
        "A failure is one line on stderr, `error[CODE]: what, where`, and often a `hint:` line "
        "with what to do.\n"
        "A code that is not in this table is a failure too.\n\n"
        + table(("code", "exit", "what it means"), sorted(rows, key=lambda row: int(row[1])))
    )


def detectors() -> str:
    """Every detector, with its question, and all that any of them may read."""
    parts = [
        f"{MADE}\n# Detectors\n",
        "Each asks one question of the machine, answers yes, no or unknown, and says what led to "
        "the answer.\nNone of them sends anything.\n",
    ]
    asked = reads.reads()
    for name, function in detector.all().items():
        parts.append(f"## {name}\n\n{inspect.cleandoc(function.__doc__ or '')}\n")
        parts.append("Reads " + ", ".join(f"`{each}`" for each in asked[name]) + ".\n")
    parts.append("# What is read\n")
    parts.append("Nothing else is, by any detector or capture.\n")
    notes: dict[object, str] = {
        allowed.container_entry: "only its `container=` entry",
        allowed.flags_line: "only the first processor's flags",
        allowed.telling_mounts: "only the mounts that tell the vantage",
    }
    parts.append(
        table(
            ("file", "kept of it"),
            [(f"`{path}`", notes.get(keep, "all")) for path, keep in allowed.FILES.items()],
        )
    )
    parts.append(
        table(("directory: whether it is there",), [(f"`{p}`",) for p in allowed.DIRECTORIES])
    )
    parts.append(table(("environment variable",), [(f"`{name}`",) for name in allowed.VARIABLES]))
    parts.append(
        table(("name, from the hosts file",), [(f"`{name}`",) for name in allowed.NAMES]),
    )
    commands = {
        " ".join(command.runs): "only listed fields"
        if command.keep is allowed.engine_fields
        else "all"
        for command in allowed.COMMANDS.values()
    }
    parts.append(
        table(
            ("command, where it is installed", "kept of its output"),
            [(f"`{line}`", kept) for line, kept in commands.items()],
        )
    )
    parts.append(
        "Besides, by rtnetlink: links, addresses, routes, rules and neighbours of this network "
        "namespace.\n"
    )
    return "\n".join(parts)


def advice() -> str:
    """Every advice, under its code."""
    parts = [f"{MADE}\n# Advice\n"]
    for each in (case.advice for case in CASES):
        parts.append(f"## {each.code}\n\n**{each.title}** ({each.severity.value})\n\n{each.text}\n")
        if each.commands:
            parts.append("```console\n" + "\n".join(each.commands) + "\n```\n")
        if each.depends_on:
            silent = ", ".join(f"`{code}`" for code in each.depends_on)
            parts.append(f"Not given where one of these told the cause: {silent}.\n")
        parts.append(f"[More about it](../advice/{each.code}.md).\n")
    return "\n".join(parts)


def matrix() -> str:
    """The deployment matrix, and what each form gives from each vantage."""
    rows = [(str(row.number), row.place, row.runtime.value, row.why) for row in ROWS.values()]
    given = planned()
    return (
        f"{MADE}\n# The deployment matrix\n\n"
        "Where a node sees the LAN, by the machine that it runs on.\n\n"
        + table(("row", "machine", "runtime", "because"), rows)
        + "\n## Every vantage, every form\n\n"
        "What `dpf-edge plan` answers over the recorded cases: would that form see the LAN, and "
        "where does a native\nprogram run? *Unknown* is a machine that cannot be seen from the one "
        "that was diagnosed, or one that\nneeds `diagnose --active` first. A form that is a *no* "
        "is refused, unless `--even-if-blind` is given.\n\n"
        + table(
            ("diagnosed in", "native runs", *(f"`--mode {mode.value}`" for mode in Mode)),
            [
                (
                    f"`{vantage.value}`",
                    "; ".join(sorted(outside)),
                    *(", ".join(each for each in Answer if each in answers[mode]) for mode in Mode),
                )
                for vantage, (outside, answers) in given.items()
            ],
        )
    )


def planned() -> dict[Vantage, tuple[set[str], dict[Mode, set[Answer]]]]:
    """By the vantage of each case: where a native program runs, and what each form would see."""
    given: dict[Vantage, tuple[set[str], dict[Mode, set[Answer]]]] = {
        vantage: (set(), {mode: set() for mode in Mode}) for vantage in Vantage
    }
    for name in NAMES:
        found = diagnose(replay(name))
        places, answers = given[found.vantage]
        for mode in Mode:
            made = plan(found, mode)
            answers[mode].add(made.sees_lan)
            places.update({made.where} if mode is Mode.NATIVE else ())
    return given


def vantages() -> str:
    """Every vantage: what it is, how far it may reach, where a node belongs, its containers."""
    rows = []
    for vantage, home in HOMES.items():
        kinds: dict[int, list[str]] = {}
        for engine, number in home.rows.items():
            kinds.setdefault(number, []).append(engine)
        where = [str(home.row) if home.row else "–"]
        where += [f"{number} with {' or '.join(names)}" for number, names in kinds.items()]
        answer = str(home.containers)
        if home.containers in {AS_HERE, BY_ENGINE}:
            answer = f"*{answer}*"
        reach = ", ".join(each.value for each in home.reach)
        rows.append((f"`{vantage.value}`", home.says, reach, "; ".join(where), answer, home.why))
    return (
        f"{MADE}\n# Vantages\n\n"
        "Where a process may stand, as `vantage` in a diagnosis names it. **Reach** lists how far "
        "it may be found to get,\nbesides *unknown*: l2 and l3 are the LAN. **Row** is that of the "
        "[deployment matrix](deployment-matrix.md),\nwith another where an engine is seen; Docker "
        "Desktop's containers take 3 on Windows and 4 on macOS, and none where\nthe system under "
        "them is not told. **Containers here**: would a container with host networking, on this "
        "machine's\nown engine, stand on the LAN? Where Docker Desktop's engine is the one in "
        "sight, never.\n\n"
        + table(("vantage", "is", "reach", "row", "containers here", "because"), rows)
    )


def wslconfig() -> str:
    """Every key of .wslconfig, every policy, every problem's code."""
    names = {keys.WINDOWS_11: "Windows 11", keys.WINDOWS_11_22H2: "Windows 11 22H2"}

    def needs(key: keys.Key) -> str:
        told = [names[key.windows]] if key.windows else []
        if key.since and not key.also_experimental:
            later = key.since == keys.AFTER_2_9_4
            told.append("WSL after 2.9.4" if later else f"WSL {'.'.join(map(str, key.since))}")
        if key.also_experimental:
            told.append("WSL 2.0.5; in [experimental] since 2.0.0, where it still works")
        return "; ".join(told) or "–"

    rows = [
        (
            f"`{key.full}`" + ("" if key.documented else " *"),
            ", ".join(f"`{word}`" for word in key.choices) or key.kind.value,
            key.default,
            key.says,
            needs(key),
            f"`{key.policy}`" if key.policy else "–",
        )
        for key in keys.KEYS
    ]
    return (
        f"{MADE}\n# .wslconfig\n\n"
        "What `dpf-edge wslconfig` knows of the file, read from WSL's own parser (2.6.3 to 2.9.4). "
        "The\n[guide](../guides/mirrored-networking.md) says what to do with it, and\n"
        "[wslconfig-1](contracts/wslconfig-1.schema.json) is what `lint --json` prints.\n\n"
        "## Keys\n\nSections and keys have no case, and neither have booleans and words. A key "
        "with a * is in no documentation.\n\n"
        + table(("key", "value", "default", "sets", "needs", "policy"), rows)
        + "\n## Problems\n\n"
        "An *error* is a line or a setting that WSL drops or ignores, a *warning* one that it "
        "reads otherwise than was\nprobably meant, an *info* one that is still good and has a "
        "newer way.\n\n"
        + table(("code", "what it says"), [(f"`{code}`", says) for code, says in CODES.items()])
        + "\n## Policies\n\n"
        "Values below `HKLM\\Software\\Policies\\WSL`; 0 takes it from the user.\n\n"
        + table(("policy", "is about"), [(f"`{name}`", on) for name, on in keys.POLICIES.items()])
    )


def shown(name: str) -> str:
    """A page's path from the root of the checkout."""
    return str((PAGES / name).resolve().relative_to(ROOT))


def main() -> int:
    """Write the pages, or check them."""
    made = {
        "exit-codes.md": exit_codes(),
        "detectors.md": detectors(),
        "collectors.md": reference_discovery.page(MADE),
        "advice.md": advice(),
        "deployment-matrix.md": matrix(),
        "vantages.md": vantages(),
        "wslconfig.md": wslconfig(),
        "../evidence/confusion.md": confusion.page(),
        "../../src/dpf_edge/vantage/reads.json": reads.encoded(),
        **wire_reference.made(),
        **settings_reference.made(),
        **reference_export.made(),
    }
    stale = [
        name
        for name, text in made.items()
        if not (PAGES / name).exists() or (PAGES / name).read_text() != text
    ]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{shown(name)} is not what the code says; run: make reference")
        return 1 if stale else 0
    for name in stale:
        (PAGES / name).write_text(made[name])
        print(f"wrote {shown(name)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
