from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dpf_edge import addresses
from dpf_edge.discovery import times
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.discovery.texts import clean
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job
    from dpf_edge.host.net import Net
    from dpf_edge.observed import Observation
    from dpf_edge.wire.adapters import Adapter

UNIFI = "unifi"
AT_ONCE = 4
# Warnings of one controller; of a site whose every device fails, a few say enough.
MOST_WARNINGS = 5


@collector.declare(
    "unifi",
    level=Level.ASK,
    stage=Stage.FIND,
    reach="routed",
    reads="of the UniFi controllers that the Authority names: a site's devices, how they hang "
    "together, and its clients",
    sends="HTTPS requests to those controllers, at private addresses alone, with the key that the "
    "Authority gave for each; its certificate is checked",
    named_in="adapters",
)
def unifi(job: Job, net: Net) -> Iterator[Observation]:
    """What do the UniFi controllers know that the Authority names: which devices, which clients?"""
    rows: tuple[Adapter, ...] = job.settings.get("adapters", ())
    works = [lambda each=each: one(each, net) for each in rows if each.collector_type == UNIFI]
    yield from side_by_side(works, AT_ONCE)


def one(row: Adapter, net: Net) -> Iterator[Observation]:
    """What one controller knows; one that cannot be asked is told of, and holds up no other."""
    from dpf_edge.discovery import unifi_site
    from dpf_edge.discovery.unifi_api import Controller, Trouble

    name = clean(row.name, 60) or clean(row.connection_key, 60)
    how = row.configuration
    try:
        found = unifi_site.site(Controller(net, row), how.site, clients=how.discover_clients)
    except Trouble as trouble:
        net.note(f"{name}: {trouble}")
        return
    for each in found.warnings[:MOST_WARNINGS]:
        net.note(f"{name}: {each}")
    yield from unifi_site.observations(found.things, address(row), times.stamp(net.now()))


def address(row: Adapter) -> str | None:
    """The controller's own address, where it is named by one."""
    try:
        found = addresses.address(urlsplit(row.endpoint_url).hostname)
    except ValueError:
        return None
    return str(found) if found else None
