"""The seed's experiment, for real: what dpf-edge says in every place of the lab, and is it so?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.test_cases import schema

from .asking import ip

if TYPE_CHECKING:
    from .lab import Lab

# The vantage and answer of each place. Where passive reading cannot prove what is so (a veth has
# no bus, and an engine inside a container looks like one on a host), unknown is the right answer;
# on the LAN it is the neighbours, makers' MACs behind a maker's router, that prove it.
SAYS = {
    "linux-host": ("unknown", "yes"),
    "linux-host/host": ("engine-host", "yes"),
    "linux-host/bridge": ("engine-bridge", "no"),
    "linux-host/user-bridge": ("engine-bridge", "no"),
    "linux-host/none": ("engine-none", "no"),
    "linux-host/macvlan": ("engine-macvlan", "yes"),
    "linux-host/siblings": ("engine-bridge", "no"),
    "linux-host/nested": ("unknown", "unknown"),
    "linux-host/nested/host": ("unknown", "unknown"),
    "linux-host/nested/bridge": ("engine-bridge", "no"),
    "linux-host/podman-bridge": ("engine-bridge", "no"),
    "linux-host/podman-host": ("engine-host", "yes"),
    "docker-desktop-distro": ("docker-desktop-distro", "yes"),
    "docker-desktop/host": ("docker-desktop-host", "no"),
    "docker-desktop/bridge": ("docker-desktop-bridge", "no"),
    # Docker 20.10 writes no ExtServers, so nothing in here tells whose bridge it is.
    "docker-desktop/user-bridge": ("engine-bridge", "no"),
    "docker-desktop/none": ("engine-none", "no"),
}
# The places from which the LAN's own segment is really in reach: no other may ever say yes.
ON_THE_LAN = {
    "linux-host",
    "linux-host/host",
    "linux-host/macvlan",
    "linux-host/podman-host",
    "docker-desktop-distro",
}


def diagnosed(lab: Lab, place: str) -> dict[str, Any]:
    """What the program says there."""
    done = lab.places[place].dpf_edge("diagnose", "--json", timeout=40)
    assert (0, "") == (done.returncode, done.stderr), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    schema("diagnosis-1").validate(found)
    return found


def test_every_place_has_its_expectation(lab: Lab) -> None:
    assert SAYS.keys() == lab.places.keys()


@pytest.mark.parametrize("place", SAYS)
def test_each_place_gets_its_vantage_and_never_a_wrong_yes(lab: Lab, place: str) -> None:
    found = diagnosed(lab, place)

    assert SAYS[place] == (found["vantage"], found["lan"]["answer"])
    assert found["lan"]["answer"] != "yes" or place in ON_THE_LAN


@pytest.mark.parametrize("place", sorted(ON_THE_LAN))
def test_a_yes_names_the_interface_that_really_has_the_lan(lab: Lab, place: str) -> None:
    lan = diagnosed(lab, place)["lan"]

    held = [
        f"{address['local']}/{address['prefixlen']}"
        for link in ip(lab.places[place], "addr", "show", "dev", lan["interface"])
        for address in link["addr_info"]
    ]
    assert "192.168.0.0/24" == lan["network"]
    assert f"{lan['address']}/24" in held


def test_the_roles_in_docker_desktops_engine(lab: Lab) -> None:
    found = diagnosed(lab, "docker-desktop/host")
    roles = {each["name"]: each["role"] for each in found["interfaces"]}

    assert {"lo": "loopback", "eth0": "vm", "services1": "vm", "docker0": "engine"}.items() <= (
        roles.items()
    )
    assert "docker-desktop-container" in {each["code"] for each in found["advice"]}
    assert "native" == found["recommendation"]["runtime"]
    assert "no" == found["containers_here"]["answer"]


def test_what_the_distribution_sees_says_nothing_of_its_containers(lab: Lab) -> None:
    found = diagnosed(lab, "docker-desktop-distro")

    assert ("eth1", "192.168.0.200") == (found["lan"]["interface"], found["lan"]["address"])
    assert "no" == found["containers_here"]["answer"]
    assert (3, "native") == (found["recommendation"]["row"], found["recommendation"]["runtime"])


def test_a_capture_of_each_place_is_judged_alike_elsewhere(lab: Lab) -> None:
    """Taken inside, judged outside: nothing of the judging machine leaks into the verdict."""
    for name in ("linux-host/macvlan", "docker-desktop/host", "docker-desktop-distro"):
        taken = lab.places[name].dpf_edge("capture", timeout=40).stdout
        judged = lab.places["linux-host/none"].dpf_edge(
            "diagnose", "--json", "--capture", "-", stdin=taken, timeout=40
        )

        there, here = diagnosed(lab, name), json.loads(judged.stdout)

        schema("capture-1").validate(json.loads(taken))
        assert (there["vantage"], there["lan"]) == (here["vantage"], here["lan"])


def test_diagnose_sends_nothing(lab: Lab) -> None:
    """The packet counters of every link are the same before and after a diagnosis."""
    place = lab.places["docker-desktop-distro"]

    def sent() -> dict[str, int]:
        links = ip(place, "-s", "link", "show")
        return {link["ifname"]: link["stats64"]["tx"]["packets"] for link in links}

    before = sent()
    diagnosed(lab, "docker-desktop-distro")

    assert before == sent()
