"""Threads that nobody waits for at the end: what hangs in the machine must not hold up an exit."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(ThreadPoolExecutor):
    """An executor for an event loop, of which nothing is left to wait for when the loop ends.

    The standard one is joined when the interpreter exits, so a name server that does not answer,
    or a command that hangs, would hold up Ctrl-C for as long as it pleases. The loop's
    ``set_default_executor`` takes nothing but a ThreadPoolExecutor. Who calls bounds how many
    there are: a loop here has a handful of tasks, each of which waits for its own.
    """

    def submit(self, fn: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """Begin something in a thread of its own."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*arguments, **named)
            except BaseException as error:  # noqa: BLE001 -- it is handed on, whatever it is
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=work, daemon=True, name=getattr(fn, "__name__", "work")).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing is waited for."""
        del wait, cancel_futures
