"""Each question is asked once, however often it is put."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from dpf_edge.errors import Absent, Denied, Failed, HostError
from dpf_edge.host.capture import Capture, Replay
from dpf_edge.host.once import Once
from dpf_edge.host.seam import Host
from dpf_edge.model import Interface, Machine, Neighbour, Probe, Ran, Route, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = Capture(
    machine=Machine("Linux"),
    interfaces=(Interface("eth0", ()),),
    capture=1,
    env={"container": "lxc", "WSL_DISTRO_NAME": "Debian"},
    files={"/etc/hostname": "vm", "/etc/os-release": "ID=debian"},
    directories=("/run/WSL",),
    links={"/etc/resolv.conf": "/run/x"},
    routes=(Route("default"),),
    rules=(Rule(0),),
    neighbours=(Neighbour("10.0.0.1"),),
    probes=(Probe("arp", "answered", "10.0.0.1"),),
    names={"host.docker.internal": ("10.0.0.1",)},
    commands=(Ran(("wslinfo", "--version"), 0, "2.5"),),
    registry={"K\\V": 1},
)

# Every method of the seam, with a question that the capture above answers and one that it refuses.
QUESTIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "machine": ((),),
    "env": (("container",), ("WSL_DISTRO_NAME",), ("WSL_INTEROP",)),
    "read": (("/etc/hostname",), ("/etc/os-release",), ("/etc/wsl.conf",)),
    "is_dir": (("/run/WSL",), ("/mnt/wsl",)),
    "link": (("/etc/resolv.conf",), ("/etc/hostname",)),
    "interfaces": ((),),
    "routes": ((),),
    "rules": ((),),
    "neighbours": ((),),
    "probes": ((),),
    "names": (("host.docker.internal",), ("host.lima.internal",)),
    "run": (("wslinfo", "--version"), ("wslinfo",), ()),
    "registry": (("K\\V",), ("K",)),
    "registry_values": (("K",), ("L",)),
}


class Counted(Replay):
    """A replay that counts how often it is asked, and refuses as it is told to."""

    def __init__(self, refuses: HostError | None = None) -> None:
        super().__init__(FULL)
        self.asked: list[tuple[str, ...]] = []
        self.refuses = refuses
        for name in QUESTIONS:
            setattr(self, name, self._counting(name))

    def _counting(self, name: str) -> Callable[..., object]:
        answer: Callable[..., object] = getattr(super(), name)

        def ask(*of: str) -> object:
            self.asked.append((name, *of))
            return self._refuse() if self.refuses else answer(*of)

        ask.__name__ = name
        return ask

    def _refuse(self) -> NoReturn:
        assert self.refuses is not None
        raise self.refuses


def outcome(host: Host, name: str, of: tuple[str, ...]) -> object:
    """What a question gives: its answer, or the type and text of its refusal."""
    try:
        answer: object = getattr(host, name)(*of)
    except HostError as refusal:
        return type(refusal), str(refusal)
    return answer


def test_the_questions_are_all_that_the_seam_has() -> None:
    assert set(QUESTIONS) == {name for name in vars(Host) if not name.startswith("_")}
    assert set(QUESTIONS) == {name for name in vars(Once) if not name.startswith("_")}


def test_every_question_is_asked_once_and_always_answered_alike() -> None:
    asked = [(name, of) for name, all_of in QUESTIONS.items() for of in all_of]
    counted = Counted()
    once = Once(counted)

    for _ in range(3):
        for name, of in asked:
            assert outcome(Replay(FULL), name, of) == outcome(once, name, of)

    assert [(name, *of) for name, of in asked] == counted.asked


def test_nothing_is_asked_before_it_is_wanted() -> None:
    counted = Counted()
    Once(counted)

    assert [] == counted.asked


@pytest.mark.parametrize("refusal", [Absent("a"), Denied("b"), Failed("c")])
def test_refusals_are_remembered_as_what_they_were(refusal: HostError) -> None:
    """A command that hung for three seconds must not be waited for again by the next detector."""
    asked = [(name, of) for name, all_of in QUESTIONS.items() for of in all_of]
    counted = Counted(refusal)
    once = Once(counted)

    for _ in range(3):
        for name, of in asked:
            with pytest.raises(type(refusal)) as again:
                getattr(once, name)(*of)
            assert refusal is again.value

    assert len(asked) == len(counted.asked)


def test_what_is_no_refusal_is_not_kept() -> None:
    """A defect must show itself each time; only what the seam promises is an answer."""
    counted = Counted()
    once = Once(counted)
    counted.refuses = KeyError("defect")  # type: ignore[assignment]

    for _ in range(2):
        with pytest.raises(KeyError):
            once.machine()
    counted.refuses = None

    assert Machine("Linux") == once.machine()
    assert 3 == len(counted.asked)
