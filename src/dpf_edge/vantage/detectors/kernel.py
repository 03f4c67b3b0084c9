from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Evidence, Finding
from dpf_edge.vantage import resolver, wslinfo
from dpf_edge.vantage.detectors import detector
from dpf_edge.vantage.reading import Reading

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host

RELEASE = "/proc/sys/kernel/osrelease"
MARKERS = (
    "/proc/sys/fs/binfmt_misc/WSLInterop",
    "/proc/sys/fs/binfmt_misc/WSLInterop-late",
)
DIRECTORIES = ("/run/WSL", "/mnt/wsl", "/mnt/wslg", "/usr/lib/wsl")
# WSL 1 has no kernel of its own: Windows answers for one, always of this version.
WSL1_PREFIX = "4.4.0-"
# A kernel without "microsoft" in its name is WSL's where this many other signs say so: any one
# of them can be bind-mounted into a container or left behind on a disk.
SIGNS_WITHOUT_NAME = 2


@detector("kernel")
def kernel(host: Host) -> Finding:
    """Is this the kernel of WSL, Docker Desktop's LinuxKit or another desktop's virtual machine?

    A name alone is not enough: Azure's own Linux guests have kernels named ``-microsoft`` too,
    and a custom WSL kernel may be named anything. ``WSL2`` in the name is Microsoft's own build.
    """
    reading = Reading(host)
    machine = host.machine()
    if machine.system != "Linux":
        said = Evidence("system", machine.system, "machine")
        return Finding(Answer.NO, machine.system.lower(), (said,))
    release = (reading.text(RELEASE) or machine.release or "").strip()
    low = release.lower()
    said = Evidence("kernel", release or "unnamed", RELEASE)
    if release.startswith(WSL1_PREFIX) and release.endswith("-Microsoft"):
        return Finding(Answer.YES, "wsl1", (said,))
    signs = wsl_signs(reading)
    doubts = tuple(reading.doubts)
    if "microsoft" in low and ("wsl2" in low or signs):
        return Finding(Answer.YES, "wsl2", (said, *signs), doubts)
    if len(signs) >= SIGNS_WITHOUT_NAME:
        return Finding(Answer.YES, "wsl2", tuple(signs), (said, *doubts))
    if "microsoft" in low:
        return Finding(Answer.UNKNOWN, "wsl2", (said,), doubts)
    for family in ("linuxkit", "orbstack"):
        if family in low:
            return Finding(Answer.YES, family, (said,), doubts)
    if not release:
        return Finding(Answer.UNKNOWN, None, (), (*signs, *doubts))
    return Finding(Answer.NO, "generic", (said,), (*signs, *doubts))


def wsl_signs(reading: Reading) -> list[Evidence]:
    """The signs of a WSL distribution other than its kernel's name."""
    host = reading.host
    signs = [
        Evidence("interop", "Windows programs start here", path)
        for path in MARKERS
        if reading.exists(path)
    ][:1]
    signs += [
        Evidence(f"directory {path}", "present", path) for path in DIRECTORIES if host.is_dir(path)
    ]
    for name in ("WSL_DISTRO_NAME", "WSL_INTEROP"):
        value = reading.env(name)
        if value:
            signs.append(Evidence("distribution", value, f"environment {name}"))
            break
    told = wslinfo.told(reading)
    if told is not None:
        signs.append(told[1])
    if resolver.parse(reading.text("/etc/resolv.conf") or "").by_wsl:
        signs.append(Evidence("resolver-header", "written by WSL", "/etc/resolv.conf"))
    return signs
