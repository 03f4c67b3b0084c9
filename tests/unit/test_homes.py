"""Which row of the deployment matrix each vantage has, and what its containers would see."""

from __future__ import annotations

import pytest

from dpf_edge.model import Answer, Finding, Lan, Reach, Vantage
from dpf_edge.vantage import matrix
from dpf_edge.vantage.diagnose import diagnose
from dpf_edge.vantage.homes import HOMES
from dpf_edge.vantage.sight import Sight, Verdict
from dpf_edge.vantage.tables import Tables
from tests.test_cases import NAMES, expectation, replay, said

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
# What "as this vantage sees" means for an answer of yes, no and unknown.
SAME = (YES, NO, UNKNOWN)
NEVER = (NO, NO, NO)
UNSEEN = (UNKNOWN, UNKNOWN, UNKNOWN)

# The row without an engine in sight, with an engine of the machine's own, with Docker Desktop;
# then containers_here for an answer of yes, no and unknown, where no engine is in sight.
WANTED: dict[str, tuple[int | None, int | None, int | None, tuple[Answer, ...]]] = {
    "windows-native": (6, 6, 3, NEVER),
    "macos-native": (5, 4, 4, NEVER),
    "linux-host": (7, 1, 7, SAME),
    "linux-vm-bridged": (7, 1, 7, SAME),
    "linux-vm-nat": (None, None, None, SAME),
    "cloud-vm": (9, 9, 9, SAME),
    "wsl1": (6, 6, 3, NEVER),
    "wsl2-nat": (6, 6, 3, SAME),
    "wsl2-mirrored": (6, 8, 3, UNSEEN),
    "wsl2-bridged": (6, 8, 3, UNSEEN),
    "wsl2-virtioproxy": (6, 6, 3, SAME),
    "wsl2-none": (6, 6, 3, SAME),
    "docker-desktop-distro": (3, 3, 3, NEVER),
    "docker-desktop-host": (None, None, None, NEVER),
    "docker-desktop-bridge": (None, None, None, NEVER),
    "engine-host": (1, 1, 1, SAME),
    "engine-bridge": (1, 1, 1, UNSEEN),
    "engine-macvlan": (2, 2, 2, SAME),
    "engine-ipvlan-l2": (2, 2, 2, SAME),
    "engine-ipvlan-l3": (1, 1, 1, UNSEEN),
    "engine-none": (1, 1, 1, UNSEEN),
    "rootless-slirp": (7, 7, 7, NEVER),
    "rootless-pasta": (7, 7, 7, UNSEEN),
    "rootless-vpnkit": (7, 7, 7, NEVER),
    "podman-machine": (5, 5, 5, SAME),
    "lima": (5, 5, 5, SAME),
    "colima": (5, 5, 5, SAME),
    "rancher-desktop": (5, 5, 5, SAME),
    "orbstack": (5, 5, 5, SAME),
    "kubernetes-pod": (1, 1, 1, UNSEEN),
    "kubernetes-host": (1, 1, 1, SAME),
    "lxc-bridged": (7, 7, 7, SAME),
    "lxc-nat": (7, 7, 7, SAME),
    "unknown": (None, None, None, UNSEEN),
}


def seen(vantage: str, answer: Answer, engine: str | None = None) -> tuple[Sight, Verdict]:
    """A verdict of some vantage and answer, with an engine in sight or none."""
    found = {"engine": Finding(YES, engine)} if engine else {"engine": Finding(NO)}
    reach = {YES: Reach.L2, NO: Reach.NAT, UNKNOWN: Reach.UNKNOWN}[answer]
    verdict = Verdict(Vantage(vantage), Lan(answer, reach, 0.5))
    return Sight(Tables((), (), (), ()), found), verdict


def test_every_vantage_is_in_the_table() -> None:
    assert set(WANTED) == {vantage.value for vantage in Vantage} == {v.value for v in HOMES}


@pytest.mark.parametrize("vantage", WANTED)
def test_a_vantage_has_its_row_by_the_engine_in_sight(vantage: str) -> None:
    alone, own, desktop, _ = WANTED[vantage]

    given = [
        matrix.recommendation(*seen(vantage, YES, engine)).row
        for engine in (None, "docker", "podman", "docker-desktop")
    ]

    assert given == [alone, own, own, desktop]


@pytest.mark.parametrize("vantage", WANTED)
def test_a_vantage_says_what_its_containers_would_see(vantage: str) -> None:
    wanted = WANTED[vantage][3]

    given = tuple(
        matrix.containers_here(*seen(vantage, answer)).answer for answer in (YES, NO, UNKNOWN)
    )

    assert given == wanted


@pytest.mark.parametrize("vantage", WANTED)
def test_docker_desktops_containers_never_see_the_lan(vantage: str) -> None:
    sight, verdict = seen(vantage, YES, "docker-desktop")

    assert matrix.containers_here(sight, verdict).answer is NO


@pytest.mark.parametrize("name", NAMES)
def test_a_case_reaches_what_its_vantage_may_reach(name: str) -> None:
    """The page of vantages lists every reach that a case of it has been seen with."""
    given = said(diagnose(replay(name)))
    wanted = expectation(name)

    listed = {reach.value for reach in HOMES[Vantage(wanted["vantage"])].reach}
    assert given["reach"] in {*listed, "unknown"}
