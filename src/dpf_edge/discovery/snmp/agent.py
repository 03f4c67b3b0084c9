"""Asks one SNMP agent over a Net: heads of objects, and whole tables, bounded on every side.

An agent may be slow, silent, broken or hostile. A table ends where its objects' OIDs stop growing,
where it has more rows than such a table may have, when the account's time is over, or when nobody
answers any more; whatever was read by then counts, and that it was cut off is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.discovery.snmp.message import Binding, Error, Kind, Pdu, Value
from dpf_edge.discovery.snmp.session import Again, NotOurs, Refused
from dpf_edge.host.net import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dpf_edge.discovery.snmp.ber import Oid
    from dpf_edge.discovery.snmp.session import Session
    from dpf_edge.host.net import Net

Row = dict["Oid", Value]
Table = dict["Oid", Row]

# As many bindings as fit into an unfragmented answer (about 30 bytes each in 1 472): more would
# only be cut off by the agent.
MOST_AT_ONCE = 48
# What one agent may cost in all: a switch with 16 000 stations takes about 700 questions.
MOST_QUESTIONS = 2_000
# A clock may have to be learnt, and set once more after a restart; an agent that says so for ever
# is broken.
MOST_AGAIN = 3
# A router forwards an answer a few times; more than one hop is what agents past the own segment are
# away.
HOPS = 64


class Silent(Exception):
    """Nobody answers."""


class Agent:
    """One SNMP agent, asked one question after another.

    :param address: where it is asked.
    :param seconds: how long an answer may take, retries and all.
    :param note: is told what was cut off.
    """

    def __init__(
        self,
        net: Net,
        session: Session,
        address: str,
        port: int,
        seconds: float,
        note: Callable[[str], None],
    ) -> None:
        self._net = net
        self._session = session
        self._to = (address, port)
        self._seconds = seconds
        self._note = note
        self._questions = 0

    @property
    def engine_id(self) -> bytes | None:
        """The engine's id, where the version has one."""
        return self._session.engine_id

    def ask(self, pdu: Pdu) -> Pdu:
        """Put a question until it is answered.

        :raises Silent: nobody answers in time.
        :raises Refused: the agent does not let us in.
        """
        for _ in range(MOST_AGAIN):
            self._questions += 1
            if self._questions > MOST_QUESTIONS or not self._net.left():
                raise Silent
            datagram = self._session.question(pdu, self._net.now())
            # Said three times within the time: datagrams get lost. RFC 3416 lets an agent be asked
            # again with the same id.
            wait, again = self._seconds / 2, (self._seconds / 6, self._seconds / 2)
            question = Question(datagram, *self._to, hops=HOPS)
            answers = self._net.ask([question], wait=wait, again=again)
            for came in answers:
                try:
                    answer = self._session.answer(came.payload, came.at)
                except NotOurs:
                    continue
                except Again:
                    break
                if answer.status == Error.AUTHORIZATION:
                    raise Refused("the agent lets this user see nothing with this protection")
                return answer
            else:
                raise Silent
        raise Silent

    def heads(self, *objects: Oid) -> dict[Oid, Value]:
        """The first instance of each object: of a scalar, its value; what is not there is left out.

        :raises Silent: nobody answers in time.
        :raises Refused: the agent does not let us in.
        """
        answer = self.ask(Pdu(Kind.GET_NEXT, tuple(map(Binding, objects))))
        if answer.status == Error.NO_SUCH_NAME and len(objects) > 1:  # v1: all or nothing
            return {name: value for each in objects for name, value in self.heads(each).items()}
        if answer.status:
            return {}
        pairs = zip(objects, answer.bindings, strict=False)
        return {
            name: found.value
            for name, found in pairs
            if found.value is not None and found.oid[: len(name)] == name
        }

    def table(self, called: str, columns: Sequence[Oid], most: int) -> Table:
        """The rows of a table by their indexes, each with its values by column.

        :param called: the table's name, for what is told of it.
        :raises Refused: the agent does not let us in.
        """
        walk = Walk(columns, most)
        rounds = MOST_AT_ONCE // len(columns) if self._session.has_bulk else 1
        while walk.open:
            asked = tuple(Binding(walk.at[each]) for each in walk.open)
            bulk = Pdu(Kind.GET_BULK, asked, place=rounds)
            try:
                answer = self.ask(bulk if rounds > 1 else Pdu(Kind.GET_NEXT, asked))
            except Silent:
                walk.says = "nobody answered to the end"
                break
            if answer.status == Error.TOO_BIG and rounds > 1:
                rounds //= 2
                continue
            if answer.status:  # v1 says *no such name* at the end of its objects
                walk.failed(answer.status, answer.place)
                continue
            walk.take(answer.bindings)
        if walk.says:
            self._note(f"{self._to[0]}: {called} is cut off: {walk.says}")
        return walk.rows


class Walk:
    """Several columns of one table, read side by side.

    :ivar open: the columns that have not ended.
    :ivar at: the last OID of each.
    :ivar says: why it was cut off; empty where it was not.
    """

    def __init__(self, columns: Sequence[Oid], most: int) -> None:
        self.open = list(columns)
        self.at: dict[Oid, Oid] = {each: each for each in columns}
        self.rows: Table = {}
        self.says = ""
        self._most = most

    def take(self, bindings: Sequence[Binding]) -> None:
        """Take an answer's bindings, which come round the columns that were asked for."""
        asked = list(self.open)
        if not bindings:
            self.says, self.open = "an answer without anything", []
            return
        for place, found in enumerate(bindings):
            column = asked[place % len(asked)]
            if column in self.open:
                self._one(column, found)

    def _one(self, column: Oid, found: Binding) -> None:
        """Take one binding of a column."""
        is_ours = found.oid[: len(column)] == column and len(found.oid) > len(column)
        if not is_ours or found.value is None:
            self.open.remove(column)
        elif found.oid <= self.at[column]:
            self.says = "its objects come round again"
            self.open.remove(column)
        else:
            self.at[column] = found.oid
            index = found.oid[len(column) :]
            if index not in self.rows and len(self.rows) >= self._most:
                self.says = f"it has more than {self._most} rows"
                self.open.remove(column)
                return
            self.rows.setdefault(index, {})[column] = found.value

    def failed(self, status: int, place: int) -> None:
        """Leave the column that an error is about; all of them, where it does not say which."""
        if status == Error.NO_SUCH_NAME and 0 < place <= len(self.open):
            del self.open[place - 1]
            return
        self.says, self.open = f"the agent reports the error {status}", []
