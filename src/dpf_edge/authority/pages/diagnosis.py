"""Where this very machine stands, in full: for an Authority that shares its process with a node."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from dpf_edge.authority.login import Role
from dpf_edge.authority.pages.see import line
from dpf_edge.authority.pages.visit import Page, Visit
from dpf_edge.authority.self_diagnosis import Busy
from dpf_edge.authority.sight import FRESH_SECONDS, lost_at, stands
from dpf_edge.errors import DpfEdgeError
from dpf_edge.model import Role as InterfaceRole
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from starlette.responses import Response

    from dpf_edge.authority.pages.see import Line
    from dpf_edge.authority.self_diagnosis import Here, Taken
    from dpf_edge.store.kept import Store


def machine(visit: Visit) -> Here:
    """This machine.

    :raises Refusal: 404: it is no node's.
    """
    if visit.authority.here is None:
        raise Refusal(404, "not_found", "No node stands on this machine.")
    return visit.authority.here


async def show(visit: Visit) -> Response:
    """The last diagnosis; one that is older than a node's word may be is taken anew.

    Where that cannot be, it is shown as it was.
    """
    here, authority = machine(visit), visit.authority
    if visit.now - here.last.at > FRESH_SECONDS:
        with contextlib.suppress(Busy, TimeoutError, DpfEdgeError):
            await here.again(authority.threads, authority.clock, authority.ticks)
    own = await visit.stored(lambda store: node_of(visit, store, here))
    is_old = visit.now - here.last.at > FRESH_SECONDS
    return await visit.html("diagnosis.html", **drawn(here.last), own=own, is_old=is_old)


def node_of(visit: Visit, store: Store, here: Here) -> Line | None:
    """The node on this machine, where it has enrolled."""
    node_id = here.node_id() if here.node_id is not None else None
    found = [each for each in store.nodes.list() if each.node.node_id == node_id]
    return line(visit, found[0]) if found else None


def drawn(taken: Taken) -> dict[str, Any]:
    """A diagnosis as the page shows it."""
    found = taken.diagnosis
    idle = [
        each for each in found.interfaces if each.role is InterfaceRole.DOWN and not each.addresses
    ]
    return {
        "taken": taken,
        "found": found,
        "stands": stands(found.vantage),
        "lost_at": lost_at(found.lan.answer, found.layers),
        "interfaces": [each for each in found.interfaces if each not in idle],
        "idle": [each.name for each in idle],
    }


async def again(visit: Visit) -> Response:
    """Diagnose once more; it reads, and sends nothing."""
    here, authority = machine(visit), visit.authority
    try:
        taken = await here.again(authority.threads, authority.clock, authority.ticks)
    except Busy:
        raise Refusal(409, "conflict", "A diagnosis is under way: wait for it.") from None
    except TimeoutError:
        says = f"It was not done within {here.most_seconds:.0f} s; what stood before still stands."
        raise Refusal(504, "timed_out", says) from None
    except DpfEdgeError as error:
        raise Refusal(500, "failed", f"It could not be done: {error}") from None
    answer = str(taken.diagnosis.lan.answer)
    await visit.change(lambda store: store.ping(), detail=lambda _: {"answer": answer})
    return visit.away("/diagnose")


PAGES = (
    Page("GET", "/diagnose", "diagnose", Role.VIEWER, show),
    Page("POST", "/diagnose", "diagnose", Role.OPERATOR, again),
)
