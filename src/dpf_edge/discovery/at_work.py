"""One collector at work, in a thread of its own: how it is heard, and judged at its end."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Protocol

from dpf_edge.discovery.job import Stage
from dpf_edge.errors import Absent, Denied, HostError
from dpf_edge.host.net import Net
from dpf_edge.observed import Observation, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# How often a sweep that hears nothing looks at its clock.
LOOK_SECONDS = 0.1
REASON_CHARACTERS = 300
STOPPED = "stopped before its end"
OVER = "its time was over before it had asked everybody"
# Of several waves of one collector, the outcome that says most is its outcome.
WEIGHT = (Status.FOUND, Status.TIMED_OUT, Status.FAILED, Status.SKIPPED, Status.NOTHING)


class Account(Net, Protocol):
    """A collector's way to the network, which counts what was sent and can be ended."""

    @property
    def packets(self) -> int:
        """How many packets were sent."""

    @property
    def bytes(self) -> int:
        """How many bytes were handed to the kernel."""

    def end(self) -> None:
        """Let whatever is under way end now. May be called from any thread, and again."""


class Network(Protocol):
    """What opens accounts: the machine's network, or what stands for it."""

    def privileged(self) -> bool:
        """Whether packet sockets may be opened."""

    def account(self, name: str, seconds: float) -> Account:
        """A way to the network for one collector, for so many seconds."""


class Run:
    """One collector at work.

    :ivar due: the tick after which it is not waited for any more.
    :ivar is_over: told to stop; what it still yields is not taken.
    """

    def __init__(self, name: str, stage: Stage, account: Account, began: float, due: float) -> None:
        self.name, self.stage, self.account = name, stage, account
        self.began, self.due = began, due
        self.found = 0
        self.is_over = False


Message = tuple[Run, Observation | None, BaseException | None]


def worked(
    run: Run,
    work: Callable[[Account], Iterator[Observation]],
    messages: queue.Queue[Message | None],
) -> None:
    """Run a collector to its end, in a thread of its own."""
    error: BaseException | None = None
    try:
        for seen in work(run.account):
            if not told(run, seen, None, messages):
                return
    except BaseException as raised:  # noqa: BLE001 -- a collector's failure is an outcome
        error = raised
    told(run, None, error, messages)


def told(
    run: Run,
    seen: Observation | None,
    error: BaseException | None,
    messages: queue.Queue[Message | None],
) -> bool:
    """Hand over what a collector says, and wait while there is no room for it.

    :returns: whether it was taken; not any more once the collector is over.
    """
    while not run.is_over:
        try:
            messages.put((run, seen, error), timeout=LOOK_SECONDS)
        except queue.Full:
            continue
        return True
    return False


def ending(run: Run, error: BaseException | None, *, is_stopped: bool) -> tuple[Status, str | None]:
    """How a collector ended.

    :param is_stopped: whether it was told to.
    """
    if isinstance(error, Denied | Absent):
        return Status.SKIPPED, str(error)
    if isinstance(error, HostError):
        return Status.FAILED, str(error)
    if error is not None:
        return Status.FAILED, f"{type(error).__name__}: {error}"
    if run.stage is not Stage.LISTEN and run.account.left() <= 0:
        return Status.TIMED_OUT, STOPPED if is_stopped else OVER
    return (Status.FOUND if run.found else Status.NOTHING), None


def summed(name: str, outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of all waves of one collector."""
    all_of_them = tuple(outcomes)
    status = min((each.status for each in all_of_them), key=WEIGHT.index)
    reasons = dict.fromkeys(each.reason for each in all_of_them if each.reason)
    return Outcome(
        name,
        status,
        round(sum(each.seconds for each in all_of_them), 3),
        "; ".join(reasons)[:REASON_CHARACTERS] or None,
        sum(each.packets for each in all_of_them),
        sum(each.bytes for each in all_of_them),
        sum(each.found for each in all_of_them),
    )
