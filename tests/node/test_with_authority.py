"""A node and the real Authority, which share nothing but the contract."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.authority_process import AuthorityProcess
from tests.node.running import BLIND, FAST, running, settings
from tests.node.servers import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A real Authority takes twelve heartbeats and four runs a minute; a life has fewer.
BEARABLE = FAST._replace(
    beat_least=1.5, beat_most=1.5, sweep_least=1.0, sweep_most=4.0, retry_after_most=60.0
)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[AuthorityProcess]:
    """The program's own Authority, with a certificate that it made itself."""
    process = AuthorityProcess(tmp_path / "authority", "--tls")
    process.start()
    try:
        yield process
    finally:
        process.end()


def fingerprint(real: AuthorityProcess) -> str:
    return real.said(r"sha256 ([0-9a-f]{64})")


def test_a_node_lives_a_whole_life_at_a_real_authority(
    real: AuthorityProcess, tmp_path: Path
) -> None:
    """Enrolled by a token and a pin, approved, heard, given another token, and revoked."""
    given = settings(real.url, tmp_path, token=real.token(), fingerprint=fingerprint(real))
    with running(given, timing=BEARABLE) as node:
        until(lambda: node.is_in("pending"))
        [known] = real.nodes()
        node_id = re.search(r"edge_[0-9a-f]{16}", str(known))
        assert node_id
        real.command("nodes", "approve", node_id[0])
        until(lambda: node.events("delivered"))
        real.command("nodes", "rotate", "--by-heartbeat", node_id[0])
        until(lambda: node.events("token-rotation"))
        delivered = len(node.events("delivered"))
        until(lambda: len(node.events("delivered")) > delivered)
        real.command("nodes", "quarantine", node_id[0])
        until(lambda: node.is_in("quarantined"))
        real.command("nodes", "restore", node_id[0])
        until(lambda: node.is_in("trusted"))
        real.command("nodes", "revoke", node_id[0])
        until(lambda: node.is_in("credential-rejected"))

    assert [] == node.events("dropped")
    assert "192.168.1.1" in real.command("devices", "list").stdout


def test_a_blind_node_makes_no_device_go(real: AuthorityProcess, tmp_path: Path) -> None:
    given = settings(
        real.url, tmp_path, token=real.token("--auto-approve"), fingerprint=fingerprint(real)
    )
    with running(given) as node:
        until(lambda: node.events("delivered"))
    before = real.command("devices", "list").stdout

    with running(given, host=BLIND) as node:
        until(lambda: node.events("delivered"))

    seen = {line.split()[0] for line in before.splitlines()[1:]}
    after = real.command("devices", "list").stdout
    assert seen <= {line.split()[0] for line in after.splitlines()[1:] if line.endswith("yes")}


def test_a_token_for_another_machine_is_refused_and_said(
    real: AuthorityProcess, tmp_path: Path
) -> None:
    """W11."""
    token = real.token("--fingerprint", "0" * 64)
    given = settings(real.url, tmp_path, token=token, fingerprint=fingerprint(real))

    with running(given) as node:
        until(lambda: node.is_in("waiting-for-token"))
        told = node.status()

    assert told is not None
    assert "bound to another machine" in told.says
