"""The places of one machine that were looked from, each with what it showed or why it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from dpf_edge.host.capture import Capture

Sort = Literal["here", "distribution", "host", "bridge", "engine", "unasked"]


class Place(NamedTuple):
    """One place: this host, a WSL distribution, a network of an engine's, an engine by itself.

    All that a report says of a place is made of these parts, so that they are all there is to
    redact.
    """

    sort: Sort
    """``host`` and ``bridge`` are networks of an engine; ``engine`` is one without an image to look
    from, and ``unasked`` one that did not answer or was not asked."""
    name: str = ""
    """The distribution's, or the engine's: Docker's context, ``podman``."""
    client: tuple[str, ...] = ()
    """The program and the words that reach the engine."""
    is_desktop: bool = False
    """Whether the engine calls itself Docker Desktop's."""
    image: str | None = None
    """What the container was made of, or would have been."""
    capture: Capture | None = None
    error: str | None = None
    """Why there is no capture."""

    @property
    def reached_by(self) -> tuple[str, ...]:
        """The shortest command that looks from there, or that asked in vain."""
        if self.sort == "here":
            return ("dpf-edge", "diagnose")
        if self.sort == "distribution":
            from dpf_edge.host import wsl_exe

            return wsl_exe.command_line(self.name)
        if self.sort == "unasked":
            return (*self.client, "info")
        from dpf_edge.host import engines

        network = "bridge" if self.sort == "bridge" else "host"
        engine = engines.Engine(self.name, self.client, system="", version="")
        return engines.command_line(engine, self.image or "IMAGE", network)
