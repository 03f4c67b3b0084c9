"""The node as a Windows Service. Pure: what is to be, which ``host.windows_service`` does.

It runs as a virtual account of its own, ``NT SERVICE\\dpf-edge-node``, which has no password and
no right but its own (Microsoft Learn, "Service accounts": virtual accounts).
"""

from __future__ import annotations

import hashlib
import ntpath
import struct
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.deploy import node_file
from dpf_edge.deploy.step import Access, File, Folder, Kept, Recipe, Recovery, Service

if TYPE_CHECKING:
    from dpf_edge.deploy.node_file import Wanted
    from dpf_edge.deploy.step import Step

NAME = "dpf-edge-node"
DISPLAY_NAME = "DPF Edge Node"
DESCRIPTION = "Tells whether this machine sees the LAN, and reports what is on it to the Authority."
ACCOUNT = rf"NT SERVICE\{NAME}"
# Soon at first, then slower: an Authority or a network that is away is not mended by hurry.
RECOVERY = Recovery(restart_after=(5, 30, 120), forget_after=86_400)
# What a service account has beyond that (impersonate, assign tokens) is taken away:
# SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO.
PRIVILEGES = ("SeChangeNotifyPrivilege",)


class Layout(NamedTuple):
    """Where the files go."""

    data: str = rf"C:\ProgramData\{NAME}"


def recipe(wanted: Wanted, argv: tuple[str, ...], layout: Layout = Layout()) -> Recipe:  # noqa: B008 -- immutable
    """How to install the node as a Windows Service."""
    data = layout.data
    secret = rf"{data}\bootstrap-token"
    certificates = rf"{data}\{node_file.CERTIFICATES}"
    settings = node_file.text(
        wanted,
        state_dir=data,
        log_dir=rf"{data}\logs",
        bootstrap_token_file=secret if wanted.has_token else None,
        ca_file=certificates if wanted.certificates else None,
    )
    steps: list[Step] = [
        *(Kept(rf"{data}\{name}", is_state=True) for name in STATE_FILES),
        Kept(rf"{data}\logs", is_state=False),
        Folder(data),
        # Before anything secret is put there; what is made in it later inherits this.
        Access(data, service_sid(NAME)),
        File(rf"{data}\node.toml", settings),
    ]
    steps += node_file.beside(wanted, certificates, secret)
    steps.append(
        Service(
            name=NAME,
            display_name=DISPLAY_NAME,
            description=DESCRIPTION,
            command_line=command_line((*argv, "service", "--config", rf"{data}\node.toml")),
            account=ACCOUNT,
            recovery=RECOVERY,
            privileges=PRIVILEGES,
        )
    )
    return Recipe(
        "windows-service",
        tuple(steps),
        (f"It runs as {ACCOUNT}, which has no right but to {data}.",),
    )


# What a node keeps in its folder, beside what the install puts there.
STATE_FILES = (
    "state.json",
    "memory.json",
    "status.json",
    "node.lock",
    "node.sock",
    "outbox.sqlite3",
    "outbox.sqlite3-wal",
    "outbox.sqlite3-shm",
)


def of_a_user(folders: tuple[str, ...], profiles: str) -> str | None:
    """The first folder that stands in somebody's own, which a service's account may not read.

    :param profiles: the folder of users' own folders, as ``C:\\Users``.
    """
    root = ntpath.normcase(ntpath.normpath(profiles)) + "\\"
    for each in folders:
        path = ntpath.normcase(ntpath.normpath(each)) + "\\"
        if path.startswith(root) and not path.startswith(f"{root}public\\"):
            return each
    return None


def service_sid(name: str) -> str:
    """A service's SID: S-1-5-80 and the SHA-1 of its name, upper-case in UTF-16LE, as five numbers
    (MS-LSAT 1.1.1.2, and `sc showsid`)."""
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "S-1-5-80-" + "-".join(str(number) for number in struct.unpack("<5L", digest))


def command_line(words: tuple[str, ...]) -> str:
    """Words as one command line, as CommandLineToArgvW takes it apart again. The program is always
    in quotes: a path with a blank and without them starts C:\\Program.exe where there is one."""
    return " ".join(
        quoted(each) if number == 0 or not each or set(each) & set(' \t"') else each
        for number, each in enumerate(words)
    )


def quoted(word: str) -> str:
    """One word in quotes: backslashes count only before a quote, where they are doubled."""
    out, slashes = '"', 0
    for character in word:
        if character == "\\":
            slashes += 1
            continue
        out += "\\" * (2 * slashes + 1 if character == '"' else slashes) + character
        slashes = 0
    return out + "\\" * (2 * slashes) + '"'
