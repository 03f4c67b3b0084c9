"""The node as a LaunchDaemon of macOS. Pure.

The keys are those of launchd.plist(5). Not seen on a Mac: the list is checked by its format and by
the documented keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.deploy import node_file
from dpf_edge.deploy.step import SECRET_FOLDER, Command, File, Folder, Kept, Recipe

if TYPE_CHECKING:
    from dpf_edge.deploy.node_file import Wanted
    from dpf_edge.deploy.step import Step

LABEL = "org.opendigitalproductfactory.dpf-edge-node"
SERVICE = f"system/{LABEL}"
# launchd starts no service more often than every ten seconds unless it is told; so it is told.
THROTTLE_SECONDS = 10
# Where launchd has not ended a service by then, it is killed.
EXIT_SECONDS = 30

LOCAL_NETWORK = (
    "macOS 15 and later keep the LAN from programs without the Local Network permission. A daemon "
    "of root has no need of it, and nobody could grant it to one: so this runs as root. A "
    "`dpf-edge` that you start by hand asks for it: System Settings > Privacy & Security > Local "
    "Network."
)


class Layout(NamedTuple):
    """Where the files go."""

    settings: str = "/etc/dpf-edge"
    daemons: str = "/Library/LaunchDaemons"
    state: str = "/Library/Application Support/dpf-edge-node"
    log: str = "/Library/Logs/dpf-edge-node"


def recipe(wanted: Wanted, argv: tuple[str, ...], layout: Layout = Layout()) -> Recipe:  # noqa: B008 -- immutable
    """How to install the node as a LaunchDaemon."""
    secret = f"{layout.settings}/bootstrap-token"
    plist = f"{layout.daemons}/{LABEL}.plist"
    certificates = f"{layout.settings}/{node_file.CERTIFICATES}"
    settings = node_file.text(
        wanted,
        state_dir=layout.state,
        log_dir=layout.log,
        bootstrap_token_file=secret if wanted.has_token else None,
        ca_file=certificates if wanted.certificates else None,
    )
    steps: list[Step] = [
        Kept(layout.state, is_state=True),
        Kept(layout.log, is_state=False),
        Folder(layout.log, SECRET_FOLDER),
        Folder(layout.settings),
        File(f"{layout.settings}/node.toml", settings),
    ]
    steps += node_file.beside(wanted, certificates, secret)
    steps += [
        File(plist, document(argv, layout)),
        # An older one is let go first: a list that is loaded is not read again.
        Command(("launchctl", "bootout", SERVICE), may_fail=True),
        Command(("launchctl", "enable", SERVICE), may_fail=True),
        # One that was let go may take its whole time to end, and until then this is refused.
        Command(
            ("launchctl", "bootstrap", "system", plist),
            ("launchctl", "bootout", SERVICE),
            again_for=EXIT_SECONDS,
        ),
    ]
    return Recipe("launchd", tuple(steps), (LOCAL_NETWORK,))


def document(argv: tuple[str, ...], layout: Layout) -> bytes:
    """The property list."""
    import plistlib

    told = {
        "Label": LABEL,
        "ProgramArguments": [*argv, "run"],
        "RunAtLoad": True,
        # Ended in order it stays ended; whatever else ended it, it is started again.
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": THROTTLE_SECONDS,
        "ExitTimeOut": EXIT_SECONDS,
        "ProcessType": "Background",
        "LowPriorityIO": True,
        # 077: what it writes is for root alone.
        "Umask": 0o077,
        # A core would hold the node's tokens.
        "SoftResourceLimits": {"Core": 0},
        "HardResourceLimits": {"Core": 0},
        "WorkingDirectory": "/",
        # What Python says before the node has its log; the node bounds its own.
        "StandardErrorPath": f"{layout.log}/launchd.log",
        "StandardOutPath": "/dev/null",
    }
    return plistlib.dumps(told, sort_keys=False)
