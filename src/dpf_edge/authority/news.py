"""What is new in the feed, for whoever has the page open: one look at the store serves them all.

The store is looked at again and again rather than told by whoever writes: several processes may
write, and a look works with each of them. What is remembered is bounded in every direction, and
nothing of it outlives the process; a reader who comes back after a gap is told to read the page
anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.authority.answers import log_away
from dpf_edge.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from dpf_edge.authority.threads import Threads
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Entry

log = logging.getLogger(__name__)

# How often the store is looked at while somebody reads; a look takes some milliseconds.
LOOK_SECONDS = 2.0
# How long after the last reader it goes on: until a page that was just drawn has its script.
LINGER_SECONDS = 60.0
# The newest entries are those that a look compares; a sweep that finds more says "read anew".
WINDOW = 200
# More at once than anybody reads as it comes.
MOST_AT_ONCE = 20
# What a reader who lost the connection for a while is given when it is back.
REMEMBERED = 200
# What a reader may leave lying; then it is dropped, and comes back when it can.
BACKLOG = 100
# In one process, and of one session: browsers have six connections to a host, and a page takes one.
READERS = 200
READERS_OF_ONE = 12
MOST_DIGITS = 16


class Full(Exception):
    """There is no room for another reader."""


class News(NamedTuple):
    """One entry that is new, or is not any more as it was; None: too many, read the page anew."""

    number: int
    entry: Entry | None
    is_new: bool = False


class Reader:
    """Somebody who reads along."""

    def __init__(self, who: str, first: Iterable[News]) -> None:
        self.who = who
        self.waits: asyncio.Queue[News] = asyncio.Queue(BACKLOG)
        self.is_dropped = False
        for each in first:
            self.give(each)

    def give(self, news: News) -> None:
        """Put something before a reader; one who takes nothing any more is dropped."""
        try:
            self.waits.put_nowait(news)
        except asyncio.QueueFull:
            self.is_dropped = True


class Newsroom:
    """Looks at the store while there are readers, and tells them."""

    def __init__(
        self,
        store: Store,
        threads: Threads,
        ticks: Callable[[], float],
        stop: asyncio.Event | None = None,
    ) -> None:
        self.store = store
        self.threads = threads
        self.ticks = ticks
        self.stop = stop
        # Numbers of another process mean nothing here.
        self.edition = secrets.token_hex(4)
        self.numbers = itertools.count(1)
        self.last = 0
        self.known: dict[str, Entry] | None = None
        self.remembered: deque[News] = deque(maxlen=REMEMBERED)
        self.readers: set[Reader] = set()
        self.lingers_until = 0.0
        self.looking: asyncio.Task[None] | None = None
        self.waking = asyncio.Lock()

    async def now(self) -> str:
        """Where the news stand: what is read in the store after this has all until here.

        :raises StoreUnavailable: it cannot be looked at.
        """
        async with self.waking:
            self.lingers_until = self.ticks() + LINGER_SECONDS
            if self.looking is None or self.looking.done():
                self.known = None
                await self.look()
                self.looking = asyncio.create_task(self.look_on())
                self.looking.add_done_callback(self.looked)
        return f"{self.edition}.{self.last}"

    @contextlib.asynccontextmanager
    async def reading(self, who: str, after: str | None) -> AsyncIterator[Reader]:
        """Read along, from where somebody stopped.

        :param who: whose session it is.
        :param after: what :meth:`now` or the last event said; None: from now on.
        :raises Full: too many do.
        :raises StoreUnavailable: it cannot be looked at.
        """
        await self.now()
        mine = sum(each.who == who for each in self.readers)
        if len(self.readers) >= READERS or mine >= READERS_OF_ONE:
            raise Full
        # Nothing waits between these two: what comes is told once.
        reader = Reader(who, self.since(after))
        self.readers.add(reader)
        try:
            yield reader
        finally:
            self.readers.discard(reader)
            self.lingers_until = self.ticks() + LINGER_SECONDS

    def since(self, after: str | None) -> list[News]:
        """What came after somebody stopped; "read anew" where that is not known any more."""
        if after is None:
            return []
        edition, _, number = after.partition(".")
        is_ours = edition == self.edition and number.isascii() and number.isdigit()
        # As many digits as no number here has; int() is asked for no more.
        stopped = int(number) if is_ours and len(number) < MOST_DIGITS else self.last + 1
        missed = [each for each in self.remembered if each.number > stopped]
        if len(missed) != self.last - stopped or len(missed) > MOST_AT_ONCE:
            return [News(self.last, None)]
        return missed

    async def look_on(self) -> None:
        """Look every now and then, until nobody has read for a while."""
        while self.stop is None or not self.stop.is_set():
            await asyncio.sleep(LOOK_SECONDS)
            if not self.readers and self.ticks() > self.lingers_until:
                return
            try:
                await self.look()
            except StoreUnavailable as away:
                log_away("news", away)

    def looked(self, over: asyncio.Task[None]) -> None:
        """No more looks come; where that was a fault, readers are let go, and come back."""
        fault = None if over.cancelled() else over.exception()
        if fault is None:
            return
        log.error("news: the looking ended", exc_info=fault)
        for reader in self.readers:
            reader.is_dropped = True

    async def look(self) -> None:
        """Look once, and tell what is new; the first look after a pause only remembers."""
        page = await self.threads.run(lambda: self.store.feed.page(limit=WINDOW))
        if self.known is None:
            self.last = next(self.numbers)
            self.remembered.clear()
        else:
            self.tell(fresh(self.known, page.rows))
        self.known = {each.entry: each for each in page.rows}

    def tell(self, news: Sequence[tuple[Entry, bool]]) -> None:
        """Tell everybody, the oldest first."""
        told: list[tuple[Entry | None, bool]] = [*reversed(news)]
        if len(told) > MOST_AT_ONCE:
            told = [(None, True)]
        for entry, is_new in told:
            self.last = next(self.numbers)
            made = News(self.last, entry, is_new)
            self.remembered.append(made)
            for reader in self.readers:
                reader.give(made)


def fresh(known: Mapping[str, Entry], rows: Iterable[Entry]) -> list[tuple[Entry, bool]]:
    """The entries that are not as they were, and whether each has something new to say.

    What only came into the window, because something above it went, is as old as it ever was.
    """
    is_full = len(known) >= WINDOW
    oldest = min((each.at for each in known.values()), default=0.0) if is_full else 0.0
    found = []
    for each in rows:
        before = known.get(each.entry)
        if before is None and each.at >= oldest:
            found.append((each, True))
        elif before is not None and before != each:
            found.append((each, each.at > before.at))
    return found
