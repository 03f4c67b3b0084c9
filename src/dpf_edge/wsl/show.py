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

# What counts where the file is silent; tunnelling is on by default from this version on.
TUNNELING_BY_DEFAULT = (2, 2, 1)


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
        why = "nothing that can be read here shows what is in force"
    elif known.value != wished:
        why = because(name, wished, known.value, reading, facts)
    return Row(name, wished, by, known.value, known.evidence, why)


def intended(name: str, reading: Reading, ground: Ground) -> tuple[str, str]:
    """What the file and the policies come to for a setting, and by what."""
    if name in reading.in_force:
        value = reading.value(name) or ""
        at = f"line {reading.line(name)} of the file"
        if name == rules.MODE:
            return ("virtioproxy" if value == "consomme" else value), at
        return ("true" if reading.says(name) else "false"), at
    if name == rules.MODE:
        policy = "DefaultNetworkingMode" in ground.policies
        return ground.default_mode, "the policy DefaultNetworkingMode" if policy else "the default"
    old = ground.version is not None and ground.version < TUNNELING_BY_DEFAULT
    return ("false" if name == rules.TUNNELING and old else "true"), "the default"


def because(name: str, wished: str, found: str, reading: Reading, facts: Facts) -> str:
    """Why a setting is in force otherwise than it is intended: the first cause that is known."""
    ground = facts.ground
    for problem in rules.problems(reading, ground):
        if name in problem.message and problem.code in {"ineffective", "conflict"}:
            return problem.message
    key = keys.BY_NAME[name.lower()]
    needs_windows = wished == ("mirrored" if name == rules.MODE else "true")
    if needs_windows and keys.older(ground.build, key.windows):
        return (
            f"this build of Windows does not support it: {key.name} needs "
            f"{rules.named(key.windows)} or later, and this is {rules.named(ground.build)}"
        )
    if facts.restart_due:
        return "a restart is still due: the file was changed after WSL started; run wsl --shutdown"
    told = fallback(name, wished, found)
    if facts.restart_due is None:
        return f"{told}; or a restart is still due (wsl --shutdown)"
    return told


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
