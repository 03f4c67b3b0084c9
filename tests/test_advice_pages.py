"""Every advice has a page under docs/advice, and what the page says of it is what it is."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from dpf_edge.cli.program import program
from dpf_edge.vantage.advice import CASES

CHECKOUT = Path(__file__).parents[1]
FOLDER = CHECKOUT / "docs" / "advice"
INDEX = FOLDER / "README.md"
ADVICE = {case.advice.code: case.advice for case in CASES}
PAGES = {page.stem: page for page in FOLDER.glob("*.md") if page != INDEX}
BOTH = sorted(ADVICE.keys() & PAGES.keys())

# What a page tells, in this order.
PARTS = (
    "What was seen.",
    "Why it is so.",
    "What to do.",
    "How to tell that it worked.",
    "When it is not that.",
    "Where it was seen.",
)
# Somebody reads it at a machine that does not work: one screen, and not a riddle either.
SHORTEST, LONGEST = 15, 45

LINK = re.compile(r"\[[^\]]*\]\((?!https?:)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")
FENCE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
# A sign's name, as detectors give them: a word of evidence, or two where the second is a file's.
SIGN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*|firmware \w+")
SIGNS = re.compile(r'Evidence\(\s*f?"(firmware |[a-z0-9-]+)')
# Other words of a report that a page names in the same type: they head its lines.
LABELS = {"why", "vantage"}
INVOKED = re.compile(r"\bdpf-edge (?P<command>[a-z]\S*)(?P<rest>[^`\n]*)")


def text(code: str) -> str:
    """A page."""
    return PAGES[code].read_text()


def part(code: str, name: str) -> str:
    """What a page tells under one of its parts."""
    rest = text(code).partition(f"**{name}**")[2]
    return re.split(r"^\*\*", rest, maxsplit=1, flags=re.MULTILINE)[0]


def linked(markdown: str) -> set[str]:
    """The codes of the advice pages that a piece of Markdown leads to."""
    return {Path(found["path"]).stem for found in LINK.finditer(markdown)} & PAGES.keys()


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(ADVICE) == set(PAGES)


@pytest.mark.parametrize("code", BOTH)
def test_a_page_is_headed_by_its_advices_title(code: str) -> None:
    assert f"# {ADVICE[code].title}" == text(code).split("\n", 1)[0]


@pytest.mark.parametrize("code", BOTH)
def test_a_page_gives_its_code_and_severity(code: str) -> None:
    told = f"\n\nCode `{code}`, severity {ADVICE[code].severity.value}."

    assert 1 == text(code).count(told)


@pytest.mark.parametrize("code", BOTH)
def test_a_page_has_all_its_parts_in_order(code: str) -> None:
    found = re.findall(r"^\*\*(.+?)\*\*", text(code), re.MULTILINE)

    assert list(PARTS) == found
    assert [] == [name for name in PARTS if not part(code, name).strip()]


@pytest.mark.parametrize("code", BOTH)
def test_every_command_of_an_advice_stands_in_what_to_do(code: str) -> None:
    lines = "".join(FENCE.findall(part(code, "What to do."))).splitlines()

    assert [] == [command for command in ADVICE[code].commands if command not in lines]


@pytest.mark.parametrize("code", BOTH)
def test_a_page_fits_a_screen(code: str) -> None:
    assert SHORTEST <= len(text(code).splitlines()) <= LONGEST


@pytest.mark.parametrize("page", [*sorted(PAGES.values()), INDEX], ids=lambda page: page.stem)
def test_every_link_leads_to_a_page_and_a_heading_that_are_there(page: Path) -> None:
    for link in LINK.finditer(page.read_text()):
        target = page.parent / link["path"] if link["path"] else page

        assert target.is_file(), link[0]
        assert link["anchor"] is None or link["anchor"] in anchors(target), link[0]


@pytest.mark.parametrize("code", BOTH)
def test_a_page_leads_to_its_look_alikes(code: str) -> None:
    others = linked(part(code, "When it is not that."))

    assert others - {code}
    assert code not in others


@pytest.mark.parametrize("code", BOTH)
def test_a_page_says_first_where_its_advice_is_not_given(code: str) -> None:
    before = text(code).partition(f"**{PARTS[0]}**")[0]

    assert set(ADVICE[code].depends_on) <= ADVICE.keys()
    assert set(ADVICE[code].depends_on) == linked(before)


@pytest.mark.parametrize("code", BOTH)
def test_the_signs_that_a_page_names_are_detectors_own(code: str) -> None:
    sources = (CHECKOUT / "src" / "dpf_edge" / "vantage").rglob("*.py")
    known = {sign for source in sources for sign in SIGNS.findall(source.read_text())}
    named = {each for each in CODE.findall(part(code, PARTS[0])) if SIGN.fullmatch(each)}

    signs = {"firmware " if each.startswith("firmware ") else each for each in named - LABELS}

    assert set() == signs - known


@pytest.mark.parametrize("page", [*sorted(PAGES.values()), INDEX], ids=lambda page: page.stem)
def test_a_page_names_no_command_or_option_that_is_not_there(page: Path) -> None:
    context = click.Context(program)
    code = "\n".join([*FENCE.findall(page.read_text()), *CODE.findall(page.read_text())])

    for told in INVOKED.finditer(code):
        command = program.get_command(context, told["command"])

        assert command is not None, told[0]
        known = {option for each in command.params for option in each.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", told["rest"])) <= known, told[0]


def test_the_index_names_every_code_once() -> None:
    listed = re.findall(r"^- \[([a-z0-9-]+)\]\(\1\.md\): ", INDEX.read_text(), re.MULTILINE)

    assert sorted(ADVICE) == sorted(listed)
