"""What a plan promises, held against the places that stand."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from .test_vantage import diagnosed

if TYPE_CHECKING:
    from .lab import Lab

# Asked where, for which form: and the place where a container of that very form stands.
FORMS = {
    ("linux-host", "container"): "linux-host/host",
    ("linux-host", "macvlan"): "linux-host/macvlan",
    ("linux-host/host", "container"): "linux-host/host",
    ("linux-host/bridge", "container"): "linux-host/host",
    ("linux-host/macvlan", "container"): "linux-host/host",
    ("docker-desktop-distro", "container"): "docker-desktop/host",
    ("docker-desktop/host", "container"): "docker-desktop/host",
    ("docker-desktop/bridge", "container"): "docker-desktop/host",
}


def planned(lab: Lab, place: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the plan that the program makes in a place."""
    done = lab.places[place].dpf_edge("plan", "--json", *arguments, timeout=40)
    made: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, made


@pytest.mark.parametrize(("place", "mode"), FORMS)
def test_a_plan_promises_no_more_than_the_form_really_sees(lab: Lab, place: str, mode: str) -> None:
    code, made = planned(lab, place, "--mode", mode)

    sees = diagnosed(lab, FORMS[place, mode])["lan"]["answer"]
    assert made["sees_lan"] in {sees, "unknown"}
    assert made["refused"] == (made["sees_lan"] == "no") == (code == 78)
    # Asked on the LAN itself, it is told for certain; and in Docker Desktop, always.
    assert made["sees_lan"] == sees or place in {"linux-host/bridge"} or mode == "macvlan"


def test_docker_takes_the_command_that_makes_a_network_on_the_lan(lab: Lab) -> None:
    host = lab.places["linux-host"]
    # In a container, which installs nothing: outside it, `dpf-edge install` does this by Compose.
    _, made = planned(lab, "linux-host/host", "--mode", "macvlan")
    command = made["commands"][0]
    # The lab's own macvlan has eth0 already, and an engine gives a parent to one network only.
    words = shlex.split(
        command.replace("parent=eth0", "parent=plan0").replace("192.168.0.", "192.168.9.")
    )

    host.run(["ip", "link", "add", "plan0", "type", "veth", "peer", "plan1"])
    try:
        done = host.run(words)
        told = host.run(["docker", "network", "inspect", "dpf-lan"])
    finally:
        host.run(["docker", "network", "rm", "dpf-lan"])
        host.run(["ip", "link", "del", "plan0"])

    assert "parent=eth0 --subnet 192.168.0.0/24 --gateway 192.168.0.1" in command
    assert done.returncode == 0, done.stderr
    [network] = json.loads(told.stdout)
    assert (network["Driver"], network["Options"]) == ("macvlan", {"parent": "plan0"})
