"""The other side of a test's link: it answers, lies and babbles, and writes down what it gets.

Run as a script in a namespace: `peer.py INTERFACE [answers|crowd|hears|refuses]`. It says `ready`,
works until its standard input ends, and then prints every frame that came in, as JSON.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23  # linux/if_packet.h
SO_RCVBUFFORCE = 33
MDNS, SSDP = ("224.0.0.251", 5353), ("239.255.255.250", 1900)

HONEST, HUGE, FOREIGN, CHATTY, GARBLED = (
    "10.9.0.101",
    "10.9.0.102",
    "10.8.0.9",
    "10.9.0.103",
    "10.9.0.104",
)
GONE = "10.9.0.77"
CROWD = [f"10.9.0.{n}" for n in range(201, 221)]


def frame(data: bytes) -> list[str]:
    """What a frame is: its kind, and whom it is for."""
    if data[12:14] == b"\x08\x06":
        kind = {1: "who-has", 2: "is-at"}[data[21]]
        return [kind, socket.inet_ntoa(data[38:42])]
    if data[12:14] != b"\x08\x00":
        return [data[12:14].hex(), ""]
    header = (data[14] & 15) * 4
    to, rest = socket.inet_ntoa(data[30:34]), data[14 + header :]
    protocol, ttl = data[23], data[22]
    if protocol == socket.IPPROTO_TCP:
        return ["tcp", to]
    if protocol != socket.IPPROTO_UDP:
        return [f"protocol {protocol}", to]
    port, length = struct.unpack("!HH", rest[2:6])
    return [f"udp {port} ttl {ttl}" + (" empty" if length == 8 else ""), to]


def joined(interface: str, where: tuple[str, int]) -> socket.socket:
    """A socket that hears a group on an interface."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    sock.bind(("", where[1]))
    member = struct.pack("=4s4si", socket.inet_aton(where[0]), bytes(4), index(interface))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    return sock


def index(interface: str) -> int:
    """An interface's number."""
    return socket.if_nametoindex(interface)


def say(source: str, port: int, to: tuple[str, int], *texts: bytes) -> None:
    """Send datagrams from an address and port of this namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A flood must not wait for its hearer.
        sock.setblocking(False)
        sock.bind((source, port))
        for text in texts:
            try:
                sock.sendto(text, to)
            except BlockingIOError:
                return


def mdns_answer(question: bytes, flags: int = 0x8400) -> bytes:
    """An answer to a question, as far as its header tells."""
    return question[:2] + struct.pack("!5H", flags, 1, 0, 0, 0) + question[12:]


def answer_mdns(question: bytes, to: tuple[str, int]) -> None:
    """One honest answer, and every sort of nonsense."""
    good = mdns_answer(question)
    say(HONEST, 5353, to, good, good)
    say(HUGE, 5353, to, good + bytes(9500))
    say(FOREIGN, 5353, to, good)
    say(GARBLED, 5353, to, b"", b"\x00", good[:11], question, mdns_answer(question, 0x8403))
    say(GARBLED, 5353, to, b"\xff\xff" + good[2:], mdns_answer(question, 0x8800))
    say(GARBLED, 5354, to, good)
    say(CHATTY, 5353, to, *[b"\x00" * 40] * 3000)


def answer_ssdp(to: tuple[str, int]) -> None:
    """One honest answer, and every sort of nonsense."""
    say(HONEST, 1900, to, b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n")
    say(GARBLED, 1900, to, b"", b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP", b"\xff" * 2000)
    say(GARBLED, 1900, to, b"NOTIFY * HTTP/1.1\r\n\r\n", b"HTTP/1.1 2000 OK\r\n")
    say(FOREIGN, 1900, to, b"HTTP/1.1 200 OK\r\n\r\n")


def refuse_for_another(data: bytes) -> None:
    """Tell the sender of a packet that its port is closed, in one's own name."""
    quoted = data[14:42]
    message = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    message = message[:2] + struct.pack("!H", ~total & 0xFFFF) + message[4:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.sendto(message, (socket.inet_ntoa(data[26:30]), 0))


def main(interface: str, *behaviours: str) -> None:
    """Work until standard input ends."""
    seen: list[list[str]] = []
    selector = selectors.DefaultSelector()
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    # Its own flood must not crowd out what is to be counted.
    wire.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    wire.bind((interface, 0))
    selector.register(wire, selectors.EVENT_READ, "wire")
    selector.register(0, selectors.EVENT_READ, "end")
    if behaviours:
        for name, where in (("mdns", MDNS), ("ssdp", SSDP)):
            selector.register(joined(interface, where), selectors.EVENT_READ, name)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for key, _ in selector.select():
            if key.data == "end":
                if not os.read(0, 1):
                    sys.stdout.write(json.dumps(seen))
                    return
                continue
            data, where = key.fileobj.recvfrom(1 << 16)  # type: ignore[union-attr]
            if key.data == "wire":
                seen.append(frame(data))
                if "refuses" in behaviours and seen[-1] == ["udp 9 ttl 1 empty", GONE]:
                    refuse_for_another(data)
            elif "hears" in behaviours:
                seen.append(["heard", key.data])
            elif "crowd" in behaviours:
                for each in CROWD:
                    say(each, 5353, where, mdns_answer(data))
            elif key.data == "mdns":
                answer_mdns(data, where)
            elif key.data == "ssdp":
                answer_ssdp(where)


if __name__ == "__main__":
    main(*sys.argv[1:])
