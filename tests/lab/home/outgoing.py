"""Every frame that leaves a host's adapter, told in words: what it really sends.

``python -m tests.lab.home.outgoing FILE``, in the host's namespace: writes ``ready``, then a line a
frame, ``KIND TO PORT``, until it is ended. What the host's kernel answers to others by itself is
left out: ARP replies and neighbour advertisements. A report of multicast groups (MLDv2, RFC 3810
section 5.2) is a line a group; the kernel repeats those of groups that were joined before.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = 0x0003  # ETH_P_ALL: the one protocol whose sockets see what goes out
OUTGOING = 4  # PACKET_OUTGOING
UDP, TCP, ICMP, ICMP6, IGMP = 17, 6, 1, 58, 2
SYN, ACK = 0x02, 0x10
REPORT = 143  # MLDv2


class Sent(NamedTuple):
    """One frame: ``arp`` (who has TO), ``udp``, ``syn``, ``tcp``, ``icmp``, ``ndp``, ``igmp`` …"""

    kind: str
    to: str
    port: int = 0

    @classmethod
    def read(cls, line: str) -> Sent:
        """From a line of the file."""
        kind, to, port = line.split()
        return cls(kind, to, int(port))


def told(frame: bytes) -> list[Sent]:
    """What a frame is; nothing for the kernel's own answers."""
    kind, body = int.from_bytes(frame[12:14], "big"), frame[14:]
    if kind == 0x0806:
        asks = body[6:8] == b"\x00\x01"
        return [Sent("arp", socket.inet_ntoa(body[24:28]))] if asks else []
    if kind == 0x0800:
        to = socket.inet_ntop(socket.AF_INET, body[16:20])
        return _upper(body[9], to, body[(body[0] & 15) * 4 :])
    if kind == 0x86DD:
        to = socket.inet_ntop(socket.AF_INET6, body[24:40])
        inner, rest = body[6], body[40:]
        if inner == 0:  # hop-by-hop options, as a report of groups has them
            inner, rest = rest[0], rest[(rest[1] + 1) * 8 :]
        return _upper(inner, to, rest)
    return [Sent(f"0x{kind:04x}", frame[:6].hex(":"))]


def _upper(protocol: int, to: str, rest: bytes) -> list[Sent]:
    port = int.from_bytes(rest[2:4], "big")
    if protocol == UDP:
        return [Sent("udp", to, port)]
    if protocol == TCP:
        first = rest[13] & (SYN | ACK) == SYN
        return [Sent("syn" if first else "tcp", to, port)]
    if protocol == IGMP:
        return [Sent("igmp", to)]
    if protocol == ICMP:
        return [Sent("icmp", to, rest[0])]
    if protocol == ICMP6 and rest[0] == REPORT:
        return [Sent("mld", group, rest[0]) for group in _groups(rest)]
    if protocol == ICMP6:
        names = {135: "ndp", 136: "", 131: "mld", 132: "mld"}
        name = names.get(rest[0], "icmp6")
        return [Sent(name, to, rest[0])] if name else []
    return [Sent(f"ip-{protocol}", to)]


def _groups(report: bytes) -> Iterator[str]:
    """The groups of an MLDv2 report."""
    at = 8
    for _ in range(int.from_bytes(report[6:8], "big")):
        sources = int.from_bytes(report[at + 2 : at + 4], "big")
        yield socket.inet_ntop(socket.AF_INET6, report[at + 4 : at + 20])
        at += 20 + 16 * sources + 4 * report[at + 1]


def main(path: str) -> None:
    """Write without end."""
    ears = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
    ears.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE: a probe is quicker than this
    ears.bind(("eth0", ALL))
    with Path(path).open("w", buffering=1) as lines:
        lines.write("ready\n")
        while True:
            frame, (_, _, kind, _, _) = ears.recvfrom(2048)
            for sent in told(frame) if kind == OUTGOING else ():
                lines.write(f"{sent.kind} {sent.to} {sent.port}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
