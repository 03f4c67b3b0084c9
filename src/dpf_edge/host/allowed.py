"""The charter in code: what may be read from a machine, and what of it is kept.

Everything is filtered before anything else sees it, so what is not kept here cannot be logged,
captured, shown or sent. The lists are those of capture-1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLES = (
    "WSL_DISTRO_NAME",
    "WSL_INTEROP",
    "container",
    "KUBERNETES_SERVICE_HOST",
    "DPF_HOST_VANTAGE",
)

DIRECTORIES = (
    "/run/WSL",
    "/mnt/wsl",
    "/mnt/wslg",
    "/mnt/docker-desktop-disk",
    "/usr/lib/wsl",
    "/dev/lxd",
    "/dev/incus",
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "/Docker/host",
)

LINKS = ("/etc/resolv.conf",)

NAMES = (
    "host.docker.internal",
    "gateway.docker.internal",
    "host.containers.internal",
    "host.lima.internal",
    "host.rancher-desktop.internal",
    "host.orb.internal",
)

# A file that is longer than this is no file of the list: the longest, mountinfo of a host with
# a thousand containers, stays under 512 KiB.
FILE_BYTES = 1 << 20


def whole(text: str) -> str:
    """Keep it all."""
    return text


def container_entry(text: str) -> str:
    """Of an environment block, the ``container=`` entry alone: the rest may hold secrets."""
    kept = [entry for entry in text.split("\0") if entry.startswith("container=")]
    return "\0".join(kept)


def flags_line(text: str) -> str:
    """Of /proc/cpuinfo, the first processor's flags (``Features`` on ARM)."""
    for line in text.splitlines():
        if line.partition(":")[0].strip() in {"flags", "Features"}:
            return line + "\n"
    return ""


# The mounts that tell where a process stands; of all others, only that they are left out.
MOUNT_POINTS = frozenset({"/", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/Docker/host"})
MOUNT_TYPES = frozenset({"9p", "drvfs", "virtiofs", "fakeowner", "fuse.lxcfs", "fuse.grpcfuse"})
# File systems that an engine lays a container's root out on, with the folders in their options.
LAYERED_TYPES = frozenset({"overlay", "aufs", "btrfs", "fuse.fuse-overlayfs"})


def telling_mounts(text: str) -> str:
    """Of /proc/self/mountinfo, the lines that tell the vantage (proc(5) gives the fields).

    Network file systems may carry user names in their options, so every other line is dropped,
    and of a file system of another type the options but for the first, which is rw or ro.
    """
    kept = []
    # Not splitlines: proc(5) escapes a line feed in a path, and no other separator.
    for line in text.split("\n"):
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ", 2)
        # Mount ID, parent, major:minor, root, mount point: the fifth is the first we need.
        if not dash or len(fields) < 5:
            continue
        if rest[0] in MOUNT_TYPES or (fields[4] in MOUNT_POINTS and rest[0] in LAYERED_TYPES):
            kept.append(line + "\n")
        elif fields[4] in MOUNT_POINTS:
            rest[2:] = [options.partition(",")[0] for options in rest[2:]]
            kept.append(f"{before} - {' '.join(rest)}\n")
    return "".join(kept)


FILES: dict[str, Callable[[str], str]] = {
    "/proc/version": whole,
    "/proc/sys/kernel/osrelease": whole,
    "/proc/self/mountinfo": telling_mounts,
    "/proc/self/uid_map": whole,
    "/proc/1/cgroup": whole,
    "/proc/1/environ": container_entry,
    "/proc/cpuinfo": flags_line,
    "/etc/os-release": whole,
    "/etc/resolv.conf": whole,
    "/etc/hostname": whole,
    "/etc/wsl.conf": whole,
    "/.dockerenv": whole,
    "/run/.containerenv": whole,
    "/run/systemd/container": whole,
    "/run/host/container-manager": whole,
    "/proc/sys/fs/binfmt_misc/WSLInterop": whole,
    "/proc/sys/fs/binfmt_misc/WSLInterop-late": whole,
    "/sys/class/dmi/id/sys_vendor": whole,
    "/sys/class/dmi/id/product_name": whole,
    "/sys/class/dmi/id/bios_vendor": whole,
    "/sys/class/dmi/id/chassis_asset_tag": whole,
    "/sys/hypervisor/type": whole,
}

# The keys of Windows' registry that values are kept of; host/windows_registry.py has the values.
REGISTRY = (
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
    "HKLM\\HARDWARE\\DESCRIPTION\\System\\BIOS",
    "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss",
    "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Lxss",
    "HKLM\\Software\\Policies\\WSL",
)

# Of what an engine says of itself, the fields that tell where it runs. Proxies, registries and
# swarm tokens stay behind.
ENGINE_FIELDS = (
    "Name",
    "OperatingSystem",
    "OSType",
    "KernelVersion",
    "ServerVersion",
    "SecurityOptions",
)
ENGINE_LABEL = "com.docker.desktop."


def engine_fields(text: str) -> str:
    """Of ``docker info`` as JSON, the listed fields and Docker Desktop's own labels.

    Of text that is no JSON object nothing is kept: no filter can tell what stands in it, and an
    empty answer says as well that the engine answered nonsense.
    """
    import msgspec

    try:
        info = msgspec.json.decode(text)
    except (ValueError, RecursionError):  # msgspec.DecodeError is a ValueError
        info = None
    if not isinstance(info, dict):
        return ""
    # Texts and lists of texts, as these fields are; what is nested could be anything.
    kept: dict[str, str | list[str]] = {}
    for field in ENGINE_FIELDS:
        value = info.get(field)
        if isinstance(value, str):
            kept[field] = value
        elif isinstance(value, list):
            kept[field] = [each for each in value if isinstance(each, str)]
    labels = info.get("Labels")
    if isinstance(labels, list):
        texts = [label for label in labels if isinstance(label, str)]
        kept["Labels"] = [label for label in texts if label.startswith(ENGINE_LABEL)]
    return msgspec.json.encode(kept).decode()


class Command(NamedTuple):
    """One command of the allow-list: what is run for it, and what of its output is kept."""

    runs: tuple[str, ...]
    keep: Callable[[str], str] = whole
    needs: tuple[str, ...] = ()
    """Run only where one of these paths exists: asking an engine that is not there costs time."""


DOCKER_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock")

COMMANDS: dict[tuple[str, ...], Command] = {
    ("wslinfo", "--networking-mode"): Command(("wslinfo", "--networking-mode")),
    ("wslinfo", "--version"): Command(("wslinfo", "--version")),
    # Docker before 23 does not know the word json as a format, so the template is spelt out.
    ("docker", "info", "--format", "json"): Command(
        ("docker", "info", "--format", "{{json .}}"), engine_fields, DOCKER_SOCKETS
    ),
}

# Docker Desktop's pipes and those of an engine of Windows' own.
DOCKER_PIPES = (
    "//./pipe/docker_engine",
    "//./pipe/dockerDesktopLinuxEngine",
    "//./pipe/dockerDesktopWindowsEngine",
)

DARWIN_COMMANDS: dict[tuple[str, ...], Command] = {
    ("docker", "info", "--format", "json"): COMMANDS[("docker", "info", "--format", "json")],
}

WINDOWS_COMMANDS: dict[tuple[str, ...], Command] = {
    # It asks no distribution, and starts none.
    ("wsl.exe", "--version"): Command(("wsl.exe", "--version")),
    ("docker", "info", "--format", "json"): Command(
        ("docker", "info", "--format", "{{json .}}"), engine_fields, DOCKER_PIPES
    ),
}


def commands(system: str) -> dict[tuple[str, ...], Command]:
    """The commands of a system's allow-list, by its name as a capture has it."""
    return {"Windows": WINDOWS_COMMANDS, "Darwin": DARWIN_COMMANDS}.get(system, COMMANDS)
