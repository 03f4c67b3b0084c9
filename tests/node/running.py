"""A node in this process, in a thread of its own, with its hands and clock as a test likes them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from dpf_edge.host import capture
from dpf_edge.host.clock import SystemClock
from dpf_edge.host.hardware import Hardware
from dpf_edge.node import agent, status
from dpf_edge.node.logs import Log
from dpf_edge.node.machine import Place
from dpf_edge.node.settings import NodeSettings
from dpf_edge.node.timing import Timing
from dpf_edge.wire.tokens import Secret
from tests.node.servers import PATIENCE, until
from tests.test_cases import CASES
from tests.unit.discovery.nets import QuietNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dpf_edge.host.clock import Clock
    from dpf_edge.host.seam import Host
    from dpf_edge.node.status import Status

# As fast as a test can look; every proportion is that of the real thing.
FAST = Timing(
    beat_least=0.02,
    beat_most=0.05,
    sweep_least=0.02,
    sweep_most=0.08,
    retries=(0.01, 0.02, 0.05),
    slow_retry=0.1,
    absent_retry=0.1,
    retry_after_most=0.2,
    poison_retry=0.3,
    outbox_look=0.05,
    token_look=0.02,
    say_again=5.0,
    sweep_deadline=2.0,
    status_every=0.2,
    status_least=0.01,
)
SEES, BLIND, UNSURE = "linux-host-docker", "docker-desktop-host", "unknown-single-veth"


@cache
def machine(case: str) -> capture.Replay:
    """The machine of a recorded case."""
    return capture.Replay(capture.load(str(CASES / case / "capture.json")))


def settings(url: str, folder: Path, **more: Any) -> NodeSettings:
    """A node's settings, most of them as they are by default."""
    token = more.pop("token", None)
    return NodeSettings(
        **{
            "authority": url,
            "state_folder": str(folder / "state"),
            "log_folder": str(folder / "log"),
            "version": "0.1.0",
            "platform": "linux",
            "timeout_seconds": 2.0,
            "bootstrap_token": Secret(token) if token else None,
            **more,
        }
    )


def place(host: Callable[[], Host], clock: Clock | None = None) -> Place:
    """A machine to run on."""
    hardware = Hardware(4, 8 << 30)
    return Place(
        host, lambda _: QuietNetwork(), clock or SystemClock(), lambda: 0.5, hardware, "f" * 64
    )


class Running:
    """A node that runs.

    :ivar lines: what it logged.
    """

    def __init__(self, given: NodeSettings) -> None:
        self.settings = given
        self.lines: list[dict[str, Any]] = []
        self.error: BaseException | None = None
        self.has_ended = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def run(self, on: Place, timing: Timing) -> None:
        """Be the node, until told to stop."""

        async def go() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            log = Log(on.clock, self.lines.append)
            await agent.serve(self.settings, on, log, self._stop, timing)

        try:
            asyncio.run(go())
        except BaseException as error:  # noqa: BLE001 -- it is the test's to look at
            self.error = error
        self.has_ended.set()

    def stop(self) -> None:
        """Tell it to stop, as a signal would."""
        if self._loop is not None and self._stop is not None and not self.has_ended.is_set():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)

    def events(self, event: str) -> list[dict[str, Any]]:
        """What it logged of one kind."""
        return [line for line in self.lines if line["event"] == event]

    def taken(self) -> list[str]:
        """The keys of the runs that it took."""
        return [line["run"] for line in self.events("taken")]

    def status(self) -> Status | None:
        """What it says at its socket."""
        heard = status.heard(self.settings.state_folder, SystemClock())
        return heard[0] if heard else None

    def is_in(self, mode: str) -> bool:
        """Whether it says that it is in a mode."""
        told = self.status()
        return told is not None and told.mode.value == mode


@contextlib.contextmanager
def running(
    given: NodeSettings,
    *,
    host: Callable[[], Host] | str = SEES,
    clock: Clock | None = None,
    timing: Timing = FAST,
) -> Iterator[Running]:
    """A node, for a while; at the end it stops, and within its time."""
    read: Callable[[], Host] = (lambda: machine(host)) if isinstance(host, str) else host
    node = Running(given)
    thread = threading.Thread(target=node.run, args=(place(read, clock), timing), daemon=True)
    thread.start()
    try:
        yield node
    finally:
        until(lambda: node._stop is not None or node.has_ended.is_set())
        node.stop()
        assert node.has_ended.wait(PATIENCE), "the node did not stop"
        thread.join(PATIENCE)
    if node.error is not None:
        raise node.error
