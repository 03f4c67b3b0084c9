"""The guides tell whoever types what they say: every command is one, and every variable is read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from dpf_edge.cli.program import program
from dpf_edge.config.table import FILE_VARIABLE, SETTINGS, UNREAD

CHECKOUT = Path(__file__).parents[1]
PAGES = [
    CHECKOUT / "README.md",
    *sorted((CHECKOUT / "docs" / "guides").glob("*.md")),
    *sorted((CHECKOUT / "docs" / "concepts").glob("*.md")),
]
BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(dpf-edge [^`\n]+)`")
PROMPT = re.compile(r"^(?:[$#>] )?(?:sudo |\.\\|[A-Z_]+=\S+ )*(dpf-edge .*)$", re.MULTILINE)
VARIABLE = re.compile(r"\bDPF_[A-Z_]*[A-Z]\b")
# What only the Authority is told, and what stands for a number of variables or for a debugger.
ELSEWHERE = {
    "DPF_EDGE_FRESHNESS_PAST_SEC",
    "DPF_EDGE_FRESHNESS_FUTURE_SEC",
    "DPF_EDGE_TRACEBACK",
    "DPF_HOST_VANTAGE",
}


def commands(text: str) -> list[str]:
    """The commands of a page, without what a shell reads besides."""
    blocks = BLOCK.findall(text)
    found = [each for block in blocks for each in PROMPT.findall(block)]
    found += INLINE.findall(BLOCK.sub("", text))
    return [re.split(r"\s#|\s[|>&]", each)[0] for each in found]


SAID = [
    (page, each)
    for page in PAGES
    for each in commands(page.read_text())
    if "|" not in each and "\\" not in each
]


@pytest.mark.parametrize(
    ("page", "command"), SAID, ids=lambda each: each if isinstance(each, str) else each.name
)
def test_a_command_of_a_page_is_one(page: Path, command: str) -> None:
    """W42: installed docs of published nodes disagree with what is installed."""
    del page
    words = shlex.split(re.sub(r"\[[^\]]*\]", "", command).replace("…", " x "))[1:]
    at: click.Command = program
    context = click.Context(program)

    while isinstance(at, click.Group) and words and not words[0].startswith("-"):
        found = at.get_command(context, words[0])
        assert found is not None, words[0]
        at, words = found, words[1:]

    # A page may name a command without the arguments that it takes, and a group for what is below.
    at.make_context(at.name, words, resilient_parsing=True)
    options = {name for each in at.params for name in each.opts}
    assert {each for each in words if each.startswith("-")} <= options


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_variable_of_a_page_is_read_by_somebody(page: Path) -> None:
    """W42, W8: a name that nothing reads is a setting that does nothing."""
    known = {each.variable for each in SETTINGS} | {each.variable for each in UNREAD}
    known |= {FILE_VARIABLE} | ELSEWHERE

    assert set() == set(VARIABLE.findall(page.read_text())) - known
