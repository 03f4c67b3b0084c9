"""Ethernet frames by packet(7), chosen in the kernel by a classic BPF program.

No library stands between: a filter is a handful of instructions, and the kernel then copies only
what was asked for. Linux only; it takes CAP_NET_RAW. No interface is made promiscuous and no group
is joined, so nothing is sent by listening.
"""

from __future__ import annotations

import array
import socket
import struct
import threading
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import Denied, Failed

if TYPE_CHECKING:
    from collections.abc import Sequence

# linux/if_ether.h, linux/if_packet.h, linux/filter.h; asm-generic/socket.h for the option.
ETH_P_ALL, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_LLDP = 0x0003, 0x0806, 0x0800, 0x86DD, 0x88CC
PACKET_OUTGOING = 4
SO_ATTACH_FILTER = 26
INSTRUCTION_BYTES = 8
SOL_PACKET, PACKET_STATISTICS = 263, 6
# SKF_AD_OFF + SKF_AD_PKTTYPE: where a filter reads whose packet it is.
PACKET_TYPE = 0xFFFFF004
LOAD_WORD, LOAD_HALF, LOAD_BYTE, LOAD_HEADER_LENGTH = 0x20, 0x28, 0x30, 0xB1
LOAD_HALF_BEHIND = 0x48  # at X plus an offset
JUMP_IF_EQUAL, JUMP_IF_ANY, JUMP, RETURN = 0x15, 0x45, 0x05, 0x06

# All that the frames which are wanted can be: an Ethernet with jumbo frames has 9 000.
FRAME_BYTES = 9_216
# A burst of a /16's answers, with the kernel's overhead for each; it is capped by rmem_max unless
# the process may exceed it (SO_RCVBUFFORCE, CAP_NET_ADMIN).
BUFFER_BYTES = 8 << 20
SO_RCVBUFFORCE = 33

ICMPV6 = 58
UDP = 17
# Multicast DNS, SSDP and their like by their ports, whichever end has it.
PORTS = {
    "mdns": (5353,),
    "ssdp": (1900,),
    "dhcp": (67, 68),
    "llmnr": (5355,),
    "netbios": (137, 138),
    "wsd": (3702,),
}
CDP_GROUP_HIGH, CDP_GROUP_LOW = 0x01000CCC, 0xCCCC


class Step(NamedTuple):
    """One instruction, its jumps by name: ``take``, ``drop``, ``next``, or another label."""

    code: int
    value: int
    yes: str = "next"
    no: str = "next"
    label: str = ""


def program(kinds: Sequence[str]) -> bytes:
    """A filter that takes frames of some kinds which others sent, as an array of sock_filter.

    :raises ValueError: there is no such kind.
    """
    udp = sorted({port for kind in kinds for port in PORTS.get(kind, ())})
    known = {"arp", "ndp", "lldp", "cdp", *PORTS}
    if not set(kinds) <= known:
        raise ValueError(f"no such kind of frame: {sorted(set(kinds) - known)}")
    steps = [
        Step(LOAD_WORD, PACKET_TYPE),
        Step(JUMP_IF_EQUAL, PACKET_OUTGOING, yes="drop"),
        Step(LOAD_HALF, 12),
    ]
    if "arp" in kinds:
        steps.append(Step(JUMP_IF_EQUAL, ETH_P_ARP, yes="take"))
    if "lldp" in kinds:
        steps.append(Step(JUMP_IF_EQUAL, ETH_P_LLDP, yes="take"))
    if "ndp" in kinds or udp:
        steps.append(Step(JUMP_IF_EQUAL, ETH_P_IPV6, yes="ipv6"))
    if udp:
        steps.append(Step(JUMP_IF_EQUAL, ETH_P_IP, yes="ipv4"))
    if "cdp" in kinds:
        steps += [
            Step(LOAD_WORD, 0),
            Step(JUMP_IF_EQUAL, CDP_GROUP_HIGH, no="drop"),
            Step(LOAD_HALF, 4),
            Step(JUMP_IF_EQUAL, CDP_GROUP_LOW, yes="take", no="drop"),
        ]
    steps.append(Step(JUMP, 0, yes="drop"))
    if udp:
        steps += in_ipv4(udp)
    if "ndp" in kinds or udp:
        steps += in_ipv6(udp, ndp="ndp" in kinds)
    return assembled(steps)


def in_ipv4(ports: Sequence[int]) -> list[Step]:
    """Take UDP to or from some ports in IPv4; a fragment but the first has no ports."""
    return [
        Step(LOAD_BYTE, 23, label="ipv4"),
        Step(JUMP_IF_EQUAL, UDP, no="drop"),
        Step(LOAD_HALF, 20),
        Step(JUMP_IF_ANY, 0x1FFF, yes="drop"),
        Step(LOAD_HEADER_LENGTH, 14),
        *(
            step
            for offset in (14, 16)
            for step in (
                Step(LOAD_HALF_BEHIND, offset),
                *(Step(JUMP_IF_EQUAL, port, yes="take") for port in ports),
            )
        ),
        Step(JUMP, 0, yes="drop"),
    ]


def in_ipv6(ports: Sequence[int], *, ndp: bool) -> list[Step]:
    """Take UDP to or from some ports in IPv6, and neighbour discovery (ICMPv6 133 to 137).

    Nobody puts an extension header before those; neighbour discovery may not (RFC 6980).
    """
    steps = [Step(LOAD_BYTE, 20, label="ipv6")]
    if ports:
        steps.append(Step(JUMP_IF_EQUAL, UDP, yes="udp6"))
    if ndp:
        steps += [
            Step(JUMP_IF_EQUAL, ICMPV6, no="drop"),
            Step(LOAD_BYTE, 54),
            *(Step(JUMP_IF_EQUAL, kind, yes="take") for kind in (133, 134, 135, 136, 137)),
        ]
    steps.append(Step(JUMP, 0, yes="drop"))
    for label, offset in (("udp6", 54), ("", 56)) if ports else ():
        steps.append(Step(LOAD_HALF, offset, label=label))
        steps += [Step(JUMP_IF_EQUAL, port, yes="take") for port in ports]
    if ports:
        steps.append(Step(JUMP, 0, yes="drop"))
    return steps


def assembled(steps: Sequence[Step]) -> bytes:
    """Instructions as the kernel takes them, with the labels made into distances."""
    where = {step.label: at for at, step in enumerate(steps) if step.label}
    where["take"], where["drop"] = len(steps), len(steps) + 1
    made = []
    for at, step in enumerate(steps):
        yes, no = (0 if label == "next" else where[label] - at - 1 for label in (step.yes, step.no))
        if step.code == JUMP:
            made.append(struct.pack("=HBBI", JUMP, 0, 0, yes))
        else:
            made.append(struct.pack("=HBBI", step.code, yes, no, step.value))
    made.append(struct.pack("=HBBI", RETURN, 0, 0, FRAME_BYTES))
    made.append(struct.pack("=HBBI", RETURN, 0, 0, 0))
    return b"".join(made)


def opened(interface: str, kinds: Sequence[str]) -> socket.socket:
    """A non-blocking socket that gives an interface's frames of some kinds, and sends any.

    Bound only when it has its filter, so it never holds a frame that was not asked for.

    :raises Denied: packet sockets are not allowed; :raises Failed: there is no such interface.
    """
    family = packets()
    wanted = program(kinds)
    try:
        sock = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    except PermissionError as error:
        raise Denied("packet sockets need CAP_NET_RAW") from error
    try:
        # struct sock_fprog: how many instructions, and where they are.
        held = array.array("B", wanted)
        where, size = held.buffer_info()
        sock.setsockopt(
            socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", size // INSTRUCTION_BYTES, where)
        )
        roomy(sock)
        # Where a switch sends ARP alone, the kernel need not run a filter over all else.
        protocol = ETH_P_ARP if tuple(kinds) == ("arp",) else ETH_P_ALL
        sock.bind((interface, protocol))
    except OSError as error:
        sock.close()
        raise Failed(f"{interface}: {error.strerror}") from error
    return sock


def packets() -> int:
    """The family of packet sockets.

    :raises Denied: this system has none; Linux alone has.
    """
    family: int | None = getattr(socket, "AF_PACKET", None)
    if family is None:
        raise Denied("this system has no packet sockets")
    return family


def roomy(sock: socket.socket) -> None:
    """Give a socket room for a burst, as far as this user may have it."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)


def dropped(sock: socket.socket) -> int:
    """How many frames a socket had no room for since this was asked last (PACKET_STATISTICS)."""
    try:
        told = sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
    except OSError:
        return 0
    return int(struct.unpack("=II", told)[1])


def allowed() -> bool:
    """Whether this process may have packet sockets."""
    family = getattr(socket, "AF_PACKET", None)
    if family is None:
        return False
    try:
        let_go(socket.socket(family, socket.SOCK_RAW, 0))
    except OSError:
        return False
    return True


def let_go(sock: socket.socket) -> None:
    """Close a packet socket, and do not wait for it.

    The kernel first waits until no processor can be looking at it any more (packet_release,
    synchronize_net), which takes 10 to 20 ms; nobody who is done with a socket needs to.
    """
    threading.Thread(target=sock.close, daemon=True, name="closing").start()
