"""An SNMPv3 engine of a test's own: it answers a user, and lies as it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.discovery.job import SnmpTarget
from dpf_edge.discovery.snmp import ber
from dpf_edge.discovery.snmp import message as snmp_message
from dpf_edge.discovery.snmp import usm as snmp_usm
from dpf_edge.discovery.snmp.message import AUTHENTICATED, PRIVATE, USM, V3, Kind
from dpf_edge.discovery.snmp.usm import Clock

if TYPE_CHECKING:
    from dpf_edge.discovery.snmp.ber import Oid

ENGINE_ID = bytes.fromhex("80001f8880aabbccddeeff0011")
TARGET = SnmpTarget(
    host="10.0.0.2",
    version="3",
    user="ada",
    auth_protocol="SHA-256",
    auth_password="planted-auth",  # noqa: S106 -- made up here
    priv_protocol="AES",
    priv_password="planted-priv",  # noqa: S106
)
HASH, CIPHER = snmp_usm.HASHES["SHA-256"], snmp_usm.CIPHERS["AES"]
REPORTS: Oid = (1, 3, 6, 1, 6, 3, 15, 1, 1)
SYS_NAME: Oid = (1, 3, 6, 1, 2, 1, 1, 5, 0)


class Lies(NamedTuple):
    """What an engine's answer is other than it should be."""

    auth: str = "planted-auth"
    flags: int = AUTHENTICATED | PRIVATE
    engine_id: bytes = ENGINE_ID
    message_id: int = 0
    request_id: int = 0
    clock: Clock | None = None
    report: int = 0


class Engine:
    """One engine.

    :ivar lies: how the next answers differ from honest ones.
    """

    def __init__(self, boots: int = 3, time: int = 1000) -> None:
        self.clock = Clock(boots, time)
        self.lies = Lies()
        self.salt = 1

    def __call__(self, datagram: bytes) -> list[bytes]:
        asked = snmp_message.read_v3(datagram)
        if not asked.engine_id:
            return [self.report(asked, 4, is_sealed=False)]
        if self.lies.report:
            return [self.report(asked, self.lies.report, is_sealed=bool(self.lies.flags))]
        if asked.boots != self.clock.boots or abs(asked.time - self.clock.time) > 150:
            return [self.report(asked, 2, is_sealed=True)]
        return [self.answer(asked, datagram)]

    def key(self, password: str) -> bytes:
        return snmp_usm.localised(password, HASH, ENGINE_ID)

    def answer(self, asked: V3, datagram: bytes) -> bytes:
        """The answer to a question that was understood."""
        assert snmp_usm.is_sealed(
            self.key("planted-auth"), HASH, datagram, asked.sealed_at, asked.authentication
        )
        key = snmp_usm.stretched(self.key("planted-priv"), HASH, 16)
        clock = Clock(asked.boots, asked.time)
        plain = snmp_usm.opened(key, CIPHER, clock, asked.privacy, asked.data)
        # The request's id stands first in the PDU, which follows two strings.
        outer = ber.expect(plain, 0, len(plain), ber.SEQUENCE)
        engine = ber.expect(plain, outer.start, outer.end, ber.OCTETS)
        context = ber.expect(plain, engine.end, outer.end, ber.OCTETS)
        pdu = ber.element(plain, context.end, outer.end)
        request = ber.integer(plain, ber.expect(plain, pdu.start, pdu.end, ber.INTEGER))
        name = ber.wrapped(ber.SEQUENCE, ber.of_oid(SYS_NAME), ber.of_octets(b"switch"))
        return self.spelt(asked, Kind.RESPONSE, self.lies.request_id or request, name)

    def report(self, asked: V3, counter: int, *, is_sealed: bool) -> bytes:
        """A report of one of the standard's counters."""
        oid = ber.of_oid((*REPORTS, counter, 0))
        bound = ber.wrapped(ber.SEQUENCE, oid, ber.wrapped(0x41, b"\x07"))
        flags = AUTHENTICATED if is_sealed else 0
        return self.spelt(asked, Kind.REPORT, 0, bound, flags)

    def spelt(
        self, asked: V3, kind: Kind, request: int, bound: bytes, flags: int | None = None
    ) -> bytes:
        """A message as bytes."""
        lies = self.lies
        flags = lies.flags if flags is None else flags
        clock = lies.clock or self.clock
        numbers = (ber.of_integer(each) for each in (request, 0, 0))
        pdu = ber.wrapped(kind, *numbers, ber.wrapped(ber.SEQUENCE, bound))
        engine = ber.of_octets(lies.engine_id)
        data = ber.wrapped(ber.SEQUENCE, engine, ber.of_octets(b""), pdu)
        privacy = b""
        if flags & PRIVATE:
            self.salt += 1
            key = snmp_usm.stretched(self.key("planted-priv"), HASH, 16)
            data, privacy = snmp_usm.closed(key, CIPHER, clock, self.salt, data)
        message = V3(
            message_id=lies.message_id or asked.message_id,
            flags=flags,
            model=USM,
            engine_id=lies.engine_id,
            boots=clock.boots,
            time=clock.time,
            user=b"ada",
            authentication=bytes(HASH.bytes) if flags & AUTHENTICATED else b"",
            privacy=privacy,
            data=data,
        )
        whole, at = snmp_message.v3(message)
        return (
            snmp_usm.seal(self.key(lies.auth), HASH, whole, at) if message.authentication else whole
        )
