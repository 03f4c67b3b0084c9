"""One exchange with a real server on 127.0.0.1, however that server behaves."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import gzip
import json
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dpf_edge.host import http
from dpf_edge.host.http import Cause, Exchange, Http, NoAnswer
from dpf_edge.host.tls import Trust, certificate
from tests.node.certificates import Made, made, maker
from tests.node.servers import request_of, serving, speaking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.requests import Request

SYSTEM = Trust()
TOKEN = "dpfedge_" + "0" * 39


def ask(
    base: str,
    path: str = "/x",
    *,
    trust: Trust = SYSTEM,
    seconds: float = 5.0,
    proxy: str | None = None,
    body: bytes | None = b"{}",
) -> Exchange | NoAnswer:
    """One exchange."""

    async def go() -> Exchange | NoAnswer:
        way = Http(base, trust=trust, seconds=seconds, proxy=proxy)
        try:
            return await way.exchange("POST", path, token=TOKEN, body=body)
        finally:
            await way.aclose()

    return asyncio.run(go())


def cause(got: Exchange | NoAnswer) -> Cause:
    """Why there was no answer; it says nothing of a token."""
    assert isinstance(got, NoAnswer), got
    assert "0000" not in got.says
    assert got.says
    return got.cause


def told_by(got: Exchange) -> dict[str, str]:
    """The body of an answer."""
    found: dict[str, str] = json.loads(got.body)
    return found


async def echo(request: Request) -> Response:
    """What came in."""
    told = {**dict(request.headers), "body": (await request.body()).decode()}
    return JSONResponse(told, 201, {"date": email.utils.formatdate(usegmt=True)})


def app(**routes: Callable[[Request], object]) -> Starlette:
    """An application with a few handlers, each at its name."""
    return Starlette(
        routes=[Route(f"/{name}", each, methods=["POST"]) for name, each in routes.items()]
    )


def test_an_answer_comes_whole_with_its_date() -> None:
    with serving(app(x=echo)) as server:
        got = ask(server.url)

    assert isinstance(got, Exchange)
    assert 201 == got.status
    assert got.date is not None
    assert abs(got.date - time.time()) < 5
    told = told_by(got)
    assert f"Bearer {TOKEN}" == told["authorization"]
    assert ("application/json", "{}") == (told["content-type"], told["body"])
    assert got.certificate is None


def test_no_cookie_is_kept() -> None:
    """A cookie would be a second token that nobody looks after."""
    seen = []

    async def cookie(request: Request) -> Response:
        seen.append(request.headers.get("cookie"))
        response = Response()
        response.set_cookie("session", "1")
        return response

    async def twice(base: str) -> None:
        way = Http(base, trust=Trust(), seconds=5)
        for _ in range(2):
            await way.exchange("POST", "/x", token=TOKEN)
        await way.aclose()

    with serving(app(x=cookie)) as server:
        asyncio.run(twice(server.url))

    assert [None, None] == seen


def test_an_answer_that_is_too_long_is_cut_off() -> None:
    async def long(request: Request) -> Response:
        del request
        return Response(b"x" * (http.ANSWER_BYTES + 1))

    with serving(app(x=long)) as server:
        assert Cause.TOO_LARGE == cause(ask(server.url))


def test_a_packed_answer_is_not_unpacked() -> None:
    """A gzip bomb would be a thousand times what came in."""

    async def packed(request: Request) -> Response:
        assert "identity" == request.headers["accept-encoding"]
        return Response(gzip.compress(b"{}"), headers={"content-encoding": "gzip"})

    with serving(app(x=packed)) as server:
        assert Cause.BROKEN == cause(ask(server.url))


class Redirecting:
    """Two servers; the one redirects wherever it is told."""

    def __init__(self) -> None:
        self.to = ""
        self.status = 307
        self.elsewhere: list[str | None] = []

    async def redirect(self, request: Request) -> Response:
        await request.body()
        return Response(status_code=self.status, headers={"location": self.to})

    async def other(self, request: Request) -> Response:
        self.elsewhere.append(request.headers.get("authorization"))
        return Response()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_the_same_origin_is_followed_with_the_body(status: int) -> None:
    redirecting = Redirecting()
    redirecting.status = status
    with serving(app(x=redirecting.redirect, y=echo)) as server:
        redirecting.to = "/y"
        got = ask(server.url, body=b'{"a":1}')

    assert isinstance(got, Exchange)
    assert (201, '{"a":1}') == (got.status, told_by(got)["body"])


def test_a_redirect_to_another_origin_is_not_followed() -> None:
    """W19: the one client ignores redirects, the other takes the token along."""
    redirecting = Redirecting()
    with serving(app(y=redirecting.other)) as other, serving(app(x=redirecting.redirect)) as server:
        for to in (
            f"{other.url}/y",
            f"http://localhost:{server.port}/y",
            f"https://127.0.0.1:{server.port}/y",
            f"//127.0.0.1:{other.port}/y",
            "http://[broken/y",
        ):
            redirecting.to = to
            assert Cause.REDIRECTED == cause(ask(server.url))

    assert [] == redirecting.elsewhere


def test_a_redirect_in_a_circle_ends() -> None:
    redirecting = Redirecting()
    with serving(app(x=redirecting.redirect)) as server:
        redirecting.to = "/x"
        assert Cause.REDIRECTED == cause(ask(server.url))


def test_see_other_is_no_answer_to_a_post_and_is_handed_on() -> None:
    redirecting = Redirecting()
    redirecting.status = 303
    with serving(app(x=redirecting.redirect)) as server:
        redirecting.to = "/y"
        got = ask(server.url)

    assert isinstance(got, Exchange)
    assert 303 == got.status


def drip(connection: socket.socket) -> None:
    """A byte at a time, so that no single read ever takes long."""
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x")
        time.sleep(0.02)


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def endless(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def endless_head(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x-more: " + b"x" * 8000 + b"\r\n")


def saying(data: bytes) -> Callable[[socket.socket], None]:
    """Say something whatever was asked, and hang up."""

    def say(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(data)

    return say


MISBEHAVIOURS: dict[str, tuple[Callable[[socket.socket], None], Cause]] = {
    "drips": (drip, Cause.TIMED_OUT),
    "says nothing": (silent, Cause.TIMED_OUT),
    "never ends": (endless, Cause.TOO_LARGE),
    "never ends its head": (endless_head, Cause.BROKEN),
    "hangs up": (request_of, Cause.BROKEN),  # type: ignore[dict-item]
    "hangs up in the head": (saying(b"HTTP/1.1 200 OK\r\ncont"), Cause.BROKEN),
    "hangs up in the body": (
        saying(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"),
        Cause.BROKEN,
    ),
    "speaks something else": (saying(b"SSH-2.0-OpenSSH_9.2\r\n"), Cause.BROKEN),
    "has two lengths": (
        saying(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"),
        Cause.BROKEN,
    ),
}


@pytest.mark.parametrize(("speak", "wanted"), MISBEHAVIOURS.values(), ids=MISBEHAVIOURS.keys())
def test_a_server_that_misbehaves_is_named_and_costs_no_more_than_the_deadline(
    speak: Callable[[socket.socket], None], wanted: Cause
) -> None:
    with speaking(speak) as url:
        assert wanted == cause(ask(url, seconds=0.5))


def test_a_refusal_that_comes_while_the_body_is_still_being_sent_is_heard() -> None:
    """A 413 is answered, and the connection closed, before five MiB have gone over."""

    def refuse(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(
            b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
        )
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with speaking(refuse) as url:
        got = ask(url, body=b"x" * (5 << 20))

    assert isinstance(got, Exchange)
    assert 413 == got.status


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    assert Cause.UNREACHABLE == cause(ask(f"http://127.0.0.1:{port}"))


def test_a_name_that_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert Cause.UNRESOLVED == cause(ask("http://authority.invalid"))


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Callable[[Made], str]]:
    """Serves over TLS with a certificate; gives the URL."""
    with contextlib.ExitStack() as stack:

        def start(certificate: Made) -> str:
            files = certificate.write(tmp_path, "server")
            return stack.enter_context(serving(app(x=echo), files)).url

        yield start


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    return maker().write(tmp_path, "maker")[0]


def test_a_file_of_certificates_is_trusted(secured: Callable[[Made], str], ca_file: str) -> None:
    """W47: an Authority with a private CA needs no change to the system."""
    url = secured(made("authority", maker()))

    got = [ask(url, trust=Trust(ca_file=ca_file)), ask(url, trust=Trust(extra_ca_file=ca_file))]

    assert all(isinstance(each, Exchange) for each in got)
    assert Cause.UNTRUSTED == cause(ask(url))


def test_the_certificate_that_was_shown_can_be_looked_at(
    secured: Callable[[Made], str], ca_file: str
) -> None:
    authority = made("authority", maker(), days=(-1, 9))

    got = ask(secured(authority), trust=Trust(ca_file=ca_file))

    assert isinstance(got, Exchange)
    assert got.certificate is not None
    shown = certificate(got.certificate)
    assert shown is not None
    assert (authority.fingerprint, "CN=authority") == (shown.fingerprint, shown.subject)
    assert 8 < (shown.ends - time.time()) / 86400 < 9
    assert certificate(b"nothing") is None


WRONG: dict[str, Callable[[], Made]] = {
    "by somebody else": lambda: made("authority"),
    "for another address": lambda: made("authority", maker(), address="192.0.2.1"),
    "expired": lambda: made("authority", maker(), days=(-30, -1)),
    "not yet valid": lambda: made("authority", maker(), days=(1, 30)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_certificate_that_is_wrong_is_refused(
    wrong: Callable[[], Made], secured: Callable[[Made], str], ca_file: str
) -> None:
    assert Cause.UNTRUSTED == cause(ask(secured(wrong()), trust=Trust(ca_file=ca_file)))


def test_a_pinned_certificate_is_trusted_whatever_it_says(
    secured: Callable[[Made], str],
) -> None:
    own = made("anything", address="192.0.2.1", days=(-30, -1))

    got = ask(secured(own), trust=Trust(fingerprint=own.fingerprint))

    assert isinstance(got, Exchange)


def test_any_other_certificate_fails_the_pin_before_the_token_is_sent(tmp_path: Path) -> None:
    came = []

    async def note(request: Request) -> Response:
        came.append(request.headers.get("authorization"))
        return Response()

    own, other = made("own"), made("other", maker())
    with serving(app(x=note), other.write(tmp_path, "other")) as server:
        got = ask(server.url, trust=Trust(fingerprint=own.fingerprint))

    assert Cause.UNTRUSTED == cause(got)
    assert [] == came


def test_plain_http_behind_an_https_url_is_no_trust_at_all() -> None:
    with serving(app(x=echo)) as server:
        got = ask(server.url.replace("http:", "https:"), trust=Trust(fingerprint="0" * 64))

    assert cause(got) in {Cause.UNTRUSTED, Cause.BROKEN, Cause.UNREACHABLE}


def test_a_proxy_is_asked_for_the_way(tmp_path: Path, ca_file: str) -> None:
    """W47: the one published client ignores proxies. The token goes through, and not to, it."""
    asked = []

    def tunnel(connection: socket.socket) -> None:
        asked.append(request_of(connection))
        to = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=pour, args=(to, connection), daemon=True)
        back.start()
        pour(connection, to)
        back.join()
        to.close()

    with (
        serving(app(x=echo), made("authority", maker()).write(tmp_path, "server")) as server,
        speaking(tunnel) as proxy,
    ):
        named = proxy.replace("http://", "http://user:secret@")
        got = ask(server.url, trust=Trust(ca_file=ca_file), proxy=named)

    assert isinstance(got, Exchange)
    assert asked[0].startswith(f"CONNECT 127.0.0.1:{server.port} ".encode())
    assert b"Basic dXNlcjpzZWNyZXQ=" in asked[0]
    assert TOKEN.encode() not in asked[0]


def pour(source: socket.socket, to: socket.socket) -> None:
    """Hand on whatever comes until it ends."""
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_a_proxy_that_refuses_is_said_without_its_password() -> None:
    with speaking(saying(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")) as proxy:
        named = proxy.replace("http://", "http://user:hunter2@")
        got = ask("https://127.0.0.1:9", trust=Trust(fingerprint="0" * 64), proxy=named)

    assert Cause.UNREACHABLE == cause(got)
    assert isinstance(got, NoAnswer)
    assert "hunter2" not in got.says
