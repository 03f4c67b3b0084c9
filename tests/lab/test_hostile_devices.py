"""`sweep` on a street of honest and of hostile devices: bounded, harmless, and nobody lost.

What a device says of itself is whatever it likes. What may be held against the sweep: that it ends,
in bounded memory; that nothing it prints can do anything; that it touched nothing that it was lured
to; and that of the honest devices all is as it is where they stand alone.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.level import Level
from tests.test_cases import schema

from .home.devices import Runs
from .home.judging import wrong
from .home.office import EDGE, SNMP_FILE, office
from .home.standing import need
from .home.street import HONEST, STRANGERS, street
from .home.truth import BEHIND, LAN, PROBE, THINGS, Thing, facts
from .lab import INSTALLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .home.office import Office

# Many hosts and walks: they fill the kernel's one neighbour table, which others read.
pytestmark = [pytest.mark.lab, pytest.mark.lab_late, pytest.mark.timeout(180)]

# A sweep of this LAN takes 50 MiB where all are honest; what comes is bounded at some MiB a source.
MOST_MIB = 200
# Far above what 20 devices can say, far below what the hostile ones did.
MOST_TEXT, MOST_BYTES, MOST_DEVICES = 4096, 8_000_000, 3000
# What steers a terminal or turns text around: C0, C1, and the controls of bidirectional writing.
_TURNING = {
    *"\u200e\u200f\u061c",
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
}

# Runs the rest of its command line, and writes the most memory that it took, in KiB, to a file.
_MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""
_MEMORY = "/run/memory"

LEVELS = {
    Level.LISTEN: ("--level", "listen"),
    Level.ASK: ("--level", "ask"),
    Level.PROBE: ("--level", "probe", "--rate", "fast", "--subnet", LAN),
}


@pytest.fixture(scope="module")
def standing() -> Iterator[Office]:
    need()
    with street() as made:
        yield made


def sweep(where: Office, *words: str) -> tuple[str, str]:
    """What a sweep printed, and what it said beside that."""
    measured = [sys.executable, "-c", _MEASURE, _MEMORY, *INSTALLED, "sweep", *words]
    done = where.capsule.run(EDGE, [*measured, "--snmp", SNMP_FILE], timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def strings(value: Any) -> Iterator[str]:
    """Every text of a JSON document, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from strings(each)


def harmful(text: str) -> set[str]:
    """What in a text could do something to whoever shows it."""
    return {
        char
        for char in text
        if unicodedata.category(char) in ("Cc", "Cs") or char in _TURNING or char == "\ufffe"
    }


@pytest.mark.parametrize("level", LEVELS)
def test_a_sweep_among_hostile_devices(standing: Office, level: Level) -> None:
    printed, said = sweep(standing, "--json", *LEVELS[level])
    found = json.loads(printed)
    schema("sweep-1").validate(found)

    # Of the honest, all; beside them, as many as the hostile cared to invent, within bounds.
    things = {name: THINGS[name] for name in HONEST}
    things |= {name: thing for name, (thing, _) in STRANGERS.items()}
    faults = [fault for fault in wrong(found, level, things) if "hostile-" not in fault]
    lost = [fault for fault in faults if not fault.startswith("invents: ")]
    assert not lost, "\n".join([*lost, *found["warnings"]])
    assert len(found["devices"]) <= MOST_DEVICES

    assert len(printed) <= MOST_BYTES
    for text in strings(found):
        assert not harmful(text), ascii(text)
        assert len(text) <= MOST_TEXT, ascii(text[:80])
    assert "Traceback" not in said
    assert [each for each in found["outcomes"] if each["status"] == "failed"] == []
    assert int(standing.capsule.file(_MEMORY).read_text()) / 1024 <= MOST_MIB
    assert standing.file("printer", "printed") == ""


def test_the_table_on_a_terminal_is_text_and_nothing_else(standing: Office) -> None:
    printed, said = sweep(standing, "--level", "ask")

    for line in (printed + said).splitlines():
        assert not harmful(line), ascii(line)


def test_a_resolver_s_names_are_text_and_nothing_else(standing: Office) -> None:
    resolver = STRANGERS["hostile-dns"][0].address
    file = standing.capsule.file(f"/etc/netns/{EDGE}/resolv.conf")
    before = file.read_text()
    file.write_text(f"nameserver {resolver}\n")
    try:
        printed, _ = sweep(standing, "--json", "--level", "ask")
    finally:
        file.write_text(before)
    found = json.loads(printed)

    named = [each for each in found["observations"] if each["collector"] == "ptr"]
    assert named
    for text in strings(found):
        assert not harmful(text), ascii(text)
    assert any("names" in each for each in named)
    assert all(len(each.get("names", ())) <= 1 for each in named)


def _answers_for_all(network: str) -> Runs:
    """A host whose kernel takes every address of a network for its own."""
    return Runs((f"ip route add local {network} dev lo",))


def test_a_host_that_answers_for_everybody_is_no_crowd() -> None:
    """Proxy ARP: each address of half the LAN is answered for by one MAC."""
    need()
    proxy = Thing(macs=facts(PROBE, "00:e0:4c:40:00:f0"), addresses=facts(PROBE, "192.168.40.230"))
    names = ("edge", "router", "switch", "nas", "printer", "phone", "gate")
    with office(names, {"proxy": (proxy, _answers_for_all("192.168.40.128/25"))}) as made:
        printed, _ = sweep(made, "--json", *LEVELS[Level.PROBE])
    found = json.loads(printed)

    things = {name: THINGS[name] for name in names}
    macs = [mac for device in found["devices"] for mac in device["macs"]]
    assert len(found["devices"]) == len(names) + 1, [d["addresses"] for d in found["devices"]]
    assert proxy.mac in macs
    faults = wrong(found, Level.PROBE, {**things, "proxy": proxy})
    lost = [fault for fault in faults if not fault.startswith("proxy: ")]
    assert not lost, "\n".join([*lost, *found["warnings"]])


def test_a_network_that_answers_for_dead_addresses_is_not_believed() -> None:
    """The negative control: who answers where nobody can be is a stack that lies."""
    need()
    names = ("edge", "router", "switch", "nas", "printer", "branch-router", "behind")
    with office(names) as made:
        made.capsule.sh(f"ip route add local {BEHIND} dev lo", place="branch-router")
        printed, _ = sweep(made, "--json", "--level", "probe", "--rate", "fast", "--subnet", BEHIND)
    found = json.loads(printed)

    assert any("answer" in warning for warning in found["warnings"]), found["warnings"]
    behind = [d for d in found["devices"] if any("192.168.41." in a for a in d["addresses"])]
    assert len(behind) <= 2, [d["addresses"] for d in behind]
