"""Networks for the map and coverage: two sites with the same addresses, routes, a blind node."""

from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING, Any

from dpf_edge.wire import discovery, times
from tests.web.planted import LONG, SCRIPT, beats, blind, node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.store.kept import Store

_runs = itertools.count(1)
Told = dict[str, Any]


def item(key: str, name: str, kind: str = "host", **raw: Any) -> Told:
    """An item as a node sends it."""
    return {
        "observedKey": key,
        "itemType": kind,
        "name": name,
        "confidence": 0.9,
        "rawData": raw,
    }


def network(prefix: str, via: str | None, **raw: Any) -> Told:
    """A network's item."""
    told = {"networkAddress": prefix, **({"discoveredVia": via} if via else {}), **raw}
    return item(f"subnet:{prefix}", prefix, "subnet", **told)


def device(address: str, name: str, number: int, via: str = "arp_table", **raw: Any) -> Told:
    """A device's item."""
    mac = f"00:11:32:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    told = {"hostname": name, "address": address, "mac": mac, "discoveredVia": via, **raw}
    return item(f"arp:{address}", name, **told)


def tie(one: str, other: str, kind: str, **raw: str) -> Told:
    """A relationship."""
    told: Told = {"fromObservedKey": one, "toObservedKey": other, "relationshipType": kind}
    return {**told, "rawData": raw} if raw else told


def submitted(store: Store, node_id: str, items: Iterable[Told], ties: Iterable[Told] = ()) -> None:
    """A node's run."""
    now = time.time()
    told = {
        "runKey": f"networks-{next(_runs)}-{now}",
        "agentMode": "native",
        "agentVersion": "0.1.0",
        "observedAt": times.stamp(now),
        "capabilities": ["discovery.network"],
        "items": list(items),
        "relationships": list(ties),
    }
    request = discovery.decode(json.dumps(told).encode())
    store.runs.submit(
        node_id, request, digest=store.runs.digest(request), received_at=now, observed_at=now
    )


def station(number: int) -> str:
    """The address of an office's station: beyond one network's, they stand in the next."""
    return f"192.168.1.{number + 10}" if number < 240 else f"192.168.2.{number - 220}"


def office(store: Store, *, stations: int = 24) -> str:
    """A site with a router, two switches, and networks behind; its node."""
    its = node(store, "warehouse-2", site="office")
    beats(
        store,
        its,
        "yes",
        vantage="linux-host",
        lanInterface="eth0",
        lanNetwork="192.168.1.0/24",
        level="ask",
    )
    lan = "192.168.1"
    kinds = ("printer", "phone", "computer", "camera", "tv")
    names = [f"{kinds[n % 5]}-{n}" for n in range(stations)]
    names[:2] = [f"{LONG} {SCRIPT}", f"till {SCRIPT}"]
    items = [
        item("host:linux:0000000000000001", "warehouse-2", platform="linux", sees_lan="yes"),
        network(f"{lan}.0/24", "interface", iface="eth0"),
        network("192.168.2.0/24", "route_table"),
        network("192.168.3.0/24", "snmp_poll"),
        network("10.9.0.0/24", "snmp_poll"),
        network("192.168.0.0/16", "route_table"),
        network("172.17.0.0/16", "engine"),
        network("fd00:50::/64", "interface"),
        device(f"{lan}.1", "gate", 1, deviceKind="router", roles=["gateway"]),
        device(f"{lan}.2", "core-switch", 2, deviceKind="switch"),
        device(f"{lan}.3", "hall-ap", 3, deviceKind="access-point"),
        *(
            device(
                station(n),
                name,
                n + 10,
                "arp_table" if n < 240 else "icmp_echo",
                deviceKind=kinds[n % 5],
            )
            for n, name in enumerate(names)
        ),
        device("192.168.2.9", "label-printer", 900, "icmp_echo", deviceKind="printer"),
        device("192.168.3.4", "badge-reader", 901, "snmp_poll"),
    ]
    ties = [
        tie("host:linux:0000000000000001", f"arp:{lan}.1", "ROUTES_THROUGH"),
        tie("host:linux:0000000000000001", f"subnet:{lan}.0/24", "MEMBER_OF"),
        *(
            tie(f"subnet:{prefix}", f"arp:{lan}.1", "ROUTES_THROUGH")
            for prefix in ("192.168.2.0/24", "192.168.3.0/24", "10.9.0.0/24")
        ),
        tie(f"arp:{lan}.2", f"arp:{lan}.1", "PEER_OF", port="gi0/1", farPort="lan3"),
        tie(f"arp:{lan}.3", f"arp:{lan}.2", "PEER_OF", port="eth0", farPort="gi0/24"),
        *(
            tie(f"arp:{station(n)}", f"arp:{lan}.{2 + n % 2}", "CONNECTS_TO", farPort=f"gi0/{n}")
            for n in range(stations)
        ),
    ]
    submitted(store, its, items, ties)
    return its


def shop(store: Store) -> dict[str, str]:
    """A site with the same addresses: one node that sees, one that is blind, one that doubts."""
    sees = node(store, "back-room", site="shop")
    beats(store, sees, "yes", lanInterface="en0", lanNetwork="192.168.1.0/24")
    submitted(
        store,
        sees,
        [
            item("host:darwin:0000000000000002", "back-room", platform="darwin"),
            network("192.168.1.0/24", "interface", iface="en0"),
            network("192.168.8.0/24", "route_table"),
            device("192.168.1.1", "shop-router", 5001, deviceKind="router"),
            device("192.168.1.40", "till-1", 5002, deviceKind="computer"),
        ],
        [
            tie("host:darwin:0000000000000002", "arp:192.168.1.1", "ROUTES_THROUGH"),
            tie("subnet:192.168.8.0/24", "arp:192.168.1.1", "ROUTES_THROUGH"),
        ],
    )
    cut = blind(store, "shop")
    submitted(
        store,
        cut,
        [
            item("host:linux:0000000000000003", "till-pc", platform="linux", lanAnswer="no"),
            network("192.168.65.0/24", "interface", iface="eth0"),
            device("192.168.65.1", "gateway.docker.internal", 6001),
        ],
        [tie("host:linux:0000000000000003", "arp:192.168.65.1", "ROUTES_THROUGH")],
    )
    return {"sees": sees, "blind": cut}


def depot(store: Store) -> str:
    """A site where nobody sees anything: its only node is blind."""
    its = node(store, "dock", site="depot")
    beats(store, its, "no", vantage="wsl2-nat", lanWhy="this is WSL's own network behind NAT")
    return its


def planted(store: Store, *, stations: int = 24) -> dict[str, str]:
    """All three sites; nodes by what they are."""
    return {"office": office(store, stations=stations), **shop(store), "depot": depot(store)}
