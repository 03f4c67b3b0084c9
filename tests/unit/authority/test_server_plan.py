"""What the command line comes to: where it listens, how it is reached, what it answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from dpf_edge.authority import tls
from dpf_edge.cli import authority_server
from dpf_edge.cli.authority_server import Plan, Told
from dpf_edge.host import listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dpf_edge.authority.settings import Settings

EVERY = "0.0.0.0:8470"
NAMES = {"localhost", "127.0.0.1", "::1"}


@pytest.fixture
def sockets() -> Iterator[tuple[listening.Socket, ...]]:
    """A socket on 127.0.0.1: only its port matters here, and no test binds another address."""
    made = listening.bind("127.0.0.1", 0)
    yield made
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two addresses, whatever this one has."""
    monkeypatch.setattr(authority_server, "own_addresses", lambda: ("192.168.50.7", "fd00:50::7"))
    monkeypatch.setattr(authority_server, "hostname", lambda: "warehouse-2")


def planned(folder: Path, **options: object) -> Plan:
    """A command line, understood."""
    told = Told(folder=str(folder), **options)  # type: ignore[arg-type]
    at, public = authority_server.understood(told)
    pair = authority_server.certificate(told, at, public)
    return Plan(told, at, public, pair, None if pair is None else tls.context(pair))


def reached(plan: Plan, sockets: tuple[listening.Socket, ...]) -> tuple[str, Settings]:
    """Where clients reach it, without the port; and what the Authority is told."""
    url = authority_server.reached_at(plan, sockets)
    return url.removesuffix(f":{sockets[0].getsockname()[1]}"), authority_server.settings(plan, url)


def test_on_loopback_it_is_http_and_answers_to_loopbacks_names(
    tmp_path: Path, sockets: tuple[listening.Socket, ...]
) -> None:
    plan = planned(tmp_path, listen="127.0.0.1:0")

    url, settings = reached(plan, sockets)

    assert ("http://127.0.0.1", False) == (url, settings.is_secure)
    assert NAMES == settings.hosts
    assert plan.pair is None
    assert [] == list(tmp_path.iterdir()), "no certificate was made"


def test_on_a_network_it_is_https_with_a_certificate_for_all_it_is_called(
    tmp_path: Path, sockets: tuple[listening.Socket, ...]
) -> None:
    plan = planned(tmp_path, listen=EVERY, allow_host=("edge.example",))

    url, settings = reached(plan, sockets)

    assert ("https://192.168.50.7", True) == (url, settings.is_secure)
    assert NAMES | {"edge.example"} == settings.hosts
    from tests.unit.authority.test_tls import names_in

    named = names_in((tmp_path / tls.CERTIFICATE).read_bytes())
    assert NAMES | {"edge.example", "warehouse-2", "192.168.50.7", "fd00:50::7"} == named


def test_on_a_network_any_name_is_answered_to_unless_some_are_given(
    tmp_path: Path, sockets: tuple[listening.Socket, ...]
) -> None:
    plan = planned(tmp_path, listen=EVERY, public_url="https://edge.example")

    _, settings = reached(plan, sockets)

    assert frozenset() == settings.hosts


def test_behind_a_proxy_it_is_http_and_its_cookies_are_for_https(
    tmp_path: Path, sockets: tuple[listening.Socket, ...]
) -> None:
    plan = planned(tmp_path, listen="127.0.0.1:0", public_url="https://edge.example/")

    url, settings = reached(plan, sockets)

    assert ("https://edge.example", True) == (url, settings.is_secure)
    assert NAMES | {"edge.example"} == settings.hosts
    assert plan.offered is None


def test_plain_http_on_a_network_takes_saying_so(
    tmp_path: Path, sockets: tuple[listening.Socket, ...]
) -> None:
    url, settings = reached(planned(tmp_path, listen=EVERY, plain_http=True), sockets)

    assert ("http://192.168.50.7", False) == (url, settings.is_secure)


@pytest.mark.parametrize(
    "options",
    [
        {"tls_key": "x"},
        {"plain_http": True, "tls_cert": "x", "tls_key": "y"},
        {"listen": "nonsense:port"},
        {"public_url": "edge.example"},
    ],
)
def test_what_does_not_go_together_is_a_wrong_command_line(options: dict[str, object]) -> None:
    with pytest.raises(click.UsageError):
        authority_server.understood(Told(**options))  # type: ignore[arg-type]
