"""One exchange with one server, bounded in every direction, and its failures by their names.

A server may be slow, broken, hostile or somebody else. An exchange ends within its time, keeps no
more of an answer than it may have, follows a redirect to the same origin and to no other, and
never says a token to whoever is not trusted.
"""

from __future__ import annotations

import asyncio
import email.utils
import socket
import ssl
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urljoin, urlsplit

from dpf_edge.host import tls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx2

# A server that is there answers a SYN in milliseconds; on a bad mobile link in seconds. Whoever
# needs ten is not there, and the next address of the name may be.
CONNECT_SECONDS = 10.0
# uvicorn and Node drop an idle connection after 5 s: one that is kept for less is never dropped
# while it is being used.
IDLE_SECONDS = 3.0
# A heartbeat and a run at a time, and a preflight beside them.
CONNECTIONS = 4
# Answers of the contract are under 64 KiB, but for adapters; 1 MiB holds thousands of those.
ANSWER_BYTES = 1 << 20
# A redirect leads to another spelling of the same place; a second one may add a slash.
REDIRECTS = 3
FOLLOWED = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
PORTS = {"http": 80, "https": 443}


class Cause(StrEnum):
    """Why there was no answer. The first three are among preflight's published causes."""

    UNRESOLVED = "authority-dns-unresolved"
    UNTRUSTED = "authority-tls-untrusted"
    UNREACHABLE = "authority-unreachable"
    TIMED_OUT = "authority-timed-out"
    BROKEN = "authority-answer-broken"
    TOO_LARGE = "authority-answer-too-large"
    REDIRECTED = "authority-redirects"


class NoAnswer(NamedTuple):
    """There was no answer that can be used; ``says`` is for a person, and holds no secret."""

    cause: Cause
    says: str


class Exchange(NamedTuple):
    """An answer, whole.

    :ivar headers: by their names in lower case; of a name that came twice, the last.
    :ivar date: the server's clock, in seconds since 1970, where it said so.
    :ivar certificate: the server's certificate, DER, where there was one.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    date: float | None
    certificate: bytes | None = None


class Http:
    """A way to one server.

    :param base: its URL, without a slash at its end.
    :param seconds: how long one exchange may take, redirects and all.
    :param proxy: the proxy on the way, with its password if it has one.
    :raises OSError: a file of certificates cannot be read, or holds none.
    """

    def __init__(
        self,
        base: str,
        *,
        trust: tls.Trust,
        seconds: float,
        proxy: str | None = None,
        agent: str = "dpf-edge",
    ) -> None:
        import httpx2

        self._base = base
        self._seconds = seconds
        self._agent = agent
        # With plain HTTP no certificate is looked at, and none is loaded.
        is_plain = base.startswith("http:")
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else tls.context(trust)
        self._transport = httpx2.AsyncHTTPTransport(
            verify=verify,
            trust_env=False,
            proxy=proxy,
            limits=httpx2.Limits(max_connections=CONNECTIONS, keepalive_expiry=IDLE_SECONDS),
        )

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: bytes | None = None,
    ) -> Exchange | NoAnswer:
        """Ask, and wait for the whole answer.

        :param path: below the base, with a slash at its beginning.
        :param token: the bearer token.
        """
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        headers["User-Agent"] = self._agent
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(method, self._base + path, headers, body)
        except TimeoutError:
            return NoAnswer(Cause.TIMED_OUT, f"no whole answer within {self._seconds:g} s")

    async def _follow(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Exchange | NoAnswer:
        """Ask, and ask again where the server says so and is still the same."""
        for _ in range(REDIRECTS + 1):
            got = await self._once(method, url, headers, body)
            if isinstance(got, NoAnswer) or got.status not in FOLLOWED:
                return got
            try:
                to = urljoin(url, got.headers.get("location", ""))
                is_same = origin_of(url) == origin_of(to)
            except ValueError:
                return NoAnswer(Cause.REDIRECTED, "redirects to what is no URL")
            if not is_same:
                return NoAnswer(Cause.REDIRECTED, f"redirects to another origin: {origin_of(to)}")
            url = to
        return NoAnswer(Cause.REDIRECTED, f"redirects more than {REDIRECTS} times")

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Exchange | NoAnswer:
        import httpx2

        connect = min(CONNECT_SECONDS, self._seconds)
        try:
            request = httpx2.Request(
                method,
                url,
                headers=dict(headers),
                content=body,
                extensions={"timeout": {"connect": connect, "pool": self._seconds}},
            )
            response = await self._transport.handle_async_request(request)
            try:
                return await taken(response)
            finally:
                await response.aclose()
        except (httpx2.TransportError, httpx2.InvalidURL, OSError) as error:
            return failure(error)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._transport.aclose()


async def taken(response: httpx2.Response) -> Exchange | NoAnswer:
    """An answer as it comes in, and no more of it than there may be."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        return NoAnswer(Cause.BROKEN, "the answer is packed, which was not asked for")
    held = bytearray()
    async for part in cast("Any", response.stream):
        held += part
        if len(held) > ANSWER_BYTES:
            return NoAnswer(Cause.TOO_LARGE, f"the answer is longer than {ANSWER_BYTES} bytes")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Exchange(
        response.status_code,
        headers,
        bytes(held),
        date_of(headers.get("date")),
        certificate_of(response),
    )


def certificate_of(response: httpx2.Response) -> bytes | None:
    """The certificate that a server showed, DER."""
    stream = response.extensions.get("network_stream")
    shown = stream.get_extra_info("ssl_object") if stream is not None else None
    return cast("bytes | None", shown.getpeercert(binary_form=True)) if shown is not None else None


def date_of(text: str | None) -> float | None:
    """An HTTP date in seconds since 1970; None where it is none."""
    try:
        return email.utils.parsedate_to_datetime(text or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def origin_of(url: str) -> str:
    """The origin of a URL: its scheme, host and port (RFC 6454 section 4).

    :raises ValueError: it is no URL.
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS.get(parts.scheme)}"


def failure(error: Exception) -> NoAnswer:
    """Why an exchange failed, told by the first error that led to it."""
    import httpx2

    roots = list(causes(error))
    for root in roots:
        if isinstance(root, ssl.SSLError):
            return NoAnswer(Cause.UNTRUSTED, tls_words(root))
        if isinstance(root, socket.gaierror):
            return NoAnswer(Cause.UNRESOLVED, root.strerror or "its name has no address")
    if isinstance(error, httpx2.TimeoutException):
        return NoAnswer(Cause.TIMED_OUT, f"{words(error)} took too long")
    if isinstance(error, httpx2.ConnectError | httpx2.ProxyError | OSError):
        told = next(
            (root.strerror for root in roots if isinstance(root, OSError) and root.strerror), None
        )
        return NoAnswer(Cause.UNREACHABLE, told or str(error)[:200] or words(error))
    return NoAnswer(Cause.BROKEN, str(error)[:200] or words(error))


def words(error: Exception) -> str:
    """An error's name as words: ``ReadTimeout`` is a read."""
    return type(error).__name__.removesuffix("Error").removesuffix("Timeout").lower()


def tls_words(error: ssl.SSLError) -> str:
    """What TLS complains of, without its library's line numbers."""
    told = getattr(error, "verify_message", "") or getattr(error, "reason", "") or error
    return str(told)[:200]


def causes(error: BaseException, depth: int = 8) -> Iterator[BaseException]:
    """An error and all that led to it, the innermost last."""
    yield error
    if depth == 0:
        return
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from causes(each, depth - 1)
    for each in (error.__cause__, error.__context__):
        if each is not None and each is not error:
            yield from causes(each, depth - 1)
