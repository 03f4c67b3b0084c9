"""`compare` on Windows, live: the seed's table, taken by Windows' own Python.

Windows is Wine, and wsl.exe and docker.exe are stand-ins; behind them are the lab's mirrored distro
(a stand-in too) and a real dockerd in Docker Desktop's network.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.host import capture
from dpf_edge.host.capture import Replay
from dpf_edge.vantage.diagnose import diagnose
from tests.test_cases import schema
from tests.unit.test_compare_html import hidden, is_whole, read

if TYPE_CHECKING:
    from .host import WindowsHost

# The image that stands in the lab's engines.
IMAGE = ("--image", "debian:bookworm-slim")
SECONDS = 120  # two containers and some twenty Windows programs, on two busy cores


@pytest.fixture(scope="module")
def found(windows_host: WindowsHost) -> dict[str, Any]:
    """One comparison, taken on the Windows host."""
    done = windows_host.dpf_edge("compare", *IMAGE, "--json", timeout=SECONDS)
    assert 0 == done.returncode, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    schema("comparison-1").validate(told)
    return told


def test_the_seeds_table(found: dict[str, Any]) -> None:
    rows = [
        (row["name"], row["interface"], row["address"], row["sees_lan"])
        for row in found["vantages"]
    ]

    desktop = "container with network_mode: host (Docker Desktop)"
    assert [
        ("Windows host", "eth0", "192.168.0.200", "yes"),
        ("docker-desktop WSL distro", "eth1", "192.168.0.200", "yes"),
        (desktop, "eth0", "192.168.65.3", "no"),
    ] == rows[:3]


def test_the_boundary_is_the_engine(found: dict[str, Any]) -> None:
    assert {
        "last_that_sees": "docker-desktop WSL distro",
        "first_that_does_not": "container with network_mode: host (Docker Desktop)",
    }.items() <= found["boundary"].items()
    assert "ends at Docker Desktop's engine" in found["conclusion"]


def test_each_place_is_told_for_what_it_is(found: dict[str, Any]) -> None:
    assert [
        "windows-native",
        "docker-desktop-distro",
        "docker-desktop-host",
        "docker-desktop-bridge",
    ] == [row["vantage"] for row in found["vantages"]]
    assert {"network": "192.168.0.0/24", "address": "192.168.0.200"} == found["lan"]


def test_an_engine_under_two_contexts_is_looked_from_once(found: dict[str, Any]) -> None:
    """docker.exe lists `default` and `desktop-linux`, two pipes of one engine."""
    assert 2 == sum("container" in row["name"] for row in found["vantages"])


def test_it_is_stamped_with_the_versions_of_windows_wsl_and_the_engine(
    found: dict[str, Any],
) -> None:
    versions = found["versions"]

    assert versions["windows"].startswith("10.0.")
    assert "(Wine " in versions["windows"]
    assert "2.6.3.0" == versions["wsl"]
    assert "docker 20.10" in versions["engine"]


def test_the_table_as_text_and_markdown_keeps_its_ticks_through_a_pipe(
    windows_host: WindowsHost,
) -> None:
    """A pipe on Windows has the country's code page, which holds neither tick nor cross."""
    text = windows_host.dpf_edge("compare", *IMAGE, timeout=SECONDS)
    markdown = windows_host.dpf_edge("compare", *IMAGE, "--markdown", timeout=SECONDS)

    lines = text.stdout.splitlines()
    assert "eth0 = 192.168.0.200/24" in lines[0], text.stderr
    assert "✓ real LAN" in lines[0]
    assert "✓ mirrored" in lines[1]
    assert "✗ Docker services only" in lines[2]
    assert "| eth0 192.168.65.3/24 | ✗ no | Docker services only |" in markdown.stdout


def test_the_file_for_a_ticket_says_it_all_and_names_nobody(windows_host: WindowsHost) -> None:
    """The host and the mirrored distribution are still seen to have one address."""
    done = windows_host.dpf_edge("compare", *IMAGE, "--html", "-", timeout=SECONDS)

    assert 0 == done.returncode, done.stderr
    page = read(done.stdout)
    is_whole(page)
    held = [capture.decode(each.encode(), "held") for each in page.captures]
    judged = [diagnose(Replay(each)) for each in held]
    assert [
        ("windows-native", "yes"),
        ("docker-desktop-distro", "yes"),
        ("docker-desktop-host", "no"),
        ("docker-desktop-bridge", "no"),
    ] == [(each.vantage.value, each.lan.answer.value) for each in judged]
    assert judged[0].lan.address == judged[1].lan.address
    assert judged[0].lan.network == judged[1].lan.network
    assert "192.168.0." not in hidden(done.stdout)


def test_it_is_said_before_a_distribution_is_started(windows_host: WindowsHost) -> None:
    """A distro that does not run would start WSL's virtual machine."""
    windows_host.stop_distro()

    said = windows_host.dpf_edge("compare", "--json", timeout=SECONDS).stderr

    assert "note: the WSL distribution docker-desktop does not run; starting it" in said


def test_nothing_is_said_of_one_that_runs(windows_host: WindowsHost) -> None:
    assert "starting" not in windows_host.dpf_edge("compare", "--json", timeout=SECONDS).stderr


def test_without_docker_there_are_the_host_and_the_distro(windows_host: WindowsHost) -> None:
    done = windows_host.dpf_edge("compare", "--json", env={"WINEPATH": ""}, timeout=SECONDS)

    rows = [row["name"] for row in json.loads(done.stdout)["vantages"]]
    assert ["Windows host", "docker-desktop WSL distro"] == rows
