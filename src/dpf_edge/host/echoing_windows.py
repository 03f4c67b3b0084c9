"""ICMP echoes on Windows: IcmpSendEcho of IP Helper, many at a time, without any privilege.

The call waits for its answer, so it is made in threads. Groups cannot be asked by it, and IPv6 is
not: there a raw socket would be needed, which takes an administrator.
"""

from __future__ import annotations

import ctypes
import queue
import socket
import threading
from ctypes import Structure, c_uint8, c_uint16, c_uint32, c_void_p
from typing import TYPE_CHECKING, ClassVar

from dpf_edge.errors import Denied, Failed
from dpf_edge.host import ip_helper
from dpf_edge.host.forbidden import Fence, place
from dpf_edge.host.net import Echo
from dpf_edge.host.sendarp import LEAST_WAIT_SECONDS, LOOK_SECONDS, MOST_AT_ONCE, STACK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.host.counting import Ledger

PAYLOAD = b"dpf-edge echo"
HEADER_BYTES = 8  # ICMP's own
# One reply, the payload and 8 bytes of an ICMP error more (Microsoft's page on IcmpSendEcho).
REPLY_BYTES = 256
INVALID_HANDLE = ctypes.c_void_p(-1).value
MOST_PASSES = 3


class EchoReply(Structure):
    """ICMP_ECHO_REPLY (ipexport.h), with IP_OPTION_INFORMATION's first member."""

    _fields_: ClassVar = [
        ("address", c_uint8 * 4),
        ("status", c_uint32),
        ("milliseconds", c_uint32),
        ("data_size", c_uint16),
        ("reserved", c_uint16),
        ("data", c_void_p),
        ("hops", c_uint8),
        ("service", c_uint8),
        ("flags", c_uint8),
        ("options_size", c_uint8),
        ("options", c_void_p),
    ]


def echo(
    ledger: Ledger,
    fence: Fence,
    addresses: Iterable[str],
    *,
    wait: float,
    interface: str | None,
    source: str | None,
    passes: int,
    quiet: float | None,
) -> Iterator[Echo]:
    """See :meth:`dpf_edge.host.net.Net.echo`. By which link it leaves, the routes decide.

    :raises Denied: an IPv6 address or a group was to be asked, and nothing else.
    """
    fence.check_link(interface)
    del source
    asked = [each for each in addresses if is_askable(ledger, fence, each)]
    if not asked:
        raise Denied("Windows sends no echoes to IPv6 or to groups without a raw socket")
    silent = dict.fromkeys(asked)
    for number in range(min(passes, MOST_PASSES)):
        last = number + 1 >= min(passes, MOST_PASSES)
        for each in once(ledger, list(silent), wait if last else min(wait, 0.5), quiet, interface):
            if each.address in silent:
                del silent[each.address]
                yield each
        if not silent or not ledger.left():
            return


def is_askable(ledger: Ledger, fence: Fence, address: str) -> bool:
    """Whether an address is a station's of IPv4; of others it is said why not."""
    try:
        to = place(address)
        if to.family != socket.AF_INET or fence.is_group(to):
            ledger.lose("addresses of IPv6 and groups were not asked")
            return False
        fence.check_station(to)
    except Failed as error:
        ledger.note(str(error))
        return False
    return True


def once(
    ledger: Ledger, asked: list[str], wait: float, quiet: float | None, interface: str | None
) -> Iterator[Echo]:
    """Ask each address once, and give the answers as they come."""
    answers: queue.SimpleQueue[tuple[str, EchoReply | None]] = queue.SimpleQueue()
    turn, waiting, at = ledger.turn(), 0, 0
    last_sent = last_heard = ledger.clock()
    milliseconds = max(1, int(wait * 1000))
    while ledger.left() and (at < len(asked) or waiting):
        if at < len(asked) and waiting < MOST_AT_ONCE and turn.due(1):
            begin(asked[at], milliseconds, answers)
            ledger.count(1, HEADER_BYTES + len(PAYLOAD))
            at, waiting, last_sent = at + 1, waiting + 1, ledger.clock()
            continue
        pause = turn.wait() if at < len(asked) and waiting < MOST_AT_ONCE else LOOK_SECONDS
        try:
            address, reply = answers.get(timeout=max(0.001, ledger.nap(pause)))
        except queue.Empty:
            # Only now: what came while others were sent stood in the queue.
            begun = max(last_sent + LEAST_WAIT_SECONDS, last_heard + (quiet or 0.0))
            if at >= len(asked) and quiet is not None and ledger.clock() >= begun:
                return
            continue
        waiting -= 1
        if reply is not None:
            last_heard = ledger.clock()
            yield Echo(
                address, reply.hops or None, reply.milliseconds / 1000, ledger.now(), interface
            )


def begin(
    address: str, milliseconds: int, answers: queue.SimpleQueue[tuple[str, EchoReply | None]]
) -> None:
    """Ask one address in a thread that keeps nobody from ending."""
    before = threading.stack_size(STACK_BYTES)
    try:
        threading.Thread(
            target=lambda: answers.put((address, answer(address, milliseconds))), daemon=True
        ).start()
    except RuntimeError:  # no more threads are to be had
        answers.put((address, None))
    finally:
        threading.stack_size(before)


def answer(address: str, milliseconds: int) -> EchoReply | None:
    """The answer of one address itself; None where there is none in time."""
    helper = ip_helper.library()
    helper.IcmpCreateFile.restype = c_void_p
    handle = helper.IcmpCreateFile()
    if handle in {None, INVALID_HANDLE}:
        return None
    held = ctypes.create_string_buffer(REPLY_BYTES)
    try:
        count = helper.IcmpSendEcho(
            c_void_p(handle),
            c_uint32(int.from_bytes(socket.inet_aton(address), "little")),
            PAYLOAD,
            c_uint16(len(PAYLOAD)),
            None,
            held,
            c_uint32(REPLY_BYTES),
            c_uint32(milliseconds),
        )
    finally:
        helper.IcmpCloseHandle(c_void_p(handle))
    if not count:
        return None
    reply = EchoReply.from_buffer_copy(held)
    # A router that says "no such host" is an answer to the call as well, with another address.
    mine = reply.status == 0 and bytes(reply.address) == socket.inet_aton(address)
    return reply if mine else None
