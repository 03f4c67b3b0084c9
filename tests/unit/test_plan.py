"""Where the node belongs: every vantage by every form, and what is promised of each plan."""

from __future__ import annotations

import json
import re
import shlex
from ipaddress import ip_address, ip_network

import click
import msgspec
import pytest

from dpf_edge.cli import program
from dpf_edge.cli.program import Commands
from dpf_edge.model import (
    Answer,
    Diagnosis,
    InterfaceRole,
    Lan,
    LinkKind,
    Reach,
    Recommendation,
    Role,
    Runtime,
    Vantage,
)
from dpf_edge.vantage import matrix
from dpf_edge.vantage.diagnose import diagnose
from dpf_edge.vantage.forms import NATIVE, RUNTIMES, Mode
from dpf_edge.vantage.matrix import ROWS
from dpf_edge.vantage.plan import Plan, plan
from tests.test_cases import NAMES, replay
from tests.unit.test_cli import capture_of, run
from tests.unit.test_homes import seen

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
LETTERS = {"y": YES, "n": NO, "u": UNKNOWN}
# What each form would see, by its first letter: the matrix's own answer, then native, container,
# macvlan and ipvlan; for a machine that sees the LAN, one that does not, and one that is not known.
WANTED: dict[str, tuple[str, str, str]] = {
    "windows-native": ("yynnn", "nnnnn", "uunnn"),
    "macos-native": ("yynnn", "nnnnn", "uunnn"),
    "linux-host": ("yyyyy", "nnnnn", "uuuuu"),
    "linux-vm-bridged": ("yyyuy", "nnnnn", "uuuuu"),
    "linux-vm-nat": ("yyyyy", "unnnn", "uuuuu"),
    "cloud-vm": ("nyyyy", "nnnnn", "nuuuu"),
    "wsl1": ("yynnn", "uunnn", "uunnn"),
    "wsl2-nat": ("uuynn", "uunnn", "uuunn"),
    "wsl2-mirrored": ("yyunn", "uuunn", "uuunn"),
    "wsl2-bridged": ("uuunn", "uuunn", "uuunn"),
    "wsl2-virtioproxy": ("uuynn", "uunnn", "uuunn"),
    "wsl2-none": ("uuynn", "uunnn", "uuunn"),
    "docker-desktop-distro": ("uunnn", "uunnn", "uunnn"),
    "docker-desktop-host": ("uunnn", "uunnn", "uunnn"),
    "docker-desktop-bridge": ("uunnn", "uunnn", "uunnn"),
    "engine-host": ("yyyyy", "nunnn", "uuuuu"),
    "engine-bridge": ("uuuuu", "uuuuu", "uuuuu"),
    "engine-macvlan": ("yyyyy", "nunnn", "uuuuu"),
    "engine-ipvlan-l2": ("yyyuy", "nunnn", "uuuuu"),
    "engine-ipvlan-l3": ("uuuuu", "uuuuu", "uuuuu"),
    "engine-none": ("uuuuu", "uuuuu", "uuuuu"),
    "rootless-slirp": ("uunnn", "uunnn", "uunnn"),
    "rootless-pasta": ("uuunn", "uuunn", "uuunn"),
    "rootless-vpnkit": ("uunnn", "uunnn", "uunnn"),
    "podman-machine": ("uuyuy", "uunnn", "uuuuu"),
    "lima": ("uuyuy", "uunnn", "uuuuu"),
    "colima": ("uuyuy", "uunnn", "uuuuu"),
    "rancher-desktop": ("uuyuy", "uunnn", "uuuuu"),
    "orbstack": ("uuyuy", "uunnn", "uuuuu"),
    "kubernetes-pod": ("uuuuu", "uuuuu", "uuuuu"),
    "kubernetes-host": ("yyyyy", "nunnn", "uuuuu"),
    "lxc-bridged": ("yyyuy", "nnnnn", "uuuuu"),
    "lxc-nat": ("yyyyy", "unnnn", "uuuuu"),
    "unknown": ("uyuuu", "ununn", "uuuuu"),
}
# What the link to the LAN is, where it is no card of Ethernet's.
LINKS: dict[str, LinkKind] = {"engine-macvlan": "macvlan", "engine-ipvlan-l2": "ipvlan"}
MIRRORED = frozenset({"wsl1", "wsl2-mirrored"})


def diagnosed(vantage: str, answer: Answer, engine: str | None = None) -> Diagnosis:
    """A diagnosis of some vantage and answer, with an engine in sight or none."""
    sight, verdict = seen(vantage, answer, engine)
    lan = Lan(answer, verdict.lan.reach, 0.5, why="the LAN is not seen")
    if answer is YES:
        reach = Reach.L3 if vantage in MIRRORED else Reach.L2
        lan = Lan(YES, reach, 0.9, "eth0", "192.168.0.9", "192.168.0.0/24", "192.168.0.1", "it is")
    kind = LINKS.get(vantage, "ether")
    return Diagnosis(
        vantage=Vantage(vantage),
        lan=lan,
        layers=(),
        interfaces=(InterfaceRole("eth0", Role.LAN, ("192.168.0.9/24",), "it is", kind),),
        containers_here=matrix.containers_here(sight, verdict),
        evidence=(),
        advice=(),
        recommendation=matrix.recommendation(sight, verdict),
    )


def test_a_plan_that_sees_nothing_sends_to_the_diagnosis_and_starts_no_container() -> None:
    own = plan(diagnosed("engine-host", NO))

    assert (own.runtime, own.sees_lan) == (Runtime.CONTAINER_HOST, NO)
    assert own.commands == ("dpf-edge diagnose",)


def with_link(found: Diagnosis, kind: LinkKind | None) -> Diagnosis:
    """A diagnosis whose link to the LAN is of another kind."""
    card = msgspec.structs.replace(found.interfaces[0], kind=kind)
    return msgspec.structs.replace(found, interfaces=(card,))


def test_every_vantage_is_in_the_table() -> None:
    assert set(WANTED) == {vantage.value for vantage in Vantage} == {v.value for v in NATIVE}


@pytest.mark.parametrize("vantage", WANTED)
def test_what_every_form_would_see_from_every_vantage(vantage: str) -> None:
    wanted = [[LETTERS[letter] for letter in forms] for forms in WANTED[vantage]]

    given = [
        [plan(diagnosed(vantage, answer), mode).sees_lan for mode in (None, *Mode)]
        for answer in (YES, NO, UNKNOWN)
    ]

    assert given == wanted


@pytest.mark.parametrize("vantage", WANTED)
@pytest.mark.parametrize("answer", LETTERS.values())
def test_docker_desktop_is_never_given_a_container(vantage: str, answer: Answer) -> None:
    found = diagnosed(vantage, answer, "docker-desktop")

    given = {mode: plan(found, mode) for mode in (Mode.CONTAINER, Mode.MACVLAN, Mode.IPVLAN)}

    assert all(each.refused and each.sees_lan is NO for each in given.values())
    own = plan(found)
    assert own.runtime is Runtime.NATIVE or own.sees_lan is not YES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", [None, *Mode])
def test_a_blind_form_is_refused_unless_it_is_wanted_all_the_same(
    name: str, mode: Mode | None
) -> None:
    found = diagnose(replay(name))

    strict, bold = plan(found, mode), plan(found, mode, even_if_blind=True)

    assert strict.refused == (mode is not None and strict.sees_lan is NO)
    assert strict.why
    in_a_cloud = mode is None and found.recommendation.row == 9
    assert (strict.commands == ()) == (strict.refused or in_a_cloud)
    assert not bold.refused
    assert (bold.sees_lan, bold.why) == (strict.sees_lan, strict.why)


@pytest.mark.parametrize("name", NAMES)
def test_a_form_sees_the_lan_only_where_the_diagnosis_does(name: str) -> None:
    found = diagnose(replay(name))

    plans = [plan(found, mode) for mode in (None, *Mode)]

    yes = [each for each in plans if each.sees_lan is YES]
    assert found.lan.answer is YES or not yes


@pytest.mark.parametrize("name", NAMES)
def test_asking_for_what_the_matrix_says_changes_nothing_but_that_it_was_asked(name: str) -> None:
    found = diagnose(replay(name))
    own = plan(found)
    modes = {runtime: mode for mode, runtime in RUNTIMES.items()}

    if own.runtime not in modes or "outside this one" in own.where:
        return
    asked = plan(found, modes[own.runtime])

    assert (asked.row, asked.runtime, asked.where) == (own.row, own.runtime, own.where)
    assert asked.sees_lan is own.sees_lan


@pytest.mark.parametrize("name", NAMES)
def test_all_nine_rows_say_what_they_would_give(name: str) -> None:
    given = plan(diagnose(replay(name))).options

    assert [each.row for each in given] == list(ROWS)
    assert all(each.why for each in given)
    assert any(each.sees_lan is not None for each in given)


def test_by_radio_it_is_ipvlan_and_macvlan_is_refused() -> None:
    found = with_link(diagnosed("linux-host", YES, "docker"), "wifi")

    macvlan, ipvlan = plan(found, Mode.MACVLAN), plan(found, Mode.IPVLAN)

    assert macvlan.refused
    assert "ipvlan" in macvlan.why
    assert ipvlan.sees_lan is YES
    assert ipvlan.commands[0].startswith("dpf-edge install --mode ipvlan --address FREE-ADDRESS ")
    assert {each.row: each.runtime for each in macvlan.options}[2] is Runtime.CONTAINER_IPVLAN


def test_a_card_of_an_unknown_kind_may_be_a_radio() -> None:
    found = with_link(diagnosed("linux-host", YES, "docker"), None)

    assert plan(found, Mode.MACVLAN).sees_lan is UNKNOWN


def test_outside_every_container_the_next_command_installs_the_node() -> None:
    to = " --authority https://AUTHORITY:8470 --token-file TOKEN-FILE"
    native, docker = diagnosed("linux-host", YES), diagnosed("linux-host", YES, "docker")
    inside = diagnosed("engine-host", YES, "docker")

    assert plan(native).commands == ("dpf-edge diagnose --active", f"dpf-edge install{to}")
    assert plan(docker).commands == ("dpf-edge compare", f"dpf-edge install{to}")
    assert plan(docker, Mode.NATIVE).commands[-1] == f"dpf-edge install --mode native{to}"
    assert plan(docker, Mode.MACVLAN).commands == (
        f"dpf-edge install --mode macvlan --address FREE-ADDRESS{to}",
    )
    assert plan(diagnosed("wsl2-nat", YES)).commands[-1] == f"dpf-edge install{to}"
    # From inside a container nothing is installed on the machine outside: an engine is told.
    assert plan(inside, Mode.CONTAINER).commands[-1].startswith("docker run ")


def test_what_a_link_of_its_own_needs_and_is_not_known_is_to_be_filled_in() -> None:
    given = plan(diagnosed("linux-host", UNKNOWN, "docker"), Mode.IPVLAN).commands[0]

    assert (
        "--parent PARENT --subnet NETWORK/PREFIX --gateway GATEWAY --address FREE-ADDRESS" in given
    )


def test_the_network_of_a_link_of_its_own_is_the_lans() -> None:
    given = plan(diagnosed("engine-host", YES, "docker"), Mode.MACVLAN)

    assert given.commands[0] == (
        "docker network create -d macvlan -o parent=eth0 --subnet 192.168.0.0/24"
        " --gateway 192.168.0.1 dpf-lan"
    )
    assert "--ip FREE-ADDRESS" in given.commands[1]


def test_a_name_that_a_shell_would_run_is_quoted() -> None:
    found = diagnosed("engine-host", YES, "docker")
    lan = msgspec.structs.replace(found.lan, interface="eth0;reboot")
    card = msgspec.structs.replace(found.interfaces[0], name="eth0;reboot")
    hostile = msgspec.structs.replace(found, lan=lan, interfaces=(card,))

    given = plan(hostile, Mode.IPVLAN).commands[0]

    assert "parent=eth0;reboot" in shlex.split(given)


def test_a_guest_behind_nat_is_sent_out_of_the_guest() -> None:
    own, asked = (
        plan(diagnosed("linux-vm-nat", NO)),
        plan(diagnosed("linux-vm-nat", NO), Mode.NATIVE),
    )

    assert (own.here, own.sees_lan) == (False, UNKNOWN)
    assert "outside" in own.where
    assert asked.refused
    assert asked.here


def planned(name: str) -> list[Plan]:
    """All plans of a case that are not refused."""
    found = diagnose(replay(name))
    return [plan(found, mode, even_if_blind=True) for mode in (None, *Mode)]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_ours_that_a_plan_prints_is_there(name: str) -> None:
    printed = {line for each in planned(name) for line in each.commands if "dpf-edge " in line}

    for line in printed:
        if line.startswith("dpf-edge "):
            words = shlex.split(line)[1:]
            context = click.Context(program.program)
            command = Commands().get_command(context, words[0])
            assert command is not None, line
            command.make_context(words[0], words[1:])


def test_plan_prints_the_form_the_reason_the_rows_and_the_next_command() -> None:
    done = run("plan", "--capture", capture_of("linux-host-docker"))

    assert (done.returncode, done.stderr) == (0, "")
    assert "A container with host networking" in done.stdout
    assert "$ dpf-edge compare" in done.stdout
    assert "Linux without Docker" in done.stdout


def test_a_refused_form_is_one_line_on_stderr_a_hint_and_78() -> None:
    done = run(
        "plan", "--capture", capture_of("docker-desktop-host"), "--mode", "container", "--json"
    )

    assert done.returncode == 78
    assert done.stderr.startswith("error[plan-blind]: ")
    assert "\nhint: " in done.stderr
    made = json.loads(done.stdout)
    assert (made["refused"], made["sees_lan"], made["commands"]) == (True, "no", [])


def test_even_if_blind_plans_it_and_still_says_so() -> None:
    done = run(
        *("plan", "--capture", capture_of("docker-desktop-host")),
        *("--mode", "container", "--even-if-blind"),
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "sees the LAN    no: " in done.stdout
    assert "--even-if-blind" in done.stdout
    assert "$ docker run " in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_no_printed_command_runs_what_moves_or_was_just_downloaded(name: str) -> None:
    """W44: a published one-liner downloads from a moving branch and runs an image's `latest`."""
    lines = [line for each in planned(name) for line in each.commands]

    assert not [line for line in lines if re.search(r"latest|/main|curl|wget|\|", line)]
    images = [line.split()[-1] for line in lines if line.startswith("docker run")]
    # Which version, whoever runs it says.
    assert {each.rpartition(":")[2] for each in images} <= {"VERSION"}


def test_a_recommendation_without_a_form_is_no_guess() -> None:
    found = diagnosed("unknown", UNKNOWN)
    nothing = msgspec.structs.replace(
        found, recommendation=Recommendation(None, Runtime.NONE, "not known")
    )

    given = plan(nothing)

    assert (given.sees_lan, given.where) == (UNKNOWN, "not known yet")
    assert given.commands == ("dpf-edge diagnose --active",)


@pytest.mark.parametrize("name", NAMES)
def test_a_diagnosis_names_a_gateway_only_on_the_lan_itself(name: str) -> None:
    lan = diagnose(replay(name)).lan

    assert lan.gateway is None or lan.answer is YES
    assert lan.gateway is None or ip_address(lan.gateway) in ip_network(lan.network or "")


def test_the_gateway_is_that_of_the_default_route() -> None:
    assert diagnose(replay("linux-host-docker")).lan.gateway == "192.168.1.1"
