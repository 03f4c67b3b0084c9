"""Real engines' containers, as the collector tells of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lab import Lab

ASKED = ("sweep", "--level", "ask", "--only", "engines", "--json")


def swept(lab: Lab, place: str) -> dict[str, Any]:
    """What a sweep that asks the engines alone says in a place."""
    done = lab.places[place].dpf_edge(*ASKED, timeout=40)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_containers_that_docker_runs_are_told_and_nothing_of_their_settings(lab: Lab) -> None:
    listed = lab.places["linux-host"].run(
        ["docker", "ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}"], timeout=20
    )
    running = dict(line.split(" ", 1) for line in listed.stdout.splitlines())
    told = swept(lab, "linux-host")

    containers = {
        observed["ids"][0].removeprefix("container:"): observed["names"][0]
        for observed in told["observations"]
        if observed.get("kind") == "container"
    }
    assert running
    assert containers == running
    (outcome,) = (each for each in told["outcomes"] if each["name"] == "engines")
    assert outcome["packets"] == 0
    # Each is on this machine, and a device of its own.
    assert {
        tie["id"].removeprefix("container:")
        for observed in told["observations"]
        for tie in observed.get("ties", [])
        if tie["kind"] == "HOSTS"
    } == set(running)


def test_a_container_that_reaches_no_engine_says_so(lab: Lab) -> None:
    done = lab.places["linux-host/macvlan"].dpf_edge(*ASKED, timeout=40)

    (outcome,) = (each for each in json.loads(done.stdout)["outcomes"] if each["name"] == "engines")
    assert outcome["status"] == "nothing"
