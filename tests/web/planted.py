"""What stands on the pages: an Authority on a loopback port, and nodes of every sort."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge.authority.app import create
from dpf_edge.authority.identity import sighting
from dpf_edge.authority.settings import Settings
from dpf_edge.store import open_store
from dpf_edge.wire import discovery, enroll, heartbeat, times, tokens
from tests.authority.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dpf_edge.store.kept import Store

SCRIPT = "<script>document.title='taken'</script>"
STORE = "authority.sqlite"
LONG = "a-very-long-name-that-somebody-gave-to-a-machine-in-the-back-office-of-the-second-floor"
DOCKERS = "192.168.65.3/24"
STATUS = {"yes": "healthy", "no": "failing", "unknown": "degraded"}


class Site(NamedTuple):
    """An Authority that is reached by HTTP."""

    url: str
    store: Store

    def link(self) -> str:
        """The way in, once."""
        return f"/sign-in?link={self.store.people.link('operator').reveal()}"


@contextlib.contextmanager
def authority(folder: Path) -> Iterator[Site]:
    """An Authority on a new store, or on the one that the folder has, by the time of day."""
    with opened(folder / STORE) as site:
        yield site


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Site]:
    """The same over a store's file."""
    url = f"sqlite:///{file}"
    with (
        open_store(url, clock=time.time, sight=sighting, key=b"k" * 32) as store,
        served(create(store, Settings(), time.time)) as at,
    ):
        yield Site(at.url, store)


def node(store: Store, name: str, *, site: str = "default", trusted: bool = True) -> str:
    """A node that enrolled; its id."""
    token = store.tokens.issue(auto_approve=trusted, site=site).token.reveal()
    told = {
        "displayName": name,
        "platform": "linux",
        "installMode": "native",
        "version": "0.1.0",
        "advertisedCapabilities": ["discovery.network"],
        "metadata": {"hostname": name, "host": {"ipAddresses": ["192.168.50.7", "fd00:50::7"]}},
    }
    request = enroll.decode(json.dumps(told).encode())
    return store.nodes.enrol(tokens.digest(token), request, enroll.check(request)).node_id


def beats(store: Store, node_id: str, answer: str, **evidence: Any) -> None:
    """A node's heartbeat."""
    told = {
        "lanAnswer": answer,
        "lanForSec": 7300,
        "level": "listen",
        "lastSweep": {"host": "found", "neighbours": "found", "mdns": "skipped", "arp": "failed"},
        "lastSweepItems": 14,
        "outbox": {"runs": 0, "bytes": 0, "dropped": {}},
        **evidence,
    }
    report = {"capability": "discovery.network", "status": STATUS[answer], "evidence": told}
    request = heartbeat.decode(json.dumps({"capabilityReports": [report]}).encode())
    assert request.capability_reports
    store.nodes.beat(node_id, request.capability_reports)


def runs(store: Store, node_id: str, items: int = 14, *, now: float | None = None) -> None:
    """A node's run, with so many devices."""
    now = time.time() if now is None else now
    told = {
        "runKey": f"run-{node_id}-{now}",
        "agentMode": "native",
        "agentVersion": "0.1.0",
        "observedAt": times.stamp(now),
        "capabilities": ["discovery.network"],
        "warnings": ["arp: no privilege for a packet socket"],
        "items": [
            {
                "observedKey": f"mac:00:11:32:00:00:{number:02x}",
                "itemType": "network_client",
                "name": f"device {number} {SCRIPT}",
                "confidence": 0.9,
                "rawData": {"macAddress": f"00:11:32:00:00:{number:02x}"},
            }
            for number in range(items)
        ],
    }
    request = discovery.decode(json.dumps(told).encode())
    store.runs.submit(
        node_id, request, digest=store.runs.digest(request), received_at=now, observed_at=now
    )


def comparison() -> bytes:
    """The seed's table."""
    its = "192.168.0.200/24"
    rows = (
        ("Windows host", "windows-native", "yes", "real LAN", "eth0", its),
        ("docker-desktop WSL distro", "docker-desktop-distro", "yes", "mirrored", "eth1", its),
        ("container", "docker-desktop-host", "no", "Docker services only", "eth0", DOCKERS),
    )
    names = ("name", "vantage", "sees_lan", "says", "interface", "address")
    told = {
        "comparison": 1,
        "taken_at": times.stamp(time.time()),
        "versions": {},
        "lan": {"network": "192.168.0.0/24", "address": "192.168.0.200"},
        "vantages": [{**dict(zip(names, row, strict=True)), "reached_by": "it"} for row in rows],
        "boundary": {"last_that_sees": rows[1][0], "first_that_does_not": rows[2][0], "why": "x"},
        "conclusion": "The LAN is lost between the distribution and the engine.",
    }
    return json.dumps(told).encode()


def silent(folder: Path, days: int = 3) -> dict[str, str]:
    """A store whose nodes have all been silent for some days, by what they said last."""
    then = time.time() - days * 86_400
    url = f"sqlite:///{folder / STORE}"
    with open_store(url, clock=lambda: then, sight=sighting, key=b"k" * 32) as store:
        saw, cut = node(store, "warehouse-2"), blind(store, "default")
        beats(store, saw, "yes", vantage="linux-host", lanNetwork="192.168.50.0/24")
        runs(store, saw, now=then)
        store.comparisons.put(cut, comparison())
    return {"saw": saw, "blind": cut}


def blind(store: Store, site: str, **evidence: Any) -> str:
    """A node in a container of Docker Desktop, which says so; its id."""
    its = node(store, "till-pc", site=site)
    why = "this is Docker Desktop's own network inside its virtual machine, and not the LAN"
    beats(
        *(store, its, "no"),
        vantage="docker-desktop-host",
        lanWhy=why,
        advice=["docker-desktop-container"],
        **evidence,
    )
    return its


def fleet(store: Store) -> dict[str, str]:
    """Nodes of every sort, by what they are."""
    sees = node(store, "warehouse-2", site="shop-7")
    beats(
        store,
        sees,
        "yes",
        vantage="linux-host",
        lanInterface="eth0",
        lanNetwork="192.168.50.0/24",
        layers=[["host", "linux", ""]],
    )
    runs(store, sees)
    cut = blind(
        store,
        "shop-7",
        layers=[
            ["host", "windows"],
            ["vm", "wsl2"],
            ["engine", "docker-desktop"],
            ["container", "host networking"],
        ],
        signals=[
            ["kernel", f"linuxkit {SCRIPT}", "/proc/version"],
            ["gateway", "192.168.65.1", "routes"],
        ],
    )
    store.comparisons.put(cut, comparison())
    doubts = node(store, f"{LONG} {SCRIPT}", site="head office, 2nd floor")
    beats(
        store,
        doubts,
        "unknown",
        vantage="linux-vm-bridged",
        lanWhy="this is a virtual machine, and no neighbour proves what its card leads to",
        advice=["bridged-card-unproven"],
        layers=[
            ["host", "unknown", "the machine that this virtual machine runs on"],
            ["vm", "kvm", "a virtual machine"],
        ],
    )
    waits = node(store, "nas", trusted=False)
    return {"sees": sees, "blind": cut, "doubts": doubts, "waits": waits}
