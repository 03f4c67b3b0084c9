"""The Authority's own settings that are read from the environment, and where it keeps its files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dpf_edge.host import places
from dpf_edge.wire import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "dpf-edge-authority"
# As published, with published meaning: what is no number above zero leaves the default.
PAST, FUTURE = "DPF_EDGE_FRESHNESS_PAST_SEC", "DPF_EDGE_FRESHNESS_FUTURE_SEC"
STORE_FILE = "authority.sqlite"


def state_folder() -> str:
    """Where an Authority keeps its store and its certificate: the system's folder for root."""
    if places.is_system():
        if sys.platform == "win32":
            return os.path.join(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), NAME)  # noqa: PTH118
        if sys.platform == "darwin":
            return f"/Library/Application Support/{NAME}"
        return f"/var/lib/{NAME}"
    import platformdirs

    return platformdirs.user_state_dir(NAME, appauthor=False)


def store_url(folder: str) -> str:
    """The store of a state folder."""
    return f"sqlite:///{(Path(folder) / STORE_FILE).absolute().as_posix()}"


def window(environ: Mapping[str, str]) -> limits.Window:
    """How old a discovery run may be, and how far ahead of the clock."""
    return limits.window(environ.get(PAST), environ.get(FUTURE))
