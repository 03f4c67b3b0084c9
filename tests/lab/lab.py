"""What a test holds in its hands: the lab's places, and how to run something in one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from . import commands
from .net import Device, Namespace
from .state import CHECKOUT, LabUnavailable, read_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["real", "stand-in"]

# The installed program, for places that see this machine's files.
INSTALLED = (str(CHECKOUT / ".venv" / "bin" / "dpf-edge"),)

# A command still running so long after its caller gave up is ended inside the place: a client that
# is killed leaves what it had started in a container running.
_GRACE_SECONDS = 5


@dataclass(frozen=True)
class Place:
    """A spot that a program can be put in."""

    name: str
    kind: Kind
    """`real`: the thing itself runs here. `stand-in`: it is staged to look like something that
    cannot run on Linux."""
    says: str
    """What it stands for, in one sentence."""
    argv: tuple[str, ...]
    """Put before a command, this enters the place."""
    program: tuple[str, ...] = INSTALLED
    """dpf-edge, inside."""

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 20.0,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> commands.Done:
        """Run a command here; `timeout` in seconds, `env` beside what the place has already.

        Raises subprocess.TimeoutExpired; any exit code is the caller's to judge.
        """
        bounded = ["timeout", "--signal=KILL", str(timeout + _GRACE_SECONDS)]
        given = [f"{key}={value}" for key, value in (env or {}).items()]
        return commands.run(
            [*self.argv, *bounded, "env", *given, *argv], timeout=timeout, stdin=stdin
        )

    def dpf_edge(
        self,
        *arguments: str,
        timeout: float = 20.0,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> commands.Done:
        """Run dpf-edge here, as `run` does."""
        return self.run([*self.program, *arguments], timeout=timeout, env=env, stdin=stdin)

    def on_a_terminal(self, argv: Sequence[str]) -> list[str]:
        """The command line of a person at a terminal: an engine's client wants to be told of it."""
        return [*("-it" if word == "-i" else word for word in self.argv), *argv]


@dataclass(frozen=True)
class Lab:
    """A lab that stands."""

    places: dict[str, Place] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    seconds: float = 0.0
    """How long it took to set up."""

    @property
    def router(self) -> Device:
        """The LAN's gateway."""
        return self.devices["router"]

    def records(self) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        """Places and devices as JSON can hold them."""
        return (
            [asdict(place) for place in self.places.values()],
            [asdict(device) for device in self.devices.values()],
        )


def standing() -> Lab | None:
    """The lab that stands, whoever set it up; None where none does, or only parts of one."""
    state = read_state()
    if state is None or not state.whole:
        return None
    return Lab(
        {place.name: place for place in map(_place, state.places)},
        {device.name: device for device in map(_device, state.devices)},
        state.seconds,
    )


def place_named(name: str) -> Place:
    """The place of that name in the standing lab; raise LabUnavailable where there is none."""
    lab = standing()
    if lab is None:
        raise LabUnavailable("no lab stands: run `make lab`")
    if name not in lab.places:
        raise LabUnavailable(f"no place is called {name}; there are: {', '.join(lab.places)}")
    return lab.places[name]


def _place(record: dict[str, Any]) -> Place:
    return Place(**{**record, "argv": tuple(record["argv"]), "program": tuple(record["program"])})


def _device(record: dict[str, Any]) -> Device:
    return Device(**{**record, "where": Namespace(**record["where"])})
