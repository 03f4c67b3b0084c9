"""SNMP's messages as bytes: v1 and v2c (RFC 1157, RFC 1901, RFC 3416), v3 (RFC 3412). Pure.

A reader gives what stands there and believes none of it: whether an answer belongs to a question,
and whether whoever sent it knows the password, is for :mod:`dpf_edge.discovery.snmp.session`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from dpf_edge.discovery.snmp import ber
from dpf_edge.discovery.snmp.ber import BerError, Oid

# RFC 2578 section 7.1: the application types.
IP_ADDRESS, COUNTER, GAUGE, TICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
# RFC 3416 section 3: what stands where a value would.
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82

_UNSIGNED = frozenset({COUNTER, GAUGE, TICKS, COUNTER64})
_BYTES = frozenset({ber.OCTETS, IP_ADDRESS, OPAQUE})
_NOTHING = frozenset({ber.NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW})

# A datagram of 64 KiB holds fewer bindings of the shortest kind (7 bytes) than this.
MOST_BINDINGS = 10_000

Value = int | bytes | Oid | None


class Kind(IntEnum):
    """The PDUs that are sent and understood."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    GET_BULK = 0xA5
    REPORT = 0xA8


class Error(IntEnum):
    """Of RFC 3416's errors, those that mean something to a reader."""

    NONE = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    AUTHORIZATION = 16


class Binding(NamedTuple):
    """One object and its value; None where there is no such object, or none after it."""

    oid: Oid
    value: Value = None


class Pdu(NamedTuple):
    """One question, or one answer.

    :ivar status: the error; of a GETBULK the number of objects that are asked for once.
    :ivar place: which binding it is about; of a GETBULK how often the others are asked for.
    """

    kind: Kind
    bindings: tuple[Binding, ...]
    request_id: int = 0
    status: int = 0
    place: int = 0


class V3(NamedTuple):
    """A v3 message, its data still closed.

    :ivar data: the scoped PDU, in the clear or sealed, as the flags say.
    :ivar sealed_at: where in the datagram the authentication parameters stand.
    """

    message_id: int
    flags: int
    model: int
    engine_id: bytes
    boots: int
    time: int
    user: bytes
    authentication: bytes
    privacy: bytes
    data: bytes
    sealed_at: int = 0


AUTHENTICATED, PRIVATE, REPORTABLE = 0x01, 0x02, 0x04
USM = 3
V1, V2C, V3_VERSION = 0, 1, 3
# RFC 3412 section 6: what is told of the longest message that is taken. UDP's own bound.
MESSAGE_BYTES = 65_507


def community(version: int, name: bytes, pdu: Pdu) -> bytes:
    """A v1 or v2c message."""
    return ber.wrapped(ber.SEQUENCE, ber.of_integer(version), ber.of_octets(name), encoded_pdu(pdu))


def encoded_pdu(pdu: Pdu) -> bytes:
    """A PDU whose values are all null: a question."""
    bindings = (
        ber.wrapped(ber.SEQUENCE, ber.of_oid(each.oid), ber.OF_NULL) for each in pdu.bindings
    )
    return ber.wrapped(
        pdu.kind,
        ber.of_integer(pdu.request_id),
        ber.of_integer(pdu.status),
        ber.of_integer(pdu.place),
        ber.wrapped(ber.SEQUENCE, *bindings),
    )


def read_community(data: bytes) -> tuple[int, bytes, Pdu]:
    """The version, the community and the PDU of a v1 or v2c message.

    :raises BerError: it is none.
    """
    outer = ber.expect(data, 0, len(data), ber.SEQUENCE)
    version = ber.expect(data, outer.start, outer.end, ber.INTEGER)
    number = ber.integer(data, version)
    if number not in {V1, V2C}:
        raise BerError("another version than the one that was asked")
    name = ber.expect(data, version.end, outer.end, ber.OCTETS)
    return number, data[name.start : name.end], read_pdu(data, name.end, outer.end)


def read_pdu(data: bytes, at: int, end: int) -> Pdu:
    """An answer.

    :raises BerError: it is none.
    """
    found = ber.element(data, at, end)
    if found.tag not in {Kind.RESPONSE, Kind.REPORT}:
        raise BerError("a PDU that is no answer")
    numbers = []
    at = found.start
    for _ in range(3):
        one = ber.expect(data, at, found.end, ber.INTEGER)
        numbers.append(ber.integer(data, one))
        at = one.end
    bound = ber.expect(data, at, found.end, ber.SEQUENCE)
    return Pdu(Kind(found.tag), _bindings(data, bound), *numbers)


def _bindings(data: bytes, bound: ber.Element) -> tuple[Binding, ...]:
    """The bindings of an answer."""
    made: list[Binding] = []
    at = bound.start
    while at < bound.end:
        one = ber.expect(data, at, bound.end, ber.SEQUENCE)
        name = ber.expect(data, one.start, one.end, ber.OID)
        value = ber.element(data, name.end, one.end)
        made.append(Binding(ber.oid(data, name), _value(data, value)))
        if len(made) > MOST_BINDINGS:
            raise BerError("too many bindings")
        at = one.end
    return tuple(made)


def _value(data: bytes, found: ber.Element) -> Value:
    """A value.

    :raises BerError: it is of a type that SNMP does not have.
    """
    if found.tag in _BYTES:
        return data[found.start : found.end]
    if found.tag == ber.INTEGER:
        return ber.integer(data, found)
    if found.tag in _UNSIGNED:
        return ber.unsigned(data, found)
    if found.tag == ber.OID:
        # Agents write zeroDotZero, and some an OID of no byte at all.
        return ber.oid(data, found) if found.end > found.start else (0, 0)
    if found.tag in _NOTHING:
        return None
    raise BerError("a value of a type that SNMP does not have")


def v3(message: V3) -> tuple[bytes, int]:
    """A v3 message, and where in it the authentication parameters stand."""
    header = ber.wrapped(
        ber.SEQUENCE,
        ber.of_integer(message.message_id),
        ber.of_integer(MESSAGE_BYTES),
        ber.of_octets(bytes((message.flags,))),
        ber.of_integer(message.model),
    )
    after = ber.of_octets(message.privacy)
    parameters = ber.of_octets(
        ber.wrapped(
            ber.SEQUENCE,
            ber.of_octets(message.engine_id),
            ber.of_integer(message.boots),
            ber.of_integer(message.time),
            ber.of_octets(message.user),
            ber.of_octets(message.authentication),
            after,
        )
    )
    is_sealed = message.flags & PRIVATE
    data = ber.of_octets(message.data) if is_sealed else message.data
    whole = ber.wrapped(ber.SEQUENCE, ber.of_integer(V3_VERSION), header, parameters, data)
    return whole, len(whole) - len(data) - len(after) - len(message.authentication)


def read_v3(datagram: bytes) -> V3:
    """A v3 message with user-based security, whose data is still closed.

    :raises BerError: it is none.
    """
    outer = ber.expect(datagram, 0, len(datagram), ber.SEQUENCE)
    version = ber.expect(datagram, outer.start, outer.end, ber.INTEGER)
    if ber.integer(datagram, version) != V3_VERSION:
        raise BerError("another version than the one that was asked")
    header = ber.expect(datagram, version.end, outer.end, ber.SEQUENCE)
    parts = _elements(datagram, header, (ber.INTEGER, ber.INTEGER, ber.OCTETS, ber.INTEGER))
    flags = datagram[parts[2].start : parts[2].end]
    if len(flags) != 1:
        raise BerError("the flags are one byte")
    held = ber.expect(datagram, header.end, outer.end, ber.OCTETS)
    usm = ber.expect(datagram, held.start, held.end, ber.SEQUENCE)
    octets, number = ber.OCTETS, ber.INTEGER
    fields = _elements(datagram, usm, (octets, number, number, octets, octets, octets))
    engine_id, user, authentication, privacy = (
        datagram[fields[at].start : fields[at].end] for at in (0, 3, 4, 5)
    )
    if flags[0] & PRIVATE:
        sealed = ber.expect(datagram, held.end, outer.end, ber.OCTETS)
        data = datagram[sealed.start : sealed.end]
    else:
        data = datagram[held.end : outer.end]
    return V3(
        message_id=ber.integer(datagram, parts[0]),
        flags=flags[0],
        model=ber.integer(datagram, parts[3]),
        engine_id=engine_id,
        boots=ber.integer(datagram, fields[1]),
        time=ber.integer(datagram, fields[2]),
        user=user,
        authentication=authentication,
        privacy=privacy,
        data=data,
        sealed_at=fields[4].start,
    )


def _elements(data: bytes, within: ber.Element, tags: tuple[int, ...]) -> list[ber.Element]:
    """The elements of a sequence, of just these kinds.

    :raises BerError: they are others.
    """
    found = []
    at = within.start
    for tag in tags:
        one = ber.expect(data, at, within.end, tag)
        found.append(one)
        at = one.end
    return found


def scoped(engine_id: bytes, pdu: Pdu) -> bytes:
    """A PDU with the engine whose default context it is for (RFC 3412 section 6)."""
    return ber.wrapped(ber.SEQUENCE, ber.of_octets(engine_id), ber.of_octets(b""), encoded_pdu(pdu))


def read_scoped(data: bytes) -> Pdu:
    """The PDU in a scoped one; what was padded for a block cipher is let be.

    :raises BerError: it is none.
    """
    outer = ber.expect(data, 0, len(data), ber.SEQUENCE)
    engine = ber.expect(data, outer.start, outer.end, ber.OCTETS)
    context = ber.expect(data, engine.end, outer.end, ber.OCTETS)
    return read_pdu(data, context.end, outer.end)
