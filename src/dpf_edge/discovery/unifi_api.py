"""A UniFi controller's two APIs: what is asked, page by page, and its rows as plain values.

The official one (``/proxy/network/integration/v1``) first; where a controller does not have it, the
one that its own pages use (``/proxy/network/api``). A row that is not as it should be is left out;
a controller sends what it likes, so pages, rows and bytes are bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec

from dpf_edge.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.host.net import Net
    from dpf_edge.wire.adapters import Adapter

T = TypeVar("T")

OFFICIAL = "/proxy/network/integration/v1"
OLD = "/proxy/network/api"
# As published: pages of 100, no more than 100 of them, ten seconds each, 8 MiB.
PAGE, MOST_PAGES, SECONDS, MOST_BYTES = 100, 100, 10.0, 8 << 20
# No such API here: a controller that is too old for the official one. A key that is not let in
# there may be on the other, where such keys began.
ABSENT = frozenset({404, 405, 501})
REFUSED = frozenset({401, 403})


class Trouble(Exception):
    """A controller cannot be asked: the published warning code that says why."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.status = status


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """What sites, devices and clients of the official API have in common."""

    id: str
    name: str = ""


class Site(Row, frozen=True, rename="camel"):
    """One site."""

    internal_reference: str = ""


class Device(Row, frozen=True, rename="camel"):
    """One device; ``features`` is a list in lists of devices, an object in details."""

    model: str = ""
    mac_address: str = ""
    ip_address: str | None = None
    features: list[str] | dict[str, Any] = []
    firmware_version: str | None = None


class Uplink(msgspec.Struct, frozen=True, rename="camel"):
    """Through which device another one is reached."""

    device_id: str = ""


class Detail(msgspec.Struct, frozen=True, rename="camel"):
    """What only a device's own document has."""

    uplink: Uplink | None = None
    firmware_version: str | None = None


class Client(Row, frozen=True, rename="camel"):
    """One client."""

    type: str = ""
    mac_address: str = ""
    ip_address: str | None = None
    uplink_device_id: str | None = None


class OldUplink(msgspec.Struct, frozen=True):
    """Through which device another one is reached, in the old API."""

    uplink_mac: str | None = None


class OldDevice(msgspec.Struct, frozen=True):
    """One device of the old API."""

    mac: str
    ip: str | None = None
    name: str | None = None
    model: str | None = None
    type: str | None = None
    version: str | None = None
    serial: str | None = None
    uplink: OldUplink | None = None


class OldClient(msgspec.Struct, frozen=True):
    """One client of the old API."""

    mac: str
    ip: str | None = None
    hostname: str | None = None
    name: str | None = None
    is_wired: bool | None = None
    ap_mac: str | None = None
    sw_mac: str | None = None
    sw_port: int | None = None


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """One page of rows, each of them still as it came."""

    data: list[msgspec.Raw]
    total_count: int | None = None


class Controller:
    """One controller, with its key."""

    def __init__(self, net: Net, row: Adapter) -> None:
        self._net = net
        self._row = row
        self._base = row.endpoint_url.rstrip("/")

    def document(self, path: str) -> bytes:
        """One document.

        :raises Trouble: it cannot be had.
        """
        how = self._row.configuration
        pin = how.tls_fingerprint if isinstance(how.tls_fingerprint, str) else None
        try:
            page = self._net.api(
                self._base + path,
                key=self._row.api_key.reveal(),
                insecure=how.tls_insecure,
                fingerprint=pin,
                most=MOST_BYTES,
                seconds=SECONDS,
            )
        except Failed as error:
            is_trust = str(error).startswith("TLS")
            raise Trouble("unifi_tls_error" if is_trust else "unifi_unreachable") from error
        if page.status in REFUSED:
            raise Trouble("unifi_auth_failed", page.status)
        if page.status != 200:
            raise Trouble(f"unifi_api_error:{page.status}", page.status)
        if not page.whole:
            is_long = len(page.body) >= MOST_BYTES
            raise Trouble("unifi_response_too_large" if is_long else "unifi_unreachable")
        return page.body

    def one(self, path: str, kind: type[T]) -> T:
        """One document of a kind.

        :raises Trouble: it cannot be had, or is of another kind.
        """
        try:
            return msgspec.json.decode(self.document(path), type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Trouble("unifi_invalid_json") from error

    def rows(self, path: str, kind: type[T], *, paged: bool) -> Iterator[T]:
        """The rows of a list, over all its pages.

        :raises Trouble: a page cannot be had.
        """
        had = 0
        for _ in range(MOST_PAGES):
            page = self.one(f"{path}?offset={had}&limit={PAGE}" if paged else path, Page)
            yield from decoded(page.data, kind)
            had += len(page.data)
            if not paged or (page.total_count is None and len(page.data) < PAGE):
                return
            if page.total_count is not None and had >= page.total_count:
                return
            if not page.data:
                raise Trouble("unifi_invalid_pagination")
        raise Trouble("unifi_pagination_limit")

    def site(self, wanted: str) -> Site | None:
        """The site that is called so, by its id, its reference or its name; the only one there is,
        where ``default`` is wanted.

        :raises Trouble: the sites cannot be had.
        """
        sites = list(self.rows(f"{OFFICIAL}/sites", Site, paged=True))
        low = wanted.casefold()
        for each in sites:
            if low in {
                each.id.casefold(),
                each.internal_reference.casefold(),
                each.name.casefold(),
            }:
                return each
        return sites[0] if len(sites) == 1 and wanted == "default" else None

    def devices(self, site: Site) -> Iterator[Device]:
        """The site's devices, by the official API."""
        path = f"{OFFICIAL}/sites/{quote(site.id, safe='')}/devices"
        return self.rows(path, Device, paged=True)

    def detail(self, site: Site, device: Device) -> Detail:
        """What only a device's own document has."""
        path = f"{OFFICIAL}/sites/{quote(site.id, safe='')}/devices/{quote(device.id, safe='')}"
        return self.one(path, Detail)

    def clients(self, site: Site) -> Iterator[Client]:
        """The site's clients, by the official API."""
        path = f"{OFFICIAL}/sites/{quote(site.id, safe='')}/clients"
        return self.rows(path, Client, paged=True)

    def old_devices(self, site: str) -> Iterator[OldDevice]:
        """The site's devices, by the old API."""
        return self.rows(f"{OLD}/s/{quote(site, safe='')}/stat/device", OldDevice, paged=False)

    def old_clients(self, site: str) -> Iterator[OldClient]:
        """The site's clients, by the old API."""
        return self.rows(f"{OLD}/s/{quote(site, safe='')}/stat/sta", OldClient, paged=False)


def decoded(rows: list[msgspec.Raw], kind: type[T]) -> Iterator[T]:
    """Those of some rows that are of a kind."""
    for each in rows:
        try:
            yield msgspec.json.decode(each, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
