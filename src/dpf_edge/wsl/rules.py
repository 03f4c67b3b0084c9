"""What settings do to each other, and what Windows and its policies do to them. Pure.

In the order of WSL's own Config::Initialize: policies, the mode, the firewall, safe mode, virtio,
DNS tunnelling, what is for mirrored mode alone. Where one setting makes another do nothing, the
latter is *ineffective*; where two that are both good cannot both be had, it is a *conflict*, said
at the one that wins or that asks for more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Severity
from dpf_edge.wsl import keys, values
from dpf_edge.wsl.settings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dpf_edge.wsl.keys import Build, Version
    from dpf_edge.wsl.settings import Reading

MODE, FIREWALL = "wsl2.networkingMode", "wsl2.firewall"
TUNNELING, PROXY = "wsl2.dnsTunneling", "wsl2.autoProxy"
TUNNEL_ADDRESS = "experimental.dnsTunnelingIpAddress"
# What safe mode switches off, and so what of it a file may ask for in vain.
OFF_IN_SAFE_MODE = (
    TUNNELING,
    PROXY,
    "wsl2.guiApplications",
    "wsl2.gpuSupport",
    "wsl2.nestedVirtualization",
    "wsl2.hostFileSystemAccess",
    "wsl2.hardwarePerformanceCounters",
    "wsl2.virtio",
)
IN_MIRRORED_ONLY = ("experimental.ignoredPorts", "experimental.hostAddressLoopback")
IN_BRIDGED_ONLY = (
    "wsl2.vmSwitch",
    "wsl2.macAddress",
    "wsl2.dhcp",
    "wsl2.dhcpTimeout",
    "wsl2.ipv6",
)
LEAST_MEMORY = 256 << 20


class Ground(NamedTuple):
    """What a file is judged on: Windows, WSL and the policies, each as far as it is known."""

    build: Build | None = None
    version: Version | None = None
    policies: Mapping[str, int] = {}
    """By the names of :data:`~dpf_edge.wsl.keys.POLICIES`; one that is not set is not in it."""

    def forbids(self, policy: str) -> bool:
        """Whether a policy takes something from the user."""
        return self.policies.get(policy) == 0

    @property
    def default_mode(self) -> str:
        """The mode where no file sets one."""
        return keys.DEFAULT_MODES.get(self.policies.get("DefaultNetworkingMode", 1), "nat")


def mode(reading: Reading, ground: Ground) -> str:
    """The networking mode that WSL will try: the file's, unless safe mode or a policy overrules it.

    ``consomme`` is ``virtioproxy`` under its new name.
    """
    if reading.says("wsl2.safeMode"):
        return "none"
    wished = reading.value(MODE)
    if wished is None:
        return ground.default_mode
    wished = "virtioproxy" if wished == "consomme" else wished
    return ground.default_mode if mode_is_denied(wished, ground) else wished


def mode_is_denied(wished: str, ground: Ground) -> bool:
    """Whether a policy denies a mode: it leaves ``none`` and the default to the user."""
    return ground.forbids("AllowNetworkingModeUserSetting") and wished not in {
        "none",
        ground.default_mode,
    }


def tunnels(reading: Reading, ground: Ground) -> bool:
    """Whether WSL will try DNS tunnelling, as far as the file decides it."""
    wished = reading.says(TUNNELING)
    if wished is None and ground.version is not None and ground.version < keys.TUNNELING_BY_DEFAULT:
        return False
    if wished is False or reading.says("wsl2.safeMode"):
        return False
    return not address_switches_off(reading) and can_tunnel(mode(reading, ground), reading, ground)


def can_tunnel(found: str, reading: Reading, ground: Ground) -> bool:
    """Whether a mode has DNS tunnelling: nat and mirrored, and virtioproxy from WSL 2.9 on."""
    if found in {"nat", "mirrored"}:
        return True
    recent = ground.version is not None and ground.version >= keys.CONSOMME
    return found == "virtioproxy" and (recent or reading.value(MODE) == "consomme")


def address_switches_off(reading: Reading) -> bool:
    """Whether an invalid dnsTunnelingIpAddress switches tunnelling off.

    It does so where it stands, and a ``dnsTunneling=true`` further down switches it on again.
    """
    lines = [each for each in reading.settings if each.key == TUNNEL_ADDRESS]
    if not lines or lines[0].effective:
        return False
    return reading.says(TUNNELING) is None or reading.line(TUNNELING) < lines[0].line


def problems(reading: Reading, ground: Ground) -> Iterator[Problem]:
    """All that settings do to each other, and Windows and its policies to them."""
    yield from by_policy(reading, ground)
    yield from by_windows(reading, ground)
    yield from by_safe_mode(reading)
    yield from by_virtio(reading)
    yield from by_mode(reading, ground)
    yield from by_tunnelling(reading, ground)
    if reading.says(PROXY) is False and "experimental.initialAutoProxyTimeout" in reading.in_force:
        yield vain(reading, "experimental.initialAutoProxyTimeout", "autoProxy is off")
    yield from by_memory(reading)


def asks(reading: Reading, name: str) -> bool:
    """Whether a file asks for anything by a key: it is set, and not to its default."""
    value = reading.value(name)
    return value is not None and value != keys.BY_NAME[name.lower()].default


def vain(reading: Reading, name: str, why: str, severity: Severity = Severity.ERROR) -> Problem:
    """A setting that does nothing, and why."""
    key = keys.BY_NAME[name.lower()]
    return Problem(reading.line(name), "ineffective", severity, f"{key.full} does nothing: {why}")


def by_policy(reading: Reading, ground: Ground) -> Iterator[Problem]:
    """Settings that a policy of the computer takes back."""
    for key in keys.KEYS:
        if key.policy is None or not ground.forbids(key.policy):
            continue
        value = reading.value(key.full)
        if value is None or not is_taken_back(key.full, value, reading, ground):
            continue
        yield vain(reading, key.full, f"the computer's policy {key.policy} disables it")


def is_taken_back(name: str, value: str, reading: Reading, ground: Ground) -> bool:
    """Whether a setting that its policy is about differs from what the policy leaves."""
    if name == MODE:
        return mode_is_denied("virtioproxy" if value == "consomme" else value, ground)
    if name == FIREWALL:
        return reading.says(FIREWALL) is False and mode(reading, ground) != "mirrored"
    if name == "wsl2.nestedVirtualization":
        return reading.says(name) is True
    if name == "wsl2.kernelDebugPort":
        return values.number_of(value) != 0
    return value != ""


def by_windows(reading: Reading, ground: Ground) -> Iterator[Problem]:
    """Settings that this Windows is too old for."""
    for key in keys.KEYS:
        if key.full not in reading.in_force or not keys.older(ground.build, key.windows):
            continue
        # Of the modes only mirrored needs Windows 11, and what is off anyway asks for nothing.
        wants = reading.value(key.full) == "mirrored" if key.full == MODE else True
        if wants and reading.says(key.full) is not False:
            needs = "Windows 11" if key.windows == keys.WINDOWS_11 else "Windows 11 22H2"
            told = f"it needs {needs}, build {named(key.windows)} or later"
            yield vain(reading, key.full, told)


def named(build: Build | None) -> str:
    """A build as Windows writes it."""
    return "" if build is None else ".".join(str(part) for part in build if part)


def by_safe_mode(reading: Reading) -> Iterator[Problem]:
    """What safe mode switches off though the file asks for it."""
    if not reading.says("wsl2.safeMode"):
        return
    off = [MODE] if reading.value(MODE) not in {None, "none"} else []
    off += [name for name in OFF_IN_SAFE_MODE if reading.says(name)]
    off += [name for name in ("wsl2.kernel", "wsl2.kernelModules") if reading.value(name)]
    off += ["wsl2.swap"] if reading.value("wsl2.swap") not in {None, "0"} else []
    if off:
        lines = ", ".join(f"{name} (line {reading.line(name)})" for name in off)
        message = f"safe mode has no network and none of {lines}"
        yield Problem(reading.line("wsl2.safeMode"), "conflict", Severity.ERROR, message)


def by_virtio(reading: Reading) -> Iterator[Problem]:
    """Virtio's file systems: one is always off, the other needs virtio."""
    if reading.says("wsl2.virtio9p"):
        yield vain(reading, "wsl2.virtio9p", "WSL always switches it off")
    if reading.says("wsl2.virtiofs") and reading.says("wsl2.virtio") is False:
        yield vain(reading, "wsl2.virtiofs", "virtio is off")


def by_mode(reading: Reading, ground: Ground) -> Iterator[Problem]:
    """What the networking mode makes of the settings for another mode."""
    found = mode(reading, ground)
    here = f"the networking mode is {found}"
    if found == "mirrored":
        if reading.says(FIREWALL) is False:
            yield vain(reading, FIREWALL, "mirrored mode has the Hyper-V firewall always on")
        if "wsl2.localhostForwarding" in reading.in_force:
            yield vain(reading, "wsl2.localhostForwarding", "mirrored mode has no relay to switch")
    else:
        for name in IN_MIRRORED_ONLY:
            if asks(reading, name):
                yield vain(reading, name, f"it is for mirrored mode, and {here}")
    if found == "bridged":
        if not reading.value("wsl2.vmSwitch") and MODE in reading.in_force:
            message = "bridged mode needs wsl2.vmSwitch, without which WSL has no network"
            yield Problem(reading.line(MODE), "conflict", Severity.ERROR, message)
    else:
        for name in IN_BRIDGED_ONLY:
            if asks(reading, name):
                yield vain(reading, name, f"it is for bridged mode, and {here}")
    if "wsl2.dnsProxy" in reading.in_force and found != "nat":
        yield vain(reading, "wsl2.dnsProxy", f"it is for nat mode, and {here}")


def by_tunnelling(reading: Reading, ground: Ground) -> Iterator[Problem]:
    """What goes with DNS tunnelling, and what it replaces."""
    found = mode(reading, ground)
    safe = reading.says("wsl2.safeMode")  # which says of tunnelling all that there is to say
    if reading.says(TUNNELING) and not safe and not can_tunnel(found, reading, ground):
        yield vain(reading, TUNNELING, f"{found} mode has no DNS tunnelling")
    if tunnels(reading, ground):
        # Only where both are written down: that tunnelling is the default may be news to many.
        if found == "nat" and reading.says(TUNNELING) and "wsl2.dnsProxy" in reading.in_force:
            message = f"dnsTunneling (line {reading.line(TUNNELING)}) takes dnsProxy's place"
            line = reading.line("wsl2.dnsProxy")
            yield Problem(line, "conflict", Severity.ERROR, message)
        return
    for name in ("experimental.bestEffortDnsParsing", TUNNEL_ADDRESS):
        if asks(reading, name):
            yield vain(reading, name, "there is no DNS tunnelling")


def by_memory(reading: Reading) -> Iterator[Problem]:
    """Sizes of memory that WSL takes another for."""
    memory = reading.in_force.get("wsl2.memory")
    size = None if memory is None else values.size_of(values.narrow(memory.value))
    if size is not None and 0 < size < LEAST_MEMORY:
        yield vain(reading, "wsl2.memory", "WSL takes 256 MB, the least", Severity.WARNING)
