"""Becoming a node: two at one token, and an Authority that is known by its certificate alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from tests.authority_process import SECONDS, AuthorityProcess
from tests.node.certificates import made
from tests.node.servers import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.together.admin import Admin
    from tests.together.conftest import MakesNodes
    from tests.together.node_process import NodeProcess

USED = "the bootstrap token has been used"


def is_about_to_ask(node: NodeProcess) -> bool:
    """Whether it has noted its attempt, which is what it does before the token leaves it."""
    memory = node.state / "memory.json"
    return memory.exists() and bool(json.loads(memory.read_text()).get("attempt"))


def test_of_two_nodes_with_one_token_one_wins_and_the_other_says_why_not(
    authority: AuthorityProcess, admin: Admin, node: MakesNodes
) -> None:
    """W7, W11: the Authority is frozen until both have asked: both are in front of it at once."""
    token = admin.issue()
    pair = [node(name, token=token) for name in ("one", "other")]
    assert authority.process is not None
    os.kill(authority.process.pid, signal.SIGSTOP)
    for each in pair:
        each.start()
    until(lambda: all(is_about_to_ask(each) for each in pair), SECONDS)
    os.kill(authority.process.pid, signal.SIGCONT)
    until(lambda: all(each.events("enrolled") or each.events("standing") for each in pair), SECONDS)
    winner, loser = sorted(pair, key=lambda each: not each.events("enrolled"))
    winner.waits_for("delivered")

    status, words = loser.status(), loser.command("status")
    asked = [row for row in admin.audit() if row["tool"].endswith("enroll")]
    ends = [loser.end(), winner.end()]

    [enrolled] = authority.nodes()
    assert winner.events("enrolled")[0]["node"] == enrolled["nodeId"]
    assert [] == loser.events("enrolled")
    assert [(200, None), (401, "token_already_consumed")] == sorted(
        (row["status"], row["code"]) for row in asked
    )
    # It stays up, as documented: a supervisor that restarted it would change nothing.
    assert [0, 0] == ends
    assert "waiting-for-token" == status["node"]["mode"]
    assert (1, "needs-attention") == (words.returncode, words.stdout.splitlines()[0])
    assert USED in words.stdout
    assert 1 == sum(USED in line for line in loser.said().splitlines())
    assert "Traceback" not in loser.said() + winner.said()
    assert not (loser.state / "state.json").exists()
    assert token not in loser.said() + winner.said()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[AuthorityProcess]:
    """An Authority with a certificate that it made itself."""
    process = AuthorityProcess(tmp_path / "secure", "--tls")
    process.start()
    yield process
    process.end()


def pinned(node: NodeProcess, fingerprint: str) -> NodeProcess:
    node.environment["DPF_AUTHORITY_FINGERPRINT"] = fingerprint
    return node


def test_a_node_that_pins_the_right_certificate_delivers(
    secure: AuthorityProcess, node: MakesNodes
) -> None:
    fingerprint = secure.said(r"sha256 ([0-9a-f]{64})")
    client = pinned(
        node("pinned", url=secure.url, token=secure.token("--auto-approve")), fingerprint
    )

    client.start()
    client.waits_for("delivered")
    assert client.end() == 0

    assert secure.url.startswith("https://")
    assert ["trusted"] == [each["trustState"] for each in secure.nodes()]


def test_a_node_that_pins_another_one_says_so_and_spends_no_token(
    secure: AuthorityProcess, node: MakesNodes
) -> None:
    """Nor does one that pins nothing: what an Authority made itself is signed by nobody. The same
    token is good for the right one afterwards."""
    fingerprint = secure.said(r"sha256 ([0-9a-f]{64})")
    token = secure.token("--auto-approve")
    wrong = pinned(node("wrong", url=secure.url, token=token), "0" * 64)
    none = node("none", url=secure.url, token=token)
    for each in (wrong, none):
        each.start()
        each.waits_for("not-enrolled")
    known = secure.nodes()
    listed = secure.command("token", "list", "--json").stdout
    told = wrong.status()
    for each in (wrong, none):
        assert each.end() == 0
    right = pinned(wrong, fingerprint)
    right.start()
    right.waits_for("delivered")

    assert [] == known
    assert ["open"] == [each["state"] for each in json.loads(listed)["tokens"]]
    assert f"SHA-256 is {fingerprint}" in wrong.events("not-enrolled")[0]["text"]
    assert "certificate" in none.events("not-enrolled")[0]["text"]
    assert told["health"] == "needs-attention"
    assert 1 == len(secure.nodes())


def test_whoever_has_another_certificate_hears_not_a_byte_of_a_request(
    node: MakesNodes, tmp_path: Path
) -> None:
    """The pin is checked inside the handshake: the token has not left the node when it fails."""
    impostor = made("impostor")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*impostor.write(tmp_path, "impostor"))
    heard: list[bytes] = []
    callers: list[None] = []

    def listen(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(SECONDS)
                try:
                    with context.wrap_socket(connection, server_side=True) as client:
                        heard.append(client.recv(65536))
                except OSError:  # the alert that ends a handshake is one
                    pass
            callers.append(None)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=listen, args=(listening,), daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        client = pinned(node("caller", url=url, token="dpfboot_" + "0" * 39), "f" * 64)
        client.start()
        client.waits_for("not-enrolled")
        until(lambda: callers, SECONDS)
        assert client.end() == 0
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(SECONDS)

    assert b"" == b"".join(heard)
    assert f"SHA-256 is {impostor.fingerprint}, and {'f' * 64} is pinned" in client.said()
