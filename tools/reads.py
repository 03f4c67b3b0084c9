"""What each detector reads, found out by watching it judge every recorded case."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
from tests.test_cases import NAMES, replay

from dpf_edge.errors import HostError
from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from dpf_edge.host.capture import Replay

# The seam's tables, which detectors take together, and how the other questions are shown.
TABLES = frozenset({"interfaces", "routes", "rules", "neighbours"})
SHOWN = {
    "read": "{0}",
    "is_dir": "{0}/",
    "link": "{0} (link)",
    "env": "environment {0}",
    "names": "hosts file",
    "registry": "registry {0}",
    "registry_values": "registry {0}",
    "machine": "system and host name",
    "probes": "active checks",
}


class Watched:
    """A host that notes what it is asked."""

    def __init__(self, host: Replay) -> None:
        self._host = host
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        answer = getattr(self._host, name)

        def ask(*of: str) -> object:
            if name in TABLES:
                self.asked.add("network tables")
            elif name == "run":
                self.asked.add("command " + " ".join(of))
            else:
                self.asked.add(SHOWN[name].format(*of))
            return answer(*of)

        return ask


def reads() -> dict[str, list[str]]:
    """Each detector's sources, in the order of their names.

    A value below a listed registry key has a machine's own GUID in it, and stands for its key.
    """
    found: dict[str, set[str]] = {name: set() for name in detector.all()}
    for case in NAMES:
        for name, detect in detector.all().items():
            watched = Watched(replay(case))
            with contextlib.suppress(HostError):
                detect(watched)
            found[name] |= watched.asked
    return {
        name: sorted(each for each in asked if "{" not in each) for name, asked in found.items()
    }


def encoded() -> str:
    """The data file of the program's own."""
    return msgspec.json.format(msgspec.json.encode(reads()), indent=2).decode() + "\n"
