"""Installs and removes: the steps of a recipe, with a journal that is written before they are done.

The journal says all that may be there, before any of it is. Killed at any moment, the next
`install` finishes and the next `uninstall` takes back; a step that fails is taken back at once.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.deploy import journal
from dpf_edge.deploy.ground import folder_of
from dpf_edge.deploy.journal import Journal, Phase
from dpf_edge.deploy.refusing import refuse_foreign, refuse_newer, refuse_planted
from dpf_edge.deploy.step import (
    Access,
    Command,
    File,
    Folder,
    Kept,
    KeptElsewhere,
    Left,
    Service,
    Trace,
    same,
    traces,
)
from dpf_edge.errors import (
    DeployError,
    DeployFailed,
    DeployMissing,
    DeployUnavailable,
)

if TYPE_CHECKING:
    from dpf_edge.deploy.ground import Ground, Services
    from dpf_edge.deploy.step import Recipe, Step

# How long a command may take that takes something back: an engine gives a container ten seconds.
UNDO_SECONDS = 60.0
JOURNAL_MODE = 0o644


def found(ground: Ground) -> Journal | None:
    """What is installed here, whole or not; None where nothing is.

    :raises DeployError: it cannot be told.
    """
    data = ground.machine.read(ground.journal)
    if data is None:
        return None
    told = journal.decode(ground.journal, data)
    refuse_planted(ground, told)
    return told


class Change(NamedTuple):
    """What an install changes.

    :ivar former: what was installed before; None where nothing was.
    :ivar wanted: what it will leave.
    :ivar gone: what the former one left, and this one does not.
    """

    former: Journal | None
    wanted: tuple[Trace, ...]
    gone: tuple[Trace, ...]


def changes(ground: Ground, recipe: Recipe, *, even_if_newer: bool = False) -> Change:
    """What an install of this would change here; nothing is done.

    :raises DeployError: it would be refused.
    """
    former = found(ground)
    if former is not None and not even_if_newer:
        refuse_newer(ground, former)
    refuse_foreign(ground, recipe, former.traces if former is not None else ())
    if former is not None and former.phase is Phase.REMOVING:
        former = None
    was = former.traces if former is not None else ()
    wanted = tuple(each for each in traces(recipe.steps) if is_ours(ground, each, was))
    gone = tuple(each for each in was if not any(same(each, other) for other in wanted))
    return Change(former, wanted, gone)


def install(ground: Ground, recipe: Recipe, *, even_if_newer: bool = False) -> None:
    """Install the node, over an older install of it and over half of one.

    :raises DeployError: it could not be; what a first install had done is taken back, and a later
        one leaves what was there.
    """
    with ground.machine.alone(ground.journal):
        former = found(ground)
        if former is not None and former.phase is Phase.REMOVING:
            ground.say("an uninstall was interrupted here, and is finished first")
            take_back(ground, former)
        if former is not None and former.phase is Phase.INSTALLING:
            ground.say("an install was interrupted here, and is finished now")
        change = changes(ground, recipe, even_if_newer=even_if_newer)
        say_what_stays(ground, recipe, change)
        begun = Journal(
            target=recipe.target,
            version=ground.version,
            phase=Phase.INSTALLING,
            traces=(*change.gone, *change.wanted),
            form=dict(recipe.form),
        )
        begin(ground, begun)
        carry_out(ground, recipe, begun, change)
        # The state of another form is for a purge to remove.
        kept = tuple(each for each in change.gone if each.is_state)
        write(
            ground,
            Journal(
                target=recipe.target,
                version=ground.version,
                phase=Phase.INSTALLED,
                traces=(*kept, *change.wanted),
                form=begun.form,
            ),
        )


def say_what_stays(ground: Ground, recipe: Recipe, change: Change) -> None:
    """Say what another form does not take over: who the node is, and what waits to be delivered."""
    former = change.former
    if former is None or former.target == recipe.target:
        return
    state = [each.path or each.argv[-1] for each in change.gone if each.is_state]
    ground.say(
        f"in another form it is another node, which takes a token of its own; who it was as "
        f"{former.target}, and what it had not delivered yet, stays in {', '.join(state)} until "
        "that form is installed again, or purged"
    )


def begin(ground: Ground, begun: Journal) -> None:
    """Write the journal down, or leave nothing.

    :raises DeployError: it cannot be written.
    """
    folder = folder_of(ground.journal)
    ground.machine.make_folder(folder, 0o755)
    try:
        write(ground, begun)
    except DeployError:
        ground.machine.remove_empty(folder)
        raise


def carry_out(ground: Ground, recipe: Recipe, begun: Journal, change: Change) -> None:
    """Do the steps, and take back what a former install has and this one has not.

    That is taken back last, so that a form that does not start leaves the other one running; only
    what would be started by another command under the same name ends first.

    :raises DeployError: one failed. A first install is undone; over a former one, that is put back.
    """
    former = change.former
    is_same = former is not None and former.target == recipe.target
    leaves = [each for each in change.gone if not each.is_state]
    first = [each for each in leaves if is_same and each.kind in {Left.COMMAND, Left.SERVICE}]
    held: list[File] = []
    try:
        for each in reversed(first):
            undo(ground, each)
        for step in recipe.steps:
            if isinstance(step, File) and former is not None:
                held += ground.machine.held(step)
            do(ground, step)
    except DeployError:
        if former is None:
            take_back(ground, begun, strictly=False)
        else:
            put_back(ground, recipe, change, held, former)
        raise
    for each in reversed([each for each in leaves if each not in first]):
        undo(ground, each, strictly=False)


def put_back(
    ground: Ground, recipe: Recipe, change: Change, held: list[File], former: Journal
) -> None:
    """Put back what was there before an install that failed.

    :raises DeployError: that failed too; the journal says that it was interrupted.
    """
    ground.say("it failed: the former install is put back")
    new = [each for each in change.wanted if not any(same(each, was) for was in former.traces)]
    for each in reversed(new):
        undo(ground, each, strictly=False)
    for file in held:
        do(ground, file)
    if former.target == recipe.target:
        for step in recipe.steps:
            if isinstance(step, Command):
                quietly(ground, step.argv)
            elif isinstance(step, Service):
                with contextlib.suppress(DeployError):
                    do(ground, step)
    write(ground, former)


def uninstall(ground: Ground, *, purge: bool, even_if_newer: bool = False) -> Journal:
    """Remove the node, whole or half installed; its state only by a purge.

    :returns: what was there.
    :raises DeployMissing: nothing is installed here.
    :raises DeployError: something could not be removed; run again, it goes on from there.
    """
    with ground.machine.alone(ground.journal):
        former = found(ground)
        if former is None:
            # Killed between the last file and its folder, that is what is left.
            ground.machine.remove(ground.journal)
            ground.machine.remove_empty(folder_of(ground.journal))
            raise DeployMissing("no node is installed here by dpf-edge")
        if not even_if_newer:
            refuse_newer(ground, former)
        begun = Journal(
            target=former.target,
            version=former.version,
            phase=Phase.REMOVING,
            traces=former.traces,
            form=former.form,
            is_purge=purge or former.is_purge,
        )
        write(ground, begun)
        take_back(ground, begun)
        return former


def forget(ground: Ground, kept: tuple[Trace, ...]) -> bool:
    """Remove the state that an uninstall kept.

    :param kept: where there is any.
    :returns: whether there was any.
    :raises DeployError: something could not be removed.
    """
    for each in kept:
        undo(ground, each)
    ground.machine.remove_empty(folder_of(ground.journal))
    return bool(kept)


def take_back(ground: Ground, of: Journal, *, strictly: bool = True) -> None:
    """Undo every trace, the last one first, and then forget it.

    :param strictly: stop where a command that must not fail does, rather than say so and go on.
    :raises DeployError: one could not be; the journal stays.
    """
    folders = [each for each in of.traces if each.kind is Left.FOLDER]
    for each in reversed(of.traces):
        if each.kind is Left.FOLDER or (each.is_state and not of.is_purge):
            continue
        undo(ground, each, strictly=strictly)
    ground.machine.remove(ground.journal)
    for each in reversed(folders):
        ground.machine.remove_empty(each.path)
    ground.machine.remove_empty(folder_of(ground.journal))


def do(ground: Ground, step: Step) -> None:
    """Do one step.

    :raises DeployError: it failed.
    """
    machine = ground.machine
    match step:
        case Folder():
            machine.make_folder(step.path, step.mode)
        case File():
            # One that stays may have been another form's, for another user.
            data = machine.read(step.path) if step.data is None else step.data
            if data is not None:
                machine.write(step.path, data, step.mode, step.owner)
        case Command():
            if step.may_fail:
                quietly(ground, step.argv)
            elif step.argv:
                machine.must(step.argv, step.seconds, step.again_for)
        case Access():
            machine.protect(step.path, step.sid)
        case Service():
            services(ground).make(step)
        case Kept() | KeptElsewhere():
            return


def undo(ground: Ground, trace: Trace, *, strictly: bool = True) -> None:
    """Take one trace back.

    :param strictly: whether a command that must not fail ends it here. Others are told of: it may
        be that their step never was.
    :raises DeployError: something could not be removed.
    """
    machine = ground.machine
    match trace.kind:
        case Left.FILE:
            machine.remove(trace.path)
        case Left.TREE:
            machine.remove_tree(trace.path)
        case Left.FOLDER:
            machine.remove_empty(trace.path)
        case Left.SERVICE:
            services(ground).remove(trace.path)
        case Left.COMMAND if trace.needs and not machine.stands(trace.needs):
            return
        case Left.COMMAND if trace.must and strictly:
            # A program that is gone altogether has taken what it ran with it.
            try:
                machine.must(trace.argv, UNDO_SECONDS)
            except DeployUnavailable as error:
                ground.say(str(error))
        case Left.COMMAND:
            quietly(ground, trace.argv)


def quietly(ground: Ground, argv: tuple[str, ...]) -> None:
    """Run a command that may fail."""
    if not argv:
        return
    try:
        ground.machine.run(argv, UNDO_SECONDS)
    except (DeployUnavailable, DeployFailed) as error:
        ground.say(str(error))


def services(ground: Ground) -> Services:
    """Windows' service manager.

    :raises DeployUnavailable: this is no Windows.
    """
    if ground.services is None:
        raise DeployUnavailable("there is no Windows service manager here")
    return ground.services


def write(ground: Ground, told: Journal) -> None:
    """Write the journal down."""
    ground.machine.write(ground.journal, journal.encode(told), JOURNAL_MODE)


def is_ours(ground: Ground, trace: Trace, was: tuple[Trace, ...]) -> bool:
    """Whether a trace is this install's to take back: a folder that was there before is not."""
    if trace.kind is not Left.FOLDER or any(same(trace, each) for each in was):
        return True
    return not ground.machine.stands(trace.path) or trace.path == folder_of(ground.journal)
