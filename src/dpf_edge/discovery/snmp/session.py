"""One conversation with one SNMP agent: questions as datagrams, and which datagrams answer them.

Nothing here sends. A session gives the bytes of a question; it takes the bytes that came, and says
what they mean: the answer, that the question has to be put again (an engine's clock had to be
learnt first), that they are no answer of this agent's, or that it refuses.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.snmp import message as snmp_message
from dpf_edge.discovery.snmp import usm as snmp_usm
from dpf_edge.discovery.snmp.ber import BerError, Oid
from dpf_edge.discovery.snmp.message import (
    AUTHENTICATED,
    PRIVATE,
    REPORTABLE,
    USM,
    V1,
    V2C,
    V3,
    Binding,
    Kind,
    Pdu,
)
from dpf_edge.discovery.snmp.usm import Clock

if TYPE_CHECKING:
    from dpf_edge.discovery.job import SnmpTarget
    from dpf_edge.discovery.snmp.usm import Cipher, Hash

# RFC 3416 section 3: request ids are 32 bits with a sign; only positive ones are used here.
_IDS = 0x7FFF_FFFF
# RFC 3414 section 2.2.3: how far an engine's clock may be from what is known of it.
WINDOW_SECONDS = 150
# RFC 3411 section 5, SnmpEngineID.
ENGINE_ID_BYTES = range(5, 33)

# The counters of RFC 3414 section 5 that a report tells, 1.3.6.1.6.3.15.1.1.N.
_REPORTS: Oid = (1, 3, 6, 1, 6, 3, 15, 1, 1)
UNSUPPORTED, NOT_IN_TIME, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, UNOPENED = range(1, 7)
REFUSALS = {
    UNSUPPORTED: "the agent does not let this user in with this protection",
    NOT_IN_TIME: "the agent's clock goes back",
    UNKNOWN_USER: "the agent does not know the user",
    UNKNOWN_ENGINE: "the agent's engine id changes",
    WRONG_DIGEST: "the authentication password or protocol is another",
    UNOPENED: "the privacy password or protocol is another",
}


class Refused(Exception):
    """The agent answers, and does not let us in; the text says why, and holds no secret."""


class NotOurs(Exception):
    """A datagram that is no answer to what was asked: somebody else's, forged, late, or broken."""


class Again(Exception):
    """The agent said what had to be known first: the question is to be put again."""


class Ids:
    """Numbers that nobody can guess who did not see the seed, each other than the last."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._count = 0

    def draw(self, most: int = _IDS) -> int:
        """The next number, from 1 to ``most``."""
        self._count += 1
        digest = hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        return int.from_bytes(digest[:8], "big") % most + 1


class Community:
    """A session by v1 or v2c: the community goes along in the clear.

    :ivar engine_id: None: these versions have none.
    """

    engine_id: bytes | None = None

    def __init__(self, name: str, ids: Ids, version: int = V2C) -> None:
        self._name = name.encode()
        self._version = version
        self._ids = ids
        self._request_id = 0

    @property
    def has_bulk(self) -> bool:
        """Whether many rows may be asked for at once."""
        return self._version != V1

    def question(self, pdu: Pdu, at: float) -> bytes:
        """A question as a datagram."""
        del at
        self._request_id = self._ids.draw()
        asked = pdu._replace(request_id=self._request_id)
        return snmp_message.community(self._version, self._name, asked)

    def answer(self, datagram: bytes, at: float) -> Pdu:
        """The answer that a datagram holds.

        :raises NotOurs: it holds none to the last question.
        """
        del at
        try:
            version, name, pdu = snmp_message.read_community(datagram)
        except BerError as error:
            raise NotOurs(str(error)) from error
        # RFC 3584 4.2: an agent answers with the community that it was asked with.
        if version != self._version or name != self._name or pdu.kind is not Kind.RESPONSE:
            raise NotOurs("another version, community or kind")
        if pdu.request_id != self._request_id:
            raise NotOurs("an answer to another question")
        return pdu


class Keys(NamedTuple):
    """A user's keys at one engine; None where that protection is not used."""

    authentication: bytes | None
    privacy: bytes | None


class User:
    """A session by v3 with user-based security.

    The engine's id and clock are learnt from its reports. An id is believed as it comes, for a
    key that is made for another engine's opens nothing; a clock only if it was authenticated, but
    for the first word, without which nothing could begin.

    :raises ValueError: the target names no such protocol, or lacks a password.
    """

    has_bulk = True

    def __init__(self, target: SnmpTarget, ids: Ids) -> None:
        self._user = (target.user or "").encode()
        self._hash = _known(snmp_usm.HASHES, target.auth_protocol, target.auth_password)
        self._cipher = _known(snmp_usm.CIPHERS, target.priv_protocol, target.priv_password)
        if self._cipher is not None and self._hash is None:
            raise ValueError("privacy needs authentication (RFC 3414 section 1.4)")
        self._passwords = (target.auth_password or "", target.priv_password or "")
        self._ids = ids
        self._salt = ids.draw((1 << 63) - 1)
        self.engine_id: bytes | None = None
        self._keys = Keys(None, None)
        self._clock: Clock | None = None
        self._clock_at = 0.0
        self._asked = (0, 0)

    def question(self, pdu: Pdu, at: float) -> bytes:
        """A question as a datagram; the first one asks who the agent is, whatever ``pdu`` says.

        :param at: what time it is, in seconds of any clock that :meth:`answer` is told too.
        """
        self._asked = (self._ids.draw(), self._ids.draw())
        if self.engine_id is None or self._clock is None:
            return self._discovery()
        clock = self._clock_now(at)
        data = snmp_message.scoped(self.engine_id, pdu._replace(request_id=self._asked[1]))
        flags, privacy = REPORTABLE, b""
        if self._cipher is not None and self._keys.privacy is not None:
            self._salt += 1
            data, privacy = snmp_usm.closed(
                self._keys.privacy, self._cipher, clock, self._salt, data
            )
            flags |= PRIVATE
        message = V3(
            message_id=self._asked[0],
            flags=flags,
            model=USM,
            engine_id=self.engine_id,
            boots=clock.boots,
            time=clock.time,
            user=self._user,
            authentication=b"",
            privacy=privacy,
            data=data,
        )
        if self._hash is None or self._keys.authentication is None:
            return snmp_message.v3(message)[0]
        blank = message._replace(
            flags=flags | AUTHENTICATED, authentication=bytes(self._hash.bytes)
        )
        whole, at = snmp_message.v3(blank)
        return snmp_usm.seal(self._keys.authentication, self._hash, whole, at)

    def _discovery(self) -> bytes:
        """RFC 3414 section 4: an empty question to nobody in particular."""
        pdu = Pdu(Kind.GET, (), self._asked[1])
        empty = V3(
            message_id=self._asked[0],
            flags=REPORTABLE,
            model=USM,
            engine_id=b"",
            boots=0,
            time=0,
            user=b"",
            authentication=b"",
            privacy=b"",
            data=snmp_message.scoped(b"", pdu),
        )
        return snmp_message.v3(empty)[0]

    def _clock_now(self, at: float) -> Clock:
        """The engine's clock, as far as it has gone on since it was heard."""
        if self._clock is None:
            return Clock(0, 0)
        gone = max(0, int(at - self._clock_at))
        return Clock(self._clock.boots, min(self._clock.time + gone, _IDS))

    def answer(self, datagram: bytes, at: float) -> Pdu:
        """The answer that a datagram holds.

        :raises NotOurs: it holds none to the last question.
        :raises Again: it told what the question has to be put with.
        :raises Refused: the agent does not let us in.
        """
        try:
            message = snmp_message.read_v3(datagram)
        except BerError as error:
            raise NotOurs(str(error)) from error
        if message.message_id != self._asked[0] or message.model != USM:
            raise NotOurs("an answer to another question")
        if self.engine_id is None or self._clock is None:
            self._introduced(message, at)
        if message.engine_id != self.engine_id:
            raise NotOurs("another engine")
        is_proven = self._is_proven(message, datagram)
        pdu = self._opened(message)
        if pdu.kind is Kind.REPORT:
            self._reported(pdu, message, at, is_proven=is_proven)
        self._must_be_answer(message, pdu, at, is_proven=is_proven)
        if is_proven:
            self._clock, self._clock_at = Clock(message.boots, message.time), at
        return pdu

    def _introduced(self, message: V3, at: float) -> None:
        """Learn who the agent is.

        :raises Again: always, where it said so.
        :raises NotOurs: it did not.
        """
        if len(message.engine_id) not in ENGINE_ID_BYTES or message.boots < 0 or message.time < 0:
            raise NotOurs("an engine id that is none")
        self.engine_id = message.engine_id
        self._clock, self._clock_at = Clock(min(message.boots, _IDS), min(message.time, _IDS)), at
        self._keys = self._made_keys(message.engine_id)
        raise Again

    def _made_keys(self, engine_id: bytes) -> Keys:
        """The user's keys at an engine."""
        if self._hash is None:
            return Keys(None, None)
        authentication = snmp_usm.localised(self._passwords[0], self._hash, engine_id)
        if self._cipher is None:
            return Keys(authentication, None)
        key = snmp_usm.localised(self._passwords[1], self._hash, engine_id)
        return Keys(authentication, snmp_usm.stretched(key, self._hash, self._cipher.key_bytes))

    def _is_proven(self, message: V3, datagram: bytes) -> bool:
        """Whether a datagram was sealed with the user's key.

        :raises NotOurs: it says that it was, and was not.
        """
        if not message.flags & AUTHENTICATED or self._hash is None:
            return False
        key = self._keys.authentication or b""
        place = message.sealed_at
        if not snmp_usm.is_sealed(key, self._hash, datagram, place, message.authentication):
            raise NotOurs("a seal that is not the user's")
        return True

    def _opened(self, message: V3) -> Pdu:
        """What a message says.

        :raises NotOurs: nothing that can be read.
        """
        data = message.data
        try:
            if message.flags & PRIVATE:
                if self._cipher is None or self._keys.privacy is None:
                    raise NotOurs("private data that was not asked for")
                clock = Clock(message.boots & 0xFFFFFFFF, message.time & 0xFFFFFFFF)
                key, parameters = self._keys.privacy, message.privacy
                data = snmp_usm.opened(key, self._cipher, clock, parameters, data)
            return snmp_message.read_scoped(data)
        except ValueError as error:  # BerError is one
            raise NotOurs(str(error)) from error

    def _reported(self, pdu: Pdu, message: V3, at: float, *, is_proven: bool) -> None:
        """Understand a report.

        :raises Again: the clock had to be set, and is.
        :raises Refused: the agent does not let us in.
        """
        counter = next((number(each) for each in pdu.bindings if number(each)), None)
        if counter == NOT_IN_TIME and is_proven:
            self._clock, self._clock_at = Clock(message.boots, message.time), at
            raise Again
        raise Refused(REFUSALS.get(counter or 0, "the agent reports what is not known here"))

    def _must_be_answer(self, message: V3, pdu: Pdu, at: float, *, is_proven: bool) -> None:
        """Make sure that an answer is as protected as its question was, and is no old one.

        :raises NotOurs: it is not.
        """
        if pdu.request_id != self._asked[1]:
            raise NotOurs("an answer to another question")
        if self._hash is not None and not is_proven:
            raise NotOurs("an answer without the user's seal")
        if self._cipher is not None and not message.flags & PRIVATE:
            raise NotOurs("an answer in the clear")
        clock = self._clock_now(at)
        is_old = message.boots == clock.boots and message.time < clock.time - WINDOW_SECONDS
        if is_proven and (message.boots < clock.boots or is_old):
            raise NotOurs("an answer of long ago")


def number(binding: Binding) -> int:
    """Which of the reports' counters a binding is; 0 for none."""
    is_one = binding.oid[: len(_REPORTS)] == _REPORTS and len(binding.oid) > len(_REPORTS)
    return binding.oid[len(_REPORTS)] if is_one else 0


Session = Community | User


def session(target: SnmpTarget, ids: Ids) -> Session:
    """The session that a target asks for.

    :raises ValueError: it cannot be had: a protocol that is none, a password that is missing.
    """
    if target.version == "3":
        return User(target, ids)
    return Community(target.community or "", ids, V1 if target.version == "1" else V2C)


def _known(among: dict[str, Hash] | dict[str, Cipher], name: str | None, password: str | None):  # type: ignore[no-untyped-def]  # noqa: ANN202 -- a Hash of hashes, a Cipher of ciphers
    """What a protocol's name stands for; None where there is neither name nor password.

    :raises ValueError: it stands for nothing, or the one is there without the other.
    """
    if not name and not password:
        return None
    found = among.get((name or "").upper())
    if found is None:
        raise ValueError(f"a protocol is none of {', '.join(among)}")
    if len(password or "") < snmp_usm.SHORTEST_PASSWORD:
        raise ValueError(f"a password has {snmp_usm.SHORTEST_PASSWORD} characters or more")
    return found
