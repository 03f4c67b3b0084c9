"""How Ctrl-C and SIGTERM end what runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def ended_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Let SIGINT and SIGTERM end what runs: the first in good order, the second at once.

    Not the loop's own way, which Windows has not.
    """
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
