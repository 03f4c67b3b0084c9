from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from dpf_edge.export.exporters import exporter
from dpf_edge.export.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.export.inventory import Entry, Inventory


# A label is kept in memory for each target: so much of a device that offers more than any does.
MOST_LISTED, MOST_VALUE = 256, 64


@exporter.declare(
    "prometheus-sd",
    media="application/json",
    suffix=".json",
    readers="Prometheus, http_sd_config and file_sd_config",
)
def prometheus_sd(inventory: Inventory) -> Iterator[str]:
    """Targets for Prometheus, by HTTP or file service discovery: one a device that can be reached.

    The target is the address alone; relabelling adds the port that is wanted, from
    `__meta_dpf_ports` or a fixed one. The labels are few, and do not change from sweep to sweep.
    """
    before = "["
    for each in inventory.devices:
        if each.reachable:
            group = {"targets": [target(each.reachable)], "labels": labels(each)}
            yield f"{before}\n{json.dumps(group, ensure_ascii=False)}"
            before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def target(address: str) -> str:
    """An address; IPv6 in brackets, as a URL has it."""
    return f"[{address}]" if ":" in address else address


def labels(entry: Entry) -> dict[str, str]:
    """What relabelling may choose by; lists stand between commas, so that a regex finds one."""
    told = {
        "key": plain(entry.key),
        "name": plain(entry.title),
        "kind": plain(entry.kind or ""),
        "maker": plain(entry.maker or ""),
        "site": plain(entry.site or ""),
        "roles": among(entry.roles),
        "ports": among(map(str, entry.ports)),
        "services": among(sorted({each.name for each in entry.services})),
    }
    return {f"__meta_dpf_{key}": value for key, value in told.items() if value}


def among(values: Iterable[str]) -> str:
    """``,a,b,``; nothing where there is none."""
    told = [each for value in islice(values, MOST_LISTED) if (each := plain(value, MOST_VALUE))]
    return f",{','.join(each.replace(',', ' ') for each in told)}," if told else ""
