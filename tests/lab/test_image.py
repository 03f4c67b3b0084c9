"""The node's image, built from its Dockerfile in the lab's engines, where there is no way out."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from . import docker_desktop, linux_host
from .commands import Done, must, run, wait_until
from .engine import docker
from .imaged import IMAGE, SOON, Server, archive, inspected, status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lab import Lab

# It walks through the LAN's range, as nodes of this image do.
pytestmark = pytest.mark.lab_late

USER = "8470:8470"
WALKED = "192.168.0.0/24"
ARP = ("sweep", "--level", "probe", "--rate", "fast", "--subnet", WALKED, "--only", "arp", "--json")
# As an operator would who gives a container nothing that it does not need.
BARE = ("--cap-drop=ALL", "--read-only")
RAW = (*BARE, "--cap-add=NET_RAW")
# 98 MB of wheels, half of them what a database and TLS need.
MOST_MEGABYTES = 115
# A node that writes no status for three of its rounds, of 15 s each, is taken to hang.
STUCK_SECONDS = 120.0


@pytest.fixture
def image(lab: Lab) -> None:
    """The image in both engines: built in the one, and carried to the other as a file."""
    archive()


def started(engine: str, *words: str) -> Done:
    """Run the image once, to its end."""
    return run([*docker(engine), "run", "--rm", *words])


def swept(*options: str) -> dict[str, Any]:
    done = started(linux_host.NAME, "--network=host", *options, IMAGE, *ARP)
    assert 0 == done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def addresses(sweep: dict[str, Any]) -> set[str]:
    return {address for device in sweep["devices"] for address in device["addresses"]}


def outcome(sweep: dict[str, Any], collector: str) -> dict[str, Any]:
    found: dict[str, Any]
    [found] = [each for each in sweep["outcomes"] if each["name"] == collector]
    return found


@pytest.mark.usefixtures("image")
def test_the_image_is_small_and_runs_as_a_user_of_its_own() -> None:
    own = inspected(linux_host.NAME, "image", IMAGE)
    base = inspected(linux_host.NAME, "image", "debian:bookworm-slim")

    assert USER == own["Config"]["User"]
    assert {"/var/lib/dpf-edge-node": {}} == own["Config"]["Volumes"]
    assert own["Size"] - base["Size"] < MOST_MEGABYTES * 10**6
    assert 0 == started(linux_host.NAME, "--network=none", *BARE, IMAGE, "--version").returncode


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize(
    "network",
    [("--network=host",), ("--network=macvlan", "--ip=192.168.0.61")],
    ids=["host", "macvlan"],
)
def test_on_a_host_of_the_lan_the_image_sees_it(network: tuple[str, ...]) -> None:
    asked = ("diagnose", "--active", "--json")
    done = started(linux_host.NAME, *network, *RAW, IMAGE, *asked)
    assert 0 == done.returncode, done.stderr

    assert "yes" == json.loads(done.stdout)["lan"]["answer"]


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize("user", [USER, "12345:12345"])
def test_a_user_without_privilege_gets_raw_arp_where_the_container_may(lab: Lab, user: str) -> None:
    sweep = swept(*RAW, "--user", user)

    assert "found" == outcome(sweep, "arp")["status"]
    assert {device.address for device in lab.devices.values()} <= addresses(sweep)


@pytest.mark.usefixtures("image")
def test_without_the_capability_it_starts_all_the_same_and_says_what_it_lost() -> None:
    lost = outcome(swept(*BARE), "arp")

    assert "skipped" == lost["status"]
    assert "CAP_NET_RAW" in lost["reason"]


@pytest.mark.usefixtures("image")
def test_debians_own_interpreter_is_lent_nothing() -> None:
    asked = "import os; print(os.listxattr(os.path.realpath('/usr/bin/python3')))"
    entry = ("--entrypoint", "/usr/bin/python3")
    done = started(linux_host.NAME, *entry, "--network=none", IMAGE, "-c", asked)

    assert "[]\n" == done.stdout


@contextlib.contextmanager
def node(engine: str, server: Server, *options: str) -> Iterator[str]:
    """A node in a container, as a Compose file in host mode starts it; gives its name."""
    name = "dpf-edge-node"
    settings = {
        "DPF_AUTHORITY_URL": server.url,
        "DPF_AUTHORITY_FINGERPRINT": server.fingerprint(),
        "DPF_BOOTSTRAP_TOKEN": server.token(),
        # What a Compose file hands on that nobody has set.
        "DPF_EDGE_SITE": "",
        "DPF_EDGE_DISCOVERY_SUBNETS": "",
    }
    given = [word for key, value in settings.items() for word in ("--env", f"{key}={value}")]
    detached = ("run", "--detach", "--name", name, "--network=host")
    must([*docker(engine), *detached, *options, *given, IMAGE])
    try:
        yield name
    finally:
        must([*docker(engine), "rm", "--force", "--volumes", name])


@pytest.mark.usefixtures("image")
def test_in_docker_desktops_engine_it_warns_on_start_in_status_and_in_heartbeats(
    server: Server,
) -> None:
    engine = docker_desktop.NAME
    with node(engine, server) as name:

        def has_beaten() -> bool:
            return any("docker-desktop-host" in json.dumps(each) for each in server.nodes())

        assert wait_until(has_beaten, seconds=SOON), (
            run([*docker(engine), "logs", name]).stderr,
            server.nodes(),
        )
        said = run([*docker(engine), "logs", name]).stderr
        shown = run([*docker(engine), "exec", name, "dpf-edge", "status"]).stdout
        held = status(engine, name)

    assert "Docker" in said
    assert "docker-desktop-host" in shown
    assert "no" == held["lanAnswer"]


@pytest.mark.timeout(240, func_only=True)
@pytest.mark.usefixtures("image")
def test_the_health_check_fails_while_the_node_is_stuck(server: Server) -> None:
    engine = linux_host.NAME
    often = ("--health-interval=1s", "--health-retries=1", "--health-start-period=0s")
    with node(engine, server, *RAW, *often) as name:

        def is_now(health: str) -> bool:
            state = inspected(engine, "container", name)["State"]
            return bool(health == state["Health"]["Status"])

        assert wait_until(lambda: is_now("healthy"), seconds=SOON)
        process = inspected(engine, "container", name)["State"]["Pid"]
        os.kill(process, signal.SIGSTOP)
        try:
            assert wait_until(lambda: is_now("unhealthy"), seconds=STUCK_SECONDS)
        finally:
            os.kill(process, signal.SIGCONT)
        assert wait_until(lambda: is_now("healthy"), seconds=SOON)
