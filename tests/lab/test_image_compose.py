"""What `dpf-edge install` writes for Compose, brought up for real by docker-compose 1.29."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import docker_desktop
from .commands import Done, must, run, wait_until
from .engine import Engine, docker, socket, start, stock
from .imaged import SOON, Server, archive, carry, inspected, status
from .lab import INSTALLED
from .lan import PREFIX_LENGTH, ROUTER
from .machine import Machine, machine
from .net import PREFIX, End, Namespace, namespace, ping, plug
from .state import read_state
from .windows.host import end as taken_away

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lab import Lab

# Its nodes walk through the LAN's range.
pytestmark = pytest.mark.lab_late

# A host of its own: the Linux host's engine has a macvlan network already, and two of one subnet
# are refused.
NAME = "edge-box"
ADDRESS = "192.168.0.21"
MACVLAN = "192.168.0.61"
# Intel's, on a port of the switch that no other has.
MAC, PORT, PORT_MAC = "a0:36:9f:10:00:21", 201, "9c:3d:cf:10:00:c9"
CONTAINER = "dpf-edge-node_node_1"
FILE = "/etc/dpf-edge/compose.yaml"
SECRET = "/etc/dpf-edge/bootstrap-token"  # noqa: S105 -- the name of a file
# Compose makes a network, a volume and a container; 3 s on an idle machine.
INSTALL_SECONDS = 90.0


# Installing, a node that enrols, looks and beats, and uninstalling: 20 s on two busy cores. On each
# test, for the lab's own limit goes before a module's.
long = pytest.mark.timeout(180, func_only=True)


@pytest.fixture(scope="module")
def box(lab: Lab) -> Iterator[Machine]:
    """A machine on the LAN with an engine that has the image and nothing else."""
    made = archive()
    state = read_state()
    assert state
    taken_away(PREFIX + NAME)
    net = namespace(NAME)
    try:
        plug(Namespace(f"{PREFIX}lan"), "br-lan", End(net, "eth0", MAC), PORT, PORT_MAC)
        net.ip(
            f"addr add {ADDRESS}/{PREFIX_LENGTH} brd + dev eth0",
            f"route add default via {ROUTER} dev eth0",
        )
        etc = {"resolv.conf": f"nameserver {ROUTER}\n"}
        where = machine(net, "edge-box", etc, [f"ln -s {socket(NAME)} /run/docker.sock"])
        engine = start(where, NAME, stock(Path(state.work)).data_root(NAME))
        carry(made, NAME)
        ping(where.argv, [device.address for device in lab.devices.values()])
        yield where
        emptied(engine)
    finally:
        taken_away(PREFIX + NAME)


def emptied(engine: Engine) -> None:
    """Remove its containers: some have a network of their own, where nobody looks for them."""
    for each in must([*engine.cli, "ps", "--all", "--quiet"]).split():
        must([*engine.cli, "rm", "--force", each])


def dpf_edge(where: Machine, *words: str, stdin: str | None = None) -> Done:
    return run([*where.argv, *INSTALLED, *words], stdin=stdin, timeout=INSTALL_SECONDS)


@contextlib.contextmanager
def installed(box: Machine, server: Server, *form: str) -> Iterator[Done]:
    """A node that `dpf-edge install` put there, and that `uninstall` takes away again."""
    pinned = ("--fingerprint", server.fingerprint())
    settings = ("--authority", server.url, *pinned, "--name", "till-7", "--level", "probe")
    words = ("install", *form, *settings, "--token-file", "-", "--yes")
    done = dpf_edge(box, *words, stdin=server.token())
    try:
        assert 0 == done.returncode, done.stderr
        yield done
    finally:
        gone = dpf_edge(box, "uninstall", "--purge", "--yes")
        assert 0 == gone.returncode, gone.stderr


def said(engine: str) -> str:
    """The node's log."""
    done = run([*docker(engine), "logs", CONTAINER])
    return done.stdout + done.stderr


def has_looked(engine: str) -> dict[str, Any]:
    """The node's status once it is enrolled and has looked where it stands."""

    def is_there() -> bool:
        held = status(engine, CONTAINER)
        return bool(held.get("nodeId") and held.get("lanAnswer"))

    assert wait_until(is_there, seconds=SOON), said(engine)
    return status(engine, CONTAINER)


def diagnosed(engine: str, *words: str) -> dict[str, Any]:
    asked = ("exec", CONTAINER, "dpf-edge", "diagnose", "--json", *words)
    found: dict[str, Any] = json.loads(must([*docker(engine), *asked]))
    return found


@long
@pytest.mark.parametrize(
    ("form", "vantage"),
    [
        (("--mode", "container"), "engine-host"),
        (("--mode", "macvlan", "--address", MACVLAN), "engine-macvlan"),
    ],
    ids=["host", "macvlan"],
)
def test_the_file_that_install_writes_sees_the_lan_of_a_linux_host(
    box: Machine, server: Server, form: tuple[str, ...], vantage: str
) -> None:
    with installed(box, server, *form):
        held = has_looked(NAME)
        found = diagnosed(NAME, "--active")
        container = inspected(NAME, "container", CONTAINER)

    # A veth is no proof of a LAN by itself; a packet that came back is.
    assert held["lanAnswer"] in {"yes", "unknown"}
    assert "yes" == found["lan"]["answer"]
    assert vantage == found["vantage"]
    assert "8470:8470" == container["Config"]["User"]
    assert container["HostConfig"]["ReadonlyRootfs"]
    assert run([*docker(NAME), "container", "inspect", CONTAINER]).returncode != 0


@long
def test_a_container_made_anew_is_the_same_node(box: Machine, server: Server) -> None:
    with installed(box, server, "--mode", "container"):
        before = has_looked(NAME)
        old = inspected(NAME, "container", CONTAINER)["Id"]
        compose = ("docker-compose", "-p", "dpf-edge-node", "-f", FILE)
        must([*box.argv, *compose, "up", "--detach", "--force-recreate"], timeout=INSTALL_SECONDS)
        # The log is the new container's alone, and the token was good for one node.
        assert wait_until(lambda: "till-7 is trusted" in said(NAME), seconds=SOON), said(NAME)
        new = inspected(NAME, "container", CONTAINER)["Id"]
        listed = [each["nodeId"] for each in server.nodes()]

    assert old != new
    assert [before["nodeId"]] == listed


@long
def test_the_same_file_in_docker_desktops_engine_warns_everywhere(
    box: Machine, server: Server
) -> None:
    engine = docker_desktop.NAME
    desktop = Machine(Namespace(PREFIX + engine), engine)
    with installed(box, server, "--mode", "container"):
        text = must([*box.argv, "cat", FILE])
    compose = [*desktop.argv, "docker-compose", "-p", "dpf-edge-node", "-f", FILE]
    put(desktop, FILE, text)
    put(desktop, SECRET, server.token())
    try:
        must([*compose, "up", "--detach"], timeout=INSTALL_SECONDS)
        held = has_looked(engine)
        shown = run([*docker(engine), "exec", CONTAINER, "dpf-edge", "status"]).stdout

        def beaten() -> list[str]:
            return [json.dumps(each) for each in server.nodes() if each["nodeId"] == held["nodeId"]]

        wait_until(lambda: "docker-desktop-host" in "".join(beaten()), seconds=SOON)
        [beat] = beaten()
        log = said(engine)
    finally:
        must([*compose, "down", "--volumes"], timeout=INSTALL_SECONDS)

    assert "no" == held["lanAnswer"]
    assert "does not see the LAN" in log
    assert "Docker" in log
    assert "does not see the LAN" in shown
    assert "docker-desktop-host" in beat


def put(where: Machine, path: str, text: str) -> None:
    """Write a file on a machine, for the container's user."""
    script = 'mkdir -p "${1%/*}" && cat > "$1" && chown 8470:8470 "$1" && chmod 0400 "$1"'
    must([*where.argv, "sh", "-euc", script, "put", path], stdin=text)
