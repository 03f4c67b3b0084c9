"""One thing that changed on a network."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple


class Changed(StrEnum):
    """What sort of change it is; an event's ``eventClass``."""

    NEW = "new-device"
    GONE = "device-gone"
    MOVED = "device-moved"
    SECOND_DHCP_SERVER = "second-dhcp-server"
    DUPLICATE_ADDRESS = "duplicate-address"
    GATEWAY_MAC = "gateway-mac-changed"


class Change(NamedTuple):
    """One thing that changed, or is again as it was.

    :ivar component: the device or the address that it is about.
    :ivar severity: ``info``, ``warn``, ``error`` or ``critical``, the contract's words.
    :ivar summary: one line for people.
    :ivar at: when it was, seconds since 1970.
    :ivar is_over: whether it is that something is over: the device is back.
    :ivar instance: what tells it from another of its sort and component: a new MAC.
    """

    what: Changed
    component: str
    severity: str
    summary: str
    at: float
    details: dict[str, Any]
    is_over: bool = False
    instance: str | None = None
