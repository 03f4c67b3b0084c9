"""``wslconfig show``: what is intended, what is in force, how that is known, and why they differ.

Pure: the file and what a machine shows come in as values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dpf_edge.model import Evidence
from dpf_edge.wsl import keys, rules, settings
from dpf_edge.wsl.edit import WANTED

if TYPE_CHECKING:
    from dpf_edge.wsl.rules import Ground
    from dpf_edge.wsl.settings import Reading


class Known(msgspec.Struct, frozen=True):
    """What is in force, as far as anything shows it, and what does."""

    value: str | None = None
    evidence: tuple[Evidence, ...] = ()


class Facts(NamedTuple):
    """What a machine shows of the four settings; see :func:`dpf_edge.wsl.facts.gather`."""

    ground: Ground
    in_force: dict[str, Known]
    """By the key's name; a key that nothing shows is not in it."""
    restart_due: bool | None = None
    """Whether the file was changed after WSL's virtual machine started; None if not known."""


class Row(msgspec.Struct, frozen=True):
    """One of the four settings."""

    key: str
    intended: str
    intended_by: str
    in_force: str | None
    known_by: tuple[Evidence, ...]
    why: str | None
    """Why the two differ, or why what is in force cannot be told; None where they agree."""


def show(data: bytes | None, facts: Facts) -> tuple[Row, ...]:
    """The four settings, intended and in force.

    :param data: the file's bytes; None where there is no file.
    """
    reading = settings.read(data or b"", facts.ground.version)
    return tuple(row(name, reading, facts) for name in WANTED)


def row(name: str, reading: Reading, facts: Facts) -> Row:
    """One setting."""
    wished, by = intended(name, reading, facts.ground)
    known = facts.in_force.get(name, Known())
    why = None
    if known.value is None:
        why = unshown(name, wished, reading, facts.ground)
    elif known.value != wished:
        why = because(name, wished, known.value, reading, facts)
    return Row(name, wished, by, known.value, known.evidence, why)


def intended(name: str, reading: Reading, ground: Ground) -> tuple[str, str]:
    """What the file says of a setting, or the default where it is silent, and by what."""
    if name in reading.in_force:
        value = reading.value(name) or ""
        at = f"line {reading.line(name)} of the file"
        if name == rules.MODE:
            return ("virtioproxy" if value == "consomme" else value), at
        return ("true" if reading.says(name) else "false"), at
    default = "the default"
    if name == rules.MODE and ground.policies.get("DefaultNetworkingMode") in keys.DEFAULT_MODES:
        default = "the policy DefaultNetworkingMode"
    lines = [each.line for each in reading.settings if each.key == name]
    if lines:
        default += f", because line {lines[0]} of the file is not valid"
    if name == rules.MODE:
        return ground.default_mode, default
    old = ground.version is not None and ground.version < keys.TUNNELING_BY_DEFAULT
    return ("false" if name == rules.TUNNELING and old else "true"), default


def because(name: str, wished: str, found: str, reading: Reading, facts: Facts) -> str:
    """Why a setting is in force otherwise than it is intended: the first cause that is known."""
    ground = facts.ground
    told = overruled(name, reading, ground) or too_old(name, wished, ground)
    if told is not None:
        return told
    if facts.restart_due:
        return "a restart is still due: the file was changed after WSL started; run wsl --shutdown"
    told = fallback(name, wished, found)
    if facts.restart_due is None:
        return f"{told}; or a restart is still due (wsl --shutdown)"
    return told


def unshown(name: str, wished: str, reading: Reading, ground: Ground) -> str:
    """What to say where nothing shows what is in force; that a wish cannot be, is known anyway."""
    told = overruled(name, reading, ground) or too_old(name, wished, ground)
    if told is not None:
        return f"it cannot be in force: {told}"
    return "what can be read here is not enough to tell what is in force, or disagrees"


def overruled(name: str, reading: Reading, ground: Ground) -> str | None:
    """What takes a setting from the file: a policy, safe mode, mirrored mode; None if nothing."""
    for problem in rules.problems(reading, ground):
        if name in problem.message and problem.code in {"ineffective", "conflict"}:
            return problem.message
    return None


def too_old(name: str, wished: str, ground: Ground) -> str | None:
    """Why this Windows cannot do what is wished; None where it can, or is not known."""
    key = keys.BY_NAME[name.lower()]
    if wished != ("mirrored" if name == rules.MODE else "true"):
        return None
    if not keys.older(ground.build, key.windows):
        return None
    return (
        f"this build of Windows does not support it: {key.name} needs "
        f"{rules.named(key.windows)} or later, and this is {rules.named(ground.build)}"
    )


def fallback(name: str, wished: str, found: str) -> str:
    """What WSL does by itself that ends in this."""
    if name == rules.MODE:
        if found == "none":
            return "WSL's networking failed to start, and WSL fell back to none"
        if wished == "mirrored":
            return (
                "WSL fell back, as it does where Windows lacks the Hyper-V firewall, the kernel is "
                "older than 5.10 or IPv6 is switched off in the registry; WSL says which when it "
                "starts"
            )
        if found == "virtioproxy":
            return "WSL could not make its NAT network, and fell back to virtioproxy"
        return f"WSL fell back to {found}"
    if name == rules.TUNNELING and found == "false":
        return (
            "WSL switched it off: the networking mode has none, or Microsoft's Global Secure "
            "Access client runs on Windows"
        )
    return "WSL switched it otherwise"
