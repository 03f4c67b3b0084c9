"""One conversation by TCP with one service: bounded in bytes and in time, TLS unverified.

Nothing secret is ever said here, so who the other side is does not matter: its certificate is
evidence, and is not checked.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import Failed
from dpf_edge.host.forbidden import Fence, Place, place
from dpf_edge.host.net import Said

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from dpf_edge.host.counting import Ledger

CHUNK_BYTES = 16_384
# Who began to speak and then says nothing for so long has said what he wanted to say first.
QUIET_SECONDS = 0.25


@lru_cache(maxsize=1)  # a context takes a millisecond to make, and all conversations may share it
def anybody() -> ssl.SSLContext:
    """A TLS context that speaks with anybody, old devices included."""
    import ssl

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    made.set_ciphers("DEFAULT:@SECLEVEL=0")  # a switch of 2009 has a key of 1024 bits
    return made


class Line(NamedTuple):
    """A connection that was made, and until when it may be used."""

    sock: socket.socket
    certificate: bytes | None
    left: Callable[[], float]

    def say(self, data: bytes) -> None:
        """Say all of it.

        :raises OSError: it was not taken, or not in time.
        """
        self.sock.settimeout(max(0.001, self.left()))
        self.sock.sendall(data)

    def more(self, most: int, seconds: float) -> bytes | None:
        """What comes next; b"" at the end, None where nothing came in so many seconds."""
        self.sock.settimeout(max(0.001, min(seconds, self.left())))
        try:
            return self.sock.recv(min(most, CHUNK_BYTES))
        except TimeoutError:
            return None


def opened(ledger: Ledger, fence: Fence, to: Place, port: int, tls: bool, seconds: float) -> Line:
    """A connection, with its certificate where TLS was wanted.

    :raises Failed: it may not be made, was refused, or nobody answered in time.
    """
    fence.check(to, port)
    if not ledger.pause():
        raise Failed("no time is left")
    end = ledger.clock() + seconds

    def left() -> float:
        return min(end - ledger.clock(), ledger.left())

    sock = socket.socket(to.family, socket.SOCK_STREAM)
    certificate = None
    try:
        sock.settimeout(max(0.001, left()))
        ledger.count(1, 0)
        sock.connect(to.sockaddr(port))
        if tls:
            sock = anybody().wrap_socket(sock, do_handshake_on_connect=False)
            sock.settimeout(max(0.001, left()))
            sock.do_handshake()
            certificate = sock.getpeercert(binary_form=True)
    except BaseException as error:
        sock.close()
        if isinstance(error, (OSError, ValueError)):
            raise Failed(reason(error)) from error
        raise
    return Line(sock, certificate, left)


def reason(error: Exception) -> str:
    """Why there was no conversation, in a few words."""
    if isinstance(error, TimeoutError):
        return "silent"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    said = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(said or type(error).__name__)


def talk(
    ledger: Ledger,
    fence: Fence,
    address: str,
    port: int,
    *,
    say: bytes,
    tls: bool,
    most: int,
    seconds: float,
    until: bytes | None,
) -> Said:
    """See :meth:`dpf_edge.host.net.Net.talk`. With ``most`` 0 nothing is waited for.

    A service that connects and says nothing has said ``b""``.
    """
    line = opened(ledger, fence, place(address), port, tls, seconds)
    heard = bytearray()
    with line.sock:
        try:
            if say:
                ledger.count(1, len(say))
                line.say(say)
            while len(heard) < most and line.left() > 0:
                quiet = QUIET_SECONDS if heard and until is None else line.left()
                more = line.more(most - len(heard), quiet)
                if not more:
                    break
                heard += more
                if until is not None and until in heard:
                    break
        except (OSError, ValueError) as error:
            if not heard:
                raise Failed(reason(error)) from error
    return Said(bytes(heard), line.certificate, ledger.now())
