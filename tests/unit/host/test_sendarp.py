"""The ways of Windows and macOS to find and to connect, as far as they run on Linux' own link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .test_net_on_the_wire import FAR_MAC, POWERLESS, UP, pair, told

if TYPE_CHECKING:
    from .spaces import Space

__all__ = ["pair"]  # the fixture


def test_whoever_the_table_names_after_a_datagram_has_answered(pair: tuple[Space, Space]) -> None:
    here, _ = pair
    found = told(
        here,
        "from dpf_edge.host import sendarp\n"
        "got = list(sendarp.by_looking(net._ledger, live.fence(), walk('10.9.4.0/25'), wait=1.2,"
        " quiet=None))\n"
        "tell(up=sorted(each.address for each in got),"
        " macs=sorted({each.mac for each in got}), states=sorted({each.state for each in got}))",
        before=POWERLESS,
    )

    assert UP - {"10.9.0.1"} == set(found["up"])
    assert [FAR_MAC] == found["macs"]
    assert ["reachable"] == found["states"]
    assert [] == found["lost"]


def test_an_address_on_no_link_is_not_asked_for(pair: tuple[Space, Space]) -> None:
    here, _ = pair
    found = told(
        here,
        "from dpf_edge.host import sendarp\n"
        "got = list(sendarp.by_looking(net._ledger, live.fence(), ['192.168.77.1', 'x', '8.8.8.8'],"
        " wait=0.1, quiet=None))\n"
        "tell(got=got)",
        before=POWERLESS,
    )

    assert ([], 0) == (found["got"], found["packets"])
    assert any("on no link" in each for each in found["lost"])


def test_calls_that_block_for_the_dead_are_made_side_by_side(pair: tuple[Space, Space]) -> None:
    """The call is SendARP's stand-in: Windows' own runs nowhere here."""
    here, _ = pair
    found = told(
        here,
        "import threading\n"
        "from dpf_edge.host import sendarp\n"
        "together = threading.Barrier(61)\n"
        "def call(one):\n"
        "    alive = one.address == one.source or int(one.address.rpartition('.')[2]) < 4\n"
        "    if not alive: together.wait(20)\n"
        "    return sendarp.Told(one, bytes(6) if alive else None)\n"
        "sendarp.call = call\n"
        "def end():\n"
        "    together.wait(20)\n"
        "thread = threading.Thread(target=end); thread.start()\n"
        "got = list(sendarp.nudge(net._ledger, live.fence(), walk('10.9.4.0/26'), wait=15.0,"
        " quiet=None))\n"
        "thread.join()\n"
        "tell(up=sorted(each.address for each in got), links=sorted({each.dev for each in got}))",
    )

    assert ["10.9.4.0", "10.9.4.1", "10.9.4.2", "10.9.4.3"] == found["up"]
    assert 64 == found["packets"]
    assert [] == found["lost"]


def test_connections_come_to_the_same_without_epoll(pair: tuple[Space, Space]) -> None:
    here, _ = pair
    found = told(
        here,
        "from dpf_edge.host import connecting\n"
        "targets = [('10.9.4.1', port) for port in range(40000, 40040)]\n"
        "usual = sorted((e.port, e.result) for e in net.connect(targets, wait=1.0))\n"
        "connecting.Ready = connecting.Polled\n"
        "other = sorted((e.port, e.result) for e in net.connect(targets, wait=1.0))\n"
        "tell(usual=usual, other=other)",
    )

    assert 40 == len(found["usual"])
    assert found["usual"] == found["other"]
