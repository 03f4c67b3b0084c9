"""Sockets that listen, on 127.0.0.1 and ::1, and what is said where one cannot."""

from __future__ import annotations

import asyncio
import socket

import pytest

from dpf_edge.errors import ListenAddress, ListenDenied, ListenTaken
from dpf_edge.host import listening


def test_a_free_port_is_the_same_for_every_address_of_a_host() -> None:
    sockets = listening.bind("localhost", 0)

    assert 1 == len({each.getsockname()[1] for each in sockets})
    assert {each.getsockname()[0] for each in sockets} <= {"127.0.0.1", "::1"}
    for each in sockets:
        each.close()


def test_a_port_that_is_taken_says_so_and_which_other_one_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ListenTaken, match=rf"127\.0\.0\.1:{port}: ") as refused:
            listening.bind("127.0.0.1", port)

    assert refused.value.hint is not None
    assert "127.0.0.1:0" in refused.value.hint


def test_a_port_is_free_again_at_once_after_a_connection() -> None:
    """A server that is started again need not wait for its last connections to age."""
    (first,) = listening.bind("127.0.0.1", 0)
    first.setblocking(True)
    port = first.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):
        accepted, _ = first.accept()
        accepted.close()
    first.close()

    (again,) = listening.bind("127.0.0.1", port)

    assert port == again.getsockname()[1]
    again.close()


def test_connections_that_it_takes_send_at_once() -> None:
    """asyncio turns Nagle's algorithm off where a socket names its protocol, and only there."""
    (listens,) = listening.bind("127.0.0.1", 0)

    async def accepted() -> int:
        asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def took(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            asked.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(took, sock=listens):
            _, writer = await asyncio.open_connection(*listens.getsockname())
            found = await asyncio.wait_for(asked, 20)
            writer.close()
            await writer.wait_closed()
            return found

    assert 0 != asyncio.run(accepted())


# TEST-NET-1 is nobody's (RFC 5737); and no name server is asked for a name.
@pytest.mark.parametrize("host", ["192.0.2.77", "edge.example", "a" * 300, "x\0y", "1.2.3"])
def test_a_host_that_is_not_here_is_named(host: str) -> None:
    with pytest.raises(ListenAddress):
        listening.bind(host, 0)


def test_a_port_that_is_none_is_no_address() -> None:
    with pytest.raises(ListenAddress):
        listening.bind("127.0.0.1", 70000)


def test_a_port_that_is_roots_is_denied() -> None:
    denied = listening.refusal("127.0.0.1", 80, PermissionError(13, "Permission denied"))

    assert isinstance(denied, ListenDenied)
    assert "127.0.0.1:80" in str(denied)


def test_there_is_room_for_a_fleet_or_as_much_as_the_system_gives() -> None:
    assert listening.room() >= 16
