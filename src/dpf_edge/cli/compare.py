"""``dpf-edge compare``: look from every vantage of this machine, and see where the LAN is lost."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Literal

import click

from dpf_edge.cli.output import put

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dpf_edge.host.engines import Engine
    from dpf_edge.host.looked import Place
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Comparison, Diagnosis, Machine
    from dpf_edge.vantage.compare import Look

# 128 bits: more than anybody can try.
KEY_BYTES = 16
NETWORKS: tuple[Literal["host", "bridge"], ...] = ("host", "bridge")


@click.command("compare", short_help="Show, place by place, where the LAN is lost.")
@click.option("--image", metavar="IMAGE", help="Look from this image instead of the node's own.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the comparison as JSON (comparison-1)."
)
@click.option("--markdown", is_flag=True, help="Print the comparison as a Markdown table.")
@click.option(
    "--html",
    metavar="FILE",
    help="Write one HTML file for a ticket, redacted, with the captures inside; - is stdout.",
)
@click.option("--raw", is_flag=True, help="With --html, do not redact.")
def command(
    image: str | None,
    html: str | None,
    *,
    as_json: bool,
    markdown: bool,
    raw: bool,
) -> int:
    """Look from this host and from containers of each engine here, and compare.

    On Windows each WSL distribution is looked from too, Docker's own among them; it is said before
    one that does not run is started.

    For each of Docker's contexts and for Podman, one container on the engine's bridge and one with
    host networking are started from an image that is already there, and removed again. Nothing is
    pulled, and no engine on another machine is asked.
    """
    if as_json + markdown + (html is not None) > 1:
        raise click.UsageError("--json, --markdown and --html exclude each other")
    if raw and html is None:
        raise click.UsageError("--raw goes with --html; the other forms are never redacted")
    from dpf_edge.host.live import live, now
    from dpf_edge.vantage.compare import compare

    host = live()
    places, found = looked_from(host, image, keep=html is not None)
    told = versions(host, found)
    if html is not None:
        put([page(places, told, now(), raw=raw).encode()], html)
    else:
        show(compare(looks(places, host), told, now()), as_json=as_json, markdown=markdown)
    if not any(each.client for each in places):
        click.echo("note: no container engine was found here to look from", err=True)
    return 0


def show(comparison: Comparison, *, as_json: bool, markdown: bool) -> None:
    """Print a comparison in one of its forms."""
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(comparison), indent=2))
        return
    from dpf_edge.cli import render

    if markdown:
        click.echo(render.comparison_markdown(comparison), nl=False)
    else:
        render.comparison(comparison)


def page(places: Sequence[Place], told: dict[str, str | None], taken_at: str, *, raw: bool) -> str:
    """The comparison as an HTML file; what it shows is made of the captures that it holds.

    :param places: the first is this host, with its capture.
    """
    from dpf_edge.cli import compare_html
    from dpf_edge.host.capture import Replay
    from dpf_edge.vantage.compare import compare

    if not raw:
        import os

        from dpf_edge.host.redact_places import Redacted

        redacted = Redacted(places, told, os.urandom(KEY_BYTES))
        places, told = redacted.places, redacted.versions
    captures = [each.capture for each in places]
    if captures[0] is None:
        raise ValueError("this host's capture is missing")
    seen = looks(places, Replay(captures[0]))
    return compare_html.page(
        compare(seen, told, taken_at),
        [look.diagnosis for look in seen],
        captures,
        redacted=not raw,
    )


def looked_from(host: Host, image: str | None, *, keep: bool) -> tuple[list[Place], list[Engine]]:
    """All places that can be looked from, this host first, and the engines that answered.

    :param keep: take a capture of this host too; without, it is looked at as it is.
    """
    from dpf_edge.host.capture import record
    from dpf_edge.host.engines import engines
    from dpf_edge.host.live import now
    from dpf_edge.host.looked import Place

    places = [Place("here", capture=record(host, time=now()) if keep else None)]
    if host.machine().system == "Windows":
        places += places_of_wsl()
    found, unasked = engines()
    for engine in found:
        places += places_of(engine, image)
    places += [Place("unasked", each.name, each.client, error=each.why) for each in unasked]
    return places, found


def looks(places: Sequence[Place], host: Host) -> list[Look]:
    """What each place shows, by a name for people.

    :param host: the first place, this host: itself, or its capture.
    """
    from dpf_edge.vantage.compare import Look
    from dpf_edge.vantage.diagnose import diagnose
    from dpf_edge.vantage.sight import DESKTOP

    here = diagnose(host)
    judged = [(here, None), *map(diagnosed, places[1:])]
    desktops = {
        each.client
        for each, (found, _) in zip(places, judged, strict=True)
        if each.is_desktop or (found is not None and found.vantage in DESKTOP)
    }
    names = [host_name(host, here)]
    names += [place_name(each, desktop=each.client in desktops) for each in places[1:]]
    return [
        Look(name, shlex.join(each.reached_by), found, error)
        for name, each, (found, error) in zip(names, places, judged, strict=True)
    ]


def diagnosed(place: Place) -> tuple[Diagnosis | None, str | None]:
    """What a place's capture shows, or why there is nothing to see."""
    from dpf_edge.errors import DpfEdgeError
    from dpf_edge.host.capture import Replay
    from dpf_edge.vantage.diagnose import diagnose

    if place.capture is None:
        return None, place.error
    try:
        return diagnose(Replay(place.capture)), None
    except DpfEdgeError as error:
        return None, str(error)


def place_name(place: Place, *, desktop: bool) -> str:
    """What to call a place that is not this one."""
    if place.sort == "distribution":
        return f"{place.name} WSL distro"
    if place.sort == "unasked":
        return f"containers ({place.name})"
    where = {"host": "container with network_mode: host", "bridge": "container on the bridge"}
    return f"{where.get(place.sort, 'containers')} ({label_of(place, desktop=desktop)})"


def host_name(host: Host, here: Diagnosis) -> str:
    """What to call the place that this program itself stands in."""
    from dpf_edge.errors import HostError
    from dpf_edge.model import Vantage

    if here.vantage is Vantage.DOCKER_DESKTOP_DISTRO:
        return "docker-desktop WSL distro"
    if here.vantage.value.startswith("wsl2-"):
        try:
            return f"{host.env('WSL_DISTRO_NAME')} WSL distro"
        except HostError:
            return "WSL distro"
    if here.vantage is Vantage.LINUX_HOST:
        return "Linux host"
    if here.vantage is Vantage.WINDOWS_NATIVE:
        return "Windows host"
    if any(layer.name == "container" for layer in here.layers):
        return "this container"
    return "this host"


def places_of_wsl() -> list[Place]:
    """Each WSL distribution of this Windows."""
    from dpf_edge.cli.plain import printable
    from dpf_edge.errors import DpfEdgeError, WslUnavailable
    from dpf_edge.host import wsl_exe
    from dpf_edge.host.looked import Place

    named, why = wsl_exe.listed()
    if why:
        click.echo(f"note: {printable(why)}", err=True)
    try:
        running = wsl_exe.running() if named else ()
    except WslUnavailable:
        running = ()
    places = []
    for name in named:
        if name not in running:
            click.echo(f"note: the WSL distribution {name} does not run; starting it", err=True)
        try:
            place = Place("distribution", name, capture=wsl_exe.look(name))
        except DpfEdgeError as error:
            place = Place("distribution", name, error=str(error))
        places.append(place)
    return places


def places_of(engine: Engine, image: str | None) -> list[Place]:
    """The engine's host network and its bridge."""
    from dpf_edge.errors import Absent, DpfEdgeError
    from dpf_edge.host import engines
    from dpf_edge.host.looked import Place

    whole = Place(
        "engine",
        engine.name,
        engine.client,
        is_desktop=engine.system == "Docker Desktop",
        image=image,
    )
    try:
        whole = whole._replace(image=engines.image_for(engine, image))
    except Absent as refusal:
        return [whole._replace(error=str(refusal))]
    places = []
    for network in NETWORKS:
        place = whole._replace(sort=network)
        try:
            place = place._replace(capture=engines.look(engine, str(whole.image), network))
        except DpfEdgeError as error:
            place = place._replace(error=str(error))
        places.append(place)
    return places


def label_of(place: Place, *, desktop: bool) -> str:
    """What to call an engine: its product, and its context where that is not the usual one."""
    if place.client[:1] == ("podman",):
        return "Podman"
    product = "Docker Desktop" if desktop else "Docker"
    return product if place.name == "default" else f"{product}, {place.name}"


def versions(host: Host, found: list[Engine]) -> dict[str, str | None]:
    """What a comparison is stamped with."""
    from dpf_edge import __version__
    from dpf_edge.errors import HostError
    from dpf_edge.host.engines import desktop_version

    machine = host.machine()
    windows = machine.system == "Windows"
    if windows:
        from dpf_edge.host import wsl_exe

        wsl = wsl_exe.version()
    else:
        try:
            wsl = host.run("wslinfo", "--version").stdout.strip()[:40] or None
        except HostError:
            wsl = None
    told = [f"{each.client[0]} {each.version}" for each in found]
    return {
        "windows": windows_version(machine) if windows else None,
        "wsl": wsl,
        "kernel": None if windows else machine.release,
        "docker_desktop": next(filter(None, map(desktop_version, found)), None),
        "engine": ", ".join(told) or None,
        "dpf_edge": __version__,
    }


def windows_version(machine: Machine) -> str:
    """Windows' version, and Wine's where that plays its part."""
    _, _, wine = (machine.version or "").partition(", Wine ")
    return f"{machine.release} (Wine {wine})" if wine else machine.release or "unknown"
