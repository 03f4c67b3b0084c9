"""The file that names SNMP agents, with what each lets us in for, in the published shape. Pure.

::

    {"targets": [
        {"host": "192.168.50.2", "version": "2c", "community": "…"},
        {"host": "192.168.50.3", "version": "3", "user": "…",
         "authProtocol": "SHA-256", "authPassword": "…",
         "privProtocol": "AES", "privPassword": "…"}]}

``port`` (161) and ``timeoutMs`` (5000, from 100 to 60000) may be said too. Beyond what is
published: version ``1``; SHA-2 and AES-192 and -256; version 3 without privacy, where no ``priv…``
is given, and without authentication, where no ``auth…`` is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from dpf_edge.discovery.job import SnmpTarget
from dpf_edge.discovery.snmp.session import Ids, session
from dpf_edge.discovery.snmp.usm import WEAK

VERSIONS = ("1", "2c", "3")
PORTS, TIMEOUTS_MS = range(1, 65_536), range(100, 60_001)
# More agents than this no single node polls within its five minutes.
MOST_TARGETS = 500


class Targets(NamedTuple):
    """The agents that can be asked, and what is wrong with the file, in words without secrets."""

    targets: tuple[SnmpTarget, ...]
    warnings: tuple[str, ...]


def read(data: bytes) -> Targets:
    """The agents that a file names; one that cannot be used is left out and told of."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Targets((), ("the SNMP file is no JSON",))
    listed = document.get("targets") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return Targets((), ('the SNMP file has no list of "targets"',))
    found: dict[tuple[str, int], SnmpTarget] = {}
    warnings = []
    for number, each in enumerate(listed[:MOST_TARGETS], 1):
        target, says = understood(each)
        where = f"SNMP target {number}"
        if target is None:
            warnings.append(f"{where}: {says}")
            continue
        if (target.host, target.port) in found:
            warnings.append(f"{where}: names an agent that another target names too")
            continue
        found[target.host, target.port] = target
        weak = sorted({target.auth_protocol or "", target.priv_protocol or ""} & WEAK)
        if target.version == "3" and weak:
            warnings.append(f"{where}: {' and '.join(weak)}: broken, or nearly; use SHA-256, AES")
    if len(listed) > MOST_TARGETS:
        warnings.append(
            f"the SNMP file names more than {MOST_TARGETS} targets; the rest is not read"
        )
    return Targets(tuple(found.values()), tuple(warnings))


def understood(told: Any) -> tuple[SnmpTarget | None, str]:  # noqa: ANN401 -- any JSON
    """A target; or None, and why it is none."""
    if not isinstance(told, dict) or not told.get("host"):
        return None, "has no host"
    # What is empty was not said: a template that nobody filled in has empty texts.
    said = {name: value for name, value in told.items() if value not in ("", None)}
    try:
        target = msgspec.convert(said, SnmpTarget)
    except msgspec.ValidationError as error:
        return None, str(error)
    target = msgspec.structs.replace(target, host=target.host.strip())
    if target.version not in VERSIONS:
        return None, f"the version is none of {', '.join(VERSIONS)}"
    if target.port not in PORTS:
        return None, "the port is none from 1 to 65535"
    if target.timeout_ms not in TIMEOUTS_MS:
        return None, "timeoutMs is none from 100 to 60000"
    if target.version != "3" and not target.community:
        return None, "has no community"
    if target.version == "3" and not target.user:
        return None, "has no user"
    try:
        session(target, Ids(b""))
    except ValueError as error:
        return None, str(error)
    return target, ""
