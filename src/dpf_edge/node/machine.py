"""Where a node runs: its machine, its network, its clock; what a test replaces, in one value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.discovery.at_work import Network
    from dpf_edge.host.clock import Clock
    from dpf_edge.host.hardware import Hardware
    from dpf_edge.host.seam import Host


class Place(NamedTuple):
    """The machine that a node runs on.

    :ivar host: gives the machine to be read anew.
    :ivar network: gives the way to the LAN, at so many packets a second; for one sweep.
    :ivar fingerprint: what tells it from others; None where it has no id of its own.
    """

    host: Callable[[], Host]
    network: Callable[[int], Network]
    clock: Clock
    chance: Callable[[], float]
    hardware: Hardware
    fingerprint: str | None
