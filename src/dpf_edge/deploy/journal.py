"""What is installed here, as it was written down before it was done. Pure: bytes in, bytes out."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from dpf_edge.deploy.step import Trace
from dpf_edge.errors import DeployJournal, DeployNewer

FORMAT = 1


class Phase(StrEnum):
    """How far it came. Whoever finds one of the outer two finds what was interrupted."""

    INSTALLING = "installing"
    INSTALLED = "installed"
    REMOVING = "removing"


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """One installed node.

    :ivar target: the form: systemd, launchd, windows-service, compose.
    :ivar version: of the program that installed it.
    :ivar traces: in the order in which they were left; they are taken back in the other.
    :ivar form: what was said of the form, by the options' names.
    :ivar is_purge: whether a removal that was begun takes the state too.
    """

    target: str
    version: str
    phase: Phase
    traces: tuple[Trace, ...]
    form: dict[str, str] = msgspec.field(default_factory=dict)
    is_purge: bool = False
    installed: int = msgspec.field(name="dpf-edge-installed", default=FORMAT)


def encode(journal: Journal) -> bytes:
    """A journal as indented JSON, ended by a newline."""
    return msgspec.json.format(msgspec.json.encode(journal), indent=2) + b"\n"


def decode(path: str, data: bytes) -> Journal:
    """A journal that was written down.

    :param path: where it stood, for the error.
    :raises DeployNewer: a newer program wrote it.
    :raises DeployJournal: it is none.
    """
    try:
        told = msgspec.json.decode(data, type=dict[str, object])
        number = told.get("dpf-edge-installed")
        if isinstance(number, int) and number > FORMAT:
            raise DeployNewer(
                f"{path}: written by a newer dpf-edge", "install and uninstall with that one"
            )
        return msgspec.json.decode(data, type=Journal)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DeployJournal(
            f"{path}: says not what is installed here ({error})",
            "move it away and install again: what is there is written over",
        ) from error
