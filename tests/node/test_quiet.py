"""What leaves a node: calls of its one Authority, and nothing besides."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.host.live import live
from tests.node.running import running, settings
from tests.node.servers import Server, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.node.scripted import Scripted

# What Python says before it sends, asks for a name, or starts a program (PEP 578).
SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
NAMING = frozenset(
    {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
)
STARTING = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"})


class Heard:
    """What this process did, while somebody listens: a hook stays for as long as the process."""

    def __init__(self) -> None:
        self.listens = True
        self.events: list[tuple[str, tuple[Any, ...]]] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.listens and event in SENDING | NAMING | STARTING:
            self.events.append((event, arguments))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Everything that leaves this process from here on."""
    hook = Heard()
    sys.addaudithook(hook)
    yield hook
    hook.listens = False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are read by programs of theirs")
def test_a_node_that_listens_talks_to_its_authority_and_to_nobody_else(
    authority: Scripted, server: Server, tmp_path: Path, heard: Heard
) -> None:
    """W21: a published sweep looks names up by the way. Here no name is asked for, no program is
    started, and no address is called but the Authority's, whatever this machine's tables hold."""
    given = settings(server.url, tmp_path, token=authority.issue(), name="till-3")
    with running(given, host=live):
        until(lambda: len(authority.run_keys()) > 2)

    called = {
        arguments[1][:2]
        for event, arguments in heard.events
        if event in SENDING and arguments[0].family in {socket.AF_INET, socket.AF_INET6}
    }
    named = {arguments[0] for event, arguments in heard.events if event in NAMING}
    assert {("127.0.0.1", server.port)} == called
    assert named <= {"127.0.0.1"}
    assert [] == [event for event, _ in heard.events if event in STARTING]
