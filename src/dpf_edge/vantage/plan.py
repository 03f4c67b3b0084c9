"""Where the node belongs on a machine, why, and what every other form would give. Pure.

A diagnosis goes in, and the deployment matrix is applied to it. Nothing is looked at anew.
"""

from __future__ import annotations

import msgspec

from dpf_edge.model import Answer, Diagnosis, Runtime, Vantage
from dpf_edge.vantage import forms, steps
from dpf_edge.vantage.forms import (
    MACOS_ROWS,
    MODES,
    NATIVE,
    RUNTIMES,
    WINDOWS_ROWS,
    Gives,
    Mode,
)
from dpf_edge.vantage.matrix import ROWS
from dpf_edge.vantage.sight import DESKTOP
from dpf_edge.vantage.steps import CLOUD, WITHOUT_ENGINE


class Option(msgspec.Struct, frozen=True):
    """One row of the matrix, held against this machine.

    ``sees_lan`` is None where the row is for a machine of another kind.
    """

    row: int
    place: str
    runtime: Runtime
    sees_lan: Answer | None
    why: str


class Plan(msgspec.Struct, frozen=True):
    """Where to put the node, as ``dpf-edge plan --json`` prints it.

    ``sees_lan`` is what that form would see, and ``here`` whether it runs on the very machine that
    was diagnosed. Where ``refused`` is true the form is blind, and there are no commands.
    """

    vantage: Vantage
    row: int | None
    runtime: Runtime
    where: str
    here: bool
    sees_lan: Answer
    why: str
    refused: bool
    commands: tuple[str, ...]
    notes: tuple[str, ...]
    options: tuple[Option, ...]
    mode: Mode | None = None
    """The override, where one was asked for."""
    even_if_blind: bool = False
    plan: int = 1


# The rows by the kind of machine that they are for.
LINUX = frozenset({1, 2, 7})
OWN_ADDRESS = 2
IN_A_DISTRIBUTION = 8
UNSEEN = "it cannot be seen from here: diagnose it there"
NOWHERE, NOT_KNOWN = "nowhere on this machine", "not known yet"
BY_ITS_ENGINE = "run by this machine's own engine"
OUTSIDE_THE_MACHINE = "on the machine outside this one, or here once its card is bridged to the LAN"


def plan(found: Diagnosis, mode: Mode | None = None, *, even_if_blind: bool = False) -> Plan:
    """Where the node belongs.

    :param mode: a form that somebody wants instead of the matrix's.
    :param even_if_blind: go on with a form that cannot see the LAN; it is said all the same.
    """
    chosen = mode or MODES.get(found.recommendation.runtime)
    given = forms.gives(mode, found) if mode else recommended(found)
    refused = mode is not None and given.sees_lan is Answer.NO and not even_if_blind
    blind = mode is None and given.sees_lan is Answer.NO
    where, here = place(mode, chosen, found)
    return Plan(
        vantage=found.vantage,
        row=row_of(mode, found) if mode else found.recommendation.row,
        runtime=RUNTIMES[mode] if mode else found.recommendation.runtime,
        where=where,
        here=here,
        sees_lan=given.sees_lan,
        why=given.why,
        refused=refused,
        commands=() if refused else steps.commands(chosen, found, blind=blind),
        notes=() if refused or blind else steps.notes(chosen, found),
        options=options(found),
        mode=mode,
        even_if_blind=even_if_blind,
    )


def recommended(found: Diagnosis) -> Gives:
    """What the matrix's own answer would see, and why it is that one."""
    advised = found.recommendation
    mode = MODES.get(advised.runtime)
    if mode is None:
        return Gives(Answer.NO if advised.row == CLOUD else Answer.UNKNOWN, advised.why)
    seen = forms.gives(mode, found)
    if is_outside(found):
        return Gives(Answer.UNKNOWN, f"the machine outside has the LAN as a rule; {UNSEEN}")
    if mode is Mode.NATIVE and elsewhere(found):
        # The machine that was diagnosed is not the one that is advised.
        return Gives(Answer.UNKNOWN, f"{advised.why}; {UNSEEN}")
    if seen.sees_lan is Answer.YES:
        return Gives(Answer.YES, advised.why)
    return Gives(seen.sees_lan, f"{advised.why}; but {seen.why}")


def elsewhere(found: Diagnosis) -> bool:
    """Whether a native program would run where nothing that is seen here tells of."""
    outside = forms.outside_of(found)
    return not outside.here and (outside.why is not None or found.lan.answer is not Answer.YES)


def is_outside(found: Diagnosis) -> bool:
    """Whether the matrix sends the node out of a guest that does not see the LAN."""
    return (
        found.vantage in {Vantage.LINUX_VM_NAT, Vantage.LXC_NAT}
        and found.lan.answer is not Answer.YES
    )


def place(wanted: Mode | None, mode: Mode | None, found: Diagnosis) -> tuple[str, bool]:
    """The machine that the node would run on, in words, and whether it is this one."""
    if mode is None:
        return (NOWHERE if found.recommendation.row == CLOUD else NOT_KNOWN), False
    if mode is not Mode.NATIVE:
        inside = NATIVE[found.vantage]
        return BY_ITS_ENGINE, inside.here or inside.why is None or in_a_distribution(found)
    if wanted is None and is_outside(found):
        return OUTSIDE_THE_MACHINE, False
    outside = forms.outside_of(found)
    return outside.where, outside.here


def in_a_distribution(found: Diagnosis) -> bool:
    """Whether this is a WSL distribution of its user's, which may have an engine of its own."""
    return found.vantage in forms.IN_WINDOWS and found.vantage is not Vantage.DOCKER_DESKTOP_DISTRO


def row_of(mode: Mode, found: Diagnosis) -> int | None:
    """The row that a form stands in on this machine; None where the matrix has none for it."""
    row, mine = found.recommendation.row, rows_for(found)
    if RUNTIMES[mode] is found.recommendation.runtime:
        return row
    if mode in {Mode.MACVLAN, Mode.IPVLAN}:
        return OWN_ADDRESS if mine >= LINUX else None
    if mode is Mode.CONTAINER:
        if found.vantage in forms.IN_WINDOWS:
            return IN_A_DISTRIBUTION
        return 1 if mine >= LINUX else None
    if mine >= LINUX:
        return WITHOUT_ENGINE
    return 6 if row == IN_A_DISTRIBUTION else row


def rows_for(found: Diagnosis) -> frozenset[int]:
    """The rows that are for machines of this one's kind."""
    row, vantage = found.recommendation.row, found.vantage
    if vantage is Vantage.CLOUD_VM or row == CLOUD:
        return LINUX | {CLOUD}
    if vantage in forms.IN_WINDOWS | {Vantage.WINDOWS_NATIVE} or row in WINDOWS_ROWS:
        return WINDOWS_ROWS
    if vantage is Vantage.MACOS_NATIVE or row in MACOS_ROWS:
        return MACOS_ROWS
    if vantage in DESKTOP:
        return WINDOWS_ROWS | MACOS_ROWS
    return LINUX


def options(found: Diagnosis) -> tuple[Option, ...]:
    """All nine rows, each with what it would give here."""
    mine, radio = rows_for(found), forms.is_radio(forms.parent(found))
    listed = []
    for row in ROWS.values():
        runtime = row.runtime
        if row.number == OWN_ADDRESS and (radio or found.vantage is Vantage.ENGINE_IPVLAN_L2):
            runtime = Runtime.CONTAINER_IPVLAN
        mode = MODES.get(runtime)
        gives: tuple[Answer | None, str]
        if row.number not in mine:
            gives = (None, "for a machine of another kind")
        elif mode is None:
            gives = (Answer.NO, row.why)
        elif row.number == IN_A_DISTRIBUTION and found.vantage not in forms.IN_WINDOWS:
            gives = (Answer.UNKNOWN, "diagnose it inside that distribution")
        else:
            gives = forms.gives(mode, found)
        listed.append(Option(row.number, row.place, runtime, *gives))
    return tuple(listed)
