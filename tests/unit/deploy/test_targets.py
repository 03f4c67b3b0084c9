"""What the other targets are given: held against the formats and the documents that they follow."""

from __future__ import annotations

import json
import plistlib
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpf_edge.cli.install import lines
from dpf_edge.config import node
from dpf_edge.deploy import compose, launchd, node_file, systemd, windows_service
from dpf_edge.deploy.node_file import More, Wanted
from dpf_edge.deploy.step import Access, Command, Kept, Recipe, Service, traces
from dpf_edge.level import Level
from dpf_edge.vantage.forms import Mode
from tests.unit.deploy.recipes import FORMS, TOKEN, WANTED, everything, files

ROOT = Path(__file__).parents[3]
MORE = (
    More("rate", "DPF_EDGE_RATE", "50"),
    More("subnets", "DPF_EDGE_DISCOVERY_SUBNETS", "192.168.0.0/24"),
)
PEM = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
PROGRAM = ("/opt/dpf-edge/dpf-edge",)
# launchd.plist(5), the keys of a daemon that is used here, and what they may hold.
DOCUMENTED: dict[str, type | tuple[type, ...]] = {
    "Label": str,
    "ProgramArguments": list,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "ProcessType": str,
    "LowPriorityIO": bool,
    "Umask": int,
    "WorkingDirectory": str,
    "StandardErrorPath": str,
    "StandardOutPath": str,
    "SoftResourceLimits": dict,
    "HardResourceLimits": dict,
}


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and text.isprintable()))
def test_any_name_that_is_a_setting_is_read_back_from_the_settings_file(name: str) -> None:
    data = node_file.text(Wanted("https://a.example", name=name), state_dir="/s")

    assert tomllib.loads(data.decode())["name"] == name


def test_the_settings_file_is_one_that_the_node_takes(tmp_path: Any) -> None:
    path = tmp_path / "node.toml"
    wanted = WANTED._replace(more=MORE)
    path.write_bytes(node_file.text(wanted, state_dir="/s", log_dir="/l"))

    read = node.read({}, {}, str(path)).usable()

    assert (read.authority, read.name, read.site) == ("https://a.example", "till 3", "shop")
    assert (read.level, read.rate, read.state_folder) == (Level.ASK, 50, "/s")


# -- launchd


def test_the_property_list_has_documented_keys_of_their_documented_types() -> None:
    recipe = launchd.recipe(WANTED, ("/opt/dpf-edge/dpf-edge",))

    found = plistlib.loads(
        files(recipe)[f"/Library/LaunchDaemons/{launchd.LABEL}.plist"].data or b""
    )

    assert {key for key, value in found.items() if not isinstance(value, DOCUMENTED[key])} == set()
    assert found["ProgramArguments"] == ["/opt/dpf-edge/dpf-edge", "run"]
    assert found["Umask"] == 0o077
    assert TOKEN not in everything(recipe)


@pytest.mark.parametrize("whole", [True, False])
def test_the_permission_for_the_lan_is_told_when_macos_is_installed_on(whole: bool) -> None:
    printed = "\n".join(lines(launchd.recipe(WANTED, ("/x",)), "because", whole=whole))

    assert "Local Network permission" in printed
    assert "System Settings > Privacy & Security > Local Network" in printed


# -- windows


def test_a_services_sid_is_what_windows_makes_of_its_name() -> None:
    # Learn, "Security identifiers": NT SERVICE\TrustedInstaller and others are documented so.
    assert windows_service.service_sid("TrustedInstaller") == (
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    )


def test_the_folder_is_for_system_administrators_and_the_account_alone() -> None:
    recipe = windows_service.recipe(WANTED, (r"C:\Program Files\dpf-edge\dpf-edge.exe",))
    (access,) = [step for step in recipe.steps if isinstance(step, Access)]
    order = [type(step).__name__ for step in recipe.steps]

    assert access.path == r"C:\ProgramData\dpf-edge-node"
    assert access.sid == windows_service.service_sid("dpf-edge-node")
    # The folder is closed before a file is put into it.
    assert order.index("Access") < order.index("File")
    assert TOKEN not in everything(recipe)


def test_the_service_starts_by_itself_and_is_started_again() -> None:
    recipe = windows_service.recipe(WANTED, (r"C:\Program Files\dpf-edge\dpf-edge.exe",))
    (service,) = [step for step in recipe.steps if isinstance(step, Service)]

    assert service.command_line == (
        r'"C:\Program Files\dpf-edge\dpf-edge.exe" service '
        r"--config C:\ProgramData\dpf-edge-node\node.toml"
    )
    assert service.account == r"NT SERVICE\dpf-edge-node"
    assert service.recovery.restart_after == (5, 30, 120)
    assert all(
        step.is_state is not step.path.endswith("logs")
        for step in recipe.steps
        if isinstance(step, Kept)
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("C:\\x.exe", "a b"), '"C:\\x.exe" "a b"'),
        (("C:\\x\\",), '"C:\\x\\\\"'),
        (("x", 'a"b'), '"x" "a\\"b"'),
        (("x", 'a\\"b'), '"x" "a\\\\\\"b"'),
        (("x", ""), '"x" ""'),
    ],
)
def test_a_command_line_is_quoted_as_windows_reads_it(words: tuple[str, ...], line: str) -> None:
    assert windows_service.command_line(words) == line


# -- what all have in common


def recipes(wanted: Wanted) -> dict[str, Recipe]:
    """Each target's recipe."""
    return {
        "systemd": systemd.recipe(wanted, systemd.Program(PROGRAM)),
        "launchd": launchd.recipe(wanted, PROGRAM),
        "windows-service": windows_service.recipe(wanted, (r"C:\dpf-edge.exe",)),
        "compose": compose.recipe(wanted, FORMS[Mode.MACVLAN], ("docker", "compose")),
    }


@pytest.mark.parametrize("target", recipes(WANTED))
def test_the_authoritys_certificates_are_installed_where_the_service_can_read_them(
    target: str,
) -> None:
    """W43: a file in a home, or of a relative path, is not there for a service."""
    with_them = files(recipes(WANTED._replace(certificates=PEM))[target])
    (path,) = [path for path in with_them if path.endswith("authority-ca.pem")]

    assert with_them[path].data == PEM
    assert with_them[path].mode == 0o644
    settings = b"".join(
        file.data or b"" for each, file in with_them.items() if each.endswith(("toml", "yaml"))
    ).decode()
    assert json.dumps(path) in settings
    assert ("/run/secrets/authority-ca.pem" in settings) is (target == "compose")
    assert not [each for each in files(recipes(WANTED)[target]) if each.endswith("pem")]


@pytest.mark.parametrize("target", recipes(WANTED))
def test_nothing_that_is_shown_or_written_down_has_the_token(target: str) -> None:
    recipe = recipes(WANTED)[target]

    printed = "\n".join(lines(recipe, "because", whole=True))

    assert TOKEN not in printed
    assert TOKEN not in everything(recipe)
    assert TOKEN not in repr(list(traces(recipe.steps)))
    for path, file in files(recipe).items():
        assert (TOKEN.encode() in (file.data or b"")) is path.endswith("bootstrap-token")


@pytest.mark.parametrize("target", recipes(WANTED))
def test_a_dry_run_shows_every_file_whole_and_every_command(target: str) -> None:
    recipe = recipes(WANTED._replace(certificates=PEM))[target]

    printed = list(lines(recipe, "because", whole=True))

    for path, file in files(recipe).items():
        assert any(line.startswith(f"file    {path} (0") for line in printed)
        shown = "… (not shown)" if file.is_secret else (file.data or b"").decode()
        assert all(f"        | {line}" in printed for line in shown.splitlines())
    for step in recipe.steps:
        if isinstance(step, Command) and step.argv:
            assert f"run     {shlex.join(step.argv)}" in printed


@pytest.mark.parametrize("target", recipes(WANTED))
def test_no_step_fetches_anything_or_touches_wslconfig(target: str) -> None:
    """W44: what is installed is what is here, and nothing is downloaded on the way."""
    recipe = recipes(WANTED)[target]
    words = [word for step in recipe.steps if isinstance(step, Command) for word in step.argv]

    assert not {"pull", "curl", "wget", "pip", "git"} & set(words)
    assert "wslconfig" not in repr(recipe)


@pytest.mark.parametrize("target", recipes(WANTED))
def test_every_form_says_where_it_was_seen(target: str) -> None:
    """W46: a published runbook leaves its single-host and multi-host rows as reports wanted."""
    seen = (ROOT / "docs/reference/seen.md").read_text().partition("## Installing")[2]
    (row,) = [line for line in seen.splitlines() if line.startswith(SEEN_AS[target])]

    _, label, held_by = row.strip("|").split("|")
    assert label.strip()
    assert "`tests/" in held_by


SEEN_AS = {
    "systemd": "| systemd: starts",
    "launchd": "| LaunchDaemon:",
    "windows-service": "| Windows Service:",
    "compose": "| Compose, host networking",
}
