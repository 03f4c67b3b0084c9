"""A device's page: all that is known of it and who says so, what happened to it, who is near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge.authority import device_facts, survey
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages.devices import SOURCES
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.export import told
from dpf_edge.model import Answer
from dpf_edge.store.finding import network
from dpf_edge.wire.discovery import NETWORK_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Device
    from dpf_edge.store.surroundings import Neighbour

# Of what happened to a device, and of the reports of it, what a page shows.
CHANGES, REPORTS = 100, 20
# Of one report's text.
RAW = 4_000
# How things hang together, as seen from the relation's source, and from its target.
TIES = {
    "MEMBER_OF": ("is in the network", "has in it"),
    "ROUTES_THROUGH": ("reaches others through", "is the router of"),
    "PEER_OF": ("is wired to", "is wired to"),
    "CONNECTS_TO": ("hangs on", "has on it"),
    "HOSTS": ("runs", "runs on"),
}
HAPPENED = {
    "new": "seen for the first time",
    "gone": "gone",
    "back": "back again",
    "moved": "has another address",
    "renamed": "has another name",
}


class Near(NamedTuple):
    """One neighbour, and the ports of the two as far as they are told."""

    says: str
    label: str
    kind: str | None
    device_id: str | None
    prefix: str | None
    port: str | None
    far_port: str | None
    node_ids: tuple[str, ...]


async def show(visit: Visit) -> Response:
    """One device.

    :raises StoreMissing: there is no such device.
    """
    device_id = visit.path("device")

    def look(store: Store) -> dict[str, Any]:
        detail = store.inventory.device(device_id)
        around = store.inventory.neighbours(device_id)
        reporting = {each.node_id for each in detail.observations}
        return {
            "detail": detail,
            "around": around,
            "names": store.inventory.called({*reporting, *detail.device.nodes}),
            "is_watched": is_watched(store, detail.device, visit.now),
        }

    found = await visit.stored(look)
    detail = found["detail"]
    near = neighbours(found["around"].rows)
    return await visit.html(
        "device.html",
        **found,
        device=detail.device,
        facts=device_facts.facts(detail.observations),
        services=device_facts.services(detail.observations),
        near=near,
        left_out=found["around"].total - len(found["around"].rows),
        changes=detail.changes[:CHANGES],
        reports=detail.observations[:REPORTS],
        more_reports=len(detail.observations[REPORTS:]),
        happened=HAPPENED,
        sources=SOURCES,
        raw=RAW,
    )


def is_watched(store: Store, device: Device, now: float) -> bool:
    """Whether a node that has a device in its newest run is here, not blind, and swept lately."""
    lookers = survey.looking(store, now, site=device.site) if device.present else {}
    return any(
        one.is_here and one.is_fresh and one.answer is not Answer.NO
        for node_id, one in lookers.items()
        if node_id in device.nodes
    )


async def forget(visit: Visit) -> Response:
    """Delete a device and all that was observed of it."""
    device_id, by = visit.path("device"), visit.caller.actor
    await visit.change(
        lambda store: store.inventory.forget(device_id, by=by),
        detail=lambda _: {"device": device_id},
    )
    return visit.away("/devices", done="forget")


def neighbours(rows: Iterable[Neighbour]) -> list[Near]:
    """Neighbours in words, each once however many nodes tell of it."""
    found: dict[tuple[object, ...], Near] = {}
    for each in rows:
        says = TIES.get(each.kind, (each.kind, each.kind))[0 if each.is_source else 1]
        near, far = ports(each)
        prefix = str(net) if (net := network(each.key.partition(":")[2])) else None
        whose = each.device_id or each.key
        place = (says, whose, near, far)
        before = found.get(place)
        nodes = (*(before.node_ids if before else ()), each.node_id)
        found[place] = Near(
            says,
            each.label,
            each.device_kind,
            each.device_id,
            prefix if each.key.startswith(NETWORK_KEY) else None,
            near,
            far,
            tuple(dict.fromkeys(nodes)),
        )
    return list(found.values())


def ports(each: Neighbour) -> tuple[str | None, str | None]:
    """The device's own port and the other's, as far as a relation tells."""
    source, target = told.ports(each.raw)
    return (source, target) if each.is_source else (target, source)


PAGES = (
    Page("GET", "/devices/{device}", "device", Role.VIEWER, show),
    Page("POST", "/devices/{device}/forget", "devices.forget", Role.OPERATOR, forget),
)
