"""The live network on Windows, as far as the loopback and this machine's own tables go."""

from __future__ import annotations

import pytest

from dpf_edge.errors import Denied
from dpf_edge.host.live_net import LiveNet


def test_no_frames_are_heard_or_sent_and_it_is_said_why() -> None:
    """Windows has no packet sockets, whatever the right; a driver would be needed."""
    net = LiveNet(100.0, seed=1)
    account = net.account("heard", 5.0)

    assert not account.privileged()
    with pytest.raises(Denied, match="no packet sockets"):
        next(account.frames(["eth0"], ["arp"], seconds=1.0))
    with pytest.raises(Denied, match="no packet sockets"):
        next(account.exchange_frames("eth0", "arp", [b""], wait=0.1))


def test_echoes_go_to_ipv4_alone_and_what_was_not_asked_is_counted() -> None:
    net = LiveNet(100.0, seed=1)
    account = net.account("icmp", 5.0)

    with pytest.raises(Denied, match="no echoes to IPv6"):
        list(account.echo(["ff02::1"], wait=0.1))
    assert any("IPv6" in each for each in account.lost())
