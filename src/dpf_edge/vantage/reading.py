"""Reads what may or may not be there, so that a detector can go on with what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.errors import Absent, HostError
from dpf_edge.model import Evidence

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host


class Reading:
    """Reads from a host and keeps note of what was there and could not be read.

    :ivar doubts: one line for each thing that is there and gave nothing: denied, hung, broken.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.doubts: list[Evidence] = []

    def text(self, path: str) -> str | None:
        """A file's text; None where there is none to be had."""
        try:
            return self.host.read(path)
        except HostError as refusal:
            self._doubt("unreadable", path, refusal)
            return None

    def exists(self, path: str) -> bool:
        """Whether a file is there, readable or not."""
        try:
            self.host.read(path)
        except Absent:
            return False
        except HostError:
            return True
        return True

    def env(self, name: str) -> str | None:
        """A variable's value; None where it is not set."""
        try:
            return self.host.env(name)
        except HostError:
            return None

    def value(self, key: str) -> str | None:
        """A value of Windows' registry as text; None where there is none."""
        try:
            return str(self.host.registry(key))
        except HostError:
            return None

    def output(self, *argv: str, whatever: bool = False) -> str | None:
        """What a command printed; None where it failed, and a doubt where it was there to fail.

        :param whatever: what it printed counts although its status tells of failure.
        """
        try:
            ran = self.host.run(*argv)
        except HostError as refusal:
            self._doubt("command", " ".join(argv), refusal)
            return None
        if ran.status != 0:
            self.doubt("command", f"ended with status {ran.status}", " ".join(argv))
            return ran.stdout if whatever and ran.stdout.strip() else None
        return ran.stdout

    def doubt(self, signal: str, value: str, source: str) -> None:
        """Note something that was there and was no use."""
        self.doubts.append(Evidence(signal, value, source))

    def _doubt(self, signal: str, source: str, refusal: HostError) -> None:
        if not isinstance(refusal, Absent):
            self.doubt(signal, f"{refusal.code}: {refusal}", source)
