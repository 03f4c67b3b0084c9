"""What an install leaves alone: a newer version, what is somebody else's, and a planted journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.deploy.ground import folder_of
from dpf_edge.deploy.step import File, Left, Service, Trace
from dpf_edge.deploy.windows_service import NAME as SERVICE_NAME
from dpf_edge.errors import DeployForeign, DeployJournal, DeployNewer

if TYPE_CHECKING:
    from dpf_edge.deploy.ground import Ground
    from dpf_edge.deploy.journal import Journal
    from dpf_edge.deploy.step import Recipe


def refuse_planted(ground: Ground, told: Journal) -> None:
    """Do nothing that somebody wrote down who is no administrator: what stands in a journal is
    removed and run with an administrator's rights.

    :raises DeployJournal: somebody may have.
    """
    if ground.services is None:
        why = ground.machine.is_others(ground.journal)
    else:
        # On Windows the service's own account may write into the folder: nothing outside of it is
        # removed, and nothing is run.
        inside = tuple(f"{folder_of(ground.journal)}{separator}" for separator in "/\\")
        why = next(
            (
                f"{each.path or each.argv[:1]} is none of an install's"
                for each in told.traces
                if each.argv or not is_inside(each, inside, folder_of(ground.journal))
            ),
            None,
        )
    if why:
        raise DeployJournal(
            f"{ground.journal}: is not gone by, for {why}",
            "look at it; move it away and install again, and what is there is written over",
        )


def is_inside(trace: Trace, folders: tuple[str, ...], folder: str) -> bool:
    """Whether a trace is a service's, or stands in the folder of an install."""
    if trace.kind is Left.SERVICE:
        return trace.path == SERVICE_NAME
    return trace.path == folder or (trace.path.startswith(folders) and ".." not in trace.path)


def refuse_newer(ground: Ground, former: Journal) -> None:
    """Leave alone what a newer program installed.

    :raises DeployNewer: one did.
    """
    if version(former.version) > version(ground.version):
        raise DeployNewer(
            f"dpf-edge {former.version} is installed here, and this is {ground.version}",
            "use that one; --even-if-newer goes on with this one all the same",
        )


def version(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with, by which two are told older and newer."""
    numbers: list[int] = []
    for part in text.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


def refuse_foreign(ground: Ground, recipe: Recipe, was: tuple[Trace, ...]) -> None:
    """Write over nothing that somebody else put there.

    :raises DeployForeign: a file has the name of one of ours, and is none.
    """
    ours = {each.path for each in was if each.kind in {Left.FILE, Left.SERVICE}}
    for step in recipe.steps:
        if isinstance(step, Service) and step.name not in ours:
            refuse_foreign_service(ground, step.name)
        if not isinstance(step, File) or step.path in ours or not ground.machine.stands(step.path):
            continue
        if step.data is None or ground.machine.read(step.path) != step.data:
            raise DeployForeign(
                f"{step.path}: is there, and dpf-edge did not put it there",
                "move it away, and install again",
            )


def refuse_foreign_service(ground: Ground, name: str) -> None:
    """Take no service over that somebody else made.

    :raises DeployForeign: one has the name of ours.
    """
    if ground.services is not None and ground.services.state(name) is not None:
        raise DeployForeign(
            f"the service {name}: is there, and dpf-edge did not make it",
            f"remove it (sc delete {name}), and install again",
        )
