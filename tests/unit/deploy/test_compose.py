"""The Compose file: held against both generations of Compose."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dpf_edge.config import node
from dpf_edge.deploy import choice, compose, node_file
from dpf_edge.deploy.compose import Link
from dpf_edge.deploy.step import Command
from dpf_edge.level import Level
from dpf_edge.vantage.forms import Mode
from tests.left_out import left_out
from tests.unit.deploy.recipes import FORMS, LINK, TOKEN, WANTED, everything, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINK6 = Link("eth0", "fd00:5::/64", "fd00:5::1", "fd00:5::77")
# The Compose Specification, which Compose 2 goes by: the keys that are used here, of which kind.
COMPOSE: dict[str, dict[str, type]] = {
    "services": {
        "image": str,
        "command": list,
        "network_mode": str,
        "restart": str,
        "user": str,
        "cap_drop": list,
        "cap_add": list,
        "security_opt": list,
        "read_only": bool,
        "tmpfs": list,
        "environment": dict,
        "volumes": list,
        "secrets": list,
        "healthcheck": dict,
        "networks": dict,
    },
    "networks": {"driver": str, "driver_opts": dict, "enable_ipv6": bool, "ipam": dict},
    "secrets": {"file": str},
}
HEALTH: dict[str, type] = {
    "test": list,
    "interval": str,
    "timeout": str,
    "start_period": str,
    "retries": int,
}


@pytest.mark.parametrize("mode", FORMS)
def test_a_compose_file_says_how_its_form_is_linked(mode: Mode) -> None:
    recipe = compose.recipe(WANTED, FORMS[mode], ("docker", "compose"))

    found = yaml.safe_load(files(recipe)["/etc/dpf-edge/compose.yaml"].data or b"")
    node = found["services"]["node"]

    if mode is Mode.CONTAINER:
        assert node["network_mode"] == "host"
        assert "networks" not in found
    else:
        assert node["networks"]["lan"]["ipv4_address"] == LINK.address
        assert found["networks"]["lan"]["driver"] == mode.value
        assert found["networks"]["lan"]["driver_opts"]["parent"] == "eth0"
    assert node["healthcheck"]["test"] == ["CMD", "dpf-edge", "status", "--live"]
    assert node["environment"]["DPF_AUTHORITY_URL"] == "https://a.example"
    assert "version" not in found
    assert TOKEN not in everything(recipe)


@pytest.mark.parametrize("level", Level)
def test_a_container_may_send_raw_packets_at_probe_alone(level: Level) -> None:
    data = compose.document({}, FORMS[Mode.CONTAINER], {}, level)

    node = yaml.safe_load(data)["services"]["node"]
    assert node["cap_drop"] == ["ALL"]
    assert node.get("cap_add") == (["NET_RAW"] if level is Level.PROBE else None)
    # File capabilities count only where new privileges are not forbidden.
    assert ("security_opt" in node) is not ("cap_add" in node)


@settings(deadline=None)
@given(st.text(max_size=40).filter(str.isprintable))
def test_any_setting_comes_out_of_yaml_and_variables_as_it_was(text: str) -> None:
    data = compose.document({"DPF_EDGE_SITE": text}, FORMS[Mode.CONTAINER], {}, Level.LISTEN)

    read = yaml.safe_load(data)["services"]["node"]["environment"]["DPF_EDGE_SITE"]
    assert read.count("$") == 2 * text.count("$")
    assert read.replace("$$", "$") == text
    assert compose.told_in(data) == {"DPF_EDGE_SITE": text}


def test_a_file_to_fill_in_takes_empty_variables_for_unset() -> None:
    found = yaml.safe_load(compose.document(None, FORMS[Mode.CONTAINER], {}, Level.LISTEN))
    told = found["services"]["node"]["environment"]

    empty = {name: "" if text.startswith("${") else text for name, text in told.items()}

    read = node.read({}, empty, None, is_installed=False)
    assert [each.cause for each in read.problems] == [node.MISSING]
    assert all(text == "${" + name + ":-}" for name, text in told.items() if text.startswith("$"))


def documents() -> Iterator[tuple[str, bytes]]:
    """A Compose file of each form and level, with everything in it that one may have."""
    mounted = {compose.TOKEN: "/etc/token", node_file.CERTIFICATES: "/etc/ca.pem"}
    awkward = {"DPF_EDGE_SITE": 'a $HOME ${x} "q" #1'}
    forms = {**{mode.value: form for mode, form in FORMS.items()}}
    forms["macvlan by IPv6"] = FORMS[Mode.MACVLAN]._replace(link=LINK6)
    for name, form in forms.items():
        for level in (Level.LISTEN, Level.PROBE):
            yield f"{name}, {level}", compose.document(awkward, form, mounted, level)
    yield "to fill in", compose.document(None, FORMS[Mode.CONTAINER], {}, Level.LISTEN)


DOCUMENTS = dict(documents())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_elder_compose_takes_each_form(name: str, tmp_path: Path) -> None:
    if shutil.which("docker-compose") is None:
        left_out("docker-compose is not installed here (make lab-deps)")
    file = tmp_path / "compose.yaml"
    file.write_bytes(DOCUMENTS[name])

    # It reads and judges the file, and asks no engine.
    done = subprocess.run(
        ["docker-compose", "-f", str(file), "config"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={"PATH": os.environ["PATH"]},
    )

    # A variable that is not set is no warning: it is told to be empty, which is not set.
    assert (done.returncode, done.stderr) == (0, "")
    told = yaml.safe_load(done.stdout)["services"]["node"]["environment"]
    # What it prints is a file again, so every dollar is doubled in it.
    wanted = "" if name == "to fill in" else 'a $HOME ${x} "q" #1'
    assert told["DPF_EDGE_SITE"].replace("$$", "$") == wanted


@pytest.mark.parametrize("name", DOCUMENTS)
def test_compose_2_takes_each_form_by_its_specification(name: str) -> None:
    found = yaml.safe_load(DOCUMENTS[name])

    assert set(found) <= {"services", "networks", "volumes", "secrets"}
    for part, keys in COMPOSE.items():
        for each in found.get(part, {}).values():
            assert {key for key, value in each.items() if not isinstance(value, keys[key])} == set()
    (node,) = found["services"].values()
    health = node["healthcheck"]
    assert {key for key, value in health.items() if not isinstance(value, HEALTH[key])} == set()
    # A service has its host's network or networks of its own; what it names is declared.
    assert ("network_mode" in node) is not ("networks" in node)
    assert set(node.get("networks", {})) == set(found.get("networks", {}))
    assert set(node.get("secrets", ())) == set(found.get("secrets", {}))
    assert {each.partition(":")[0] for each in node["volumes"]} == set(found["volumes"])
    assert all(isinstance(value, str) for value in node["environment"].values())


def test_a_container_by_ipv6_has_an_address_of_ipv6() -> None:
    found = yaml.safe_load(DOCUMENTS["macvlan by IPv6, listen"])

    assert found["services"]["node"]["networks"]["lan"] == {"ipv6_address": "fd00:5::77"}
    assert found["networks"]["lan"]["enable_ipv6"] is True


def test_each_install_makes_the_container_anew_for_what_is_mounted_is_not_compared() -> None:
    recipe = compose.recipe(WANTED, FORMS[Mode.CONTAINER], ("docker", "compose"))
    (up,) = [step for step in recipe.steps if isinstance(step, Command)]

    assert "--force-recreate" in up.argv


@pytest.mark.parametrize(
    ("image", "moves"),
    [
        ("dpf-edge:1.2", False),
        ("dpf-edge", True),
        ("dpf-edge:latest", True),
        ("registry.example:5000/dpf-edge", True),
        ("registry.example:5000/dpf-edge:1", False),
        ("registry.example/dpf-edge@sha256:00", False),
    ],
)
def test_an_image_whose_tag_moves_is_said_to_be_one(image: str, moves: bool) -> None:
    """W44: the published node's image is `latest` unless something else is said."""
    form = FORMS[Mode.CONTAINER]._replace(image=image)

    recipe = compose.recipe(WANTED, form, ("docker", "compose"))

    assert any("name a version" in note for note in recipe.notes) is moves
    assert not compose.is_moving(choice.IMAGE)
