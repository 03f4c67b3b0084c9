"""Frames of LLDP, CDP, DHCP, mDNS and NDP that are random, broken, or badly named.

``ROLE ADDRESS``: sends ``RATE`` a second without end, from its own adapter.
"""

from __future__ import annotations

import random
import socket
import struct
import sys
import time

from .words import WORDS

RATE = 400
LUCK = random.Random(6)
EVERYBODY = b"\xff" * 6


def lldp(own: bytes) -> bytes:
    """TLVs of true and of false lengths, with words (IEEE 802.1AB 8.5)."""

    def tlv(kind: int, data: bytes, length: int | None = None) -> bytes:
        size = len(data) if length is None else length
        return struct.pack("!H", kind << 9 | (size & 0x1FF)) + data

    word = LUCK.choice(WORDS)
    chassis = bytes([LUCK.choice((1, 4, 5, 7, 200))]) + LUCK.choice(
        (own, word, LUCK.randbytes(255))
    )
    parts = [
        tlv(1, chassis),
        tlv(2, b"\x05" + word),
        tlv(3, b"\x00\x78"),
        tlv(5, word),
        tlv(6, word),
    ]
    parts.append(tlv(8, LUCK.randbytes(LUCK.randrange(30)), LUCK.choice((None, 511, 0))))
    if LUCK.random() < 0.3:
        LUCK.shuffle(parts)
    body = b"".join(parts) + (b"\x00\x00" if LUCK.random() < 0.5 else b"")
    return bytes.fromhex("0180c200000e") + own + b"\x88\xcc" + body[: LUCK.randrange(14, 1480)]


def cdp(own: bytes) -> bytes:
    """TLVs whose lengths include the header, or less than it."""
    word = LUCK.choice(WORDS)
    body = b"\x02\xb4\x00\x00"
    for kind in (1, 2, 3, 4, 5, 6, 0x16):
        length = LUCK.choice((len(word) + 4, 0, 3, 65535))
        body += struct.pack("!HH", kind, length) + word
    inner = b"\xaa\xaa\x03\x00\x00\x0c\x20\x00" + body
    return bytes.fromhex("01000ccccccc") + own + struct.pack("!H", len(inner)) + inner


def dhcp(own: bytes) -> bytes:
    """A request with words for a name, options that run over, and no end."""
    mac = bytes([LUCK.randrange(256) & 0xFE]) + LUCK.randbytes(5)
    word = LUCK.choice(WORDS)[:200]
    options = b"\x63\x82\x53\x63\x35\x01" + bytes([LUCK.randrange(12)])
    options += bytes([12, len(word)]) + word + bytes([60, LUCK.choice((len(word), 255))]) + word
    fixed = struct.pack("!4BIHH", 1, 1, LUCK.choice((6, 6, 255)), 0, LUCK.getrandbits(32), 0, 0)
    return _udp(own, fixed + bytes(16) + mac + bytes(10 + 192) + options, 68, 67)


def mdns(own: bytes) -> bytes:
    """An announcement of noise."""
    data = struct.pack("!6H", 0, 0x8400, 0, LUCK.randrange(9), 0, 0) + LUCK.randbytes(200)
    return _udp(own, data, 5353, 5353, "224.0.0.251", bytes.fromhex("01005e0000fb"))


def ndp(own: bytes) -> bytes:
    """A router's advertisement whose options have no length, or too much (RFC 4861, 4.6)."""
    body = b"\x86\x00\x00\x00" + LUCK.randbytes(12) + bytes([1, LUCK.choice((0, 1, 255))]) + own
    head = struct.pack("!IHBB", 6 << 28, len(body), 58, 255)
    sender, to = b"\xfe\x80" + LUCK.randbytes(14), bytes.fromhex("ff02") + bytes(13) + b"\x01"
    return bytes.fromhex("333300000001") + own + b"\x86\xdd" + head + sender + to + body


def _udp(
    own: bytes,
    data: bytes,
    source: int,
    port: int,
    to: str = "255.255.255.255",
    mac: bytes = EVERYBODY,
) -> bytes:
    udp = struct.pack("!4H", source, port, len(data) + 8, 0) + data
    head = struct.pack("!BBHHHBBH", 0x45, 0, len(udp) + 20, 0, 0, 64, 17, 0)
    addresses = bytes(4) + socket.inet_aton(to)
    total = sum(struct.unpack("!10H", head + addresses))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~total & 0xFFFF)
    return mac + own + b"\x08\x00" + head + addresses + udp


def main(role: str, address: str) -> None:
    """Send without end."""
    mouth = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    mouth.bind(("eth0", 0))
    own = mouth.getsockname()[4]
    makers = (lldp, cdp, dhcp, mdns, ndp)
    while True:
        for make in makers:
            mouth.send(make(own)[:1500].ljust(60, b"\0"))
        time.sleep(len(makers) / RATE)


if __name__ == "__main__":
    main(*sys.argv[1:])
