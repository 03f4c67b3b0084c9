"""`sweep` in an office of real devices: all that is there, nothing that is not, each fact right.

Each level is swept once, with every frame recorded that leaves the machine meanwhile; the tests
look at what was said and at what was sent.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.level import Level
from tests.test_cases import schema

from .commands import wait_until
from .home.devices import daemon, program
from .home.judging import wrong
from .home.office import BARE, EDGE, SNMP_FILE, office
from .home.outgoing import Sent
from .home.standing import need
from .home.truth import BEHIND, LAN, PORTS, PRINTER_PORTS, THINGS
from .lab import INSTALLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .home.office import Office

# Many hosts and walks: they fill the kernel's one neighbour table, which others read.
pytestmark = [pytest.mark.lab, pytest.mark.lab_late]

PROBE_WHERE = ("--subnet", LAN, "--subnet", BEHIND)
LEVELS = {
    Level.LISTEN: ("--level", "listen"),
    Level.ASK: ("--level", "ask"),
    Level.PROBE: ("--level", "probe", "--rate", "fast", *PROBE_WHERE),
}


@pytest.fixture(scope="module")
def standing() -> Iterator[Office]:
    need()
    with office() as made:
        yield made


@dataclass
class Swept:
    """What a sweep printed, what left the adapter, and which groups were joined after it."""

    found: dict[str, Any]
    sent: list[Sent]
    joined: str


@dataclass
class Sweeps:
    """One sweep a level, done when it is first asked for."""

    where: Office
    groups_before: str
    done: dict[Level, Swept] = field(default_factory=dict)

    def __getitem__(self, level: Level) -> Swept:
        if level not in self.done:
            with recorded(self.where) as sent:
                found = sweep(self.where, *LEVELS[level])
            self.done[level] = Swept(found, sent, groups(self.where))
        return self.done[level]


@pytest.fixture(scope="module")
def sweeps(standing: Office) -> Sweeps:
    return Sweeps(standing, groups(standing))


def sweep(where: Office, *words: str, bare: bool = False) -> dict[str, Any]:
    """What a sweep with these options printed, held against its schema."""
    command = (*(BARE if bare else ()), *INSTALLED, "sweep", "--json", "--snmp", SNMP_FILE, *words)
    done = where.capsule.run(EDGE, command, timeout=50)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    schema("sweep-1").validate(found)
    return found


def groups(where: Office) -> str:
    """The multicast groups that the edge is in."""
    return where.capsule.sh("ip -4 -o maddr; ip -6 -o maddr", place=EDGE)


_RECORD = "/run/outgoing"
# A port that nothing here has.
_MARK = Sent("udp", THINGS["router"].address, 40)
_SEND_MARK = (
    "import socket; mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    f"mouth.sendto(b'mark', ('{_MARK.to}', {_MARK.port}))"
)


@contextmanager
def recorded(where: Office) -> Iterator[list[Sent]]:
    """Every frame that leaves the edge meanwhile; the list is filled at the end."""
    sent: list[Sent] = []
    file = where.capsule.file(_RECORD)
    file.unlink(missing_ok=True)
    command = daemon("outgoing", program("outgoing", _RECORD))
    number = where.capsule.sh(f"{command}\necho $!", place=EDGE).strip()
    try:
        assert wait_until(lambda: file.exists() and "ready" in file.read_text(), seconds=10)
        yield sent
        # What was sent before the mark is in the file when the mark is.
        where.capsule.run(EDGE, [sys.executable, "-c", _SEND_MARK])
        assert wait_until(lambda: _MARK in _lines(file), seconds=10)
        lines = _lines(file)
        sent += lines[: lines.index(_MARK)]
    finally:
        where.capsule.sh(f"kill {number}", place=EDGE)


def _lines(file: Path) -> list[Sent]:
    whole = file.read_text().rpartition("\n")[0]
    return [Sent.read(line) for line in whole.splitlines()[1:]]


@pytest.mark.parametrize("level", LEVELS)
def test_a_sweep_says_what_is_there_and_nothing_else(sweeps: Sweeps, level: Level) -> None:
    found = sweeps[level].found
    faults = wrong(found, level)

    assert not faults, "\n".join([*faults, *found["warnings"]])
    assert [each for each in found["outcomes"] if each["status"] in ("failed", "timed-out")] == []


def test_listening_sends_nothing_and_joins_nothing(sweeps: Sweeps) -> None:
    swept = sweeps[Level.LISTEN]

    # The kernel repeats for seconds which groups it joined when the link came up.
    held = set(sweeps.groups_before.split())
    assert [each for each in swept.sent if each.kind != "mld" or each.to not in held] == []
    assert swept.joined == sweeps.groups_before
    assert sum(each["packets"] for each in swept.found["outcomes"]) == 0


def test_asking_walks_no_range(sweeps: Sweeps) -> None:
    swept = sweeps[Level.ASK]

    known = {address for device in swept.found["devices"] for address in device["addresses"]}
    asked = {each.to for each in swept.sent if not ip_address(each.to).is_multicast}
    assert asked <= known | {"192.168.40.255", "255.255.255.255"}


def _within(address: str, ranges: Iterable[str]) -> bool:
    return any(ip_address(address) in ip_network(network) for network in ranges)


def test_probing_stays_in_the_ranges_that_were_allowed(sweeps: Sweeps) -> None:
    swept = sweeps[Level.PROBE]

    ranges = (LAN, BEHIND, "fd00:40::/64", "fe80::/10", "ff00::/8", "224.0.0.0/4")
    outside = {each for each in swept.sent if not _within(each.to, ranges)}
    assert outside <= {each for each in swept.sent if each.to == "255.255.255.255"}
    everybody = {str(address) for address in ip_network(LAN).hosts()} - {THINGS["edge"].address}
    assert {each.to for each in swept.sent if each.kind == "arp"} >= everybody


def test_what_was_said_to_be_sent_was_sent(sweeps: Sweeps) -> None:
    swept = sweeps[Level.PROBE]

    told = {each["name"]: each["packets"] for each in swept.found["outcomes"]}
    # The kernel asks by ARP on its own account too, before it sends the others'.
    assert 254 <= told["arp"] <= sum(each.kind == "arp" for each in swept.sent)
    assert 0 < told["tcp"] <= sum(each.kind in ("syn", "tcp") for each in swept.sent)


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_touches_what_a_printer_prints(
    standing: Office, sweeps: Sweeps, level: Level
) -> None:
    swept = sweeps[level]

    assert [each for each in swept.sent if each.kind == "syn" and each.port in PRINTER_PORTS] == []
    assert standing.file("printer", "printed") == ""


def test_the_wire_between_devices_is_told(sweeps: Sweeps) -> None:
    """W27: LLDP, heard and read from the switch, and its forwarding table: who is on which port."""
    ties = [
        (tie["kind"], seen.get("told_by"), mac, tie.get("port"), tie.get("far_port"))
        for seen in sweeps[Level.ASK].found["observations"]
        for mac in seen.get("macs", ["-"])
        for tie in seen.get("ties", ())
    ]
    switch = THINGS["switch"].address
    behind = {name: f"port{PORTS[name]}" for name in ("nas", "access-point", "printer")}

    for name, port in behind.items():
        assert ("CONNECTS_TO", switch, THINGS[name].mac, None, port) in ties, (name, ties)
    peers = [tie for tie in ties if tie[0] == "PEER_OF" and tie[1] == switch]
    assert [(tie[2], tie[4]) for tie in peers] == [
        (THINGS["access-point"].mac, behind["access-point"])
    ]


def test_a_web_server_s_certificate_is_told(sweeps: Sweeps) -> None:
    web = next(
        device
        for device in sweeps[Level.PROBE].found["devices"]
        if THINGS["web"].mac in device["macs"]
    )
    services = {service.get("port"): service for service in web["services"]}

    told = json.dumps(services[443])
    assert "shop.example" in told
    assert "2036-01-01" in told
    assert services[80]["says"] == "Corner shop"
    assert services[22]["product"].startswith("OpenSSH_")


def test_without_any_privilege_all_of_ipv4_is_found(standing: Office) -> None:
    """W20: by nudges: no raw socket, no ping socket; and what is lost without them is said."""
    found = sweep(standing, *LEVELS[Level.PROBE], bare=True)

    by_address = {
        fact.value: thing.mac
        for thing in THINGS.values()
        for fact in thing.addresses
        if _within(fact.value, [LAN]) and not thing.is_self
    }
    seen = {
        address: device["macs"]
        for device in found["devices"]
        for address in device["addresses"]
        if ":" not in address
    }
    assert [a for a in by_address if a not in seen] == []
    assert [fault for fault in wrong(found, Level.LISTEN) if "invents" in fault] == []
    reasons = {each["name"]: each.get("reason") or "" for each in found["outcomes"]}
    assert "CAP_NET_RAW" in reasons["arp"] + reasons["heard"], reasons
