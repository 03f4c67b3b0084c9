"""A node's settings, out of all their sources, with every problem at once."""

from __future__ import annotations

import difflib
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge import __version__
from dpf_edge.config import values
from dpf_edge.config.proxies import proxy_for
from dpf_edge.config.table import BY_KEY, FILE_VARIABLE, SETTINGS, UNREAD
from dpf_edge.discovery.subnets import LEAST_BITS
from dpf_edge.errors import PrivateFileError, SettingsInvalid
from dpf_edge.host import places, private_file
from dpf_edge.level import Level
from dpf_edge.node.settings import NodeSettings
from dpf_edge.wire.tokens import BOOTSTRAP, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING = "authority-url-missing"
MALFORMED = "authority-url-malformed"
INSECURE = "authority-url-insecure"
OTHER = "settings-invalid"

# How much two names must have in common for one to be a slip of the other.
LIKENESS = 0.85


class Problem(NamedTuple):
    """One setting that cannot be used: where it was set, and why not."""

    cause: str
    where: str
    why: str


class Given(NamedTuple):
    """One setting's text, and where it was set."""

    text: str
    where: str


class Read(NamedTuple):
    """What all sources came to: settings if there is no problem, and what to warn of.

    The folders are known also where something else is a problem: who asks a running node needs no
    more than those.
    """

    settings: NodeSettings | None
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    state_folder: str
    log_folder: str

    def usable(self) -> NodeSettings:
        """The settings.

        :raises SettingsInvalid: there is a problem; the error names all of them.
        """
        if self.settings is None:
            listed = "; ".join(f"{each.where} {each.why}" for each in self.problems)
            raise SettingsInvalid(listed, "docs/reference/settings.md says what each may be")
        return self.settings


def read(
    flags: Mapping[str, str | None],
    environment: Mapping[str, str],
    file: str | None = None,
    *,
    is_installed: bool = True,
) -> Read:
    """A node's settings.

    :param flags: by their keys; what was not given is None.
    :param file: the settings file; one that is named must be there.
    :param is_installed: whether it is the machine's own node, for which the machine's own file
        counts where none is named.
    """
    problems: list[Problem] = []
    named = given(file) or given(environment.get(FILE_VARIABLE))
    usual = places.settings_file() if is_installed else None
    listed = from_file(named or usual, problems, must_exist=named is not None)
    told: dict[str, Given] = {}
    for setting in SETTINGS:
        for source in (
            Given(flags.get(setting.key) or "", f"--{setting.key}"),
            Given(environment.get(setting.variable) or "", setting.variable),
            listed.get(setting.key, Given("", "")),
        ):
            text = given(source.text)
            if text is not None:
                told[setting.key] = Given(text, source.where)
                break
    known = understood(told, problems)
    known["authority-url"] = authority(told, known, problems)
    proxy = the_proxy(known["authority-url"], environment, problems)
    check(told, known, problems)
    # Only where they are needed: a service's user may have no home to look for them in.
    if "state-dir" not in known:
        known["state-dir"] = places.state_folder()
    if "log-dir" not in known:
        known["log-dir"] = places.log_folder()
    return Read(
        None if problems else built(known, proxy),
        tuple(problems),
        warnings(told, known, environment),
        known["state-dir"],
        known["log-dir"],
    )


def given(text: str | None) -> str | None:
    """A text without the blanks around it; None where nothing is left: empty means not set."""
    return (text or "").strip() or None


def understood(told: dict[str, Given], problems: list[Problem]) -> dict[str, Any]:
    """The value of each setting that is set and means one."""
    known: dict[str, Any] = {}
    for key, each in told.items():
        try:
            known[key] = BY_KEY[key].read(each.text)
        except ValueError as error:
            problems.append(Problem(OTHER, each.where, str(error)))
    return known


def authority(told: dict[str, Given], known: dict[str, Any], problems: list[Problem]) -> str | None:
    """The Authority's URL, which alone must be there, and of which preflight wants to know why."""
    each = told.get("authority-url")
    if each is None:
        why = "is not set: it names the Authority, https://authority.example:8470"
        problems.append(Problem(MISSING, "DPF_AUTHORITY_URL", why))
        return None
    try:
        return values.authority(each.text, allow_http=known.get("allow-http", False))
    except values.Insecure as error:
        problems.append(Problem(INSECURE, each.where, str(error)))
    except ValueError as error:
        problems.append(Problem(MALFORMED, each.where, str(error)))
    return None


def the_proxy(
    url: str | None, environment: Mapping[str, str], problems: list[Problem]
) -> str | None:
    """The proxy on the way to the Authority."""
    try:
        return proxy_for(url, environment) if url else None
    except ValueError as error:
        name, _, why = str(error).partition(" ")
        problems.append(Problem(OTHER, name, why))
        return None


def check(told: dict[str, Given], known: dict[str, Any], problems: list[Problem]) -> None:
    """Look at what only several settings, or the files that they name, can tell."""
    for key in ("ca-file", "extra-ca-file"):
        if key in known:
            why = wrong_with_certificates(known[key])
            if why:
                problems.append(Problem(OTHER, told[key].where, why))
    url = known["authority-url"]
    if url and url.startswith("http:") and "fingerprint" in known:
        why = "needs an https URL: plain HTTP has no certificate"
        problems.append(Problem(OTHER, told["fingerprint"].where, why))
    if "fingerprint" in known and "ca-file" in known:
        where = told["fingerprint"].where
        why = (
            f"and {told['ca-file'].where} exclude each other: one certificate counts, or its maker"
        )
        problems.append(Problem(OTHER, where, why))


def wrong_with_certificates(path: str) -> str | None:
    """Why a file is no file of certificates; None where it is one.

    Docker makes a folder of a file that it is to mount and that is not there.
    """
    try:
        shown = private_file.read_given(path)
    except PrivateFileError as error:
        return f"names a file that cannot be used: {error}"
    if shown is None:
        return f"names a file that is not there: {path}"
    if b"-----BEGIN " not in shown.data:
        return f"names a file without a PEM certificate: {path}"
    return None


def warnings(
    told: dict[str, Given], known: dict[str, Any], environment: Mapping[str, str]
) -> tuple[str, ...]:
    """What can be used, and is probably not what was meant."""
    found = [
        f"{each.variable} is set, and nothing reads it yet ({each.says})"
        for each in UNREAD
        if given(environment.get(each.variable))
    ]
    found += misspelt(environment)
    token = told.get("bootstrap-token")
    if token is not None and not token.text.startswith(BOOTSTRAP):
        found.append(f"{token.where} is no bootstrap token: those begin with {BOOTSTRAP}")
    url = known.get("authority-url")
    if url and url.startswith("http:") and not values.is_loopback(values.url(url).hostname or ""):
        found.append("plain HTTP to another machine: whoever stands in between reads the token")
    if "subnets" in known:
        found += [f"{told['subnets'].where}: {each}" for each in known["subnets"].refused]
    return tuple(found)


def misspelt(environment: Mapping[str, str]) -> list[str]:
    """Variables that are nearly a setting's name, and so are read by nobody."""
    names = [*(each.variable for each in SETTINGS), *(each.variable for each in UNREAD)]
    found = []
    for name in sorted(environment):
        if not name.startswith("DPF_") or name in names or name == FILE_VARIABLE:
            continue
        near = difflib.get_close_matches(name, names, 1, LIKENESS)
        if near:
            found.append(f"{name} is read by nobody; {near[0]} would be")
    return found


def from_file(path: str | None, problems: list[Problem], *, must_exist: bool) -> dict[str, Given]:
    """What a settings file says: TOML, a key a line, named as the flags are."""
    if path is None:
        return {}
    import tomllib

    try:
        shown = private_file.read_given(path)
        if shown is None:
            if must_exist:
                problems.append(Problem(OTHER, path, "is not there"))
            return {}
        document = tomllib.loads(shown.data.decode("utf-8"))
    except PrivateFileError as error:
        reason = str(error).removeprefix(f"{path}: ")
        problems.append(Problem(OTHER, path, f"cannot be read: {reason}"))
        return {}
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and TOMLDecodeError too
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        problems.append(Problem(OTHER, path, f"is no TOML file: {reason}"))
        return {}
    found: dict[str, Given] = {}
    for key, value in document.items():
        why = wrong_in_file(key)
        text = None if why else as_text(value)
        if text is None:
            problems.append(
                Problem(OTHER, f"{path}: {key[:60]}", why or "has no such kind of value")
            )
        else:
            found[key] = Given(text, f"{path}: {key}")
    return found


def wrong_in_file(key: str) -> str | None:
    """Why a key cannot stand in a settings file; None where it can."""
    setting = BY_KEY.get(key)
    if setting is None:
        near = difflib.get_close_matches(key, [k for k, s in BY_KEY.items() if not s.secret], 1)
        return "is no setting" + (f"; {near[0]} is" if near else "")
    if setting.secret:
        return "is a secret: put it into a file of its own, and name that by bootstrap-token-file"
    return None


def as_text(value: object) -> str | None:
    """A TOML value as the environment would spell it; None for a table, a date, a mixed list."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return None


def built(known: dict[str, Any], proxy: str | None) -> NodeSettings:
    """The settings themselves."""
    token = known.get("bootstrap-token")
    return NodeSettings(
        authority=known["authority-url"],
        state_folder=known["state-dir"],
        log_folder=known["log-dir"],
        version=known.get("node-version") or __version__,
        bootstrap_token=Secret(token) if token else None,
        bootstrap_token_file=known.get("bootstrap-token-file"),
        name=known.get("name"),
        site=known.get("site"),
        install_mode=known.get("install-mode"),
        platform=known.get("platform") or values.here(sys.platform),
        level=known.get("level", Level.LISTEN),
        rate=known.get("rate", values.RATES["polite"]),
        subnets=known.get("subnets"),
        least_bits=known.get("least-bits", LEAST_BITS),
        snmp_file=known.get("snmp-config"),
        action_certificate_file=known.get("action-cert-file"),
        timeout_seconds=known.get("http-timeout-ms", 60_000) / 1000,
        ca_file=known.get("ca-file"),
        extra_ca_file=known.get("extra-ca-file"),
        fingerprint=known.get("fingerprint"),
        proxy=Secret(proxy) if proxy else None,
        outbox_bytes=known.get("outbox-mib", 64) << 20,
        outbox_seconds=known.get("outbox-hours", 24) * 3600.0,
    )


def taken_from_environment() -> dict[str, str]:
    """This process's environment, out of which its secrets are taken: what it starts gets none."""
    environment = dict(os.environ)
    for setting in SETTINGS:
        if setting.secret:
            os.environ.pop(setting.variable, None)
    return environment
