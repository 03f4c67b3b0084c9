"""A walk by frames: what is asked, in which order and how often, and who has answered.

It goes at the pace of all, reads what comes between two packets, and asks the silent again at once
behind the first pass: by then most of them have had their time. Where answers thin out while the
addresses are of one kind, packets are being lost: it goes on at half the rate.
"""

from __future__ import annotations

import errno
import itertools
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import Failed
from dpf_edge.host.thinning import Checking, Thinning

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator

    from dpf_edge.host.counting import Ledger

# A question is not asked again sooner than this: a station on a wire answers within a millisecond,
# a slow one within tens.
PATIENCE_SECONDS = 0.05
# Who loses answers at an eighth of the rate as well is not too fast: there are none to be had here.
MOST_SLOWED = 3
# No room in the card's queue, or in the socket.
FULL = (errno.EAGAIN, errno.ENOBUFS)
# The least that a loop sleeps, so that it does not spin through the last microseconds.
LEAST_PAUSE_SECONDS = 0.0002
# Up to so many addresses, or so slowly (the charter's fast), all who are silent are asked again.
# A longer walk in more of a hurry asks them again where it lost something.
SHORT_WALK = 4_096
UNHURRIED = 2_000.0
# The addresses that are known come first, and a table has no more of them.
KNOWN_FIRST = 1_024
# When a question was sent is kept no finer than this: of a /16 that is a few hundred times, and not
# one for each address.
MARK_SECONDS = 0.01
# A /16's answers. Whoever answers for more addresses than that is lying about them all.
MOST_ANSWERED = 1 << 17


class Matching(NamedTuple):
    """How one kind of question is matched with its answer: by the address that it is about.

    :ivar asked: the address in a question.
    :ivar answered: the address in a frame; b"" where the frame is no answer.
    :ivar about: makes a question about one address from the question about another.
    """

    asked: Callable[[bytes], bytes]
    answered: Callable[[bytes], bytes]
    about: Callable[[bytes, bytes], bytes] | None = None


def arp_asked(frame: bytes) -> bytes:
    """The target protocol address of an ARP request for IPv4 (RFC 826)."""
    return frame[38:42]


def arp_answered(frame: bytes) -> bytes:
    """The sender protocol address of an ARP reply, or of a request: who asks is there too."""
    return frame[28:32]


def arp_about(question: bytes, address: bytes) -> bytes:
    """An ARP request like another, for an address."""
    return question[:38] + address + question[42:]


def ndp_asked(frame: bytes) -> bytes:
    """The target of a neighbour solicitation (RFC 4861 section 4.3)."""
    return frame[62:78]


def ndp_answered(frame: bytes) -> bytes:
    """The target of a neighbour advertisement; b"" for other messages."""
    return frame[62:78] if frame[54:55] == b"\x88" else b""


MATCHINGS = {
    "arp": Matching(arp_asked, arp_answered, arp_about),
    "ndp": Matching(ndp_asked, ndp_answered),
}


class Walk:
    """One walk's questions, and who has answered them.

    :ivar answered: the addresses that answered of those that were asked, or of nobody.
    """

    def __init__(
        self,
        ledger: Ledger,
        sock: socket.socket,
        matching: Matching,
        questions: Iterable[bytes],
    ) -> None:
        self._ledger = ledger
        self._sock = sock
        self._matching = matching
        # An iterator can be run through once: what is to be asked again is kept.
        self._questions = list(questions) if iter(questions) is questions else questions
        self._turn = ledger.turn()
        self._thinning = Thinning()
        self._checking = Checking(ledger.clock)
        self._count = self._thin = 0
        self._when = When()
        self._last_question = self._last_answer = ledger.clock()
        self.answered: set[bytes] = set()

    def batches(self, number: int) -> Iterator[tuple[list[bytes], float]]:
        """What is asked in one pass, batch by batch, each with the time before which it is not."""
        return self._again() if number else self._first()

    def _first(self) -> Iterator[tuple[list[bytes], float]]:
        """Everybody; and, in a long walk, now and then one who has answered already."""
        batch: list[bytes] = []
        index = 0
        for index, question in enumerate(self._questions, 1):
            batch.append(question)
            if len(batch) >= self._turn.batch:
                yield batch + self._check(question, index), 0.0
                self._when.note(index, self._last_question)
                batch = []
        if batch:
            yield batch, 0.0
        self._when.note(index, self._last_question)
        self._count = index

    def _check(self, question: bytes, index: int) -> list[bytes]:
        """A question whose answer is known, where it is time for one."""
        about = self._matching.about
        if about is None or index < SHORT_WALK or self._ledger.pace.rate <= UNHURRIED:
            return []
        address = self._checking.next()
        return [] if address is None else [about(question, address)]

    def _again(self) -> Iterator[tuple[list[bytes], float]]:
        """The silent, not sooner than they can be expected to have answered.

        Of a long walk in a hurry that lost nothing, those alone that were asked first: known ones.
        """
        most = KNOWN_FIRST if self._count > SHORT_WALK and self._checking.is_fine() else None
        batch: list[bytes] = []
        asked, answered = self._matching.asked, self.answered
        for index, question in enumerate(itertools.islice(self._questions, most), 1):
            if asked(question) not in answered:
                batch.append(question)
            if len(batch) >= self._turn.batch:
                yield batch, self._when.at(index) + PATIENCE_SECONDS
                batch = []
        if batch:
            yield batch, self._when.at(self._count) + PATIENCE_SECONDS

    def pause(self, count: int, not_before: float) -> float:
        """How many seconds until some questions may be sent; 0 where they may now."""
        early = not_before - self._ledger.clock()
        if early > 0:
            return early
        return 0.0 if self._turn.due(count) else max(self._turn.wait(), LEAST_PAUSE_SECONDS)

    def send(self, batch: list[bytes]) -> bool:
        """Send some questions; whether there are some left, for there was no room for them.

        :raises Failed: the interface went down.
        """
        send = self._sock.send
        sent = 0
        try:
            for question in batch:
                send(question)
                sent += 1
        except OSError as error:
            if error.errno not in FULL:
                raise Failed(f"cannot send: {error.strerror}") from error
        self._ledger.count(sent, sum(map(len, batch[:sent])))
        self._last_question = self._ledger.clock()
        del batch[:sent]
        # Behind the first pass everybody who answers has answered.
        if not self._count and self._thinning.asked(sent):
            self._thinned()
        return bool(batch)

    def hear(self, data: bytes) -> None:
        """Take note of a frame."""
        about = self._matching.answered(data)
        if about and about not in self.answered and len(self.answered) < MOST_ANSWERED:
            self.answered.add(about)
            self._last_answer = self._ledger.clock()
            self._thinning.answered()
            self._checking.found(about)
        else:
            self._checking.heard(about)

    def _thinned(self) -> None:
        """Go slower where answers thin out; and no longer where that brings none back."""
        self._thin += 1
        if self._thin <= MOST_SLOWED:
            self.slow("answers thinned out")
        elif self._thin == MOST_SLOWED + 1:
            self._ledger.pace.hurry()
            self._ledger.note("slower brought no more answers: on at the full rate")

    def slow(self, why: str) -> None:
        """Go on at half the rate, and say so."""
        before = self._ledger.pace.rate
        self._ledger.pace.slow()
        if self._ledger.pace.rate < before:
            self._ledger.note(f"{why} at {before:.0f} packets a second: slowed down")

    def rest(self, wait: float, quiet: float | None) -> float:
        """How many seconds answers are still waited for; 0 where it is over."""
        if len(self.answered) >= self._count and not self.silent():
            return 0.0
        end = self._last_question + wait
        if quiet is not None:
            least = self._last_question + PATIENCE_SECONDS
            end = min(end, max(least, self._last_answer + quiet))
        return max(0.0, end - self._ledger.clock())

    def silent(self) -> bool:
        """Whether somebody who was asked has not answered yet."""
        asked = self._matching.asked
        return any(asked(each) not in self.answered for each in self._questions)


class When:
    """When the questions of the first pass were sent, to a hundredth of a second."""

    def __init__(self) -> None:
        self._marks: deque[tuple[int, float]] = deque()
        self._began = 0.0

    def note(self, index: int, time: float) -> None:
        """Note that all questions up to one were sent by now."""
        if not self._marks or time - self._began >= MARK_SECONDS:
            self._began = time
            self._marks.append((index, time))
        else:
            self._marks[-1] = (index, time)

    def at(self, index: int) -> float:
        """By when a question was sent; asked for in their order."""
        while len(self._marks) > 1 and self._marks[0][0] < index:
            self._marks.popleft()
        return self._marks[0][1] if self._marks else 0.0
