from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from dpf_edge import __version__
from dpf_edge.export.exporters import exporter
from dpf_edge.export.inventory import MAC
from dpf_edge.export.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.export.inventory import Entry, Inventory, Offer

# The version of the form that this is, which readers ask for.
XML_VERSION = "1.05"


@exporter.declare(
    "nmap-xml",
    media="application/xml",
    suffix=".xml",
    readers="ndiff, python-libnmap, Faraday, DefectDojo",
)
def nmap_xml(inventory: Inventory) -> Iterator[str]:
    """Hosts, addresses, names and open ports in nmap's XML form, for what reads that.

    Only the form is nmap's: nothing of nmap is run or read. A device has one address of each kind,
    and one without any is left out, because the form has no place for more, or for that.
    """
    at = seconds(inventory.made_at)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n'
    yield element(
        "nmaprun", scanner="dpf-edge", args="dpf-edge export nmap-xml", start=str(at),
        startstr=clock(at), version=__version__, xmloutputversion=XML_VERSION, is_open=True,
    )  # fmt: skip
    up = 0
    for each in inventory.devices:
        if places(each):
            up += 1
            yield from host(each, at)
    yield "<runstats>"
    yield element("finished", time=str(at), timestr=clock(at), elapsed="0", exit="success",
                  summary=f"{up} hosts up")  # fmt: skip
    yield element("hosts", up=str(up), down="0", total=str(up))
    yield "</runstats>\n</nmaprun>\n"


def host(entry: Entry, at: int) -> Iterator[str]:
    """One host."""
    seen = str(seconds(entry.last_seen) if entry.last_seen else at)
    yield element("host", starttime=seen, endtime=seen, is_open=True)
    yield element("status", state="up", reason="user-set", reason_ttl="0")
    for kind, address in places(entry):
        if kind == "mac" and entry.maker:
            yield element("address", addr=address, addrtype=kind, vendor=plain(entry.maker))
        else:
            yield element("address", addr=address, addrtype=kind)
    yield "<hostnames>"
    for name in entry.names:
        yield element("hostname", name=plain(name), type="user")
    yield "</hostnames><ports>"
    for port, transport, offers in ports(entry):
        yield element("port", protocol=transport, portid=str(port), is_open=True)
        yield element("state", state="open", reason="user-set", reason_ttl="0")
        yield service(offers)
        yield "</port>"
    yield "</ports></host>\n"


def places(entry: Entry) -> list[tuple[str, str]]:
    """Its best address of each kind that the form has; MACs in capitals.

    One of each, as nmap writes: of several some readers take the first, and some the last.
    """
    told: dict[str, str] = {}
    for each in entry.addresses:
        told.setdefault("ipv6" if ":" in each else "ipv4", each)
    for mac in entry.macs:
        if MAC.fullmatch(mac):
            told.setdefault("mac", mac.upper())
    return list(told.items())


def ports(entry: Entry) -> list[tuple[int, str, list[Offer]]]:
    """Its ports in order, each with what was said to be there."""
    found: dict[tuple[int, str], list[Offer]] = {}
    for each in entry.services:
        if each.port is not None and 0 < each.port < 65536 and each.transport in {"tcp", "udp"}:
            found.setdefault((each.port, each.transport), []).append(each)
    return [(port, transport, offers) for (port, transport), offers in sorted(found.items())]


def service(offers: list[Offer]) -> str:
    """What is at one port, by whoever told the most."""
    best = max(offers, key=lambda each: (each.product is not None, each.says is not None))
    told = {"name": plain(best.name) or "unknown", "method": "probed", "conf": "8"}
    if best.product:
        told["product"] = plain(best.product)
    if best.says:
        told["extrainfo"] = plain(best.says)
    return element("service", is_open=False, **told)


def element(tag: str, /, *, is_open: bool = False, **attributes: str) -> str:
    """One element; what XML 1.0 cannot hold was taken out of the values before."""
    told = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{tag}{told}{'>' if is_open else '/>'}"


def seconds(stamp: str) -> int:
    """RFC 3339 as seconds since 1970; 0 where it is none."""
    try:
        parsed = datetime.fromisoformat(stamp)
        return max(0, int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError):
        return 0


def clock(at: int) -> str:
    """Seconds since 1970 as the form spells a moment (ctime(3)), in UTC."""
    return datetime.fromtimestamp(at, UTC).ctime()
