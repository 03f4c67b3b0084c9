"""One engine of containers: starting it, waiting until it answers, running containers in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import image
from .commands import LabError, must, run, start_daemon, wait_until
from .machine import Machine, machine
from .net import PREFIX, namespace
from .state import CHECKOUT, LOGS, RUN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Debian's client, of the daemon's own version: another one earlier on PATH may be too new for it.
DOCKER = "/usr/bin/docker"

# dockerd answered 0.6–1.5 s after its start; three of them beside each other on two cores, 4 s.
READY_SECONDS = 45.0

DATA_ROOT = "/var/lib/docker"

# A container that is asked to do nothing, without end and without waking up.
IDLE = ("sleep", "infinity")


@dataclass(frozen=True)
class Engine:
    """An engine that answers: its client's command line is all that one needs of it."""

    name: str
    cli: tuple[str, ...]

    def network(self, name: str, *options: str) -> None:
        """Make a user-defined network."""
        must([*self.cli, "network", "create", *options, name])

    def container(
        self,
        name: str,
        *options: str,
        mounts: Mapping[Path, str] | None = None,
        what: Sequence[str] = (image.NAME, *IDLE),
    ) -> None:
        """Start a container that stays; `mounts` are read-only, outer path to inner."""
        volumes = [f"--volume={out}:{inner}:ro" for out, inner in (mounts or {}).items()]
        must([*self.cli, "run", "--detach", "--name", name, *volumes, *options, *what])

    def inside(self, name: str) -> tuple[str, ...]:
        """What to put before a command so that it runs in that container."""
        return (*self.cli, "exec", "-i", name)

    def answers(self) -> bool:
        """Does it answer by now?"""
        return run([*self.cli, "version", "--format", "{{.Server.Version}}"]).returncode == 0


def socket(name: str) -> Path:
    """Where the engine of that name listens."""
    return RUN / f"{name}.sock"


def docker(name: str) -> tuple[str, ...]:
    """The client for the engine of that name, blind to the configuration of whoever runs it."""
    return (DOCKER, "--config", str(RUN / "docker-config"), "--host", f"unix://{socket(name)}")


def start(
    where: Machine,
    name: str,
    data_root: Path,
    *flags: str,
    env: Mapping[str, str] | None = None,
) -> Engine:
    """Start a real dockerd on a machine of the lab; raise LabError with its log if it is mute.

    Its `data_root` is mounted where an engine has it by default, so that containers read the usual
    paths in their own mounts.
    """
    must(
        [*where.argv, "sh", "-eu", "-s", str(data_root)],
        stdin=f"mkdir -p {DATA_ROOT}\nmount -n --bind $1 {DATA_ROOT}\n",
    )
    own = RUN / f"{name}.engine"
    own.mkdir()
    # Else it would read the real machine's daemon.json.
    (own / "daemon.json").write_text("{}\n")
    log = LOGS / f"{name}.log"
    start_daemon(
        [
            *where.argv,
            "dockerd",
            f"--config-file={own / 'daemon.json'}",
            f"--data-root={DATA_ROOT}",
            f"--exec-root={own / 'exec'}",
            f"--pidfile={own / 'pid'}",
            f"--host=unix://{socket(name)}",
            "--storage-driver=overlay2",
            # A group of the lab's own, by which a sweep finds every container's processes; and not
            # through systemd, which would have to be told of each.
            f"--cgroup-parent=/{PREFIX}{name}/docker",
            "--exec-opt=native.cgroupdriver=cgroupfs",
            *flags,
        ],
        log=log,
        env=env,
    )
    engine = Engine(name, docker(name))
    wait_ready(engine, log)
    return engine


def wait_ready(engine: Engine, log: Path | None = None) -> None:
    """Wait until the engine answers, or raise LabError with the end of its log."""
    if not wait_until(engine.answers, seconds=READY_SECONDS):
        words = log.read_text().splitlines()[-6:] if log and log.exists() else []
        raise LabError(f"{engine.name}: no answer in {READY_SECONDS:.0f} s: {' / '.join(words)}")


def template() -> Path:
    """The data-root that every engine of the lab starts from, with the images in it."""

    def fill(data_root: Path, tars: Path) -> None:
        # A machine with no link at all: nothing that is built here can reach anything.
        where = machine(namespace("build"), "build", {"resolv.conf": "\n"})
        flags = ("--bridge=none", "--iptables=false", "--ip-forward=false")
        builder = start(where, "build", data_root, *flags)
        image.take_in(builder.cli, tars)
        pid = (RUN / "build.engine" / "pid").read_text().strip()
        must(["kill", pid])
        if not wait_until(lambda: not Path(f"/proc/{pid}").exists(), seconds=READY_SECONDS):
            raise LabError(f"the engine that built the image (process {pid}) does not end")

    return image.template(fill)


@dataclass(frozen=True)
class Stock:
    """What the engines of one run start from."""

    template: Path
    """A data-root with the images in it, in the cache."""
    work: Path
    """The folder for this run's own data-roots."""
    mounts: dict[Path, str]
    """What containers get to see of this machine, read-only: dpf-edge and what it imports."""

    def data_root(self, name: str) -> Path:
        """Lay out the data-root of the engine of that name."""
        return image.data_root(self.template, self.work / name / "docker")


def stock(work: Path) -> Stock:
    """Have all of it there, from the cache or newly made, before an engine of the stage starts."""
    made = template()
    program = image.program(CHECKOUT, image.root_of(made))
    return Stock(made, work, {program: "/opt/dpf-edge", CHECKOUT / "src": "/opt/dpf-edge-src"})


# How a container finds dpf-edge below those two folders. Nothing can be written next to read-only
# modules, so Python is told not to try.
ENVIRONMENT = (
    "--env=PYTHONPATH=/opt/dpf-edge-src:/opt/dpf-edge",
    "--env=PYTHONDONTWRITEBYTECODE=1",
)
PROGRAM = ("python3", "-m", "dpf_edge")
