"""Every recorded case gets the diagnosis it must; every detector and vantage has its cases.

A case is a folder of tests/cases: capture.json, which is what a machine shows, and expect.json,
which is what must be said of it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from dpf_edge.host import capture
from dpf_edge.model import Answer, Diagnosis, Vantage
from dpf_edge.vantage.advice import CASES as ADVICE
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.diagnose import diagnose, findings

CASES = Path(__file__).parent / "cases"
CONTRACTS = Path(__file__).parents[1] / "docs" / "reference" / "contracts"
NAMES = sorted(case.name for case in CASES.iterdir() if case.is_dir())

# What an expectation may say of the diagnosis itself; roles, advice, findings and not are lists.
SAID = {
    "vantage",
    "answer",
    "reach",
    "interface",
    "address",
    "network",
    "containers_here",
    "row",
    "runtime",
}
LISTS = {"about", "roles", "advice", "findings", "not"}

# The vantages that are told apart so far; the others are honestly unknown.
TOLD_APART = {
    Vantage.LINUX_HOST,
    Vantage.WSL2_NAT,
    Vantage.WSL2_MIRRORED,
    Vantage.WSL2_VIRTIOPROXY,
    Vantage.DOCKER_DESKTOP_DISTRO,
    Vantage.DOCKER_DESKTOP_HOST,
    Vantage.DOCKER_DESKTOP_BRIDGE,
    Vantage.ENGINE_HOST,
    Vantage.ENGINE_BRIDGE,
    Vantage.ENGINE_MACVLAN,
    Vantage.ENGINE_NONE,
}


def expectation(name: str) -> dict[str, Any]:
    """What must be said of a case."""
    found: dict[str, Any] = json.loads((CASES / name / "expect.json").read_text())
    return found


@cache
def schema(name: str) -> Any:
    """A validator for one of the published contracts."""
    text = (CONTRACTS / f"{name}.schema.json").read_text()
    return jsonschema.Draft202012Validator(
        json.loads(text), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def replay(name: str) -> capture.Replay:
    """The machine of a case."""
    return capture.Replay(capture.load(str(CASES / name / "capture.json")))


def said(found: Diagnosis) -> dict[str, Any]:
    """A diagnosis in the words of an expectation."""
    return {
        "vantage": found.vantage.value,
        "answer": found.lan.answer.value,
        "reach": found.lan.reach.value,
        "interface": found.lan.interface,
        "address": found.lan.address,
        "network": found.lan.network,
        "containers_here": found.containers_here.answer.value,
        "row": found.recommendation.row,
        "runtime": found.recommendation.runtime.value,
        "roles": {each.name: each.role.value for each in found.interfaces},
        "advice": [each.code for each in found.advice],
    }


@pytest.mark.parametrize("name", NAMES)
def test_case_gets_its_diagnosis(name: str) -> None:
    wanted = expectation(name)
    host = replay(name)

    got = said(diagnose(host))

    assert {key: wanted[key] for key in SAID & wanted.keys()} == {
        key: got[key] for key in SAID & wanted.keys()
    }
    roles = wanted.get("roles", {})
    assert roles == {each: got["roles"].get(each) for each in roles}
    assert set(wanted.get("advice", ())) <= set(got["advice"])
    assert got["vantage"] not in wanted.get("not", ())
    answers = {each: found.answer.value for each, found in findings(host).items()}
    asked = wanted.get("findings", {})
    assert asked == {each: answers[each] for each in asked}


@pytest.mark.parametrize("name", NAMES)
def test_case_fits_the_contracts(name: str) -> None:
    schema("capture-1").validate(json.loads((CASES / name / "capture.json").read_text()))

    schema("diagnosis-1").validate(json.loads(msgspec.json.encode(diagnose(replay(name)))))


@pytest.mark.parametrize("name", NAMES)
def test_case_says_what_it_is_about_and_nothing_misspelt(name: str) -> None:
    wanted = expectation(name)

    assert wanted["about"]
    assert not wanted.keys() - SAID - LISTS
    assert {"vantage", "answer", "reach"} <= wanted.keys()


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_keeps_its_promises(name: str) -> None:
    """A yes names where, a no says why, and neither is without evidence."""
    found = diagnose(replay(name))

    if found.lan.answer is Answer.YES:
        assert found.lan.reach in {"l2", "l3"}
        assert found.lan.interface
        assert found.lan.address
        assert found.lan.network
    else:
        assert (None, None, None) == (found.lan.interface, found.lan.address, found.lan.network)
        assert found.advice
    assert found.lan.why
    assert (found.lan.answer is Answer.UNKNOWN) == (found.lan.confidence == 0)
    assert found.evidence


def test_every_detector_has_a_case_on_each_side() -> None:
    answers: dict[str, set[str]] = {name: set() for name in detector.all()}
    for name in NAMES:
        for each, answer in expectation(name).get("findings", {}).items():
            answers[each].add(answer)

    assert {} == {name: seen for name, seen in answers.items() if "yes" not in seen}
    assert {} == {name: seen for name, seen in answers.items() if not seen - {"yes"}}


def test_every_vantage_has_a_case_that_is_it_and_one_that_only_looks_so() -> None:
    wanted = [expectation(name) for name in NAMES]

    assert TOLD_APART <= {each["vantage"] for each in wanted}
    assert TOLD_APART <= {other for each in wanted for other in each.get("not", ())}


def test_every_advice_has_a_case() -> None:
    given = {code for name in NAMES for code in expectation(name).get("advice", [])}

    assert {case.advice.code for case in ADVICE} - given == set()


def test_every_published_capture_has_its_case() -> None:
    """The rows of "Captured outputs" in docs/evidence/vantage.md, by the notes of the cases."""
    facts = (CONTRACTS.parents[1] / "evidence" / "vantage.md").read_text()
    rows = re.findall(r"^\| ([A-Z]\d+)(?: \([^|]*\))? \|", facts, re.MULTILINE)
    notes = [json.loads((CASES / name / "capture.json").read_text())["note"] for name in NAMES]
    cited = {row for note in notes for row in re.findall(r"\b[A-Z]\d+\b", note)}

    assert len(rows) > 40
    assert set(rows) - cited == set()
