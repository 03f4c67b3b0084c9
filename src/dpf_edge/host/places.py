"""Where a node's files are unless it is told: the system's are the published ones."""

from __future__ import annotations

import ntpath
import os
import sys

NAME = "dpf-edge-node"
SETTINGS_FILE = "/etc/dpf-edge/node.toml"
# As the published nodes have them.
STATE = {
    "linux": f"/var/lib/{NAME}",
    "darwin": f"/Library/Application Support/{NAME}",
}
LOG = {"linux": f"/var/log/{NAME}", "darwin": f"/Library/Logs/{NAME}"}


def is_system() -> bool:
    """Whether this process runs as the system: root, or an administrator of Windows."""
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.shell32.IsUserAnAdmin())
    return os.geteuid() == 0


def program_data() -> str:
    """The folder of Windows' services for their data."""
    return os.path.join(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), NAME)  # noqa: PTH118


def profiles() -> str:
    """Windows' folder of its users' own folders, which the public one stands in."""
    return ntpath.dirname(os.environ.get("PUBLIC", r"C:\Users\Public").rstrip("\\"))


def state_folder() -> str:
    """Where a node keeps its state: the system's folder for root, else the user's own."""
    if is_system():
        return (
            program_data() if sys.platform == "win32" else STATE.get(sys.platform, STATE["linux"])
        )
    import platformdirs

    return platformdirs.user_state_dir(NAME, appauthor=False)


def log_folder() -> str:
    """Where a node's log is: the system's folder for root, else the user's own."""
    if is_system():
        if sys.platform == "win32":
            return os.path.join(program_data(), "logs")  # noqa: PTH118
        return LOG.get(sys.platform, LOG["linux"])
    import platformdirs

    return platformdirs.user_log_dir(NAME, appauthor=False)


def settings_file() -> str:
    """The file that settings are looked for in where none is named; it need not be there."""
    if sys.platform == "win32":
        return os.path.join(program_data(), "node.toml")  # noqa: PTH118
    return SETTINGS_FILE
