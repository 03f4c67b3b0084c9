"""``dpf-edge compare``: look from every vantage of this machine, and see where the LAN is lost."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dpf_edge.host.engines import Engine
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Diagnosis
    from dpf_edge.vantage.compare import Look


@click.command("compare", short_help="Show, place by place, where the LAN is lost.")
@click.option("--image", metavar="IMAGE", help="Look from this image instead of the node's own.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the comparison as JSON (comparison-1)."
)
@click.option("--markdown", is_flag=True, help="Print the comparison as a Markdown table.")
def command(image: str | None, as_json: bool, markdown: bool) -> int:
    """Look from this host and from containers of each engine here, and compare.

    For each of Docker's contexts and for Podman, one container on the engine's bridge and one with
    host networking are started from an image that is already there, and removed again. Nothing is
    pulled, and no engine on another machine is asked.
    """
    if as_json and markdown:
        raise click.UsageError("--json and --markdown exclude each other")
    from dpf_edge.host.engines import engines
    from dpf_edge.host.live import live, now
    from dpf_edge.vantage.compare import Look, compare
    from dpf_edge.vantage.diagnose import diagnose

    host = live()
    here = diagnose(host)
    looks = [Look(host_name(host, here), "dpf-edge diagnose", here)]
    found, unasked = engines()
    for engine in found:
        looks += looks_from(engine, image)
    looks += [
        Look(f"containers ({each.name})", shlex.join((*each.client, "info")), None, each.why)
        for each in unasked
    ]
    comparison = compare(looks, versions(host, found), now())
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(comparison), indent=2))
        return 0
    from dpf_edge.cli import render

    if markdown:
        click.echo(render.comparison_markdown(comparison), nl=False)
    else:
        render.comparison(comparison)
    if not found and not unasked:
        click.echo("note: no container engine was found here to look from", err=True)
    return 0


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
    if any(layer.name == "container" for layer in here.layers):
        return "this container"
    return "this host"


def looks_from(engine: Engine, image: str | None) -> list[Look]:
    """A look from the engine's host network and one from its bridge."""
    from dpf_edge.errors import Absent, DpfEdgeError
    from dpf_edge.host import engines
    from dpf_edge.host.capture import Replay
    from dpf_edge.vantage.compare import Look
    from dpf_edge.vantage.diagnose import diagnose
    from dpf_edge.vantage.sight import DESKTOP

    places = {"host": "container with network_mode: host", "bridge": "container on the bridge"}
    try:
        chosen = engines.image_for(engine, image)
    except Absent as refusal:
        reached = shlex.join(engines.command_line(engine, image or "IMAGE", "host"))
        label = label_of(engine, desktop=False)
        return [Look(f"containers ({label})", reached, None, str(refusal))]
    seen: dict[str, Diagnosis | str] = {}
    for network in places:
        try:
            seen[network] = diagnose(Replay(engines.look(engine, chosen, network)))
        except DpfEdgeError as error:
            seen[network] = str(error)
    vantages = {each.vantage for each in seen.values() if not isinstance(each, str)}
    label = label_of(engine, desktop=bool(vantages & DESKTOP))
    looks = []
    for network, place in places.items():
        reached = shlex.join(engines.command_line(engine, chosen, network))
        got = seen[network]
        name = f"{place} ({label})"
        if isinstance(got, str):
            looks.append(Look(name, reached, None, got))
        else:
            looks.append(Look(name, reached, got))
    return looks


def label_of(engine: Engine, *, desktop: bool) -> str:
    """What to call an engine: its product, and its context where that is not the usual one."""
    if engine.client[0] == "podman":
        return "Podman"
    product = "Docker Desktop" if desktop or engine.system == "Docker Desktop" else "Docker"
    return product if engine.name == "default" else f"{product}, {engine.name}"


def versions(host: Host, found: list[Engine]) -> dict[str, str | None]:
    """What a comparison is stamped with."""
    from dpf_edge import __version__
    from dpf_edge.errors import HostError
    from dpf_edge.host.engines import desktop_version

    try:
        wsl: str | None = host.run("wslinfo", "--version").stdout.strip()[:40] or None
    except HostError:
        wsl = None
    told = [f"{each.client[0]} {each.version}" for each in found]
    return {
        "windows": None,
        "wsl": wsl,
        "kernel": host.machine().release,
        "docker_desktop": next(filter(None, map(desktop_version, found)), None),
        "engine": ", ".join(told) or None,
        "dpf_edge": __version__,
    }
