"""What UPnP says by SSDP (UPnP Device Architecture 2.0, section 1). Pure."""

from __future__ import annotations

from typing import NamedTuple

from dpf_edge.discovery import http_text, unique

GROUP, GROUP_6, PORT = "239.255.255.250", "ff02::c", 1900
# Section 1.3.2: at first 2, so that a search goes one router further at most.
HOPS = 2
# Whoever answers waits for up to so many seconds, so that not all do at once.
MOST_WAIT = 1


class Said(NamedTuple):
    """What one message says, be it the answer to a search or a device's own word.

    :ivar id: the device's ``uuid:…``; None where it gives none.
    :ivar what: what it speaks of: a type of device or of service, ``upnp:rootdevice``; empty where
        it speaks of the device by its id alone.
    :ivar server: operating system, UPnP version and product, as it gives them.
    :ivar is_leaving: it says good-bye.
    """

    id: str | None
    what: str
    location: str
    server: str
    is_leaving: bool = False


def search(group: str, what: str = "ssdp:all") -> bytes:
    """A search (section 1.3.2)."""
    host = f"[{group}]" if ":" in group else group
    return (
        f'M-SEARCH * HTTP/1.1\r\nHOST: {host}:{PORT}\r\nMAN: "ssdp:discover"\r\n'
        f"MX: {MOST_WAIT}\r\nST: {what}\r\n\r\n"
    ).encode()


def read(data: bytes) -> Said | None:
    """What a datagram says; None where it is neither an answer (1.3.3) nor an advertisement
    (1.2.2)."""
    told = http_text.head(data)
    is_told = told.start.startswith("NOTIFY ")
    if told.status != 200 and not is_told:
        return None
    get = told.headers.get
    what = get("nt" if is_told else "st", "")
    number, _, rest = get("usn", "").partition("::")
    if not what or what.startswith("uuid:") or what == "ssdp:all":
        what = rest
    location = get("location", "") or get("al", "")
    return Said(
        unique.udn(number), what, location, get("server", ""), get("nts", "") == "ssdp:byebye"
    )
