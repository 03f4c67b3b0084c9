"""Every key of ``.wslconfig`` as data, and the policies that overrule some of them.

Read from WSL's own table of keys (WslCoreConfig.cpp, 2.6.3 to 2.9.4) and from Microsoft's
documentation of wsl-config; where the two differ, the program is what counts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

Version = tuple[int, ...]
"""WSL's version, (2, 6, 3)."""
Build = tuple[int, int | None]
"""Windows' build and its update revision, (22621, 2361); None where that is not known."""

WINDOWS_11: Build = (22000, 0)
# The first public build with the Hyper-V firewall and HNS' exports: KB5030310 of September 2023.
WINDOWS_11_22H2: Build = (22621, 2361)

# The four settings were born in [experimental] and moved with this version.
MOVED: Version = (2, 0, 5)
# DNS tunnelling is on by default from this version on.
TUNNELING_BY_DEFAULT: Version = (2, 2, 1)
# From here VirtioProxy is called Consomme, the old name stays, and tunnelling works with it.
CONSOMME: Version = (2, 9, 0)
# Keys that WSL's main branch has, and 2.9.4 has not.
AFTER_2_9_4: Version = (2, 9, 5)


class Kind(StrEnum):
    """How a value is read."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    SIZE = "size"
    PATH = "path"
    TEXT = "text"
    CHOICE = "choice"
    PORTS = "ports"
    ADDRESS = "IPv4 address"
    MAC = "MAC address"


class Key(NamedTuple):
    """One key, in the documentation's spelling."""

    section: str
    name: str
    kind: Kind
    default: str
    says: str
    documented: bool = True
    windows: Build | None = None
    """The first Windows that it works on."""
    since: Version | None = None
    """The first WSL that knows it, where an older one in use does not."""
    choices: tuple[str, ...] = ()
    policy: str | None = None
    """The policy that may take it from the user; see :data:`POLICIES`."""
    also_experimental: bool = False
    """Whether its former name in [experimental] is still good."""

    @property
    def full(self) -> str:
        """``section.name``."""
        return f"{self.section}.{self.name}"


MODES = ("none", "nat", "bridged", "mirrored", "virtioproxy", "consomme")

_BOOLEAN, _INTEGER, _SIZE = Kind.BOOLEAN, Kind.INTEGER, Kind.SIZE
_PATH, _TEXT, _CHOICE = Kind.PATH, Kind.TEXT, Kind.CHOICE

KEYS: tuple[Key, ...] = (
    Key(
        *("wsl2", "networkingMode", _CHOICE, "nat"),
        "how WSL is put on the network; `consomme` is what WSL 2.9 calls `virtioproxy`",
        windows=WINDOWS_11_22H2,
        since=MOVED,
        choices=MODES,
        policy="AllowNetworkingModeUserSetting",
        also_experimental=True,
    ),
    Key(
        *("wsl2", "firewall", _BOOLEAN, "true"),
        "Windows' firewall rules hold for WSL; always on in mirrored mode",
        windows=WINDOWS_11_22H2,
        since=MOVED,
        policy="AllowFirewallUserSetting",
        also_experimental=True,
    ),
    Key(
        *("wsl2", "dnsTunneling", _BOOLEAN, "true"),
        "DNS questions go to Windows by a channel of their own; in nat and mirrored mode",
        windows=WINDOWS_11_22H2,
        since=MOVED,
        also_experimental=True,
    ),
    Key(
        *("wsl2", "autoProxy", _BOOLEAN, "true"),
        "WSL takes Windows' HTTP proxy",
        windows=WINDOWS_11,
        since=MOVED,
        also_experimental=True,
    ),
    Key(
        *("wsl2", "kernel", _PATH, "the one that comes with WSL"),
        "a Linux kernel of one's own",
        policy="AllowKernelUserSetting",
    ),
    Key(
        *("wsl2", "kernelModules", _PATH, "none"),
        "a disk with that kernel's modules",
        policy="AllowKernelUserSetting",
    ),
    Key(
        *("wsl2", "kernelCommandLine", _TEXT, "empty"),
        "more words for the kernel",
        policy="AllowKernelCommandLineUserSetting",
    ),
    Key("wsl2", "memory", _SIZE, "half of the machine's", "the most memory; 256 MB at least"),
    Key("wsl2", "processors", _INTEGER, "all", "how many processors; 0 and less means all"),
    Key("wsl2", "swap", _SIZE, "a quarter of the memory, in whole GB", "swap space; 0 is none"),
    Key("wsl2", "swapFile", _PATH, r"%TEMP%\swap.vhdx", "where the swap space is kept"),
    Key(
        *("wsl2", "localhostForwarding", _BOOLEAN, "true"),
        "ports opened in WSL are open on Windows' localhost; not in mirrored mode",
    ),
    Key("wsl2", "guiApplications", _BOOLEAN, "true", "windows of Linux programs (WSLg)"),
    Key(
        *("wsl2", "debugConsole", _BOOLEAN, "false"),
        "a window with the kernel's messages",
        windows=WINDOWS_11,
    ),
    Key(
        *("wsl2", "earlyBootLogging", _BOOLEAN, "true with a debug console"),
        "the kernel's first messages too",
        documented=False,
    ),
    Key("wsl2", "debugConsoleLogFile", _PATH, "none", "keeps those messages", documented=False),
    Key(
        *("wsl2", "nestedVirtualization", _BOOLEAN, "true, but on ARM64"),
        "virtual machines inside WSL",
        windows=WINDOWS_11,
        policy="AllowNestedVirtualization",
    ),
    Key(
        *("wsl2", "vmIdleTimeout", _INTEGER, "60000"),
        "milliseconds until an idle virtual machine is ended",
        windows=WINDOWS_11,
    ),
    Key("wsl2", "dnsProxy", _BOOLEAN, "true", "DNS by the NAT; in nat mode without tunnelling"),
    Key(
        *("wsl2", "safeMode", _BOOLEAN, "false"),
        "for repairs: no network, no Windows drives, no windows",
        windows=WINDOWS_11,
        since=(0, 66, 2),
    ),
    Key("wsl2", "defaultVhdSize", _SIZE, "1 TB", "how far a distribution's disk may grow"),
    Key("wsl2", "maxCrashDumpCount", _INTEGER, "10", "how many crash dumps are kept"),
    Key(
        "wsl2", "crashDumpFolder", _PATH, r"%TEMP%\wsl-crashes", "where they are", documented=False
    ),
    Key(
        *("wsl2", "vmSwitch", _TEXT, "none"),
        "the Hyper-V switch of bridged mode, which needs one",
        documented=False,
    ),
    Key(
        *("wsl2", "macAddress", Kind.MAC, "random"),
        "the MAC address in bridged mode; a malformed one stops WSL",
        documented=False,
    ),
    Key("wsl2", "dhcp", _BOOLEAN, "true", "asks for an address in bridged mode", documented=False),
    Key("wsl2", "dhcpTimeout", _INTEGER, "5000", "milliseconds to wait for it", documented=False),
    Key("wsl2", "ipv6", _BOOLEAN, "false", "IPv6 in bridged mode", documented=False),
    Key("wsl2", "virtio9p", _BOOLEAN, "false", "always off, with a warning", documented=False),
    Key("wsl2", "virtiofs", _BOOLEAN, "false", "Windows' drives by virtiofs", documented=False),
    Key("wsl2", "virtio", _BOOLEAN, "true", "virtio devices at all", documented=False),
    Key(
        *("wsl2", "hostFileSystemAccess", _BOOLEAN, "true"),
        "Windows' drives in WSL",
        documented=False,
    ),
    Key("wsl2", "gpuSupport", _BOOLEAN, "true", "the graphics card in WSL", documented=False),
    Key(
        *("wsl2", "hardwarePerformanceCounters", _BOOLEAN, "true, but on ARM64"),
        "the processor's counters in WSL",
        documented=False,
    ),
    Key("wsl2", "telemetry", _BOOLEAN, "true", "reports to Microsoft", documented=False),
    Key(
        *("wsl2", "systemDistro", _PATH, "the one that comes with WSL"),
        "a system distribution of one's own",
        documented=False,
        policy="AllowSystemDistroUserSetting",
    ),
    Key(
        *("wsl2", "kernelDebugPort", _INTEGER, "0"),
        "a port for the kernel's debugger",
        documented=False,
        policy="AllowKernelDebugUserSetting",
    ),
    Key(
        *("wsl2", "kernelBootTimeout", _INTEGER, "30000"),
        "milliseconds that the kernel may take to start",
        documented=False,
    ),
    Key(
        *("wsl2", "distributionStartTimeout", _INTEGER, "60000"),
        "milliseconds that a distribution may take to start",
        documented=False,
    ),
    Key(
        *("wsl2", "mountDeviceTimeout", _INTEGER, "5000"),
        "milliseconds that a disk may take to appear",
        documented=False,
    ),
    Key(
        *("wsl2", "loadKernelModules", _TEXT, "tun,ip_tables,br_netfilter"),
        "more kernel modules, after those",
        documented=False,
    ),
    Key(
        *("wsl2", "loadDefaultKernelModules", _BOOLEAN, "true"),
        "those three at all",
        documented=False,
    ),
    Key(
        *("wsl2", "isolateDistroCgroup", _BOOLEAN, "true"),
        "a control group for each distribution",
        documented=False,
        since=AFTER_2_9_4,
    ),
    Key(
        *("general", "distributionInstallPath", _PATH, r"%LOCALAPPDATA%\wsl"),
        "where new distributions go",
        documented=False,
    ),
    Key(
        *("general", "instanceIdleTimeout", _INTEGER, "15000"),
        "milliseconds until an idle distribution is ended",
        documented=False,
    ),
    Key(
        *("experimental", "autoMemoryReclaim", _CHOICE, "dropCache"),
        "gives memory back to Windows",
        choices=("disabled", "gradual", "dropcache"),
    ),
    Key("experimental", "sparseVhd", _BOOLEAN, "false", "disks that give space back"),
    Key(
        *("experimental", "bestEffortDnsParsing", _BOOLEAN, "false"),
        "answers DNS questions that Windows cannot wholly read; needs dnsTunneling",
        windows=WINDOWS_11_22H2,
    ),
    Key(
        *("experimental", "dnsTunnelingIpAddress", Kind.ADDRESS, "10.255.255.254"),
        "the resolver's address in WSL; an invalid one switches dnsTunneling off",
        windows=WINDOWS_11_22H2,
    ),
    Key(
        *("experimental", "initialAutoProxyTimeout", _INTEGER, "1000"),
        "milliseconds to wait for Windows' proxy settings",
        windows=WINDOWS_11,
    ),
    Key(
        *("experimental", "ignoredPorts", Kind.PORTS, "none"),
        "ports that Linux may open though Windows has them; in mirrored mode",
        windows=WINDOWS_11_22H2,
    ),
    Key(
        *("experimental", "hostAddressLoopback", _BOOLEAN, "false"),
        "Windows and WSL reach each other by Windows' IPv4 addresses; in mirrored mode",
        windows=WINDOWS_11_22H2,
    ),
    Key("experimental", "setVersionDebug", _BOOLEAN, "false", "for WSL's makers", documented=False),
    Key(
        *("experimental", "swiotlb", _SIZE, "chosen by WSL"),
        "memory for devices' buffers",
        documented=False,
        since=CONSOMME,
    ),
    Key(
        *("experimental", "virtioFsAggregateShares", _BOOLEAN, "true"),
        "one virtiofs device for all drives",
        documented=False,
        since=AFTER_2_9_4,
    ),
)

BY_NAME: dict[str, Key] = {key.full.lower(): key for key in KEYS} | {
    f"experimental.{key.name.lower()}": key for key in KEYS if key.also_experimental
}
"""Every name that WSL knows, in lower case, former ones included."""

SECTIONS: dict[str, str] = {key.section.lower(): key.section for key in KEYS}

POLICIES: dict[str, str] = {
    "AllowWSL": "WSL at all",
    "AllowInboxWSL": "the WSL that comes with Windows",
    "AllowWSL1": "WSL 1",
    "AllowKernelUserSetting": "kernel and kernelModules",
    "AllowSystemDistroUserSetting": "systemDistro",
    "AllowKernelCommandLineUserSetting": "kernelCommandLine",
    "AllowDebugShell": "the debug shell",
    "AllowNestedVirtualization": "nestedVirtualization",
    "AllowKernelDebugUserSetting": "kernelDebugPort",
    "AllowDiskMount": "wsl --mount",
    "AllowNetworkingModeUserSetting": "networkingMode, but for none and for the default mode",
    "AllowFirewallUserSetting": "firewall=false",
    "DefaultNetworkingMode": "the mode where networkingMode is not set (no Allow: a number)",
}
"""``HKLM\\Software\\Policies\\WSL``: the values (DWORD, 0 forbids), and what each one is about."""

DEFAULT_MODES: dict[int, str] = {0: "none", 1: "nat", 3: "mirrored", 4: "virtioproxy"}
"""What DefaultNetworkingMode's numbers mean; 2 would be bridged, which WSL refuses there."""

WSL_CONF_SECTIONS = frozenset(
    {"automount", "filesystem", "interop", "network", "time", "fileserver", "gpu", "user", "boot"}
)
"""The sections of /etc/wsl.conf, which people take for those of .wslconfig."""

FORMER: dict[str, str] = {
    "usewindowsdnscache": "dnsTunneling took its place",
    "pagereporting": "experimental.autoMemoryReclaim took its place",
}
"""Names of old documentation in lower case, and what became of them."""


def older(build: Build | None, needed: Build | None) -> bool:
    """Whether a Windows is too old for something; no, where either is not known."""
    if build is None or needed is None:
        return False
    if build[0] != needed[0] or build[1] is None:
        return build[0] < needed[0]
    return build[1] < (needed[1] or 0)
