"""What is told of a network from sweep to sweep, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.discovery.changes.change import Change, Changed
from dpf_edge.discovery.changes.comparing import changes
from dpf_edge.discovery.changes.events import event
from dpf_edge.discovery.changes.state import State, read, written
from dpf_edge.discovery.identity.merging import merge
from dpf_edge.discovery.swept import Swept
from dpf_edge.level import Level
from dpf_edge.model import (
    Answer,
    ContainersHere,
    Diagnosis,
    Lan,
    Reach,
    Recommendation,
    Runtime,
    Vantage,
)
from dpf_edge.observed import Outcome, Status, Tie
from dpf_edge.wire import body, events
from tests.unit.discovery.seen import LAMP, NAS, OTHER, PHONE, ROUTER, itself, saw

if TYPE_CHECKING:
    from dpf_edge.observed import Observation

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
START = 1_800_000_000.0
GATEWAY = saw("routes", "192.168.0.1", roles=("gateway",))
ROUTERS_CARD = saw("arp", "192.168.0.1", ROUTER)
PLACE = saw("routes", network="192.168.0.0/24", interface="eth0")
BASE = (itself(), PLACE, GATEWAY, ROUTERS_CARD)


def diagnosis(answer: Answer) -> Diagnosis:
    """A diagnosis with an answer and nothing else."""
    return Diagnosis(
        vantage=Vantage.LINUX_HOST,
        lan=Lan(answer, Reach.L2, 0.9),
        layers=(),
        interfaces=(),
        containers_here=ContainersHere(Answer.UNKNOWN, ""),
        evidence=(),
        advice=(),
        recommendation=Recommendation(None, Runtime.NATIVE, ""),
    )


class Watch:
    """A network that is swept again and again, and what is told of it."""

    def __init__(self) -> None:
        self.state = State()
        self.now = START

    def sweep(
        self,
        *observations: Observation,
        after: float = 5 * MINUTE,
        level: Level = Level.PROBE,
        answer: Answer = Answer.YES,
        failed: tuple[str, ...] = (),
    ) -> list[Change]:
        """One more sweep, some time after the last, and what it tells."""
        self.now += after
        ran = {each.collector for each in observations} | {"arp", "neighbours", "snmp"}
        swept = Swept(
            started_at="2026-01-02T03:04:05.000Z",
            seconds=1.0,
            diagnosis=diagnosis(answer),
            devices=merge(observations),
            observations=observations,
            outcomes=tuple(
                Outcome(name, Status.FAILED if name in failed else Status.FOUND, 1.0)
                for name in sorted(ran)
            ),
        )
        # The state goes through the file that it is kept in.
        self.state, told = changes(read(written(self.state)), swept, level, self.now)
        return list(told)

    def sweeps(
        self, count: int, *observations: Observation, after: float = 5 * MINUTE
    ) -> list[Change]:
        """Several sweeps of the same, and all that they tell."""
        return [each for _ in range(count) for each in self.sweep(*observations, after=after)]


@pytest.fixture
def watch() -> Watch:
    """A network that was swept once: a router and a NAS."""
    found = Watch()
    assert found.sweep(*BASE, saw("arp", "192.168.0.10", NAS)) == []
    return found


NAS_SEEN = saw("arp", "192.168.0.10", NAS)
ALL = (*BASE, NAS_SEEN)


def told(found: list[Change]) -> list[tuple[Changed, str]]:
    """What was told, and of what."""
    return [(each.what, each.component) for each in found]


# -- devices ----------------------------------------------------------------------------------


def test_nothing_is_told_of_a_network_that_did_not_change(watch: Watch) -> None:
    assert watch.sweeps(5, *ALL) == []


def test_a_new_device_is_told_once(watch: Watch) -> None:
    assert told(watch.sweep(*ALL, saw("arp", "192.168.0.71", LAMP))) == [
        (Changed.NEW, f"mac:{LAMP}")
    ]
    assert watch.sweep(*ALL, saw("arp", "192.168.0.71", LAMP)) == []


def test_a_phone_that_comes_sleeps_and_goes_is_never_told(watch: Watch) -> None:
    assert watch.sweep(*ALL, saw("arp", "192.168.0.50", PHONE)) == []
    assert watch.sweeps(300, *ALL, after=HOUR) == []
    assert watch.sweep(*ALL, saw("arp", "192.168.0.51", PHONE)) == []


def test_what_has_nothing_but_an_address_is_not_told(watch: Watch) -> None:
    assert watch.sweep(*ALL, saw("icmp", "192.168.0.99")) == []


def test_a_nas_is_gone_after_three_sweeps_and_a_quarter_of_an_hour(watch: Watch) -> None:
    assert watch.sweeps(2, *BASE) == []

    assert told(watch.sweep(*BASE)) == [(Changed.GONE, f"mac:{NAS}")]
    assert watch.sweeps(5, *BASE) == []


def test_sweeps_in_quick_succession_make_nobody_gone(watch: Watch) -> None:
    assert watch.sweeps(20, *BASE, after=10.0) == []


def test_two_sweeps_far_apart_make_nobody_gone(watch: Watch) -> None:
    assert watch.sweeps(2, *BASE, after=DAY) == []


def test_a_gateway_that_is_gone_is_an_error(watch: Watch) -> None:
    (change,) = [
        each for each in watch.sweeps(3, itself(), PLACE, NAS_SEEN) if each.what is Changed.GONE
    ]

    assert (change.component, change.severity) == (f"mac:{ROUTER}", "error")


def test_a_device_that_is_back_ends_its_alert(watch: Watch) -> None:
    (gone,) = watch.sweeps(3, *BASE)
    (back,) = watch.sweep(*ALL)

    assert (gone.is_over, back.is_over) == (False, True)
    assert event(gone).dedup_key == event(back).dedup_key


def test_a_device_of_a_kind_that_sleeps_is_given_a_week(watch: Watch) -> None:
    tv = saw("arp", "192.168.0.21", OTHER, names=("[TV] Hall",))
    watch.sweep(*ALL, tv)

    assert watch.sweeps(6 * 24, *ALL, after=HOUR) == []
    assert told(watch.sweeps(2 * 24, *ALL, after=HOUR)) == [(Changed.GONE, f"mac:{OTHER}")]


def test_what_a_lower_level_cannot_see_is_not_missed(watch: Watch) -> None:
    for _ in range(10):
        assert watch.sweep(*BASE, level=Level.LISTEN) == []


def test_what_only_a_failed_collector_sees_is_not_missed(watch: Watch) -> None:
    for _ in range(10):
        assert watch.sweep(*BASE, failed=("arp",)) == []


def test_a_sweep_that_sees_nobody_counts_for_nothing(watch: Watch) -> None:
    assert watch.sweeps(10, itself(), PLACE) == []
    assert watch.sweep(*ALL) == []


def test_a_sweep_from_a_place_that_is_not_on_the_lan_counts_for_nothing(watch: Watch) -> None:
    for _ in range(10):
        assert watch.sweep(*BASE, saw("arp", "172.17.0.9", LAMP), answer=Answer.NO) == []


def test_what_a_higher_level_finds_was_there_before() -> None:
    watch = Watch()
    watch.sweep(*BASE, level=Level.LISTEN)

    assert watch.sweep(*ALL, level=Level.PROBE) == []
    assert watch.sweep(*BASE, level=Level.LISTEN) == []
    found = watch.sweep(*ALL, saw("arp", "192.168.0.71", LAMP), level=Level.PROBE)
    assert told(found) == [(Changed.NEW, f"mac:{LAMP}")]


def test_another_network_is_learned_from_the_beginning(watch: Watch) -> None:
    elsewhere = (
        itself(),
        saw("routes", network="10.9.0.0/24", interface="eth0"),
        saw("arp", "10.9.0.1", LAMP),
    )

    assert watch.sweeps(20, *elsewhere, after=HOUR) == []


# -- moves ------------------------------------------------------------------------------------


def test_a_device_at_another_address_has_moved_once_it_was_seen_there_twice(watch: Watch) -> None:
    elsewhere = saw("arp", "192.168.0.99", NAS)

    assert watch.sweep(*BASE, elsewhere) == []
    (moved,) = watch.sweep(*BASE, elsewhere)
    assert (moved.what, moved.details["before"]) == (Changed.MOVED, ["192.168.0.10"])
    assert watch.sweep(*BASE, elsewhere) == []


def test_a_device_with_two_addresses_that_is_seen_at_one_of_them_has_not_moved(
    watch: Watch,
) -> None:
    second = saw("arp", "192.168.0.11", NAS)
    watch.sweep(*ALL, second)

    for _ in range(4):
        assert watch.sweep(*BASE, second) == []
        assert watch.sweep(*ALL) == []


def test_a_new_ipv6_address_is_no_move(watch: Watch) -> None:
    for number in range(4):
        assert watch.sweep(*BASE, saw("ndp", f"fd00::{number}", NAS), NAS_SEEN) == []


def test_a_device_on_another_port_of_a_switch_has_moved(watch: Watch) -> None:
    def behind(port: str) -> Observation:
        tie = Tie("CONNECTS_TO", address="192.168.0.2", far_port=port)
        found: Observation = saw("snmp", None, NAS, told_by="192.168.0.2", ties=(tie,))
        return found

    assert watch.sweeps(2, *ALL, behind("port4")) == []
    assert watch.sweep(*ALL, behind("port9")) == []
    (moved,) = watch.sweep(*ALL, behind("port9"))
    assert moved.summary.endswith(" moved from 192.168.0.2 port4 to 192.168.0.2 port9")


# -- what is wrong ----------------------------------------------------------------------------


def test_a_gateway_with_another_mac_is_told_at_once(watch: Watch) -> None:
    found = watch.sweep(itself(), PLACE, GATEWAY, NAS_SEEN, saw("arp", "192.168.0.1", OTHER))

    (change,) = [each for each in found if each.what is Changed.GATEWAY_MAC]
    assert (change.component, change.severity) == ("192.168.0.1", "error")
    assert (change.details["before"], change.details["now"]) == (ROUTER, OTHER)


def test_a_gateway_that_has_its_own_mac_again_ends_the_alert(watch: Watch) -> None:
    (change,) = [
        each
        for each in watch.sweep(itself(), PLACE, GATEWAY, saw("arp", "192.168.0.1", OTHER))
        if each.what is Changed.GATEWAY_MAC
    ]
    (over,) = [each for each in watch.sweep(*ALL) if each.what is Changed.GATEWAY_MAC]

    assert over.is_over
    assert event(over).dedup_key == event(change).dedup_key


def test_a_gateway_that_was_replaced_for_good_is_the_gateway_after_a_day(watch: Watch) -> None:
    replaced = (itself(), PLACE, GATEWAY, NAS_SEEN, saw("arp", "192.168.0.1", OTHER))
    found = watch.sweeps(30, *replaced, after=HOUR)

    assert [each.is_over for each in found if each.what is Changed.GATEWAY_MAC] == [False, True]
    assert not [each for each in watch.sweeps(5, *replaced) if each.what is Changed.GATEWAY_MAC]


def test_an_address_that_two_have_is_told_when_it_lasts_and_when_it_is_over(watch: Watch) -> None:
    twice = (*ALL, saw("arp", "192.168.0.10", OTHER))

    assert told(watch.sweep(*twice)) == [(Changed.NEW, f"mac:{OTHER}")]
    (change,) = watch.sweep(*twice)
    assert told([change]) == [(Changed.DUPLICATE_ADDRESS, "192.168.0.10")]
    assert watch.sweep(*twice) == []
    assert watch.sweep(*ALL) == []
    (over,) = watch.sweep(*ALL)
    assert over.is_over
    assert event(over).dedup_key == event(change).dedup_key


def test_a_second_one_that_answers_for_the_gateway_is_told_at_once(watch: Watch) -> None:
    found = watch.sweep(*ALL, saw("arp", "192.168.0.1", OTHER))

    assert (Changed.DUPLICATE_ADDRESS, "192.168.0.1") in told(found)


def test_an_address_that_passes_from_one_to_the_next_is_not_told(watch: Watch) -> None:
    assert told(watch.sweep(*ALL, saw("arp", "192.168.0.10", OTHER))) == [
        (Changed.NEW, f"mac:{OTHER}")
    ]
    assert watch.sweeps(2, *BASE, saw("arp", "192.168.0.10", OTHER)) == []


def test_an_address_that_a_virtual_router_shares_is_no_duplicate(watch: Watch) -> None:
    virtual = saw("arp", "192.168.0.1", "00:00:5e:00:01:01")

    found = watch.sweeps(5, *ALL, virtual)

    assert Changed.DUPLICATE_ADDRESS not in {each.what for each in found}


def test_two_macs_that_a_phone_drew_are_no_duplicate(watch: Watch) -> None:
    both = (saw("arp", "192.168.0.50", PHONE), saw("arp", "192.168.0.50", "da:a1:19:00:00:01"))

    assert watch.sweeps(5, *ALL, *both) == []


def test_a_second_dhcp_server_is_told_and_is_over_after_a_day_of_silence(watch: Watch) -> None:
    first = saw("heard", "192.168.0.1", ROUTER, roles=("dhcp-server",))
    second = saw("heard", "192.168.0.10", NAS, roles=("dhcp-server",))

    assert watch.sweep(*ALL, first) == []
    (change,) = watch.sweep(*ALL, second)
    assert told([change]) == [(Changed.SECOND_DHCP_SERVER, f"mac:{NAS}")]
    assert watch.sweep(*ALL, first, second) == []
    (over,) = watch.sweeps(26, *ALL, first, after=HOUR)
    assert over.is_over
    assert event(over).dedup_key == event(change).dedup_key


def test_a_router_that_was_replaced_is_no_second_dhcp_server(watch: Watch) -> None:
    roles = ("gateway", "dhcp-server")
    assert watch.sweep(*ALL, saw("heard", "192.168.0.1", ROUTER, roles=roles)) == []

    replaced = (itself(), PLACE, NAS_SEEN, saw("arp", "192.168.0.1", OTHER, roles=roles))
    found = watch.sweeps(30, *replaced, after=HOUR)

    assert Changed.GATEWAY_MAC in {each.what for each in found}
    assert Changed.SECOND_DHCP_SERVER not in {each.what for each in found}


def test_who_serves_beside_the_dhcp_server_at_its_address_is_told(watch: Watch) -> None:
    first = saw("heard", "192.168.0.1", ROUTER, roles=("dhcp-server",))
    second = saw("heard", "192.168.0.1", OTHER, roles=("dhcp-server",))
    assert watch.sweep(*ALL, first) == []

    assert Changed.SECOND_DHCP_SERVER in {each.what for each in watch.sweep(*ALL, first, second)}


# -- what is sent and kept --------------------------------------------------------------------


def test_every_change_is_an_event_that_the_contract_takes(watch: Watch) -> None:
    found = [
        *watch.sweep(*ALL, saw("arp", "192.168.0.71", LAMP, names=("n" * 600,))),
        *watch.sweeps(3, *BASE),
        *watch.sweep(*ALL, saw("arp", "192.168.0.10", OTHER)),
        *watch.sweep(*ALL, saw("arp", "192.168.0.10", OTHER)),
    ]
    batch = events.Request(
        run_key="0d0a5e1c-8c2e-4a27-9f5c-6f3f0e1d2c3b",
        observed_at="2026-01-02T03:04:05.000Z",
        events_version="1",
        events=tuple(map(event, found)),
    )

    taken = events.decode(body.encode(batch))

    assert [type(each).__name__ for each in taken.events] == [
        "Change" if each.what in {Changed.NEW, Changed.MOVED} else "Alert" for each in found
    ]
    assert len(found) >= 4


def test_a_key_that_is_too_long_for_an_event_is_still_its_own() -> None:
    one, other = (
        Change(Changed.NEW, f"ssh-key:{'k' * 400}{end}", "info", "x", START, {}) for end in "ab"
    )

    assert event(one).dedup_key != event(other).dedup_key
    assert len(event(one).dedup_key) <= events.DEDUP_KEY


@pytest.mark.parametrize("octets", [b"", b"null", b"[]", b'{"devices": 7}', b"\xff"])
def test_a_state_that_cannot_be_read_is_the_empty_one(octets: bytes) -> None:
    assert read(octets) == State()


def test_a_device_that_nobody_saw_for_months_is_forgotten(watch: Watch) -> None:
    watch.sweep(*ALL, saw("arp", "192.168.0.50", PHONE))
    assert len(watch.state.devices) == 3

    watch.sweep(*ALL, after=8 * DAY)
    assert PHONE not in str(watch.state.devices)
    watch.sweep(*BASE, after=91 * DAY)
    assert [each.macs for each in watch.state.devices] == [(ROUTER,)]
