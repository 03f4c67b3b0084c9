"""TCP services that never end, never begin, or say what they should not.

``ROLE ADDRESS``: ``web`` waits on the ports of HTTP, each path a trap; ``babble`` on many
others: without end, drop by drop, in silence, or in escape sequences.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from itertools import repeat
from typing import TYPE_CHECKING

from .words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WEB = (80, 443, 5000, 8000, 8080, 8443)
# By what comes first there: endless noise, a byte a second, nothing at all, words, a lie.
BABBLE = {21: "noise", 22: "words", 23: "drip", 25: "noise", 53: "silent", 445: "noise"}
BABBLE |= {554: "drip", 631: "silent", 1883: "noise", 3389: "silent", 443: "noise", 80: "lines"}
DROP_SECONDS = 0.5

_LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 50}">' for n in range(10))
_DEVICE = (
    '<root xmlns="urn:schemas-upnp-org:device-1-0"><device>'
    "<deviceType>urn:x:device:y:1</deviceType><friendlyName>{name}</friendlyName><modelName>{name}</modelName><UDN>uuid:{name}</UDN>"
    "</device></root>"
)


def page(path: str) -> Iterable[bytes]:
    """What comes for a path, piece by piece; the drops fall slowly."""
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"
    name = path.strip("/")
    traps: dict[str, Iterable[bytes]] = {
        "redirect": (b"HTTP/1.1 302 Found\r\nLocation: http://192.168.40.20:9100/\r\n\r\n",),
        "drip": (b"%c" % byte for byte in ok + b"<root>" + b"x" * 10_000),
        "endless": (part for whole in ((ok,), repeat(b"<a>" * 4000)) for part in whole),
        "bomb": (ok, f"<!DOCTYPE x [{_LOL}]>{_DEVICE.format(name='&l9;')}".encode()),
        "deep": (ok, b"<a>" * 20_000),
        "external": (
            ok,
            b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
            _DEVICE.format(name="&f;").encode(),
        ),
        "big": (ok, _DEVICE.format(name="B" * 1_000_000).encode()),
        "headers": (
            part
            for whole in ((b"HTTP/1.1 200 OK\r\n",), repeat(b"A: b\r\n" * 900))
            for part in whole
        ),
        "latin": (ok, b"<?xml version='1.0' encoding='latin-9'?><a>\xe4\x9b</a>"),
        "silent": (),
    }
    if name in traps:
        return traps[name]
    words = b" ".join(WORDS).replace(b"<", b"&lt;").replace(b"&lt;script", b"<script")
    if name == "words":
        return (ok, _DEVICE.format(name=words.decode("latin-1")).encode("latin-1", "replace"))
    html = b"HTTP/1.1 200 " + WORDS[0] + b"\r\nServer: " + WORDS[1] + b"\r\nX:\xff\xfe\r\n\r\n"
    return (html, b"<title>" + b"".join(WORDS[:9]) + b"</title>", b"<title>" * 9000)


def _web(visitor: socket.socket) -> None:
    head = visitor.recv(2000).split(b" ")
    path = head[1].decode("latin-1") if len(head) > 1 else "/"
    for piece in page(path):
        visitor.sendall(piece)
        if path == "/drip":
            time.sleep(DROP_SECONDS)
    if path == "/silent":
        time.sleep(600)


def _babble(visitor: socket.socket) -> None:
    role = BABBLE[visitor.getsockname()[1]]
    if role == "noise":
        for piece in repeat(bytes(range(256)) * 16):
            visitor.sendall(piece)
    elif role == "words":
        visitor.sendall(b"SSH-2.0-" + b"".join(WORDS) + b"\r\n")
    elif role == "lines":
        for piece in repeat(b"HTTP/1.1 200 OK\r\n" * 500):
            visitor.sendall(piece)
    elif role == "drip":
        for piece in repeat(b"."):
            visitor.sendall(piece)
            time.sleep(DROP_SECONDS)
    else:
        time.sleep(600)


def _served(visitor: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    try:
        answer(visitor)
    except OSError:  # the visitor has had enough
        pass
    finally:
        visitor.close()


def _wait(port: int, answer: Callable[[socket.socket], None]) -> None:
    ear = socket.create_server(("", port), backlog=200)
    while True:
        visitor, _ = ear.accept()
        threading.Thread(target=_served, args=(visitor, answer), daemon=True).start()


def main(role: str, address: str) -> None:
    """Wait on all ports, without end."""
    ports, answer = (WEB, _web) if role == "web" else (tuple(BABBLE), _babble)
    for port in ports[1:]:
        threading.Thread(target=_wait, args=(port, answer), daemon=True).start()
    _wait(ports[0], answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
