"""How a page is asked for, and how an answer is read, whatever it is."""

from __future__ import annotations

import pytest

from dpf_edge.errors import Failed
from dpf_edge.host.fetching import (
    HEAD_BYTES,
    Head,
    body,
    head,
    is_enough,
    request,
    target,
    unchunked,
)

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.8/",  # another host
        "http://router.lan/",  # a name, which nobody looks up
        "http://10.0.0.7@10.0.0.8/",
        "http://user@10.0.0.7/",
        "ftp://10.0.0.7/",
        "file:///etc/passwd",
        "http://10.0.0.7:99999/",
        "http://10.0.0.7/a b",
        "http://10.0.0.7/\r\nX: y",
        "http://10.0.0.7/\u202e",
        "http://10.0.0.7/" + "a" * 3000,
        "http://[10.0.0.7/",
        "10.0.0.7",
        "",
        "http://167772167/",  # 10.0.0.7 as some readers take it
        "http://0x0a000007/",
    ],
)
def test_a_url_that_leads_elsewhere_or_is_none_is_refused(url: str) -> None:
    with pytest.raises(Failed):
        target(url, "10.0.0.7")


def test_a_url_at_the_one_address_is_taken() -> None:
    assert ("http", "10.0.0.7", 80, "/") == tuple(target("http://10.0.0.7", "10.0.0.7"))
    found = target("https://[fd00::7]:8443/a?b=c#d", "fd00:0::7")
    assert ("https", "fd00:0::7", 8443, "/a?b=c") == tuple(found)
    assert request(found).startswith(b"GET /a?b=c HTTP/1.1\r\nHost: [fd00:0::7]:8443\r\n")


def test_a_head_is_read_as_devices_write_it() -> None:
    usual = OK + b"Server: x\r\nA:1\r\n\r\n"
    bare = b"HTTP/1.0 404 Not Found\nA: b\n\n"

    assert Head(200, {"server": "x", "a": "1"}, len(usual)) == head(usual + b"<html>")
    assert Head(404, {"a": "b"}, len(bare)) == head(bare + b"<html>")


@pytest.mark.parametrize("data", [b"", b"H", b"HTTP/1.1 200 OK\r\nServer:"])
def test_half_a_head_is_waited_for(data: bytes) -> None:
    assert head(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"\x16\x03\x01",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 20\xb2 OK\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        OK + b"a" * (HEAD_BYTES + 1),
    ],
)
def test_what_is_no_http_is_refused(data: bytes) -> None:
    with pytest.raises(Failed):
        head(data)


def test_a_body_ends_where_its_length_says() -> None:
    found = head(OK + b"Content-Length: 3\r\n\r\n")
    assert found is not None
    whole = OK + b"Content-Length: 3\r\n\r\nabcdef"

    assert (b"abc", True) == body(whole, found, ended=False)
    assert (b"ab", False) == body(whole[:-4], found, ended=False)
    assert is_enough(whole, found, 100)
    assert not is_enough(whole[:-4], found, 100)


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    found = head(OK + b"\r\n")
    assert found is not None

    assert (b"abc", False) == body(OK + b"\r\nabc", found, ended=False)
    assert (b"abc", True) == body(OK + b"\r\nabc", found, ended=True)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"3\r\nabc\r\n0\r\n\r\n", (b"abc", True)),
        (b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", (b"abcde", True)),
        (b"3\r\nab", (b"ab", False)),
        (b"-3\r\nabc\r\n", (b"", False)),
        (b"1_0\r\nabc\r\n", (b"", False)),
        (b"ffffffffff\r\nabc\r\n", (b"", False)),
        (b"zz\r\n", (b"", False)),
        (b"", (b"", False)),
    ],
)
def test_chunks_are_put_together(data: bytes, expected: tuple[bytes, bool]) -> None:
    assert expected == unchunked(data)


@pytest.mark.parametrize("length", ["-1", "+3", "3_0", "9" * 30, "٣"])
def test_a_length_that_is_none_is_not_believed(length: str) -> None:
    found = Head(200, {"content-length": length}, 0)

    assert (b"abc", False) == body(b"abc", found, ended=False)
