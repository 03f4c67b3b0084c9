"""How Ctrl-C and SIGTERM end what runs until it is told to stop, or until it is done."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

# timeout(1) signals its child and then the child's group; a key may bounce.
SAME_SECONDS = 1.0


@contextlib.contextmanager
def ended_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Let SIGINT and SIGTERM end what runs: the first in good order, the second at once.

    Not the loop's own way, which Windows has not.
    """
    import asyncio

    loop = asyncio.get_running_loop()

    def told(number: int, frame: object) -> None:
        del number, frame
        if stop.is_set():
            os._exit(1)
        loop.call_soon_threadsafe(stop.set)

    before = {each: signal.signal(each, told) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def cut_short() -> Iterator[Callable[[], bool]]:
    """Take Ctrl-C as the wish to come to an end with what there is.

    It raises nothing, so that it loses nothing. One that comes later than the same wish would is
    another wish, and raises KeyboardInterrupt: whoever waits has waited enough.

    :returns: tells whether the wish was made.
    """
    first: float | None = None

    def told(number: int, frame: object) -> None:
        nonlocal first
        del number, frame
        now = time.monotonic()
        if first is None:
            first = now
        elif now - first > SAME_SECONDS:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # as a shell's job in the background has it
        signal.signal(signal.SIGINT, told)
    try:
        yield lambda: first is not None
    finally:
        signal.signal(signal.SIGINT, before)
