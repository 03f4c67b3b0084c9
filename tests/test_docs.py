"""What the documents say is so: their commands, their links, their recipe."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dpf_edge.discovery.collectors import collector
from dpf_edge.export.exporters import exporter
from dpf_edge.vantage.advice import CASES as ADVICE
from dpf_edge.vantage.detectors import detector

CHECKOUT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for page in CHECKOUT.rglob("*.md")
    if not any(part.startswith(".") or part == "build" for part in page.relative_to(CHECKOUT).parts)
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_readme_begins_with_the_two_commands() -> None:
    commands = re.findall(r"^(make \w+)", (CHECKOUT / "README.md").read_text(), re.MULTILINE)

    assert ["make run", "make test"] == commands[:2]


def test_the_readme_is_short() -> None:
    assert len((CHECKOUT / "README.md").read_text().splitlines()) <= 150


def test_the_generated_pages_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.reference", "--check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (0, "") == (done.returncode, done.stdout)


def test_every_capability_stands_in_the_reference() -> None:
    reference = CHECKOUT / "docs" / "reference"
    detectors = (reference / "detectors.md").read_text()
    advice = (reference / "advice.md").read_text()
    exporters = (reference / "exporters.md").read_text()

    assert [name for name in detector.all() if f"## {name}\n" not in detectors] == []
    assert [name for name in exporter.all() if f"## {name}\n" not in exporters] == []
    assert [case.advice.code for case in ADVICE if f"## {case.advice.code}\n" not in advice] == []


def test_every_advice_has_a_code_of_its_own_and_depends_on_known_ones() -> None:
    codes = [case.advice.code for case in ADVICE]

    assert len(codes) == len(set(codes))
    assert {code for case in ADVICE for code in case.advice.depends_on} <= set(codes)


def test_what_was_seen_is_held_by_tests_that_are_there() -> None:
    page = (CHECKOUT / "docs" / "reference" / "seen.md").read_text()
    labels = re.findall(r"^\| ([\w -]+) \| ", page.split("## ")[0], re.MULTILINE)[1:]
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    claims = [
        [each.strip() for each in row] for row in rows if len(row) == 3 and row[0] != " claim "
    ]

    assert claims
    for claim, label, held_by in claims:
        assert label.startswith(tuple(labels)), claim
        named = re.findall(r"`(tests/[^`]+)`", held_by)
        assert named or label.startswith(("not seen", "published")), claim
        for path in named:
            tests = CHECKOUT / path
            holds = any(tests.rglob("*")) if tests.is_dir() else "def test_" in tests.read_text()
            assert holds, path


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}

    named = {path.stem for path in (CHECKOUT / "src").rglob("*.py")}
    named |= {path.stem for path in (CHECKOUT / "tests").rglob("*.py")}

    assert not named & empty


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the checkout's source and cases, to follow the recipe in."""
    for name in ("src", "tests", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "lab")
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=ignored)
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def judge(
    folder: Path, file: str = "test_cases.py", only: str = "appliance or detector or list"
) -> subprocess.CompletedProcess[str]:
    """Run the cases of a copy."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *(f"tests/{file}", "-k", only),
        ],
        cwd=folder,
        env={"PYTHONPATH": f"{folder / 'src'}:{folder}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def recipe_for(what: str) -> str:
    """A recipe of CONTRIBUTING: what stands below its heading."""
    _, found, rest = (CHECKOUT / "CONTRIBUTING.md").read_text().partition(f"## Add a {what}:")
    assert found
    return rest.partition("\n## ")[0]


def test_the_recipe_adds_a_detector_by_one_file_and_one_case(copy: Path) -> None:
    """CONTRIBUTING, followed to the letter; and each half alone is seen to be missed."""
    recipe = recipe_for("detector")
    code = re.search(r"```python\n(.*?)```", recipe, re.DOTALL)
    expect = re.search(r"```json\n(.*?)```", recipe, re.DOTALL)
    assert code
    assert expect
    folder = copy / "src" / "dpf_edge" / "vantage" / "detectors"
    (folder / "appliance.py").write_text(code[1])

    alone = judge(copy)

    assert 0 != alone.returncode
    assert "test_every_detector_has_a_case_on_each_side" in alone.stdout
    cases = copy / "tests" / "cases"
    new = cases / "linux-host-appliance"
    new.mkdir()
    text = (cases / "linux-host-no-docker" / "capture.json").read_text()
    (new / "capture.json").write_text(re.sub(r"PRETTY_NAME=[^,]*", r'ID=haos\\n"', text, count=1))
    (new / "expect.json").write_text(expect[1])
    other = cases / "linux-host-no-docker" / "expect.json"
    other.write_text(other.read_text().replace('"findings": {', '"findings": {"appliance": "no",'))

    both = judge(copy)

    assert 0 == both.returncode, both.stdout


def test_the_recipe_adds_a_collector_by_one_file_and_one_case(copy: Path) -> None:
    """CONTRIBUTING, followed to the letter; the file alone is seen to want its case."""
    recipe = recipe_for("collector")
    code = re.search(r"```python\n(.*?)```", recipe, re.DOTALL)
    case = re.search(r"```json\n(.*?)```", recipe, re.DOTALL)
    assert code
    assert case
    collectors = copy / "src" / "dpf_edge" / "discovery" / "collectors"
    (collectors / "nat_pmp.py").write_text(code[1])

    alone = judge(copy, "test_discovery_cases.py", "nat-pmp")

    assert 1 == alone.returncode, alone.stdout
    assert "test_every_collector_has_a_case[nat-pmp]" in alone.stdout
    cases = copy / "tests" / "cases-discovery" / "nat-pmp"
    cases.mkdir()
    (cases / "router.json").write_text(case[1])

    both = judge(copy, "test_discovery_cases.py", "nat-pmp")

    assert 0 == both.returncode, both.stdout
    assert "4 passed" in both.stdout


def test_every_collector_stands_in_the_reference() -> None:
    collectors = (CHECKOUT / "docs" / "reference" / "collectors.md").read_text()

    assert [name for name in collector.all() if f"### {name}\n" not in collectors] == []


@pytest.mark.parametrize(
    "page", sorted((CHECKOUT / "docs" / "adr").glob("*.md")), ids=lambda page: page.name
)
def test_a_decision_is_headed_by_its_number(page: Path) -> None:
    number = page.name.partition("-")[0]

    assert page.read_text().startswith(f"# {number}: ")
