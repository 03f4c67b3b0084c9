"""Would a node work here? Everything that can be found out before it is one, or while it is.

The causes are the published nodes' where there is one. A co-located Authority, on loopback, is no
error here; from inside a container with a network of its own it is, and then it does not answer.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import msgspec

from dpf_edge.errors import DpfEdgeError, PrivateFileError
from dpf_edge.host import private_file, tls
from dpf_edge.host.http import Cause, NoAnswer
from dpf_edge.model import Answer
from dpf_edge.node import agent, memory, state
from dpf_edge.node.client import SKEW_SECONDS, Authority
from dpf_edge.node.replies import Act
from dpf_edge.wire import heartbeat
from dpf_edge.wire.tokens import BOOTSTRAP, SECRET_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dpf_edge.host.http import Exchange
    from dpf_edge.model import Diagnosis
    from dpf_edge.node.machine import Place
    from dpf_edge.node.settings import NodeSettings
    from dpf_edge.node.state import State

# As published: long enough for a bad link, short enough to wait for at a terminal.
PROBE_SECONDS = 8.0
# Two weeks are enough to have a certificate renewed by people.
EXPIRY_SECONDS = 14 * 24 * 3600.0
DAY = 24 * 3600.0
UNTRUSTED = "; name its maker's certificate by --ca-file, or pin its own by --fingerprint"
LOOPBACKS = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 -- compared with
OK = "ok"
UNUSABLE = "state-file-unusable"


class Result(StrEnum):
    """How one check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Check(msgspec.Struct, frozen=True):
    """One check: its cause where it failed, how it ended, and what was seen."""

    cause: str
    result: Result
    says: str


class Preflight(msgspec.Struct, frozen=True, rename="camel"):
    """All checks; ``cause`` is that of the first that failed, or ``ok``."""

    cause: str
    checks: tuple[Check, ...]
    host_fingerprint: str
    preflight: int = 1


class Problem(NamedTuple):
    """A setting that cannot be used, as config found it."""

    cause: str
    says: str


def concluded(checks: Iterable[Check], fingerprint: str) -> Preflight:
    """What some checks come to."""
    made = tuple(checks)
    failed = (check.cause for check in made if check.result is Result.FAILED)
    return Preflight(next(failed, OK), made, fingerprint)


async def preflight(settings: NodeSettings, place: Place, diagnosis: Diagnosis) -> Preflight:
    """Check everything, in the order in which it is needed; what the published one checks, in its
    order, so that both name the same cause."""
    checks = [ok("settings", f"the Authority is {settings.authority}")]
    own, found = state_checks(settings)
    checks += found
    # Who has a state file, whatever is wrong with it, has no use for a token yet.
    needs_token = own is None and all(each.cause != UNUSABLE for each in found)
    tokens = list(token_checks(settings)) if needs_token else []
    probing = msgspec.structs.replace(
        settings, timeout_seconds=min(settings.timeout_seconds, PROBE_SECONDS)
    )
    try:
        authority = Authority(agent.way(probing), place.clock)
    except DpfEdgeError as error:
        checks += [failed(error.code, str(error)), *tokens]
    else:
        try:
            got = await authority.health()
            checks += [reach_check(got, settings.authority, diagnosis), *tokens]
            checks += answer_checks(got, authority, settings, place.clock.wall())
            checks += await credential_checks(authority, own)
        finally:
            await authority.aclose()
    checks += file_checks(settings, place.clock.wall())
    checks.append(lan_check(diagnosis))
    return concluded(checks, fingerprint(settings.state_folder, place))


def broken(problems: Iterable[Problem], diagnosis: Diagnosis, place: Place) -> Preflight:
    """What can be said where the settings themselves cannot be used."""
    checks = [failed(each.cause, each.says) for each in problems]
    return concluded([*checks, lan_check(diagnosis)], place.fingerprint or "")


def fingerprint(folder: str, place: Place) -> str:
    """What a bootstrap token can be bound to: what the node remembers, or will."""
    try:
        remembered = memory.load(folder, lambda _: None).fingerprint
    except PrivateFileError:
        remembered = ""
    return remembered or place.fingerprint or ""


def state_checks(settings: NodeSettings) -> tuple[State | None, list[Check]]:
    """Can state be kept, and is there some?"""
    folder = settings.state_folder
    try:
        private_file.prepare(folder)
    except PrivateFileError as error:
        return None, [failed("state-dir-unusable", str(error))]
    checks = [ok("state-dir", f"{folder} keeps what is written")]
    try:
        own = state.load(folder)
    except DpfEdgeError as error:
        return None, [*checks, failed(UNUSABLE, str(error))]
    if own is not None:
        says = f"enrolled as {own.node_id}, {own.trust_state.value} when last heard of"
        checks.append(ok("state-file", says))
    return own, checks


def token_checks(settings: NodeSettings) -> Iterator[Check]:
    """Is there what enrols a node that is not one yet?"""
    found = []
    if settings.bootstrap_token is not None:
        found.append(("DPF_BOOTSTRAP_TOKEN", settings.bootstrap_token.reveal()))
    if settings.bootstrap_token_file is not None:
        try:
            shown = private_file.read_given(settings.bootstrap_token_file)
        except PrivateFileError as error:
            yield failed("bootstrap-token-unreadable", str(error))
            return
        if shown is not None:
            name = settings.bootstrap_token_file
            found.append((name, shown.data.decode("ascii", "replace").strip()))
            if shown.exposed:
                yield warning("bootstrap-token-exposed", f"{name}: others can read it: chmod 600")
    if not found:
        says = "not enrolled, and there is no DPF_BOOTSTRAP_TOKEN and no token file"
        yield failed("bootstrap-token-missing", says)
        return
    for name, token in found:
        length = len(BOOTSTRAP) + SECRET_CHARACTERS
        if not token.startswith(BOOTSTRAP) or not token.isascii() or len(token) != length:
            says = f"{name}: is no bootstrap token, which begins with {BOOTSTRAP} and has {length}"
            yield failed("bootstrap-token-malformed", f"{says} characters")
        else:
            yield ok("bootstrap-token", f"{name}: looks like one; using it is the only way to know")


def reach_check(got: Exchange | NoAnswer, url: str, diagnosis: Diagnosis) -> Check:
    """Is the Authority there, and is it itself?"""
    if isinstance(got, NoAnswer):
        hint = UNTRUSTED if got.cause is Cause.UNTRUSTED else ""
        return failed(cause_of(got, url, diagnosis), f"{got.says}{hint}")
    if got.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        says = f"/api/health answers {got.status}: whoever is in front, the Authority is not there"
        return failed(Cause.UNREACHABLE.value, says)
    return ok("authority", f"/api/health answers {got.status}")


def answer_checks(
    got: Exchange | NoAnswer, authority: Authority, settings: NodeSettings, now: float
) -> Iterator[Check]:
    """Does it answer as an Authority does, and do the clocks agree?"""
    if isinstance(got, NoAnswer) or got.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    if got.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        says = f"/api/health answers {got.status}, where an Authority needs no token"
        yield failed("bootstrap-token-rejected", says)
    if is_loopback(settings.authority):
        yield ok("co-located", "the Authority is on this machine")
    yield from clock_checks(authority)
    yield from certificate_checks(got, now)


def clock_checks(authority: Authority) -> Iterator[Check]:
    """Do the clocks agree? An Authority refuses what is from the future."""
    if authority.ahead is None:
        yield warning("clock-unknown", "the Authority does not say what time it is")
    elif authority.ahead:
        behind = "behind" if authority.ahead > 0 else "ahead of"
        says = f"this machine's clock is {abs(authority.ahead):.0f} s {behind} the Authority's"
        yield failed("clock-skew", f"{says}; set it by NTP")
    else:
        yield ok("clock", f"within {SKEW_SECONDS:g} s of the Authority's")


def certificate_checks(got: Exchange, now: float) -> Iterator[Check]:
    """How long is the Authority's certificate good for?"""
    shown = tls.certificate(got.certificate) if got.certificate else None
    if shown is not None:
        yield aged("the Authority's certificate", shown.ends - now, "certificate-expires")


def cause_of(got: NoAnswer, url: str, diagnosis: Diagnosis) -> str:
    """The published cause of a failure, as far as there is one."""
    is_contained = any(layer.name == "container" for layer in diagnosis.layers)
    if got.cause is Cause.UNREACHABLE and is_contained and is_loopback(url):
        return "authority-url-loopback"
    if got.cause is Cause.TIMED_OUT:
        return Cause.UNREACHABLE.value
    return got.cause.value


def is_loopback(url: str) -> bool:
    """Whether a URL names the machine that it is used on, as the published preflight has it."""
    host = urlsplit(url).hostname or ""
    return host in LOOPBACKS or host.startswith("127.") or host == "host.docker.internal"


async def credential_checks(authority: Authority, own: State | None) -> list[Check]:
    """Does the Authority know this node? An empty heartbeat asks that and changes nothing."""
    if own is None:
        return []
    heard = await authority.beat(own.node_token, heartbeat.Request())
    if heard.answer is not None:
        trust = heard.answer.trust_state.value
        result = Result.OK if trust == "trusted" else Result.WARNING
        return [Check(f"node-{trust}", result, f"the Authority says that this node is {trust}")]
    if heard.reply.act in {Act.REJECTED, Act.REVOKED}:
        return [failed("node-token-rejected", f"the Authority refuses it: {heard.reply.told}")]
    return [warning("node-token-unknown", f"could not be asked about: {heard.reply.told}")]


def file_checks(settings: NodeSettings, now: float) -> Iterator[Check]:
    """Are the other files that a node is given readable, private and young enough?"""
    for path, what in (
        (settings.ca_file, "the certificate authority's certificate"),
        (settings.action_certificate_file, "the certificate for actions"),
    ):
        if path is None:
            continue
        try:
            shown = private_file.read_given(path)
        except PrivateFileError as error:
            yield failed("certificate-unreadable", str(error))
            continue
        read = tls.certificate(shown.data) if shown is not None else None
        if read is None:
            yield failed("certificate-unreadable", f"{path}: holds no certificate")
        else:
            yield aged(f"{path}: {what}", read.ends - now, "certificate-expires")
    if settings.snmp_file is not None:
        yield snmp_check(settings.snmp_file)


def snmp_check(path: str) -> Check:
    """Can the file of SNMP targets be used, by this process and by nobody else?"""
    try:
        shown = private_file.read_given(path)
    except PrivateFileError as error:
        return failed("snmp-config-unreadable", str(error))
    if shown is None:
        return failed("snmp-config-unreadable", f"{path}: no such file")
    try:
        msgspec.json.decode(shown.data, type=dict[str, list[dict[str, object]]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return failed("snmp-config-malformed", f'{path}: is no JSON like {{"targets": [...]}}')
    if shown.exposed:
        return warning("snmp-config-exposed", f"{path}: others can read its secrets: chmod 600")
    return ok("snmp-config", f"{path}: can be read")


def lan_check(diagnosis: Diagnosis) -> Check:
    """Would a node see the LAN from here?"""
    lan = diagnosis.lan
    says = f"{diagnosis.vantage.value}: {lan.why}"
    if lan.answer is Answer.YES:
        return ok("lan-visibility", says)
    if lan.answer is Answer.UNKNOWN:
        return warning("lan-visibility-unknown", says)
    return failed("no-lan-visibility", f"{says}; `dpf-edge diagnose` says what to do")


def aged(what: str, left: float, cause: str) -> Check:
    """How long something is good for."""
    if left <= 0:
        return failed(cause, f"{what} expired {-left / DAY:.0f} days ago")
    if left <= EXPIRY_SECONDS:
        return warning(cause, f"{what} expires in {left / DAY:.0f} days")
    return ok("certificate", f"{what} is good for {left / DAY:.0f} days")


def ok(cause: str, says: str) -> Check:
    """A check that found nothing wrong."""
    return Check(cause, Result.OK, says)


def warning(cause: str, says: str) -> Check:
    """A check that found what can be lived with, for now."""
    return Check(cause, Result.WARNING, says)


def failed(cause: str, says: str) -> Check:
    """A check that found what a node cannot work with."""
    return Check(cause, Result.FAILED, says)
