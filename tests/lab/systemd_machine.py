"""A machine whose first process is a real systemd, in namespaces of its own, with no network.

It is Debian's own, laid out once by debootstrap and cached; each machine is an overlay over that,
in memory, so nothing of one is seen by the next.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .commands import must
from .image import once, program
from .state import LabUnavailable, cache

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
# debootstrap took 60 s here; ten times that is a slow mirror.
DOWNLOAD_SECONDS = 600.0
# It was up after 2 s here.
BOOT_SECONDS = 60.0
CALL_SECONDS = 120.0
PACKAGES = "systemd,systemd-sysv,dbus,python3"

# What a container's manager does before it starts systemd (systemd.io/CONTAINER_INTERFACE). The
# mounts are shared, or no service would be given its credentials.
BOOT = """
set -eu
base=$1 top=$2 source=$3 site=$4
mount --make-rprivate /
mount -t tmpfs tmpfs "$top"
mkdir "$top/upper" "$top/work" "$top/root"
root=$top/root
mount -t overlay -o "lowerdir=$base,upperdir=$top/upper,workdir=$top/work" overlay "$root"
mkdir -p "$root/opt/dpf-edge/src" "$root/opt/dpf-edge/site"
mount --bind -o ro "$source" "$root/opt/dpf-edge/src"
mount --bind -o ro "$site" "$root/opt/dpf-edge/site"
printf '/opt/dpf-edge/src\\n/opt/dpf-edge/site\\n' > "$root/usr/lib/python3/dist-packages/dpf.pth"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do
    : > "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
hostname with-systemd
ip link set lo up
cd "$root"
pivot_root . mnt
umount -l /mnt
mount --make-rshared /
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
    /lib/systemd/systemd --log-target=journal --show-status=no
"""


class Machine(NamedTuple):
    """A machine that is up; `pid` is its systemd's, outside."""

    pid: int

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program on it."""
        return subprocess.run(
            [
                *("nsenter", "-t", str(self.pid)),
                *("--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--root", "--wd"),
                *("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *words),
            ],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=CALL_SECONDS,
        )

    def must(self, *words: str, stdin: str = "") -> str:
        """What a program prints that has to succeed."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def dpf_edge(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run dpf-edge on it."""
        return self.run("python3", "-P", "-m", "dpf_edge", *words, stdin=stdin)


def base() -> Path:
    """The root that every such machine is laid over."""

    def make(fresh: Path) -> None:
        root = fresh / "root"
        must(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)],
            timeout=DOWNLOAD_SECONDS,
        )

    return once(cache() / "systemd-1", make) / "root"


def machine(folder: Path) -> Iterator[Machine]:
    """A machine, up for as long as this is not ended."""
    if os.geteuid() != 0:
        raise LabUnavailable("a systemd of one's own needs root")
    if shutil.which("debootstrap") is None:
        raise LabUnavailable("debootstrap is not installed: make lab-deps")
    laid = base()
    group = own_group()
    # Loaded by its own Python, which is the one that the lab's image has too.
    site = program(CHECKOUT, laid)
    enter = f'echo $$ > "{group}/cgroup.procs"; exec "$@"'
    process = subprocess.Popen(
        [
            *("sh", "-c", enter, "sh", "setpriv", "--pdeathsig=KILL"),
            *("unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork"),
            *("--kill-child=KILL", "sh", "-c", BOOT, "sh"),
            *(str(laid), str(folder), str(CHECKOUT / "src"), str(site)),
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        found = Machine(child_of(process))
        wait_until_up(found, process)
        yield found
    finally:
        process.kill()
        process.wait(10)
        remove_groups(group)


def own_group() -> Path:
    """A control group for the machine, in the unified hierarchy, wherever that is mounted.

    :raises LabUnavailable: there is none to be had.
    """
    for top in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
        if (top / "cgroup.procs").exists() and (top / "cgroup.controllers").exists():
            group = top / f"dpf-edge-systemd-{os.getpid()}"
            try:
                group.mkdir(exist_ok=True)
            except OSError as error:
                raise LabUnavailable(f"no control group for a systemd: {error}") from error
            return group
    raise LabUnavailable("a systemd needs cgroup2, which is not mounted here")


def remove_groups(top: Path) -> None:
    """Remove a control group and those below it, once nobody is in them."""
    for group in sorted((each for each in top.rglob("*") if each.is_dir()), reverse=True):
        gone(group)
    gone(top)


def gone(group: Path) -> None:
    """Remove one control group; killed processes leave it a moment later."""
    for _ in range(50):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return


def child_of(process: subprocess.Popen[bytes]) -> int:
    """The number of the systemd that unshare started, once it is there."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        children = listed.read_text().split()
        if children and Path(f"/proc/{children[0]}/comm").read_text().strip() == "systemd":
            return int(children[0])
        time.sleep(0.1)
    raise LabUnavailable("systemd does not start in namespaces here")


def wait_until_up(found: Machine, process: subprocess.Popen[bytes]) -> None:
    """Wait until everything that is started with the machine is."""
    deadline = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        said = found.run("systemctl", "is-system-running").stdout.strip()
        if said in {"running", "degraded"}:
            return
        time.sleep(0.2)
    raise LabUnavailable("systemd does not come up in namespaces here")
