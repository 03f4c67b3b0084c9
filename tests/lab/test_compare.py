"""`compare` in the lab: the seed's table, live, and the place where the LAN is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.host import capture
from dpf_edge.host.capture import Replay
from dpf_edge.vantage.diagnose import diagnose
from tests.test_cases import schema
from tests.unit.test_compare_html import hidden, is_whole, read

from .commands import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from .lab import Lab

# The image that stands in each engine of the lab; the node's own is not built here yet.
IMAGE = ("--image", "debian:bookworm-slim")
SECONDS = 90  # two containers an engine, on two cores that other tests keep busy


def compared(lab: Lab, place: str) -> dict[str, Any]:
    """The comparison that is made in a place."""
    done = lab.places[place].dpf_edge("compare", *IMAGE, "--json", timeout=SECONDS)
    assert 0 == done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    schema("comparison-1").validate(found)
    return found


def test_the_seeds_table_live(lab: Lab) -> None:
    found = compared(lab, "docker-desktop-distro")

    rows = [(row["interface"], row["address"], row["sees_lan"]) for row in found["vantages"]]
    assert [
        ("eth1", "192.168.0.200", "yes"),
        ("eth0", "192.168.65.3", "no"),
    ] == rows[:2]
    assert ("eth0", "no") == (rows[2][0], rows[2][2])
    assert [
        "docker-desktop-distro",
        "docker-desktop-host",
        "docker-desktop-bridge",
    ] == [row["vantage"] for row in found["vantages"]]
    assert {"network": "192.168.0.0/24", "address": "192.168.0.200"} == found["lan"]
    assert "docker-desktop WSL distro" == found["boundary"]["last_that_sees"]
    assert "network_mode: host" in found["boundary"]["first_that_does_not"]
    assert found["versions"]["wsl"] == "2.6.3"
    assert "docker 20.10" in found["versions"]["engine"]


def test_the_seeds_table_as_text_and_markdown(lab: Lab) -> None:
    place = lab.places["docker-desktop-distro"]

    text = place.dpf_edge("compare", *IMAGE, timeout=SECONDS).stdout.splitlines()
    markdown = place.dpf_edge("compare", *IMAGE, "--markdown", timeout=SECONDS).stdout

    assert "docker-desktop WSL distro" in text[0]
    assert "eth1 = 192.168.0.200/24   ✓ mirrored" in text[0]
    assert "eth0 = 192.168.65.3/24" in text[1]
    assert "✗ Docker services only" in text[1]
    assert "| eth0 192.168.65.3/24 | ✗ no | Docker services only |" in markdown


def test_the_seeds_table_as_a_file_for_a_ticket(lab: Lab, tmp_path: Path) -> None:
    """Judged as the live table is, from captures that say nothing of the lab's own network."""
    place = lab.places["docker-desktop-distro"]
    file = tmp_path / "ticket.html"
    plain = json.loads(place.dpf_edge("capture").stdout)

    done = place.dpf_edge("compare", *IMAGE, "--html", str(file), timeout=SECONDS)

    assert (0, "") == (done.returncode, done.stdout), done.stderr
    text = file.read_text("utf-8")
    page = read(text)
    is_whole(page)
    judged = [diagnose(Replay(capture.decode(each.encode(), "held"))) for each in page.captures]
    assert [
        ("docker-desktop-distro", "yes"),
        ("docker-desktop-host", "no"),
        ("docker-desktop-bridge", "no"),
    ] == [(each.vantage.value, each.lan.answer.value) for each in judged]
    assert "The LAN ends at Docker Desktop's engine" in page.words
    assert "eth0 = 192.168.65.3/24" in page.words
    assert str(judged[0].lan.address) in page.words
    told = hidden(text)
    assert "192.168.0." not in told
    macs = {each["mac"] for each in plain["interfaces"] if each.get("mac", "00:00")[:5] != "00:00"}
    assert macs
    assert not [each for each in macs if each in told]
    assert plain["machine"]["hostname"] not in {*told.split()}


def test_a_native_engine_and_podman_lose_the_lan_at_their_bridges(lab: Lab) -> None:
    found = compared(lab, "linux-host")

    seen = {row["name"]: (row["sees_lan"], row["error"]) for row in found["vantages"]}
    assert {
        "this host": ("yes", None),
        "container with network_mode: host (Docker)": ("yes", None),
        "container on the bridge (Docker)": ("no", None),
        "container with network_mode: host (Podman)": ("yes", None),
        "container on the bridge (Podman)": ("no", None),
    } == seen
    assert "container on the bridge (Docker)" == found["boundary"]["first_that_does_not"]


def containers(lab: Lab, place: str, engine: str) -> set[str]:
    """The containers of an engine, running or not."""
    done = lab.places[place].run([engine, "ps", "--all", "--format", "{{.ID}}"])
    assert 0 == done.returncode, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("place", "engine"),
    [("linux-host", "docker"), ("linux-host", "podman"), ("docker-desktop-distro", "docker")],
)
def test_compare_removes_what_it_started(lab: Lab, place: str, engine: str) -> None:
    before = containers(lab, place, engine)
    compared(lab, place)

    assert before == containers(lab, place, engine)


@pytest.mark.parametrize("after", [0.35, 0.6, 0.9])
def test_a_compare_that_is_killed_leaves_no_container(lab: Lab, after: float) -> None:
    """The probe is all in the pipe when the container starts, and ends with it by itself."""
    place = lab.places["linux-host"]
    before = containers(lab, "linux-host", "docker")
    program = " ".join([*place.program, "compare", *IMAGE])
    killed = f"{program} >/dev/null 2>&1 & sleep {after}; kill -KILL $!; wait $! || true"

    place.run(["sh", "-c", killed], timeout=SECONDS)

    assert wait_until(lambda: before == containers(lab, "linux-host", "docker"), seconds=20)


def test_every_context_of_docker_is_looked_from(lab: Lab, tmp_path: Path) -> None:
    """Two real engines by two contexts, one of them twice, and one on another machine."""
    place = lab.places["docker-desktop-distro"]
    config = {"DOCKER_CONFIG": str(tmp_path)}
    endpoints = {
        "native": "unix:///run/dpf-edge-lab/linux-host.sock",
        "again": "unix:///run/dpf-edge-lab/linux-host.sock",
        "elsewhere": "tcp://192.168.0.10:2375",
    }
    for name, endpoint in endpoints.items():
        made = place.run(
            ["docker", "context", "create", name, "--docker", f"host={endpoint}"], env=config
        )
        assert 0 == made.returncode, made.stderr

    done = place.dpf_edge("compare", *IMAGE, "--json", env=config, timeout=SECONDS)

    rows = json.loads(done.stdout)["vantages"]
    assert {
        "docker-desktop WSL distro": ("yes", None),
        "container with network_mode: host (Docker Desktop)": ("no", None),
        "container on the bridge (Docker Desktop)": ("no", None),
        "container with network_mode: host (Docker, again)": ("yes", None),
        "container on the bridge (Docker, again)": ("no", None),
        "containers (elsewhere)": ("unknown", "its engine is on another machine (tcp)"),
    } == {row["name"]: (row["sees_lan"], row["error"]) for row in rows}


def test_without_the_nodes_image_there_is_a_row_that_says_so_and_no_other_is_taken(
    lab: Lab,
) -> None:
    done = lab.places["docker-desktop-distro"].dpf_edge("compare", "--json", timeout=SECONDS)

    rows = json.loads(done.stdout)["vantages"]
    assert 2 == len(rows)
    assert "unknown" == rows[1]["sees_lan"]
    assert "--image" in rows[1]["error"]


def test_an_image_that_is_not_there_is_not_pulled(lab: Lab) -> None:
    done = lab.places["docker-desktop-distro"].dpf_edge(
        "compare", "--image", "nobody/nothing:never", "--json", timeout=SECONDS
    )

    assert 0 == done.returncode
    assert "nothing is pulled" in json.loads(done.stdout)["vantages"][1]["error"]


def test_an_image_without_a_shell_costs_its_rows_and_nothing_more(lab: Lab) -> None:
    """The engine's own error is the row's reason; the host's row stands."""
    place = lab.places["docker-desktop-distro"]
    made = place.run(["docker", "import", "-", "empty:latest"], stdin="\0" * 10240)
    assert 0 == made.returncode, made.stderr

    done = place.dpf_edge("compare", "--image", "empty:latest", "--json", timeout=SECONDS)

    rows = json.loads(done.stdout)["vantages"]
    assert ["yes", "unknown", "unknown"] == [row["sees_lan"] for row in rows]
    assert all(row["error"] for row in rows[1:])
    place.run(["docker", "image", "rm", "empty:latest"])
