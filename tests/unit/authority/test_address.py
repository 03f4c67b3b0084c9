"""Where a server listens, and which names it answers to."""

from __future__ import annotations

import pytest

from dpf_edge.authority import address, hosts
from dpf_edge.authority.address import Address

EVERY = "0.0.0.0"  # noqa: S104 - compared, not bound


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8470", "127.0.0.1", 8470),
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("127.0.0.1", "127.0.0.1", 8470),
        ("localhost:80", "localhost", 80),
        (":8443", EVERY, 8443),
        ("[::1]:8470", "::1", 8470),
        ("[::1]", "::1", 8470),
        ("::1", "::1", 8470),
        ("::", "::", 8470),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, host: str, port: int) -> None:
    assert Address(host, port) == address.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "127.0.0.1:x",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "[::1",
        "[::1]8470",
        "[zz]:1",
        "1:2:3",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        address.parse(text)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert "[::1]:8470" == str(Address("::1", 8470))
    assert "127.0.0.1:1" == str(Address("127.0.0.1", 1))


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("a.localhost", False),
        ("localhost.", False),
        (EVERY, False),
        ("::", False),
        ("192.168.1.4", False),
        ("localhost.example", False),
    ],
)
def test_loopback_is_told_from_the_rest(host: str, is_loopback: bool) -> None:
    assert is_loopback == address.is_loopback(host)


def test_on_loopback_only_its_own_names_are_answered_to() -> None:
    names = hosts.allowed("127.0.0.1", ())

    assert {"localhost", "127.0.0.1", "::1"} == names
    assert {*names, "edge.example"} == hosts.allowed("127.0.0.1", ("Edge.Example.",))


def test_elsewhere_any_name_is_answered_to_unless_some_are_given() -> None:
    assert frozenset() == hosts.allowed(EVERY, ())
    assert {"edge.example", "localhost", "127.0.0.1", "::1"} == hosts.allowed(
        EVERY, ("edge.example",)
    )


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"localhost:8470", "localhost"),
        (b"LOCALHOST", "localhost"),
        (b"localhost.:80", "localhost"),
        (b"[::1]:8470", "::1"),
        (b"127.0.0.1:1", "127.0.0.1"),
        (b"evil.example:8470", "evil.example"),
        (b"localhost@evil.example", "localhost@evil.example"),
        (b"", ""),
    ],
)
def test_a_host_header_is_read_without_its_port(header: bytes, name: str) -> None:
    assert name == hosts.name(header)


@pytest.mark.parametrize(
    ("text", "url", "host", "is_secure"),
    [
        ("https://authority.example", "https://authority.example", "authority.example", True),
        (
            "https://authority.example:8470/",
            "https://authority.example:8470",
            "authority.example",
            True,
        ),
        ("http://[fd00::1]:80", "http://[fd00::1]:80", "fd00::1", False),
    ],
)
def test_a_public_url_is_an_origin(text: str, url: str, host: str, is_secure: bool) -> None:
    found = address.public(text)

    assert (url, host, is_secure) == (found.url, found.host, found.is_secure)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "authority.example",
            "ftp://x",
            "https://",
            "https://x/path",
            "https://x?q",
            "https://x#f",
        ),
        *("https://user:secret@x", "https://x:99999", "https://[::1", "javascript:alert(1)"),
    ],
)
def test_what_is_no_origin_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="takes a URL") as refused:
        address.public(text)

    assert "secret" not in str(refused.value)
