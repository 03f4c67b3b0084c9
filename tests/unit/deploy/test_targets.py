"""What the other targets are given: held against the formats and the documents that they follow."""

from __future__ import annotations

import json
import os
import plistlib
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dpf_edge.cli.install import lines
from dpf_edge.config import node
from dpf_edge.deploy import choice, compose, launchd, node_file, systemd, windows_service
from dpf_edge.deploy.compose import Form, Link
from dpf_edge.deploy.node_file import More, Wanted
from dpf_edge.deploy.step import Access, Command, File, Kept, Recipe, Service, traces
from dpf_edge.level import Level
from dpf_edge.vantage.forms import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
TOKEN = "dpfboot_000G40R40M30E209185GR38E1W8124GK2GAHC5R"  # noqa: S105 -- the contract's example
WANTED = Wanted("https://a.example", name="till 3", site="shop", level=Level.ASK, token=TOKEN)
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
LINK = Link("eth0", "192.168.0.0/24", "192.168.0.1", "192.168.0.77")
FORMS = {
    Mode.CONTAINER: Form(Mode.CONTAINER, "dpf-edge:1"),
    Mode.MACVLAN: Form(Mode.MACVLAN, "dpf-edge:1", LINK),
    Mode.IPVLAN: Form(Mode.IPVLAN, "dpf-edge:1", LINK),
}
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


def files(recipe: Recipe) -> dict[str, File]:
    """A recipe's files by their paths."""
    return {step.path: step for step in recipe.steps if isinstance(step, File)}


def everything(recipe: Recipe) -> str:
    """All that a process list, a dry run and a journal would show."""
    shown = [step for step in recipe.steps if not (isinstance(step, File) and step.is_secret)]
    return repr(shown)


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


# -- compose


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


@pytest.mark.skipif(
    shutil.which("docker-compose") is None, reason="docker-compose is not installed"
)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_elder_compose_takes_each_form(name: str, tmp_path: Path) -> None:
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
