"""The TCP ports that are tried, and how what is behind each of them is spoken to.

A short list, stated in docs/reference: what tells of a device's kind, and nothing that a connect
could harm. Left out on purpose: raw printing (9100 to 9107, which host refuses anyway) and LPD
(515), where a printer may print what it gets; the ports of machines that move something (Modbus
502, S7 102, EtherNet/IP 44818, DNP3 20000), which are known to stop on a connect; databases, which
log every stranger.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Way(StrEnum):
    """How a conversation begins."""

    SILENT = "silent"
    """It is only connected to: it waits for us, and we have nothing to say."""
    GREETS = "greets"
    """It speaks first."""
    HTTP = "http"
    HTTPS = "https"
    TLS = "tls"
    """Its certificate is looked at, and no more."""


class Port(NamedTuple):
    """One port: the service's name (IANA's where it has one), and the way to speak to it."""

    number: int
    name: str
    way: Way


# Those that most devices have come first: the first answer of a host says that it is there.
PORTS = (
    Port(80, "http", Way.HTTP),
    Port(443, "https", Way.HTTPS),
    Port(22, "ssh", Way.GREETS),
    Port(445, "microsoft-ds", Way.SILENT),
    Port(53, "domain", Way.SILENT),
    Port(8080, "http", Way.HTTP),
    Port(8443, "https", Way.HTTPS),
    Port(139, "netbios-ssn", Way.SILENT),
    Port(631, "ipp", Way.HTTP),
    Port(23, "telnet", Way.GREETS),
    Port(21, "ftp", Way.GREETS),
    Port(554, "rtsp", Way.SILENT),
    Port(1883, "mqtt", Way.SILENT),
    Port(3389, "ms-wbt-server", Way.SILENT),
    Port(5900, "rfb", Way.GREETS),
    Port(135, "epmap", Way.SILENT),
    Port(548, "afpovertcp", Way.SILENT),
    Port(5000, "http", Way.HTTP),
    Port(5001, "https", Way.HTTPS),
    Port(5357, "wsd", Way.SILENT),  # IANA says wsdapi
    Port(7000, "airplay", Way.SILENT),
    Port(8006, "https", Way.HTTPS),  # Proxmox
    Port(8009, "googlecast", Way.TLS),
    Port(8123, "http", Way.HTTP),  # Home Assistant
    Port(8883, "secure-mqtt", Way.TLS),
    Port(32400, "plex", Way.HTTP),
    Port(62078, "iphone-sync", Way.SILENT),
)
# Behind a router nobody was found by ARP: whoever answers on one of these first ones is there, open
# or closed, and is then asked for the others.
FIRST, REST = PORTS[:5], PORTS[5:]
BY_NUMBER = {each.number: each for each in PORTS}
EACH = len(PORTS)
