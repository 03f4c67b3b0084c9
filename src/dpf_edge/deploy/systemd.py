"""The node as a systemd service, for systemd 247 and later. Pure.

The sources are systemd.exec(5), systemd.service(5) and systemd.unit(5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.deploy import node_file
from dpf_edge.deploy.step import Command, File, Folder, Kept, Recipe
from dpf_edge.level import Level

if TYPE_CHECKING:
    from dpf_edge.deploy.node_file import Wanted
    from dpf_edge.deploy.step import Step

NAME = "dpf-edge-node"
UNIT = f"{NAME}.service"
TOKEN = "bootstrap-token"  # noqa: S105 -- the name of a file
# A sign of life within this, or the service is started anew. The node judges itself late after
# five minutes; its event loop turns many times a second.
WATCHDOG_SECONDS = 120
# What the hardening below hides, unless the program stands in it.
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 -- nothing is written


class Layout(NamedTuple):
    """Where the files go."""

    settings: str = "/etc/dpf-edge"
    units: str = "/etc/systemd/system"
    state: str = f"/var/lib/{NAME}"
    state_behind: str = f"/var/lib/private/{NAME}"
    log: str = f"/var/log/{NAME}"
    log_behind: str = f"/var/log/private/{NAME}"


class Program(NamedTuple):
    """How the node is started, and the folders that this needs."""

    argv: tuple[str, ...]
    folders: tuple[str, ...] = ()


def recipe(wanted: Wanted, program: Program, layout: Layout = Layout()) -> Recipe:  # noqa: B008 -- immutable
    """How to install the node as a systemd service."""
    secret = f"{layout.settings}/{TOKEN}"
    certificates = f"{layout.settings}/{node_file.CERTIFICATES}"
    settings = node_file.text(
        wanted,
        state_dir=layout.state,
        log_dir=layout.log,
        ca_file=certificates if wanted.certificates else None,
    )
    steps: list[Step] = [
        # systemd makes these for the service's own user, and the plain name a link to the other.
        Kept(layout.state_behind, is_state=True),
        Kept(layout.state, is_state=True),
        Kept(layout.log_behind, is_state=False),
        Kept(layout.log, is_state=False),
        Folder(layout.settings),
        File(f"{layout.settings}/node.toml", settings),
    ]
    steps += node_file.beside(wanted, certificates, secret)
    steps += [
        # Taken back in the other order: the unit is removed first, then systemd is told.
        Command(undo=("systemctl", "daemon-reload")),
        File(
            f"{layout.units}/{UNIT}",
            unit(wanted.level, program, secret if wanted.has_token else None).encode(),
        ),
        Command(("systemctl", "daemon-reload")),
        Command(
            ("systemctl", "enable", UNIT),
            ("systemctl", "disable", "--now", UNIT),
            undo_needs=f"{layout.units}/{UNIT}",
        ),
        # Starts it, and an older one anew; answers when the node has said that it is there.
        Command(("systemctl", "restart", UNIT)),
    ]
    return Recipe("systemd", tuple(steps), notes(program, wanted.level))


def notes(program: Program, level: Level) -> tuple[str, ...]:
    """What to know before."""
    said = [
        "It runs as a user of its own (DynamicUser), "
        + ("with CAP_NET_RAW alone." if level is Level.PROBE else "with no capability at all.")
    ]
    shown = homes(program)
    if shown:
        said.append(
            f"The program stands in {', '.join(shown)}: the service runs what is put there, and "
            "ends when it is removed. For good, install it into /opt/dpf-edge."
        )
    return tuple(said)


def homes(program: Program) -> tuple[str, ...]:
    """The program's folders that stand where services see nothing."""
    return tuple(
        each for each in program.folders if any(f"{each}/".startswith(f"{h}/") for h in HIDDEN)
    )


def unit(level: Level, program: Program, secret: str | None) -> str:
    """The unit's text.

    :param secret: the file with the bootstrap token; None where there is none.
    """
    raw = "CAP_NET_RAW" if level is Level.PROBE else ""
    # AF_PACKET is of no use without the capability.
    families = "AF_UNIX AF_NETLINK AF_INET AF_INET6" + (" AF_PACKET" if raw else "")
    token = (
        # The file is for root alone; the service gets a copy of it that is for the service alone.
        f"LoadCredential={TOKEN}:{escaped(secret)}\n"
        f"Environment=DPF_BOOTSTRAP_TOKEN_FILE=/run/credentials/{UNIT}/{TOKEN}\n"
        if secret
        else ""
    )
    bound = "".join(f"BindReadOnlyPaths={quoted(each)}\n" for each in homes(program))
    return UNIT_TEXT.format(
        start=command_line((*program.argv, "run")),
        watchdog=WATCHDOG_SECONDS,
        name=NAME,
        token=token,
        capabilities=raw,
        families=families,
        bound=bound,
    )


UNIT_TEXT = """\
# Written by `dpf-edge install`; `dpf-edge uninstall` removes it.
[Unit]
Description=DPF Edge Node
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={start}
Restart=on-failure
RestartSec=10
# Settings that cannot be used are not mended by another start.
RestartPreventExitStatus=78
WatchdogSec={watchdog}
TimeoutStartSec=90
TimeoutStopSec=30

DynamicUser=yes
User={name}
StateDirectory={name}
StateDirectoryMode=0700
LogsDirectory={name}
LogsDirectoryMode=0700
UMask=0077
# A core would hold the node's tokens.
LimitCORE=0
{token}
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}
NoNewPrivileges=yes
# The diagnosis reads /proc and /sys: neither ProcSubset nor PrivateUsers, which would change what
# it sees, and nothing of the network is kept from it.
ProtectSystem=strict
ProtectHome=tmpfs
{bound}PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies={families}
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources

[Install]
WantedBy=multi-user.target
"""


# systemd takes no program whose path has these, in whatever way they are written.
UNSAFE = frozenset("\"'\\")


def command_line(words: tuple[str, ...]) -> str:
    """Words as ExecStart= takes them apart again: in quotes, with C's escapes, and no specifier.

    Variables are replaced in every word but the first, so a ``$`` is doubled there alone.
    """
    if UNSAFE & set(words[0]):
        words = ("/usr/bin/env", "--", *words)
    first, *others = (quoted(each) for each in words)
    return " ".join([first, *(each.replace("$", "$$") for each in others)])


def quoted(text: str) -> str:
    """A word in quotes."""
    inner = escaped(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def escaped(text: str) -> str:
    """A text in which a per cent sign means itself."""
    return text.replace("%", "%%")
