"""Observations as collectors make them, in a few words."""

from __future__ import annotations

from typing import Any

from dpf_edge.discovery.identity.merging import merge
from dpf_edge.observed import Device, Observation

AT = "2026-01-02T03:04:05.000Z"
# A maker's own, each another one's: Synology, Intel, Espressif, AVM, D-Link.
NAS, SERVER, LAMP, ROUTER, OTHER = (
    "00:11:32:40:00:10",
    "a0:36:9f:40:00:12",
    "24:0a:c4:40:00:71",
    "3c:a6:2f:40:00:01",
    "1c:7e:e5:40:00:60",
)
# Drawn by lot (the local bit is set), as phones do.
PHONE = "9a:3e:5f:40:00:50"
# How sure each collector is, as it says it.
SURE = {"neighbours": 0.7, "routes": 0.6, "ptr": 0.6, "host": 1.0, "snmp": 0.9, "heard": 0.8}


def saw(collector: str, address: str | None = None, mac: str | None = None, **more: Any) -> Any:
    """One observation."""
    told: dict[str, Any] = {
        "seen_at": AT,
        "confidence": SURE.get(collector, 0.9),
        "addresses": (address,) if address else (),
        "macs": (mac,) if mac else (),
        **more,
    }
    return Observation(collector, **told)


def itself(**more: Any) -> Observation:
    """The machine that looks."""
    seen: Observation = saw(
        "host", "192.168.0.200", "a0:36:9f:40:00:c8", names=("edge-1",), is_self=True, **more
    )
    return seen


def one(*observations: Observation) -> Device:
    """The one device that observations come to."""
    (device,) = merge(observations)
    return device


def shown(*observations: Observation) -> list[tuple[str, ...]]:
    """The addresses of the devices that observations come to."""
    return [device.addresses for device in merge(observations)]
