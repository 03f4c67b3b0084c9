"""What ``dpf-edge authority`` does: it listens, opens its store, says where, and serves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import click

from dpf_edge.cli.authority_store import opened, say
from dpf_edge.cli.signals import ended_by_signals

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from dpf_edge.authority.address import Address, PublicUrl
    from dpf_edge.authority.serve import Listening
    from dpf_edge.authority.settings import Settings
    from dpf_edge.authority.tls import Pair
    from dpf_edge.host.listening import Socket
    from dpf_edge.store.kept import Store

LOOPBACK = ("localhost", "127.0.0.1", "::1")
EVERY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound
# A certificate of the operator's own that ends sooner is worth a line at each start.
SOON_DAYS = 14


class Told(NamedTuple):
    """The command line, as it was given."""

    url: str | None = None
    folder: str | None = None
    listen: str = "127.0.0.1:0"
    tls_cert: str | None = None
    tls_key: str | None = None
    tls_wanted: bool = False
    plain_http: bool = False
    public_url: str | None = None
    allow_host: tuple[str, ...] = ()
    node_version: str | None = None


class Plan(NamedTuple):
    """The command line, understood."""

    told: Told
    at: Address
    public: PublicUrl | None
    pair: Pair | None
    offered: ssl.SSLContext | None


def serve(told: Told) -> int:
    """Serve until a signal says that it is enough.

    :returns: 0: to be told to end is no failure.
    :raises DpfEdgeError: it cannot listen, its store be opened, or a certificate be used.
    """
    from dpf_edge.authority import tls
    from dpf_edge.host import listening

    at, public = understood(told)
    sockets = listening.bind(at.host, at.port)
    with contextlib.ExitStack() as undone:
        for each in sockets:
            undone.callback(each.close)
        pair = certificate(told, at, public)
        plan = Plan(told, at, public, pair, None if pair is None else tls.context(pair))
        store = undone.enter_context(opened(told.url, told.folder, sealed=True))
        undone.enter_context(logging_to_stderr())
        asyncio.run(until_told(plan, store, sockets))
    return 0


def understood(told: Told) -> tuple[Address, PublicUrl | None]:
    """Where to listen, and where clients reach it.

    :raises click.UsageError: it is not written so, or the options do not go together.
    """
    from dpf_edge.authority import address

    if (told.tls_cert is None) != (told.tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    if told.plain_http and (told.tls_cert or told.tls_wanted):
        raise click.UsageError("--plain-http and TLS exclude each other")
    try:
        at = address.parse(told.listen)
    except ValueError as error:
        raise click.UsageError(f"--listen: {error}") from None
    try:
        return at, None if told.public_url is None else address.public(told.public_url)
    except ValueError as error:
        raise click.UsageError(f"--public-url: {error}") from None


def certificate(told: Told, at: Address, public: PublicUrl | None) -> Pair | None:
    """The certificate to serve with; None for plain HTTP.

    :raises DpfEdgeError: it cannot be made, or not be kept.
    """
    from dpf_edge.authority import tls
    from dpf_edge.authority.address import is_loopback
    from dpf_edge.config import authority

    if told.tls_cert is not None and told.tls_key is not None:
        return tls.Pair(told.tls_cert, told.tls_key)
    if told.plain_http or (is_loopback(at.host) and not told.tls_wanted):
        return None
    folder = told.folder or authority.state_folder()
    reached = () if public is None else (public.host,)
    names = [*reached, *told.allow_host, at.host, hostname(), *own_addresses(), *LOOPBACK]
    return tls.self_signed(folder, [each for each in names if each not in EVERY], time.time())


def hostname() -> str:
    """What this machine calls itself."""
    import platform

    return platform.node() or "localhost"


def own_addresses() -> tuple[str, ...]:
    """The addresses of this machine, as far as they can be read: for a certificate and a hint."""
    from dpf_edge.errors import DpfEdgeError
    from dpf_edge.host.live import live

    try:
        links = live().interfaces()
    except DpfEdgeError:
        return ()
    found = (each.address.partition("/")[0] for link in links for each in link.addresses)
    return tuple(
        each for each in found if not each.startswith(("127.", "169.254.", "fe80:", "::1"))
    )


async def until_told(plan: Plan, store: Store, sockets: tuple[Socket, ...]) -> None:
    """Serve, and end within two seconds of the first signal; at the second, at once."""
    from dpf_edge.authority.running import run
    from dpf_edge.host.listening import room

    stop = asyncio.Event()
    url = reached_at(plan, sockets)

    def ready(listening: Listening) -> None:
        say(f"listening: {listening.url}")
        announce(plan, store, url)

    with ended_by_signals(stop):
        await run(
            store,
            settings(plan, url),
            time.time,
            sockets,
            stop=stop,
            tls=plan.offered,
            ready=ready,
            room=room(),
        )


def reached_at(plan: Plan, sockets: tuple[Socket, ...]) -> str:
    """The URL that clients reach it at: as told, or as well as it can be known from here."""
    from dpf_edge.authority.address import Address
    from dpf_edge.authority.serve import Listening

    if plan.public is not None:
        return plan.public.url
    listening = Listening.of(sockets, is_tls=plan.offered is not None)
    if plan.at.host not in EVERY:
        return listening.url
    named = Address(next(iter(own_addresses()), hostname()), listening.addresses[0].port)
    return f"{'https' if listening.is_tls else 'http'}://{named}"


def settings(plan: Plan, url: str) -> Settings:
    """What the Authority is told."""
    from dpf_edge.authority.hosts import allowed
    from dpf_edge.authority.settings import Settings
    from dpf_edge.config import authority

    reached = () if plan.public is None else (plan.public.host,)
    also = plan.told.allow_host
    return Settings(
        window=authority.window(os.environ),
        # Elsewhere than on loopback only names that were given close the door to others.
        hosts=allowed(plan.at.host, (*also, *(reached if also or is_local(plan) else ()))),
        is_secure=url.startswith("https:"),
        url=url,
        node_version=plan.told.node_version,
    )


def is_local(plan: Plan) -> bool:
    """Whether only this machine reaches it."""
    from dpf_edge.authority.address import is_loopback

    return is_loopback(plan.at.host)


def announce(plan: Plan, store: Store, url: str) -> None:
    """Say how to come in, and note for `token issue` where nodes find it and what they pin."""
    from dpf_edge.authority import login, tls

    told, pair = plan.told, plan.pair
    pin = "" if pair is None or told.tls_cert else tls.fingerprint(pair)
    store.settings.put("authority-url", url)
    store.settings.put("tls-fingerprint", pin)
    if pin:
        say(f"certificate: its own, sha256 {pin}")
    if pair is not None and told.tls_cert:
        left = tls.days_left(pair, time.time())
        if left < SOON_DAYS:
            say(f"warning: {told.tls_cert} is good for {left} more days")
    if told.plain_http and not is_local(plan):
        say("warning: tokens pass in the clear unless a proxy in front ends TLS")
    if is_local(plan):
        link = store.people.link("operator", ttl_seconds=login.LINK_SECONDS)
        say(f"sign in: {url}/sign-in?link={link.reveal()}")
    elif store.people.is_empty():
        say("hint: nobody can sign in yet: dpf-edge authority user add NAME --role operator")


@contextlib.contextmanager
def logging_to_stderr() -> Iterator[None]:
    """Show what goes wrong while it serves: a line each, with its time, and no token in it.

    Also what libraries log; never a traceback, for the values in one may be a client's.
    """
    import logging

    from dpf_edge.cli.plain import printable
    from dpf_edge.wire.tokens import redacted

    class Line(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            what = record.exc_info[0] if record.exc_info else None
            said = f"{record.getMessage()} ({what.__name__})" if what else record.getMessage()
            return printable(redacted(f"{self.formatTime(record)} {record.levelname} {said}"))

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    everything = logging.getLogger()
    everything.addHandler(handler)
    try:
        yield
    finally:
        everything.removeHandler(handler)
