"""The recorded sweeps, in every form: each exporter writes exactly what stands beside them.

tests/cases-export holds sweeps, and a folder of each exporter with what it makes of each of them.
A new exporter is one file and one such folder; what it writes is read before it is kept:

    for sweep in tests/cases-export/*.json; do dpf-edge export FORM --from $sweep -o …; done
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dpf_edge import __version__
from dpf_edge.export import swept
from dpf_edge.export.exporters import exporter
from tests.test_cases import schema

CASES = Path(__file__).parent / "cases-export"
SWEEPS = sorted(each.stem for each in CASES.glob("*.json"))


def expected(form: str, sweep: str) -> Path:
    """What an exporter makes of a sweep."""
    return CASES / form / f"{sweep}{exporter.forms()[form].suffix}"


def made(form: str, sweep: str) -> str:
    """What it makes now; the program's version is no part of it."""
    inventory = swept.inventory((CASES / f"{sweep}.json").read_bytes(), sweep)
    return "".join(exporter.all()[form](inventory)).replace(__version__, "VERSION")


@pytest.mark.parametrize("sweep", SWEEPS)
@pytest.mark.parametrize("form", exporter.all())
def test_an_exporter_writes_what_its_case_says(form: str, sweep: str) -> None:
    path = expected(form, sweep)

    assert path.exists(), "an exporter has a case of every sweep"
    assert path.read_bytes().decode() == made(form, sweep)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_the_sweeps_fit_their_contract(sweep: str) -> None:
    schema("sweep-1").validate(json.loads((CASES / f"{sweep}.json").read_text()))


def test_no_case_is_left_of_what_is_gone() -> None:
    wanted = {expected(form, sweep) for form in exporter.all() for sweep in SWEEPS}

    assert wanted == {each for each in CASES.glob("*/*") if each.is_file()}


def test_every_exporter_says_what_it_writes() -> None:
    suffixes = [form.suffix for form in exporter.forms().values()]

    assert [*exporter.all()] == [*exporter.forms()]
    assert all(form.media and form.readers for form in exporter.forms().values())
    assert len(suffixes) == len(set(suffixes))
    assert {"."} == {suffix[0] for suffix in suffixes}
