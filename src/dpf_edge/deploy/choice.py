"""Which target it is: what the plan says of this machine, and what is there to install into."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import __version__
from dpf_edge.deploy import compose, launchd, systemd, windows_service
from dpf_edge.errors import DeployElsewhere, DeployError, DeployUnavailable, PlanBlind
from dpf_edge.host import installing, places
from dpf_edge.model import Answer
from dpf_edge.vantage.forms import MODES, Mode
from dpf_edge.vantage.plan import plan

if TYPE_CHECKING:
    from dpf_edge.deploy.node_file import Wanted
    from dpf_edge.deploy.step import Recipe
    from dpf_edge.host.installing import Machine
    from dpf_edge.model import Diagnosis
    from dpf_edge.vantage.plan import Plan

IMAGE = f"dpf-edge:{__version__}"
# An engine that is asked for a version answers in a tenth of a second, a cold one in a few.
ASK_SECONDS = 20.0


class Options(NamedTuple):
    """What the command line says of the form.

    :ivar parent: the card that a macvlan or ipvlan hangs on; else the LAN's own.
    :ivar address: the free address that the container gets there.
    """

    mode: Mode | None = None
    even_if_blind: bool = False
    image: str = IMAGE
    parent: str | None = None
    subnet: str | None = None
    gateway: str | None = None
    address: str | None = None


def recipe(
    found: Diagnosis, options: Options, wanted: Wanted, system: str, machine: Machine
) -> tuple[Recipe, Plan]:
    """How to install the node here, and the plan that says so.

    :param system: as sys.platform has it.
    :raises PlanBlind: the form that was asked for would not see the LAN.
    :raises DeployElsewhere: the node belongs on another machine, or where is not known.
    :raises DeployUnavailable: what it would be installed into is not here.
    """
    made = plan(found, options.mode, even_if_blind=options.even_if_blind)
    mode = options.mode or MODES.get(made.runtime)
    if made.refused:
        raise PlanBlind(
            f"--mode {options.mode} would not see the LAN here: {made.why}",
            "`dpf-edge plan` says what would; --even-if-blind installs it all the same",
        )
    if mode is None or not made.here:
        raise DeployElsewhere(
            f"where the node belongs is {made.where}: {made.why}"
            if mode is None
            else f"the node does not belong here, but {made.where}: {made.why}",
            "`dpf-edge plan` says more; --mode names a form to install here instead",
        )
    if made.sees_lan is Answer.NO and not options.even_if_blind:
        raise PlanBlind(
            f"a node would not see the LAN here: {made.why}",
            "`dpf-edge diagnose` says what to mend; --even-if-blind installs it all the same",
        )
    if mode is not Mode.NATIVE:
        return container(found, mode, options, wanted, machine), made
    return native(wanted, system), made


def mode_of(made: Plan) -> str:
    """The form that a plan came to, as --mode names it."""
    mode = made.mode or MODES.get(made.runtime)
    return mode.value if mode else ""


def native(wanted: Wanted, system: str) -> Recipe:
    """How to install the program as a service of this system.

    :raises DeployUnavailable: this system has no services that are known.
    :raises DeployElsewhere: the program stands where its service could not read it.
    """
    argv = installing.program()
    if system == "win32":
        of_a_user = windows_service.of_a_user(installing.program_folders(), places.profiles())
        if of_a_user is not None:
            raise DeployElsewhere(
                f"{of_a_user}: the program stands in a user's own folder, "
                "which the service's account may not read",
                r"move it to C:\Program Files\dpf-edge, and install it from there",
            )
        return windows_service.recipe(
            wanted, argv, windows_service.Layout(data=places.program_data())
        )
    if system == "darwin":
        return launchd.recipe(wanted, argv)
    if not installing.systemd_runs():
        raise DeployUnavailable(
            "no systemd runs here, so there is nothing to install the node into",
            "--mode container installs it into an engine; `dpf-edge run` runs it as it is",
        )
    return systemd.recipe(wanted, systemd.Program(argv, installing.program_folders()))


def container(
    found: Diagnosis, mode: Mode, options: Options, wanted: Wanted, machine: Machine
) -> Recipe:
    """How to install the node as a container.

    :raises DeployUnavailable: no Compose is here, or it does not answer.
    :raises DeployElsewhere: its own link cannot be told.
    """
    form = compose.Form(mode, options.image, link_of(found, mode, options))
    program = compose_program(machine)
    must_have_image(machine, options.image)
    return compose.recipe(wanted, form, program)


def must_have_image(machine: Machine, image: str) -> None:
    """Make sure that the engine has our own image, which no registry has; one that was named may
    come from one.

    :raises DeployUnavailable: it has not.
    """
    if image != IMAGE:
        return
    ran = machine.run(("docker", "image", "inspect", "--format", "{{.Id}}", image), ASK_SECONDS)
    if ran.status != 0:
        raise DeployUnavailable(
            f"the engine here has no image {image}: {installing.said(ran)}",
            "`make image` builds it, `docker load` brings it; --image names another",
        )


def link_of(found: Diagnosis, mode: Mode, options: Options) -> compose.Link | None:
    """The link of its own that a form wants; None for the host's network.

    :raises DeployElsewhere: something of it is not known.
    """
    if mode is Mode.CONTAINER:
        return None
    lan = found.lan
    told = {
        "--parent": options.parent or lan.interface,
        "--subnet": options.subnet or lan.network,
        "--gateway": options.gateway or lan.gateway,
        "--address": options.address,
    }
    unknown = [name for name, text in told.items() if not text]
    if unknown:
        raise DeployElsewhere(
            f"a link of its own needs {', '.join(unknown)}",
            "--address is one that is free on the LAN, outside what DHCP gives away",
        )
    link = compose.Link(*(text or "" for text in told.values()))
    refuse_wrong(link, lan.address)
    return link


def refuse_wrong(link: compose.Link, taken: str | None) -> None:
    """Refuse addresses that no engine would take, or that are taken for certain.

    :param taken: this machine's own address there.
    :raises DeployElsewhere: one is none, or is not of that network, or is taken.
    """
    try:
        network = ipaddress.ip_network(link.subnet)
    except ValueError as error:
        raise DeployElsewhere(
            f"--subnet {link.subnet}: {error}", "a network is such as 192.168.0.0/24"
        ) from error
    for name, text in (("--gateway", link.gateway), ("--address", link.address)):
        try:
            is_there = ipaddress.ip_address(text) in network
        except ValueError:
            is_there = False
        if not is_there:
            raise DeployElsewhere(f"{name} {text}: no address of {network}", "name one of those")
    ends = {str(network.network_address), str(network.broadcast_address)}
    if link.address in {*ends, link.gateway, taken}:
        raise DeployElsewhere(
            f"--address {link.address}: not free, for it is the network's, the gateway's or this "
            "machine's own",
            "name one that is free on the LAN, outside what DHCP gives away",
        )


def compose_program(machine: Machine) -> tuple[str, ...]:
    """The words that start Compose, as a part of docker or by itself.

    :raises DeployUnavailable: neither is there and answers.
    """
    for argv in (("docker", "compose"), ("docker-compose",)):
        if not installing.has_program(argv[0]):
            continue
        try:
            ran = machine.run((*argv, "version", "--short"), ASK_SECONDS)
        except DeployError:
            continue
        # A docker without the part prints its help, and some of them end with 0.
        if ran.status == 0 and ran.stdout.strip().lstrip("v")[:1].isdigit():
            return argv
    raise DeployUnavailable(
        "neither `docker compose` nor `docker-compose` is here and answers",
        "install one of them; --mode native needs none",
    )
