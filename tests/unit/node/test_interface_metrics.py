"""The metrics channel: what goes into an envelope, and what an agent has to do with it."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import msgspec

from dpf_edge.discovery.job import SnmpTarget
from dpf_edge.discovery.snmp import ber, mib
from dpf_edge.node.interface_metrics import Meter, envelopes
from dpf_edge.wire import body, limits, metrics
from tests.unit.discovery.snmp_agents import NOW, Honest, Reached

if TYPE_CHECKING:
    from dpf_edge.discovery.snmp.ber import Oid

TARGET = SnmpTarget("192.168.50.2", community="planted-community")
KEY = "4c2b8c9e-6c53-4d0e-8d8f-b8b0a5a0f001"
COUNTER64, TICKS = 0x46, 0x43


def unsigned(tag: int, value: int) -> bytes:
    return ber.wrapped(tag, value.to_bytes(8, "big"))


def agent(ticks: int, octets: dict[int, int], **also: str) -> Honest:
    """An agent with some interfaces."""
    objects: dict[Oid, bytes] = {(*mib.SYS_UP_TIME, 0): unsigned(TICKS, ticks)}
    for number, count in octets.items():
        alias = also.get(f"alias{number}", "")
        objects |= {
            (*mib.IF_DESCR, number): ber.of_octets(f"GigabitEthernet0/{number}".encode()),
            (*mib.IF_TYPE, number): ber.of_integer(6),
            (*mib.IF_OPER_STATUS, number): ber.of_integer(1),
            (*mib.IF_IN_ERRORS, number): unsigned(0x41, number),
            (*mib.IF_NAME, number): ber.of_octets(f"Gi0/{number}".encode()),
            (*mib.IF_HC_IN_OCTETS, number): unsigned(COUNTER64, count),
            (*mib.IF_HC_OUT_OCTETS, number): unsigned(COUNTER64, count // 2),
            (*mib.IF_HIGH_SPEED, number): unsigned(0x42, 1000),
            (*mib.IF_ALIAS, number): ber.of_octets(alias.encode()),
        }
    return Honest(objects)


def sampled(meter: Meter, honest: Honest) -> tuple[metrics.Interface, ...]:
    return meter.sample([TARGET], Reached(honest))  # type: ignore[arg-type]


def test_two_looks_make_what_the_contract_takes() -> None:
    meter = Meter()

    assert () == sampled(meter, agent(1000, {3: 10_000, 4: 0}, alias3="uplink"))
    found = sampled(meter, agent(2000, {3: 135_000, 4: 0}, alias3="uplink"))

    (request,) = envelopes(found, NOW, lambda: KEY)
    told: dict[str, Any] = json.loads(body.encode(request))
    assert metrics.decode(body.encode(request)) == request
    assert {
        "deviceKey": "snmp:192.168.50.2",
        "ifIndex": 3,
        "ifName": "uplink",
        "rxBps": 100_000.0,
        "txBps": 50_000.0,
        "operStatus": "up",
        "rxErrors": 3,
        "speedMbps": 1000.0,
        "rawData": {"ifAlias": "uplink", "ifName": "Gi0/3"},
    } == told["interfaces"][0]
    # An empty alias is not a name: the whole envelope would be refused.
    assert "GigabitEthernet0/4" == told["interfaces"][1]["ifName"]


def test_after_an_agent_was_silent_it_begins_anew() -> None:
    meter = Meter()
    sampled(meter, agent(1000, {3: 0}))
    silent = Reached(lambda _: [])

    assert () == meter.sample([TARGET], silent)  # type: ignore[arg-type]
    assert ["192.168.50.2: does not answer"] == silent.notes
    assert () == sampled(meter, agent(9000, {3: 10**9}))
    assert 1 == len(sampled(meter, agent(9100, {3: 10**9})))


def test_a_fault_of_our_own_ends_one_agents_round_and_nothing_else() -> None:
    def broken(_: bytes) -> list[bytes]:
        raise KeyError("a fault")

    net = Reached(broken)

    assert () == Meter().sample([TARGET], net)  # type: ignore[arg-type]
    assert ["192.168.50.2: KeyError: 'a fault'"] == net.notes


def test_an_agent_that_is_no_longer_named_is_forgotten() -> None:
    meter = Meter()
    sampled(meter, agent(1000, {3: 0}))
    meter.sample([], Reached(agent(1, {})))  # type: ignore[arg-type]

    assert () == sampled(meter, agent(2000, {3: 10}))


def test_a_chassis_goes_in_as_many_envelopes_as_the_contract_makes_it() -> None:
    octets = dict.fromkeys(range(1, 1201), 0)
    meter = Meter()
    sampled(meter, agent(1000, octets))
    found = sampled(meter, agent(2000, octets))
    keys = itertools.count()

    parts = list(envelopes(found, NOW, lambda: f"{KEY[:-4]}{next(keys):04}"))

    assert 1200 == sum(len(each.interfaces) for each in parts)
    assert len(parts) == len({each.run_key for each in parts}) > 1
    assert all(len(body.encode(each)) <= limits.METRICS_BODY for each in parts)
    assert [] == list(envelopes((), NOW, lambda: KEY))


def test_an_envelope_has_no_more_interfaces_than_the_contract_allows() -> None:
    few = metrics.Interface(
        device_key="s", if_name="e", rx_bps=0, tx_bps=0, oper_status=metrics.OperStatus.UP
    )
    most = metrics.INTERFACES

    short = [msgspec.structs.replace(few, if_index=number % 9 + 1) for number in range(most + 1)]

    assert all(len(each.interfaces) <= most for each in envelopes(short, NOW, lambda: KEY))
