"""A hundred thousand devices, as nodes report them: made once, by real runs into a real store."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dpf_edge.wire import discovery, times
from tests.store.fleet import Clock, Fleet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.store.kept import Store

DEVICES, SITES = 100_000, 20
# What a run may hold beside its devices: the subnets.
IN_A_RUN = 5_000
MAKERS = (
    ("24:5a:4c", "Ubiquiti Inc"),
    ("00:11:32", "Synology Incorporated"),
    ("3c:d9:2b", "Hewlett Packard"),
    ("b8:27:eb", "Raspberry Pi Foundation"),
    ("ac:cc:8e", "Axis Communications AB"),
    ("00:14:22", "Dell Inc."),
    ("f0:18:98", "Apple, Inc."),
    ("00:1e:c9", "Brother Industries"),
)
KINDS = ("computer", "printer", "camera", "phone", "nas", "server", "till", "access-point")
SERVICES: tuple[tuple[str, int], ...] = (
    ("ssh", 22),
    ("http", 80),
    ("https", 443),
    ("_ipp._tcp", 631),
    ("rtsp", 554),
    ("smb", 445),
)
SCRIPT = "<script>document.title='taken'</script>"
BIDI = "\N{RIGHT-TO-LEFT OVERRIDE}"


class Crowd(NamedTuple):
    """What was made: the nodes by their sites, and the one that reports what was planted."""

    nodes: dict[str, str]
    planted: str


def address(number: int) -> str:
    """The address of a device of its site: a /24 each 200 devices."""
    return f"10.{number // 40_000 + 20}.{number // 200 % 200}.{number % 200 + 10}"


def mac(number: int) -> str:
    """The hardware address of a device."""
    prefix, _ = MAKERS[number % len(MAKERS)]
    return f"{prefix}:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def host(key: str, name: str, **facts: Any) -> discovery.Item:
    """An item of a device."""
    return discovery.Item(
        observed_key=key,
        item_type="host",
        name=name,
        confidence=0.9,
        raw_data=discovery.raw({"discoveredVia": "arp_scan", **facts}),
    )


def subnet(prefix: str) -> discovery.Item:
    """An item of a network."""
    return discovery.Item(
        observed_key=f"subnet:{prefix}",
        item_type="subnet",
        name=prefix,
        confidence=0.95,
        raw_data=discovery.raw({"networkAddress": prefix}),
    )


def link(source: str, target: str, kind: str, **facts: str) -> discovery.Relationship:
    """How two items belong together."""
    return discovery.Relationship(
        from_observed_key=source,
        to_observed_key=target,
        relationship_type=kind,
        raw_data=discovery.raw(facts),
    )


def members(first: int, how_many: int) -> Iterator[discovery.Item]:
    """The devices of one site; one in ten has no name."""
    for number in range(first, first + how_many):
        at, maker = address(number), MAKERS[number % len(MAKERS)][1]
        kind = KINDS[number // len(MAKERS) % len(KINDS)]
        name = f"{maker.split()[0]} {at}" if number % 10 == 0 else f"{kind}-{number:06d}"
        offers = SERVICES[number % len(SERVICES)], SERVICES[number // 7 % len(SERVICES)]
        yield host(
            f"arp:{at}",
            name,
            address=at,
            mac=mac(number),
            vendor=maker,
            deviceKind=kind,
            model=f"Model {number % 97}",
            services=[
                {"name": named, "port": port, "transport": "tcp"}
                for named, port in dict(offers).items()
            ],
        )


def links(first: int, how_many: int) -> Iterator[discovery.Relationship]:
    """Which network each is of, and that the first of a network is its router."""
    for number in range(first, first + how_many):
        at = address(number)
        yield link(f"arp:{at}", f"subnet:{prefix(number)}", "MEMBER_OF")
        if number % 200:
            router = address(number // 200 * 200)
            yield link(f"arp:{at}", f"arp:{router}", "ROUTES_THROUGH")


def prefix(number: int) -> str:
    """The network of a device."""
    return f"{address(number).rpartition('.')[0]}.0/24"


def node(store: Store, name: str, site: str) -> str:
    """A node that enrolled and is trusted; its id."""
    return Fleet(store, Clock()).enrolled(site, display_name=name).node_id


def submit(
    store: Store,
    node_id: str,
    key: str,
    items: list[discovery.Item],
    relationships: list[discovery.Relationship],
    at: float,
) -> None:
    """Send a run as a node does: through JSON and back."""
    made = discovery.Request(
        run_key=key,
        agent_mode="native",
        agent_version="0.1.0",
        observed_at=times.stamp(at),
        capabilities=("discovery.network",),
        items=tuple(items),
        relationships=tuple(relationships),
    )
    request = discovery.decode(msgspec.json.encode(made))
    seen = times.seconds(request.observed_at)
    store.runs.submit(
        node_id, request, digest=store.runs.digest(request), received_at=at, observed_at=seen
    )


def crowd(store: Store, devices: int = DEVICES, sites: int = SITES) -> Crowd:
    """Fill a store: so many devices on so many sites, and some that were planted on another."""
    now = time.time()
    each = devices // sites
    nodes = {}
    for number in range(sites):
        site = f"site-{number:02d}"
        nodes[site] = node(store, f"node-{number:02d}", site)
        first = number * each
        for start in range(first, first + each, IN_A_RUN):
            size = min(IN_A_RUN, first + each - start)
            nets = sorted({prefix(one) for one in range(start, start + size)})
            items = [*members(start, size), *map(subnet, nets)]
            submit(store, nodes[site], f"run-{start}", items, list(links(start, size)), now - 3600)
    return Crowd(nodes, planted(store, now))


def planted(store: Store, now: float) -> str:
    """Devices that are worth a look, on a site of their own: what each is, its name tells."""
    told = node(store, "lab-node", "the lab")
    items = [
        subnet("192.168.50.0/24"),
        host(
            "arp:192.168.50.1",
            "gateway",
            address="192.168.50.1",
            mac="24:5a:4c:ff:00:01",
            vendor="Ubiquiti Inc",
            deviceKind="router",
            isGateway=True,
            roles=["gateway"],
            services=[{"name": "dns", "port": 53, "transport": "udp"}],
        ),
        host(
            "arp:192.168.50.2",
            f"hostile {SCRIPT} {BIDI}gpj.exe\x1b[31m",
            address="192.168.50.2",
            mac="24:5a:4c:ff:00:02",
            vendor=f"Maker {SCRIPT}",
            model="'\"><img src=x onerror=alert(1)>",
            hostname=SCRIPT,
            services=[{"name": SCRIPT, "port": 8080, "product": f"{SCRIPT}{BIDI}"}],
        ),
        host("arp:192.168.50.3", "x" * 300, address="192.168.50.3", mac="24:5a:4c:ff:00:03"),
        host(
            "arp:192.168.50.4",
            "core-switch",
            address="192.168.50.4",
            mac="00:1e:c9:ff:00:04",
            deviceKind="switch",
            vendor="Dell Inc.",
            model="N1148T",
            serial="CN0123456789",
            os="DNOS 6.6",
        ),
        host("arp:192.168.50.5", "gone-away", address="192.168.50.5", mac="24:5a:4c:ff:00:05"),
        host(
            "arp:192.168.50.6",
            "laptop",
            address="192.168.50.6",
            mac="f0:18:98:ff:00:06",
            deviceKind="computer",
            vendor="Apple, Inc.",
        ),
        discovery.Item(
            observed_key="snmp:192.168.50.4",
            item_type="switch",
            name="core-switch",
            confidence=0.95,
            source_path="1.3.6.1.2.1.1",
            raw_data=discovery.raw(
                {
                    "address": "192.168.50.4",
                    "mac": "00:1e:c9:ff:00:04",
                    "sysName": "core-switch",
                    "sysDescr": "Dell Networking N1148T-ON, 6.6.3.20",
                    "discoveredVia": "snmp_poll",
                }
            ),
        ),
    ]
    lan = "subnet:192.168.50.0/24"
    ties = [
        *(link(each.observed_key, lan, "MEMBER_OF") for each in items[1:7]),
        link("arp:192.168.50.4", "arp:192.168.50.1", "PEER_OF", port="Gi1/0/48", farPort="eth1"),
        link("arp:192.168.50.6", "arp:192.168.50.4", "CONNECTS_TO", farPort="Gi1/0/7"),
        link("arp:192.168.50.6", "arp:192.168.50.1", "ROUTES_THROUGH"),
        link("snmp:192.168.50.4", "arp:192.168.50.4", "SAME_AS"),
    ]
    submit(store, told, "planted-1", items, ties, now - 7200)
    moved = host(
        "arp:192.168.50.66",
        "laptop of the boss",
        address="192.168.50.66",
        mac="f0:18:98:ff:00:06",
        deviceKind="computer",
        vendor="Apple, Inc.",
    )
    rest = [
        each for each in items if each.observed_key not in {"arp:192.168.50.5", "arp:192.168.50.6"}
    ]
    ties = [each for each in ties if "192.168.50.5" not in each.from_observed_key]
    ties = [
        msgspec.structs.replace(each, from_observed_key="arp:192.168.50.66")
        if each.from_observed_key == "arp:192.168.50.6"
        else each
        for each in ties
    ]
    for turn in range(4):
        submit(store, told, f"planted-{turn + 2}", [*rest, moved], ties, now - 3600 + turn * 900)
    return told
