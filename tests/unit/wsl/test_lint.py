"""Every file of tests/wslconfig is read as WSL reads it: what it sets, and what is said of it.

A case is two files: NAME.wslconfig, and NAME.json with what must come of it. A setting is key,
value, line and whether it counts; a problem is line, code and severity. Nothing else may be said.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dpf_edge.wsl.facts import parsed_build, parsed_version
from dpf_edge.wsl.keys import KEYS, POLICIES
from dpf_edge.wsl.lint import CODES, Lint, lint
from tests.test_cases import schema

CASES = Path(__file__).parents[2] / "wslconfig"
NAMES = sorted(path.stem for path in CASES.glob("*.json"))


def judged(name: str) -> tuple[dict[str, Any], Lint]:
    """A case's expectation, and what comes of its file."""
    wanted = json.loads((CASES / f"{name}.json").read_text())
    found = lint(
        (CASES / f"{name}.wslconfig").read_bytes(),
        policies=wanted.get("policies"),
        build=parsed_build(wanted["build"]) if "build" in wanted else None,
        version=parsed_version(wanted["version"]) if "version" in wanted else None,
    )
    return wanted, found


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_as_wsl_reads_it(name: str) -> None:
    wanted, found = judged(name)

    settings = [[each.key, each.value, each.line, each.effective] for each in found.settings]
    problems = [[each.line, each.code, each.severity.value] for each in found.problems]
    assert (wanted["settings"], wanted["problems"]) == (settings, problems)
    schema("wslconfig-1").validate(msgspec.json.decode(msgspec.json.encode(found)))


def test_every_file_has_its_expectation() -> None:
    assert NAMES == sorted(path.stem for path in CASES.glob("*.wslconfig"))


def test_every_code_of_the_contract_is_explained_and_has_a_case() -> None:
    problem = schema("wslconfig-1").schema["properties"]["problems"]["items"]["properties"]
    codes = set(problem["code"]["enum"])

    assert codes == CODES.keys()
    assert codes == {code for name in NAMES for _, code, _ in judged(name)[0]["problems"]}


def message(text: str, line: int, **ground: Any) -> str:
    """What is said of a line."""
    found = lint(text.encode(), **ground)
    return " ".join(each.message for each in found.problems if each.line == line)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[wsl2]\nhostAddressLoopback=1\n", 2, "hostAddressLoopback belongs in [experimental]"),
        ("[experimental]\nmemory=4GB\n", 2, "memory belongs in [wsl2]"),
        ("[wsl2]\nnetworkMode=nat\n", 2, "is wsl2.networkingMode meant?"),
        ("[network]\nhostname=x\n", 2, "a distribution's /etc/wsl.conf"),
        ("[experimental]\nuseWindowsDnsCache=1\n", 2, "dnsTunneling took its place"),
        ("[wsl-2]\nmemory=4GB\n", 2, "below an invalid header, in no section"),
        ("[wsl2]\n; x\n", 2, "a comment begins with #"),
        ("[wsl2]\nmemory=4gb\n", 2, "in capitals, as 4GB"),
        ("[wsl2]\nmemory=0MB\n", 2, "zero is written 0"),
        ("[wsl2]\nkernel=C:\\Users\n", 2, "\\U is no escape; a backslash is written \\\\"),
        ("[wsl2]\nswapFile=C:\\new\n", 2, "WSL reads \\n as a line feed"),
        ("[wsl2]\nmemory=1GB\nmemory=2GB\n", 3, "is set on line 2 already"),
        ("[wsl2]\nmacAddress=x\n", 2, "WSL will not start with"),
        ("[experimental]\nignoredPorts=80abc\n", 2, "WSL reads '80abc' as 80"),
        ("[experimental]\ndnsTunnelingIpAddress=x\n", 2, "switches dnsTunneling off"),
        ("[wsl2]\nsafeMode=1\nautoProxy=1\n", 2, "wsl2.autoProxy (line 3)"),
    ],
)  # fmt: skip
def test_a_message_says_what_to_do(text: str, line: int, says: str) -> None:
    assert says in message(text, line)


def test_a_message_names_the_policy_and_the_build() -> None:
    text = "[wsl2]\nnetworkingMode=mirrored\n"

    denied = message(text, 2, policies={"AllowNetworkingModeUserSetting": 0})
    old = message(text, 2, build=(19045, 5000))

    assert "AllowNetworkingModeUserSetting" in denied
    assert "22621.2361" in old


def test_every_policy_that_a_key_names_is_known() -> None:
    assert {key.policy for key in KEYS if key.policy} <= POLICIES.keys()


def test_no_two_keys_have_one_name() -> None:
    names = [key.full.lower() for key in KEYS]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("said", "build"),
    [
        ("22631", (22631, None)),
        ("22631.2361", (22631, 2361)),
        ("10.0.26100", (26100, None)),
        ("10.0.26100.1742", (26100, 1742)),
        ("Windows 11", None),
        ("", None),
    ],
)
def test_a_build_is_read_as_people_write_it(said: str, build: object) -> None:
    assert build == parsed_build(said)


@pytest.mark.parametrize(
    ("said", "version"),
    [("2.6.3", (2, 6, 3)), ("2.6.3.0", (2, 6, 3)), ("2.9", (2, 9, 0)), ("2", None), ("x.y", None)],
)
def test_a_version_is_read_as_people_write_it(said: str, version: object) -> None:
    assert version == parsed_version(said)
