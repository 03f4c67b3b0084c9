"""The generated page of docs/reference about collectors: what each reads, sends and needs."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from dpf_edge.discovery import asked, makers, scope, subnets
from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import About

LEVELS = {
    Level.LISTEN: "Nothing is sent on the LAN, and no multicast group is joined, since joining "
    "sends. The default.",
    Level.ASK: "Also questions to everybody on the segment, and to addresses that are known.",
    Level.PROBE: "Also a walk through address ranges: the LAN's own, or those that are named.",
}
STAGES = {
    Stage.TABLES: "at once, and again once all are found and once all are asked",
    Stage.LISTEN: "beside all else, as long as the sweep lasts",
    Stage.FIND: "to find who is there",
    Stage.DETAIL: "to ask those who were found, in waves while others still find",
}
REACHES = {
    "machine": "this machine; also where the LAN is not seen",
    "segment": "our own link",
    "routed": "our own link, and what lies behind routers",
}


def page(made: str) -> str:
    """The page."""
    return "\n".join(parts(made))


def parts(made: str) -> Iterator[str]:
    """The page, piece by piece."""
    yield (
        f"{made}\n# Collectors\n\n"
        "Each looks or asks in one way. `dpf-edge sweep` runs them by hand, a node runs them at "
        "its Authority's pace; what\nthey see merges into devices. One that fails is an outcome "
        "and costs the others nothing. From a vantage that does\nnot see the LAN only those run "
        "that look at the machine itself (`--even-if-blind` overrides that).\n"
    )
    yield rates()
    for level, says in LEVELS.items():
        yield f"## {level.value}\n\n{says}\n"
        for name, about in collector.about().items():
            if about.level is level:
                yield one(name, about)


def rates() -> str:
    """How much is sent how fast, and what is never sent."""
    named = ", ".join(f"`{name}` {number}" for name, number in asked.RATES.items())
    return (
        f"Packets a second, of all collectors together: {named}, or a number up to "
        f"{asked.MOST_RATE}. A node is `polite` and\na sweep by hand `normal` unless told "
        "otherwise; when answers thin out, the rate falls.\n\n"
        "Only private IPv4 ranges are walked (10/8, 172.16/12, 192.168/16), none larger than a "
        f"/{subnets.WIDEST}, and of the\nLAN's own networks unasked only those of at most a "
        f"/{subnets.LEAST_BITS}. Printers' raw ports, TCP 9100 to 9107, are never touched.\n"
        f"A few addresses that nobody should have are asked too (`control` in the outcomes): "
        "where they answer, something\nanswers for everybody, and what probes say of who is up "
        "there is not believed. A sweep has a deadline that\nfollows from its rate: "
        f"{scope.SETTLE_SECONDS:g} s, and {scope.SLACK:g} times what its packets take.\n\n"
        f"A MAC's maker is told by the IEEE's registries of {makers.DATE}, with blocks of 24, 28 "
        "and 36 bits.\n"
    )


def one(name: str, about: About) -> str:
    """One collector."""
    lines = [
        f"### {name}\n\n{inspect.cleandoc(collector.all()[name].__doc__ or '')}\n",
        f"- **reads** {about.reads}",
        f"- **sends** {about.sends}",
        f"- **reaches** {REACHES[about.reach]}",
        f"- **runs** {STAGES[about.stage]}",
    ]
    if about.needs:
        lines.append(f"- **needs** {about.needs}; without: {about.without}")
    if about.stands_in_for:
        lines.append(f"- **stands in** for `{about.stands_in_for}`, where that cannot run")
    return "\n".join(lines) + "\n"
