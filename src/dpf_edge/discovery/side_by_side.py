"""Several things done at once, each giving as it goes: what one waits for holds up no other."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


class _Ended:
    """A worker has nothing more to do; with what broke it, where something did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def side_by_side(works: Sequence[Callable[[], Iterator[T]]], most: int) -> Iterator[T]:
    """What some works give, as they give it; the first one that breaks is raised at the end.

    :param most: how many are done at once.
    """
    given: queue.SimpleQueue[Any] = queue.SimpleQueue()
    left = iter(works)
    lock = threading.Lock()

    def work() -> None:
        broken: BaseException | None = None
        while True:
            with lock:
                one = next(left, None)
            if one is None:
                break
            try:
                for each in one():
                    given.put(each)
            except BaseException as error:  # noqa: BLE001 -- raised again where it is waited for
                broken = broken or error
        given.put(_Ended(broken))

    count = min(most, len(works))
    for number in range(count):
        threading.Thread(target=work, name=f"side-by-side-{number}", daemon=True).start()
    broken: BaseException | None = None
    while count:
        got = given.get()
        if not isinstance(got, _Ended):
            yield got
            continue
        count -= 1
        broken = broken or got.error
    if broken is not None:
        raise broken
