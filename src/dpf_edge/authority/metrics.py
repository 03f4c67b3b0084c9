"""``/metrics``: figures for Prometheus, for whoever has an API token.

The text is the exposition format 0.0.4. Labels are from closed lists: no name, address or node id
of a customer's is ever in one, and how many series there are does not grow with the fleet.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from dpf_edge import __version__
from dpf_edge.authority import answers, fleet, login
from dpf_edge.authority.login import Role
from dpf_edge.errors import StoreUnavailable
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.requests import Request

    from dpf_edge.authority.authority import Authority
    from dpf_edge.authority.counts import Counts
    from dpf_edge.store.kept import Store

PATH = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = dict[str, str]
Sample = tuple[Labels, float]


def route(authority: Authority) -> Route:
    """The route, behind a login of any role."""

    async def metrics(request: Request) -> Response:
        try:
            login.admitted(await login.who(authority, request), Role.VIEWER)
            inventory = await authority.threads.run(of_store, authority)
        except Refusal as refusal:
            return answers.refused(refusal)
        except StoreUnavailable as away:
            return answers.refused(answers.store_unavailable("metrics", away))
        text = "".join([*inventory, *of_process(authority.counts)])
        return Response(text, headers={**answers.HEADERS, "content-type": CONTENT_TYPE})

    return Route(PATH, metrics, methods=["GET"])


def of_store(authority: Authority) -> list[str]:
    """What the store has: nodes by state and by health, devices."""
    store: Store = authority.store
    counts = store.inventory.counts()
    now, version = authority.clock(), authority.settings.node_version
    health = Counter(fleet.condition(each, now, version).health for each in store.nodes.list())
    return [
        *family("info", "gauge", "This Authority.", [({"version": __version__}, 1)]),
        *family(
            "nodes",
            "gauge",
            "Nodes by trust state.",
            by("trust_state", sorted(counts.nodes.items())),
        ),
        *family(
            "nodes_by_health",
            "gauge",
            "Nodes by how they do.",
            by("health", [(each, health[each]) for each in fleet.Health]),
        ),
        *family(
            "devices",
            "gauge",
            "Devices by whether some node sees them now.",
            by("state", [("present", counts.present), ("gone", counts.gone)]),
        ),
    ]


def of_process(counts: Counts) -> list[str]:
    """What this process has done since it started."""
    calls = [
        ({"route": route, "status": str(status)}, float(count))
        for (route, status), count in sorted(counts.calls.items())
    ]
    seconds = [({"route": route}, spent) for route, spent in sorted(counts.seconds.items())]
    return [
        *family("calls_total", "counter", "Calls by route and status.", calls),
        *family("call_seconds_total", "counter", "Time spent on calls, by route.", seconds),
        *family(
            "failures_total",
            "counter",
            "Calls that ended in an error here.",
            [({}, counts.failures)],
        ),
    ]


def by(label: str, counted: Iterable[tuple[str, float]]) -> list[Sample]:
    """Samples that differ in one label."""
    return [({label: str(each)}, count) for each, count in counted]


def family(name: str, kind: str, says: str, samples: Iterable[Sample]) -> Iterator[str]:
    """One metric with its samples, as lines."""
    full = f"dpf_edge_authority_{name}"
    yield f"# HELP {full} {says}\n# TYPE {full} {kind}\n"
    for labels, value in samples:
        told = ",".join(f'{key}="{escaped(each)}"' for key, each in labels.items())
        yield f"{full}{{{told}}} {value:.10g}\n" if told else f"{full} {value:.10g}\n"


def escaped(text: str) -> str:
    """A label's value, as the format wants it."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
