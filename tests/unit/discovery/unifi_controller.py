"""A small UniFi controller: the documents of the published API, over TLS, on loopback."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.node.certificates import made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "planted-unifi-key"
SITE = "88f7af54-98f8-306a-a1c7-c9349722b1f6"
OFFICIAL = "/proxy/network/integration/v1"
OLD = "/proxy/network/api/s/default"
SWITCH, RADIO, GATEWAY = "9c:05:d6:00:00:01", "9c:05:d6:00:00:02", "9c:05:d6:00:00:03"

SITES = [{"id": SITE, "internalReference": "default", "name": "Default"}]
DEVICES = [
    {
        "id": "d-gateway",
        "name": "Gateway",
        "model": "UDM Pro",
        "macAddress": GATEWAY,
        "ipAddress": "203.0.113.7",
        "state": "ONLINE",
        "features": ["switching", "gateway"],
        "interfaces": ["ports"],
    },
    {
        "id": "d-switch",
        "name": "Switch 24",
        "model": "USW Pro 24",
        "macAddress": SWITCH.upper(),
        "ipAddress": "192.168.50.2",
        "features": ["switching"],
    },
    {
        "id": "d-radio",
        "name": "Hall",
        "model": "U6 Pro",
        "macAddress": RADIO,
        "ipAddress": "192.168.50.3",
        "features": ["accessPoint"],
        "firmwareVersion": "6.6.77",
    },
]
UPLINKS = {"d-switch": "d-gateway", "d-radio": "d-switch"}
CLIENTS = [
    {
        "type": "WIRELESS",
        "id": "c-phone",
        "name": "Anna's phone",
        "ipAddress": "192.168.50.60",
        "macAddress": "9a:3e:5f:00:00:60",
        "uplinkDeviceId": "d-radio",
    },
    {
        "type": "WIRED",
        "id": "c-nas",
        "name": "nas",
        "ipAddress": "192.168.50.10",
        "macAddress": "00:11:32:00:00:10",
        "uplinkDeviceId": "d-switch",
    },
    {"type": "VPN", "id": "c-vpn", "name": "Road warrior"},
]
OLD_DEVICES = [
    {"mac": GATEWAY, "type": "ugw", "name": "Gateway", "model": "UGW3", "ip": "192.168.50.1"},
    {
        "mac": SWITCH,
        "type": "usw",
        "name": "Switch 24",
        "model": "US24",
        "ip": "192.168.50.2",
        "serial": "9C05D6000001",
        "uplink": {"uplink_mac": GATEWAY},
    },
]
OLD_CLIENTS = [
    {
        "mac": "00:11:32:00:00:10",
        "hostname": "nas",
        "ip": "192.168.50.10",
        "is_wired": True,
        "sw_mac": SWITCH,
        "sw_port": 4,
    }
]


def listed(rows: list[Any], query: dict[str, list[str]]) -> dict[str, Any]:
    """One page of a list, as the official API has it."""
    offset, limit = (int(query.get(name, ["0"])[0]) for name in ("offset", "limit"))
    page = rows[offset : offset + limit]
    return {
        "offset": offset,
        "limit": limit,
        "count": len(page),
        "totalCount": len(rows),
        "data": page,
    }


class Controller:
    """One controller.

    :ivar lists: what its lists hold, by path.
    :ivar answers: what a path is answered with instead: a status, or a body.
    :ivar asked: the paths that were asked for.
    :ivar keys: the keys that came along.
    """

    def __init__(self) -> None:
        base = f"{OFFICIAL}/sites/{SITE}"
        self.lists: dict[str, list[Any]] = {
            f"{OFFICIAL}/sites": SITES,
            f"{base}/devices": DEVICES,
            f"{base}/clients": CLIENTS,
        }
        self.old: dict[str, list[Any]] = {
            f"{OLD}/stat/device": OLD_DEVICES,
            f"{OLD}/stat/sta": OLD_CLIENTS,
        }
        self.answers: dict[str, int | bytes | Callable[[Any], None]] = {}
        self.asked: list[str] = []
        self.keys: set[str | None] = set()
        self.url = ""
        self.fingerprint = ""

    def document(self, url: str) -> int | bytes | Callable[[Any], None]:
        """What a request is answered with."""
        parts = urlsplit(url)
        path = parts.path
        self.asked.append(url)
        for begins, answer in self.answers.items():
            if path.startswith(begins):
                return answer
        if path in self.lists:
            return json.dumps(listed(self.lists[path], parse_qs(parts.query))).encode()
        if path in self.old:
            return json.dumps({"meta": {"rc": "ok"}, "data": self.old[path]}).encode()
        device = path.removeprefix(f"{OFFICIAL}/sites/{SITE}/devices/")
        if device in {each["id"] for each in DEVICES}:
            up = UPLINKS.get(device)
            return json.dumps({"id": device, "uplink": {"deviceId": up} if up else None}).encode()
        return 404


def handler(controller: Controller) -> type[BaseHTTPRequestHandler]:
    """The requests of one controller."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = self.headers.get("X-API-KEY")
            controller.keys.add(key)
            answer = controller.document(self.path) if key == KEY else 401
            if callable(answer):
                answer(self)
                return
            self.send_response(answer if isinstance(answer, int) else 200)
            body = b"" if isinstance(answer, int) else answer
            if answer in {301, 302}:
                self.send_header("Location", "https://192.0.2.1/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextlib.contextmanager
def controller(folder: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[Controller]:
    """A controller that answers, with a certificate of its own making."""
    made_up = Controller()
    certificate = made("unifi.local", address=host)
    way = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    way.load_cert_chain(*certificate.write(folder, "unifi"))

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever hangs up, does."""

    with Server((host, port), handler(made_up)) as server:
        server.socket = way.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        made_up.url = f"https://{host}:{server.server_address[1]}"
        made_up.fingerprint = certificate.fingerprint
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield made_up
        finally:
            server.shutdown()
            thread.join(10)
