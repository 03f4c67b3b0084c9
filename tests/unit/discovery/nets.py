"""A network as quiet, talkative or broken as a test likes; nothing of it leaves the test."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from dpf_edge.errors import Denied
from dpf_edge.host.net import Connected, Echo
from dpf_edge.model import Neighbour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Quiet:
    """An account at which nobody answers.

    :ivar ended: set once somebody ended it.
    """

    def __init__(self, network: QuietNetwork, name: str, seconds: float) -> None:
        self.network, self.name, self.seconds = network, name, seconds
        self.packets = self.bytes = 0
        self.ended = threading.Event()
        self._until = time.monotonic() + seconds

    def end(self) -> None:
        self.ended.set()

    def now(self) -> float:
        return 1_767_323_045.0

    def left(self) -> float:
        return 0.0 if self.ended.is_set() else max(0.0, self._until - time.monotonic())

    def privileged(self) -> bool:
        return self.network.is_privileged

    def lost(self) -> tuple[str, ...]:
        return ()

    def frames(self, *_: object, **__: object) -> Iterator[Any]:
        if not self.network.is_privileged:
            raise Denied("packet sockets are not allowed here")
        self.ended.wait(self.seconds)
        return iter(())

    def nudge(self, addresses: Iterable[str], *, wait: float) -> Iterator[Neighbour]:
        del wait
        for each in addresses:
            self.packets += 1
            mac = self.network.mac_of(each)
            if mac:
                yield Neighbour(each, mac, "enp3s0", "reachable")

    def echo(self, addresses: Iterable[str], **_: object) -> Iterator[Echo]:
        for each in addresses:
            self.packets += 1
            if self.network.answers(each):
                yield Echo(each, 64, 0.001, self.now())

    def connect(self, targets: Iterable[tuple[str, int]], **_: object) -> Iterator[Connected]:
        for address, port in targets:
            self.packets += 1
            result = "open" if self.network.answers(address) else "silent"
            yield Connected(address, port, result, self.now())


class QuietNetwork:
    """A network of accounts at which nobody answers, unless it is told who does.

    :param answers: whether an address answers echoes and connections.
    :param mac_of: the MAC that an address resolves to.
    """

    def __init__(
        self,
        *,
        privileged: bool = False,
        answers: Callable[[str], bool] = lambda _: False,
        mac_of: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        self.is_privileged = privileged
        self.answers, self.mac_of = answers, mac_of
        self.accounts: list[Quiet] = []

    def privileged(self) -> bool:
        return self.is_privileged

    def account(self, name: str, seconds: float) -> Any:
        made = Quiet(self, name, seconds)
        self.accounts.append(made)
        return made

    def close(self) -> None:
        for each in self.accounts:
            each.end()
