from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.discovery import times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.texts import clean
from dpf_edge.errors import Absent
from dpf_edge.level import Level
from dpf_edge.observed import Observation, Tie

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Container, Net

# An engine knows what it runs.
CONFIDENCE = 0.95
_ID = re.compile(r"[0-9a-f]{12,64}")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
MOST_NAME, MOST_TEXT = 128, 200


@collector.declare(
    "engines",
    level=Level.ASK,
    stage=Stage.FIND,
    reach="machine",
    reads=(
        "of this machine's own engines: each running container's id, name, image, state, addresses,"
        " MACs and networks, and nothing else of it"
    ),
    sends=(
        "nothing on the network; one question to each of Docker's and Podman's sockets here, on"
        " Windows to each of their named pipes"
    ),
    needs="the right to ask the engine: root, or its group (docker, docker-users)",
    without="no containers of an engine that this user may not ask",
)
def engines(_job: Job, net: Net) -> Iterator[Observation]:
    """Which containers run on this machine's own engines?"""
    try:
        found = net.containers()
    except Absent:
        return
    for each in found:
        if _ID.fullmatch(each.id):
            yield seen(each)
            yield Observation(
                "engines",
                times.stamp(each.at),
                CONFIDENCE,
                ties=(Tie("HOSTS", id=f"container:{each.id}"),),
                is_self=True,
            )


def seen(container: Container) -> Observation:
    """What an engine says of one container."""
    attributes = {
        "engine": container.engine,
        "image": clean(container.image, MOST_TEXT),
        "state": clean(container.state, MOST_NAME),
        "networks": [clean(name, MOST_NAME) for name in container.networks],
    }
    name = clean(container.name, MOST_NAME)
    parsed = (addresses.address(each) for each in container.addresses)
    return Observation(
        "engines",
        times.stamp(container.at),
        CONFIDENCE,
        addresses=tuple(str(each) for each in parsed if each is not None),
        macs=tuple(each for each in container.macs if _MAC.fullmatch(each)),
        ids=(f"container:{container.id}",),
        names=(name,) if name else (),
        kind="container",
        attributes={key: value for key, value in attributes.items() if value},
    )
