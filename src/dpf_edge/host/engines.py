"""This machine's container engines: which there are, and a look from inside their networks.

A look starts one container from an image that is already there, gives it the probe on standard
input, and removes it. Nothing is pulled, and no engine on another machine is asked.
"""

from __future__ import annotations

import os
import secrets
import sys
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from dpf_edge.errors import Absent, Failed, HostError
from dpf_edge.host import capture, commands

if TYPE_CHECKING:
    from dpf_edge.host.capture import Capture
    from dpf_edge.model import Ran

# An engine that was idle answers within a second; Docker Desktop waking its machine takes five.
ASK_SECONDS = 10.0
# Starting a container takes one second, or five on a busy two-core machine with a cold image.
LOOK_SECONDS = 40.0

# The node's own image, by the names it is built and published under.
NODE_IMAGES = (
    "dpf-edge:latest",
    "dpf-edge-node:latest",
    "ghcr.io/opendigitalproductfactory/dpf-edge-node:latest",
)
LABEL = "org.dpf-edge.look"


class Run(Protocol):
    """Runs a program; see :func:`dpf_edge.host.commands.run`."""

    def __call__(self, argv: tuple[str, ...], *, seconds: float, stdin: bytes = b"") -> Ran:
        """Run it to its end."""


class Engine(NamedTuple):
    """One engine of this machine that answered."""

    name: str
    """Docker's context, or ``podman``."""
    client: tuple[str, ...]
    """The program and the words that reach this engine."""
    system: str
    """The operating system it says it runs on: ``Docker Desktop`` says all."""
    version: str
    id: str = ""
    """By it the same engine is known again at another pipe; empty where it was not asked by one."""


class Unasked(NamedTuple):
    """An engine that was found and not asked, or did not answer."""

    name: str
    why: str
    client: tuple[str, ...] = ("docker",)
    """The program and the words that would have reached it."""


def engines(run: Run = commands.run) -> tuple[list[Engine], list[Unasked]]:
    """The engines of this machine: Docker's contexts, each endpoint once, then Podman."""
    found: list[Engine] = []
    unasked: list[Unasked] = []
    endpoints: set[str] = set()
    for name, endpoint in contexts(run, unasked):
        client = ("docker", "--context", name)
        scheme, _, path = endpoint.partition("://")
        if scheme not in {"unix", "npipe"}:
            unasked.append(Unasked(name, f"its engine is on another machine ({scheme})", client))
            continue
        try:
            socket = os.path.realpath(path) if scheme == "unix" else path
        except ValueError:  # a NUL
            unasked.append(Unasked(name, "its endpoint is no path", client))
            continue
        if socket in endpoints:
            continue
        endpoints.add(socket)
        # Not Path.exists, which raises where a folder on the way may not be entered.
        if scheme == "unix" and not os.path.exists(socket):  # noqa: PTH110
            # Docker lists its default context on machines that have no engine at all.
            if name != "default":
                unasked.append(Unasked(name, f"there is no socket at {path}", client))
            continue
        ask(run, name, client, found, unasked, is_pipe=scheme == "npipe")
    if sys.platform == "win32" and found:
        # Docker Desktop leaves a default context whose pipe nobody may listen at, beside its own.
        unasked[:] = [each for each in unasked if each.name != "default"]
    elsewhere = podman_elsewhere()
    if elsewhere:
        why = f"its engine is on another machine ({elsewhere})"
        unasked.append(Unasked("podman", why, ("podman",)))
    else:
        ask(run, "podman", ("podman",), found, unasked)
    return found, unasked


def podman_elsewhere() -> str | None:
    """By what variable, if any, Podman's client is set to ask another machine's engine."""
    if os.environ.get("CONTAINER_CONNECTION"):
        return "CONTAINER_CONNECTION"
    scheme = os.environ.get("CONTAINER_HOST", "").partition("://")[0]
    return scheme if scheme not in {"", "unix"} else None


def contexts(run: Run, unasked: list[Unasked]) -> list[tuple[str, str]]:
    """Docker's contexts: the name and the endpoint of each; none where there is no Docker."""
    try:
        listed = run(("docker", "context", "ls", "--format", "{{json .}}"), seconds=ASK_SECONDS)
    except Absent:
        return []
    except HostError as refusal:
        unasked.append(Unasked("docker", str(refusal)))
        return []
    if listed.status != 0:
        unasked.append(Unasked("docker", first_line(listed.stderr) or "lists no contexts"))
        return []
    found = []
    for line in listed.stdout.split("\n"):
        context = json_object(line)
        name, endpoint = context.get("Name"), context.get("DockerEndpoint")
        if isinstance(name, str) and isinstance(endpoint, str):
            found.append((name, endpoint))
    return found


def ask(
    run: Run,
    name: str,
    client: tuple[str, ...],
    found: list[Engine],
    unasked: list[Unasked],
    *,
    is_pipe: bool = False,
) -> None:
    """Ask one engine what it is; an engine that is not installed is passed over in silence.

    :param is_pipe: it is asked by a named pipe: several may lead to one engine, which its ID tells.
        Two sockets lead to two engines, whose IDs may come from one key file of the machine.
    """
    try:
        told = run((*client, "info", "--format", "{{json .}}"), seconds=ASK_SECONDS)
    except Absent:
        return
    except HostError as refusal:
        unasked.append(Unasked(name, str(refusal), client))
        return
    info = json_object(told.stdout)
    if member(info, "OSType") == "windows":
        # Docker Desktop switched over: no container of those can run the probe, a shell script.
        unasked.append(Unasked(name, "it runs Windows containers", client))
        return
    identity = member(info, "ID") if is_pipe else ""
    if identity and identity in {engine.id for engine in found}:
        return
    # Docker has both at the top; Podman keeps them under host and version.
    system = member(info, "OperatingSystem") or member(info, "host", "os")
    number = member(info, "ServerVersion") or member(info, "version", "Version")
    if told.status == 0 and number:
        found.append(Engine(name, client, system, number, identity))
        return
    # Docker's client answers for an engine that does not, with status 0 or 1.
    errors = info.get("ServerErrors")
    why = first_line(str(errors[0])) if isinstance(errors, list) and errors else ""
    why = why or first_line(told.stderr)
    why = why or ("it does not answer" if info else "its answer is no JSON")
    unasked.append(Unasked(name, why, client))


def desktop_version(engine: Engine, run: Run = commands.run) -> str | None:
    """Docker Desktop's own version, ``4.37.1 (178610)``; None where the engine is another's."""
    if engine.client[0] != "docker":
        return None
    try:
        told = run(
            (*engine.client, "version", "--format", "{{.Server.Platform.Name}}"),
            seconds=ASK_SECONDS,
        )
    except HostError:
        return None
    product, _, number = first_line(told.stdout).partition("Docker Desktop")
    return number.strip() if told.status == 0 and not product and number.strip() else None


def member(info: dict[str, Any], *path: str) -> str:
    """A text deep in a JSON object; an empty one where it is not there."""
    found: object = info
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def image_for(engine: Engine, wanted: str | None, run: Run = commands.run) -> str:
    """The image to look from: the one that was asked for, else the node's own.

    :raises Absent: it is not there; nothing is pulled.
    """
    if wanted and wanted.startswith("-"):
        raise Absent(f"{wanted} is no image's name")
    for image in (wanted,) if wanted else NODE_IMAGES:
        try:
            there = run((*engine.client, "image", "inspect", image), seconds=ASK_SECONDS)
        except HostError as refusal:
            raise Absent(f"{engine.name}: {refusal}") from refusal
        if there.status == 0:
            return image
    if wanted:
        raise Absent(f"image {wanted} is not there, and nothing is pulled")
    raise Absent("the node's image is not there; --image names another that is")


def command_line(engine: Engine, image: str, network: str) -> tuple[str, ...]:
    """What starts the container that looks, but for its name: the shortest form, to be shown."""
    return (*engine.client, "run", "--rm", "-i", "--network", network, image, "sh")


def look(engine: Engine, image: str, network: str, run: Run = commands.run) -> Capture:
    """A capture from inside a container of this engine.

    :param network: ``host`` or ``bridge``.
    :raises HostError: the container could not be started, or did not end in time.
    :raises CaptureError: what it printed is no capture.
    """
    name = f"dpf-edge-look-{secrets.token_hex(6)}"
    argv = (
        *engine.client,
        "run",
        "--rm",
        "--interactive",
        "--pull=never",
        f"--name={name}",
        f"--label={LABEL}",
        f"--network={network}",
        # It reads /proc, /sys and /etc, as anybody may, and needs no power to do so.
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--entrypoint=/bin/sh",
        image,
        "-s",
    )
    ended = False
    try:
        ran = run(argv, seconds=LOOK_SECONDS, stdin=probe())
        ended = ran.status == 0
    finally:
        if not ended:
            remove(engine, name, run)
    if ran.status != 0:
        why = first_line(ran.stderr) or f"ended with status {ran.status}"
        raise Failed(f"{engine.name}: {why}")
    return capture.decode(ran.stdout.encode(), f"{engine.name}, {network}")


def remove(engine: Engine, name: str, run: Run) -> None:
    """Remove a container that may still be there; whether it was is no matter."""
    try:
        run((*engine.client, "rm", "--force", name), seconds=ASK_SECONDS)
    except HostError:
        return


def probe() -> bytes:
    """The probe: a POSIX shell script that prints a capture."""
    return (resources.files("dpf_edge.host") / "probe.sh").read_bytes()


def json_object(text: str) -> dict[str, Any]:
    """The object in a JSON text; an empty one where there is none."""
    try:
        # The strict reader: half a surrogate pair, which no terminal and no JSON takes, is refused.
        found = msgspec.json.decode(text)
    except (ValueError, RecursionError):  # msgspec.DecodeError is a ValueError
        return {}
    return found if isinstance(found, dict) else {}


def first_line(text: str) -> str:
    """The first line that says something, cut to what fits in a report."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return line.strip()[:200]
