"""The node as a Compose project: host networking, or a link of its own by macvlan or ipvlan. Pure.

The files serve docker-compose 1.27 and later and Compose 2: they name no version, which the former
does not need and the latter warns of. YAML is a superset of JSON, so every value is written as JSON
writes it, with each ``$`` doubled, since both generations replace variables.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.deploy import node_file
from dpf_edge.deploy.step import Command, File, Folder, KeptElsewhere, Recipe
from dpf_edge.level import Level
from dpf_edge.vantage.forms import Mode

if TYPE_CHECKING:
    from dpf_edge.deploy.node_file import Wanted
    from dpf_edge.deploy.step import Step

PROJECT = "dpf-edge-node"
# The user of the image; what is put there for it to read is given to that number.
IMAGE_USER = 8470
STATE = "/var/lib/dpf-edge-node"
TOKEN = "bootstrap-token"  # noqa: S105 -- the name of a file
VOLUME = f"{PROJECT}_state"
MOVING = "latest"
# The owner alone; it is the container's user.
TOKEN_MODE = 0o400
# A node that is stuck is told so after five minutes by its own judgement; asking costs a process.
HEALTH_INTERVAL, HEALTH_TIMEOUT, HEALTH_START, HEALTH_RETRIES = "60s", "20s", "60s", 3
# For one who fills the file in with variables: empty ones count as not set.
VARIABLES = {
    "DPF_AUTHORITY_URL": "",
    "DPF_BOOTSTRAP_TOKEN": "",
    "DPF_EDGE_NODE_NAME": "",
    "DPF_EDGE_SITE": "",
    "DPF_EDGE_LEVEL": "",
}


class Link(NamedTuple):
    """A link of its own: the card it hangs on, and the network that is there."""

    parent: str
    subnet: str
    gateway: str
    address: str

    @property
    def is_ipv6(self) -> bool:
        """Whether the network there is one of IPv6."""
        return ":" in self.subnet


class Form(NamedTuple):
    """In what form the container runs.

    :ivar link: its own link; None for the host's network.
    """

    mode: Mode
    image: str
    link: Link | None = None


class Layout(NamedTuple):
    """Where the files go."""

    settings: str = "/etc/dpf-edge"


def recipe(
    wanted: Wanted,
    form: Form,
    program: tuple[str, ...],
    layout: Layout = Layout(),  # noqa: B008 -- immutable
) -> Recipe:
    """How to install the node as a Compose project.

    :param program: the words that start Compose.
    """
    file, secret = f"{layout.settings}/compose.yaml", f"{layout.settings}/{TOKEN}"
    certificates = f"{layout.settings}/{node_file.CERTIFICATES}"
    compose = (*program, "-p", PROJECT, "-f", file)
    mounted = {}
    steps: list[Step] = [KeptElsewhere(REMOVE_VOLUME), Folder(layout.settings)]
    if wanted.has_token:
        token = wanted.token.encode() if wanted.token else None
        steps.append(File(secret, token, TOKEN_MODE, IMAGE_USER))
        mounted[TOKEN] = secret
    if wanted.certificates:
        steps.append(File(certificates, wanted.certificates))
        mounted[node_file.CERTIFICATES] = certificates
    steps += [
        File(file, document(environment(wanted), form, mounted, wanted.level)),
        # Compose needs the file to stop what it started: it is removed after this. What is mounted
        # is no part of Compose's own comparison, and a container keeps the former file: made anew.
        Command(
            (*compose, "up", "--detach", "--force-recreate", "--remove-orphans"),
            (*compose, "down", "--remove-orphans"),
            undo_needs=file,
        ),
    ]
    where = (
        "its host's network" if form.link is None else f"a link of its own on {form.link.parent}"
    )
    said = [f"It runs as user {IMAGE_USER} in {where}, from the image {form.image}."]
    if is_moving(form.image):
        said.append(
            f"{form.image} is another program from day to day: name a version, or a digest."
        )
    if form.link is not None:
        said.append("It cannot reach its own host by that link, nor the host it.")
    return Recipe(
        "compose", tuple(steps), tuple(said), (f"{' '.join(compose)} exec node dpf-edge status",)
    )


def is_moving(image: str) -> bool:
    """Whether an image is named by a tag that whoever publishes it moves, or by none."""
    if "@" in image:
        return False
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return not colon or tag == MOVING


def environment(wanted: Wanted) -> dict[str, str]:
    """The settings as variables."""
    told = {
        "DPF_AUTHORITY_URL": wanted.authority,
        "DPF_EDGE_NODE_NAME": wanted.name,
        "DPF_EDGE_SITE": wanted.site,
        "DPF_EDGE_LEVEL": wanted.level.value,
        "DPF_AUTHORITY_FINGERPRINT": wanted.fingerprint,
        "DPF_EDGE_ALLOW_HTTP": "1" if wanted.allows_http else None,
    } | {each.variable: each.text for each in wanted.more}
    return {name: value for name, value in told.items() if value}


def document(
    settings: dict[str, str] | None, form: Form, mounted: dict[str, str], level: Level
) -> bytes:
    """The Compose file.

    :param settings: None for one whose values are variables, to be set around it.
    :param mounted: files of the machine outside, by their names inside: the bootstrap token, and
        the Authority's certificates.
    """
    if settings is None:
        told = {name: "${" + name + ":-}" for name in VARIABLES}
    else:
        told = {name: value.replace("$", "$$") for name, value in settings.items()}
    told |= {"DPF_EDGE_STATE_DIR": STATE, "DPF_EDGE_LOG_DIR": f"{STATE}/logs"}
    told |= {MOUNTED[name]: f"/run/secrets/{name}" for name in mounted}
    lines = [HEAD, service(form, level)]
    lines += [f"      {name}: {value(text, doubled=True)}\n" for name, text in told.items()]
    lines.append(f"    volumes:\n      - state:{STATE}\n")
    if mounted:
        lines.append("    secrets:\n" + "".join(f"      - {name}\n" for name in mounted))
    lines.append(HEALTH)
    if form.link is not None:
        kind = "ipv6" if form.link.is_ipv6 else "ipv4"
        lines.append(
            f"    networks:\n      lan:\n        {kind}_address: {value(form.link.address)}\n"
        )
    lines.append("volumes:\n  state:\n")
    if mounted:
        # A secret is mounted from a file in both generations, and from no folder made by mistake.
        lines.append("secrets:\n")
        lines += [f"  {name}:\n    file: {value(path)}\n" for name, path in mounted.items()]
    if form.link is not None:
        lines.append(network(form.mode, form.link))
    return "".join(lines).encode()


def told_in(data: bytes) -> dict[str, str]:
    """The variables in a Compose file that :func:`document` wrote, as somebody may have changed
    them; what is itself a variable, and where things are inside, is left out."""
    found: dict[str, str] = {}
    for name, text in LINE.findall(data.decode("utf-8", "replace")):
        if name in PLACES:
            continue
        try:
            read = str(json.loads(text))
        except ValueError:
            read = text.strip().strip("'")
        if "${" not in read.replace("$$", ""):
            found[name] = read.replace("$$", "$")
    return found


LINE = re.compile(r"^ {6}(DPF_[A-Z_]+): *(\S.*)$", re.MULTILINE)
# Where a mounted file is, is told by these.
MOUNTED = {
    TOKEN: "DPF_BOOTSTRAP_TOKEN_FILE",
    node_file.CERTIFICATES: "DPF_AUTHORITY_CA_FILE",
}
PLACES = frozenset({"DPF_EDGE_STATE_DIR", "DPF_EDGE_LOG_DIR", *MOUNTED.values()})
REMOVE_VOLUME = ("docker", "volume", "rm", "--force", VOLUME)
LOOK_FOR_VOLUME = ("docker", "volume", "inspect", "--format", "{{.Name}}", VOLUME)
HEAD = """\
# The DPF Edge Node. Written by `dpf-edge install`, for docker-compose 1.27 and later and Compose 2.
services:
"""
HEALTH = f"""\
    healthcheck:
      # Fails while no node runs or a task of it is stuck; a node that only waits is well.
      test: ["CMD", "dpf-edge", "status", "--live"]
      interval: {HEALTH_INTERVAL}
      timeout: {HEALTH_TIMEOUT}
      start_period: {HEALTH_START}
      retries: {HEALTH_RETRIES}
"""


def service(form: Form, level: Level) -> str:
    """The service, up to its settings."""
    host = '    network_mode: "host"\n' if form.link is None else ""
    # The image's program has the one capability as a file's: it counts where the container may
    # have it, and nothing forbids new privileges. Below `probe` nothing sends raw packets.
    raw = level is Level.PROBE
    rights = (
        '    cap_add: ["NET_RAW"]\n' if raw else '    security_opt: ["no-new-privileges:true"]\n'
    )
    return (
        "  node:\n"
        f"    image: {value(form.image)}\n"
        '    command: ["run"]\n'
        f"{host}"
        "    restart: unless-stopped\n"
        f'    user: "{IMAGE_USER}:{IMAGE_USER}"\n'
        '    cap_drop: ["ALL"]\n'
        f"{rights}"
        "    read_only: true\n"
        '    tmpfs: ["/tmp"]\n'
        "    environment:\n"
    )


def network(mode: Mode, link: Link) -> str:
    """The network that hangs on a card."""
    driver = "macvlan" if mode is Mode.MACVLAN else "ipvlan"
    version = "    enable_ipv6: true\n" if link.is_ipv6 else ""
    layer = '      ipvlan_mode: "l2"\n' if mode is Mode.IPVLAN else ""
    return (
        "networks:\n"
        "  lan:\n"
        f"    driver: {driver}\n"
        f"{version}"
        "    driver_opts:\n"
        f"      parent: {value(link.parent)}\n"
        f"{layer}"
        "    ipam:\n"
        "      config:\n"
        f"        - subnet: {value(link.subnet)}\n"
        f"          gateway: {value(link.gateway)}\n"
    )


def value(text: str, *, doubled: bool = False) -> str:
    """A text as YAML: in quotes, ``$`` doubled unless that was done."""
    # JSON escapes what is beyond 16 bits as two halves, which YAML does not put together.
    return json.dumps(text if doubled else text.replace("$", "$$"), ensure_ascii=False)
