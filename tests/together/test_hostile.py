"""Whatever is sent to do harm, at the real Authority, while a real node goes about its work."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
from typing import TYPE_CHECKING, Any

import httpx2

from tests.authority import desk
from tests.authority.test_hostile import NOTHING_BUT_NONSENSE
from tests.authority_process import SECONDS
from tests.together.admin import EDGE, Admin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.authority_process import AuthorityProcess
    from tests.together.conftest import MakesNodes

ROUTES = ("enroll", "heartbeat", "discovery-runs", "events", "metrics", "federation-candidates")
# Of these an Authority looks at no more in a minute, of one node and at the strictest route.
LOOKED_AT = 4
# As many connections as nobody has who means well; a server has room for a thousand.
LORISES = 200
# A hundred MiB of nothing, in as many KiB.
BOMB = gzip.compress(bytes(100 << 20), compresslevel=9)
ODD = "\ud800\0"


@contextlib.contextmanager
def lorises(at: AuthorityProcess, token: str) -> Iterator[None]:
    """Clients that begin, in their headers or in their body, and never come to an end."""
    host, port = at.listen.split(":")
    head = f"POST {EDGE}/discovery-runs HTTP/1.1\r\nHost: {at.listen}\r\n"
    body = f"Authorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n{{"
    with contextlib.ExitStack() as open_ones:
        for number in range(LORISES):
            client = open_ones.enter_context(socket.create_connection((host, int(port)), SECONDS))
            client.sendall((head + (body if number % 2 else "X-Slow: ")).encode())
        yield


def harmful() -> Iterator[tuple[bytes, dict[str, str]]]:
    """Bodies, and the headers that go with them."""
    for octets in NOTHING_BUT_NONSENSE.values():
        yield octets, {}
    yield BOMB, {"content-encoding": "gzip"}
    yield bytes(6 << 20), {}
    yield json.dumps({**desk.RUN, "runKey": ODD, "observedAt": "x" * 100_000}).encode(), {}


def test_a_node_works_on_while_the_authority_is_sent_everything_that_does_harm(
    authority: AuthorityProcess, admin: Admin, node: MakesNodes
) -> None:
    """Slow-loris, oversized, gzip bombs, deep JSON, NUL, lone surrogates, duplicate keys: none is
    a fault of the server's, and it neither ends nor grows by it."""
    statuses: dict[int, Any] = {}
    before = memory(authority)
    slow = lorises(authority, admin.enrolled()["nodeToken"])
    with slow, httpx2.Client(base_url=authority.url, timeout=SECONDS) as sends:
        for route in ROUTES:
            for number, (octets, also) in enumerate(harmful()):
                if number % LOOKED_AT == 0:
                    token = admin.issue() if route == "enroll" else admin.enrolled()["nodeToken"]
                headers = {"authorization": f"Bearer {token}", **also}
                with contextlib.suppress(httpx2.TransportError):  # cut off in the middle of 6 MiB
                    answer = sends.post(f"{EDGE}/{route}", content=octets, headers=headers)
                    statuses[answer.status_code] = (route, octets[:40], answer.text[:200])
        client = node("client", token=admin.issue())
        client.start()
        client.waits_for("delivered")
        assert client.end() == 0
    grown = memory(authority) - before

    assert {400, 413, 415, 422} <= statuses.keys()
    assert 429 not in statuses, "it was not looked at"
    assert not {status for status in statuses if status >= 500}, statuses
    assert client.runs("taken") == [run["runKey"] for run in admin.runs()]
    assert grown < len(bytes(100 << 20)), "a bomb was unpacked"
    assert not any("Traceback" in line or " ERROR " in line for line in authority.lines)


def memory(at: AuthorityProcess) -> int:
    """The most memory that a process ever had, in bytes."""
    assert at.process is not None
    with open(f"/proc/{at.process.pid}/status", encoding="ascii") as file:  # noqa: PTH123
        [peak] = [line for line in file if line.startswith("VmHWM:")]
    return int(peak.split()[1]) * 1024
