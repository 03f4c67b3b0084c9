"""What an install is made of: steps that can be done twice, and the traces that they leave. Pure.

A step is done; a trace says how to take it back, and is written down before anything is done. Both
bear to be repeated, so that an install that was killed anywhere is finished, or undone, by the
next run.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

# Anybody may read these; a secret is for its owner alone.
OPEN, OPEN_FOLDER = 0o644, 0o755
SECRET, SECRET_FOLDER = 0o600, 0o700
# A node that is told to stop is gone in a second; an engine that pulls nothing starts one in ten.
COMMAND_SECONDS = 120.0


class Folder(NamedTuple):
    """A folder that must be there. One that was there before stays when the node goes."""

    path: str
    mode: int = OPEN_FOLDER


class File(NamedTuple):
    """A file with this content.

    :ivar data: None where the file of a former install is kept as it is.
    :ivar owner: the number of its user and group; None is who installs.
    """

    path: str
    data: bytes | None
    mode: int = OPEN
    owner: int | None = None

    @property
    def is_secret(self) -> bool:
        """Whether what it holds is shown to nobody."""
        return not self.mode & 0o077


class Command(NamedTuple):
    """A command to run, and the one that takes back what it did.

    :ivar argv: empty where there is only something to take back.
    :ivar may_fail: whether its failing leaves the install whole.
    :ivar again_for: for how many seconds it is tried again while it fails.
    :ivar undo_needs: the file without which there is nothing to take back; with it, that must not
        fail.
    """

    argv: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    may_fail: bool = False
    undo_needs: str = ""
    again_for: float = 0.0
    seconds: float = COMMAND_SECONDS


class Access(NamedTuple):
    """A folder on Windows that is for the system, the administrators and this account alone."""

    path: str
    sid: str


class Recovery(NamedTuple):
    """What Windows' service manager does where a service dies: after how many seconds it is
    started again, the first, second and each further time; and when it counts anew."""

    restart_after: tuple[int, int, int]
    forget_after: int


class Service(NamedTuple):
    """A Windows Service: what CreateServiceW and ChangeServiceConfig2W are given."""

    name: str
    display_name: str
    description: str
    command_line: str
    account: str
    recovery: Recovery
    privileges: tuple[str, ...]


class Kept(NamedTuple):
    """A tree that the node itself makes: removed with it, or, where it is state, by a purge."""

    path: str
    is_state: bool


class KeptElsewhere(NamedTuple):
    """State that a command alone can remove, as a container engine's volume."""

    remove: tuple[str, ...]


Step = Folder | File | Command | Access | Service | Kept | KeptElsewhere


class Recipe(NamedTuple):
    """How to install the node in one form.

    :ivar notes: what a person should know, before it is done.
    :ivar after: what to type to see that it works.
    :ivar form: what was said of the form; the next install keeps it unless it is told otherwise.
    """

    target: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    after: tuple[str, ...] = ("dpf-edge status",)
    form: tuple[tuple[str, str], ...] = ()


class Left(StrEnum):
    """The kinds of trace."""

    FOLDER = "folder"
    FILE = "file"
    TREE = "tree"
    COMMAND = "command"
    SERVICE = "service"


class Trace(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one step leaves, by which it is taken back; it holds no secret.

    :ivar path: of a folder, a file or a tree, or a service's name.
    :ivar argv: the command that takes it back.
    :ivar is_state: whether only a purge takes it back.
    :ivar needs: the file without which its command has nothing to take back.
    :ivar must: whether its command has to succeed.
    """

    kind: Left
    path: str = ""
    argv: tuple[str, ...] = ()
    is_state: bool = False
    needs: str = ""
    must: bool = False


def traces(steps: tuple[Step, ...]) -> Iterator[Trace]:
    """What some steps leave, in their order."""
    for step in steps:
        match step:
            case Folder():
                yield Trace(Left.FOLDER, step.path)
            case File():
                yield Trace(Left.FILE, step.path)
            case Kept():
                yield Trace(Left.TREE, step.path, is_state=step.is_state)
            case KeptElsewhere():
                yield Trace(Left.COMMAND, argv=step.remove, is_state=True, must=True)
            case Service():
                yield Trace(Left.SERVICE, step.name)
            case Command():
                if step.undo:
                    yield Trace(
                        Left.COMMAND,
                        argv=step.undo,
                        needs=step.undo_needs,
                        must=bool(step.undo_needs),
                    )
            case Access():
                continue


def same(one: Trace, other: Trace) -> bool:
    """Whether two traces are taken back in one and the same way."""
    return (one.kind, one.path, one.argv) == (other.kind, other.path, other.argv)
