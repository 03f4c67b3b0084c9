"""All that a judge may look at, and the verdict that comes of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.model import Answer, Finding, Lan, Vantage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dpf_edge.vantage.tables import Tables

UNASKED = Finding(Answer.UNKNOWN)

# Where containers of Docker Desktop stand.
DESKTOP = frozenset({Vantage.DOCKER_DESKTOP_HOST, Vantage.DOCKER_DESKTOP_BRIDGE})


class Sight(NamedTuple):
    """All that a rule may look at."""

    tables: Tables
    findings: Mapping[str, Finding]

    def finding(self, name: str) -> Finding:
        """A detector's finding; *unknown* where the detector is not there."""
        return self.findings.get(name, UNASKED)

    def is_(self, name: str, *kinds: str) -> bool:
        """Whether a detector said yes, and of one of these kinds."""
        finding = self.finding(name)
        return finding.answer is Answer.YES and (not kinds or finding.kind in kinds)

    def in_container(self) -> bool:
        """Whether an engine's container surrounds this process."""
        return self.is_("container", "docker", "podman", "oci")

    def namespace(self) -> str | None:
        """Which sort of network namespace this is."""
        return self.finding("namespace").kind

    def is_plain_wsl(self) -> bool:
        """Whether this is a WSL 2 distribution, with no container around this process."""
        return self.is_("kernel", "wsl2") and not self.is_("container")

    def shows_docker_desktops(self, signal: str) -> bool:
        """Whether Docker Desktop's engine shows one of its signs."""
        return any(item.signal == signal for item in self.finding("docker-desktop").evidence)


class Verdict(NamedTuple):
    """A vantage, and whether it sees the LAN."""

    vantage: Vantage
    lan: Lan
