"""A television that speaks UPnP: answers searches, and describes itself when asked.

``python -m tests.lab.home.upnp_device ADDRESS UUID``, in its namespace; it sends nothing but
answers, in the forms of UPnP Device Architecture 1.1, sections 1.3 and 2.3.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GROUP, PORT = "239.255.255.250", 1900
PAGES = 9197
KIND = "urn:schemas-upnp-org:device:MediaRenderer:1"

_DESCRIPTION = """<?xml version="1.0" encoding="utf-8"?>
<root xmlns="urn:schemas-upnp-org:device-1-0" xmlns:sec="http://www.sec.co.kr/dlna">
<specVersion><major>1</major><minor>0</minor></specVersion>
<device>
<deviceType>{kind}</deviceType>
<friendlyName>[TV] Meeting room</friendlyName>
<manufacturer>Samsung Electronics</manufacturer>
<manufacturerURL>http://www.samsung.com/sec</manufacturerURL>
<modelDescription>Samsung TV DMR</modelDescription>
<modelName>UE55NU7100</modelName>
<serialNumber>0AKJ3HLM400021</serialNumber>
<UDN>uuid:{uuid}</UDN>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:RenderingControl:1</serviceType>
<serviceId>urn:upnp-org:serviceId:RenderingControl</serviceId><SCPDURL>/rc.xml</SCPDURL>
<controlURL>/rc</controlURL><eventSubURL>/rc/event</eventSubURL></service></serviceList>
</device></root>
"""

_FOUND = (
    "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\n"
    "LOCATION: http://{address}:{pages}/dmr\r\n"
    "SERVER: SHP, UPnP/1.0, Samsung UPnP SDK/1.0\r\nST: {kind}\r\nUSN: uuid:{uuid}{tail}\r\n\r\n"
)


def answers(question: bytes, address: str, uuid: str) -> list[bytes]:
    """What to answer to a datagram: one for each thing that was searched for."""
    head, *lines = question.decode("latin-1").splitlines()
    if not head.startswith("M-SEARCH "):
        return []
    fields = dict(line.lower().split(":", 1) for line in lines if ":" in line)
    wanted = fields.get("st", "").strip()
    own = {"upnp:rootdevice": "::upnp:rootdevice", f"uuid:{uuid}": "", KIND: f"::{KIND}"}
    return [
        _FOUND.format(address=address, pages=PAGES, kind=kind, uuid=uuid, tail=tail).encode()
        for kind, tail in own.items()
        if wanted in ("ssdp:all", kind.lower())
    ]


def main(address: str, uuid: str) -> None:
    """Answer without end."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = _DESCRIPTION.format(kind=KIND, uuid=uuid).encode()
            self.send_response(200 if self.path == "/dmr" else 404)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    threading.Thread(
        target=ThreadingHTTPServer((address, PAGES), Page).serve_forever, daemon=True
    ).start()
    ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ears.bind(("", PORT))
    member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(address))
    ears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    while True:
        question, who = ears.recvfrom(9000)
        for said in answers(question, address, uuid):
            ears.sendto(said, who)


if __name__ == "__main__":
    main(*sys.argv[1:])
