"""`sweep`'s command line: what is refused before anything is looked at."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dpf_edge.cli.sweep_table import COLUMN_NAMES, lines, row
from dpf_edge.observed import Device, Service, Source

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command that must end before it sends: it would be refused the network all the same."""
    return subprocess.run(
        [sys.executable, "-m", "dpf_edge", "sweep", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--level", "probe", "--subnet", "8.8.8.0/24"), "no private range"),
        (("--level", "probe", "--subnet", "224.0.0.0/24"), "no private range"),
        (("--level", "probe", "--subnet", "10.0.0.0/8"), "larger than a /16"),
        (("--level", "probe", "--subnet", "fd00::/64"), "no IPv4 range"),
        (("--level", "probe", "--subnet", "nonsense"), "no IPv4 range"),
        (("--subnet", "192.168.1.0/24"), "only --level probe walks"),
        (("--level", "ask", "--subnet", "192.168.1.0/24"), "only --level probe walks"),
        (("--level", "everything"), "'everything' is not one of"),
        (("--rate", "0"), "--rate 0"),
        (("--rate", "60000"), "--rate 60000"),
        (("--rate", "ludicrous"), "--rate ludicrous"),
        (("--only", "nmap"), "there is no collector nmap; there are arp, "),
        (("--seconds", "-1"), "--seconds"),
        (("--snmp", "/nonexistent/snmp.json"), "/nonexistent/snmp.json is not there"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_may_not_be_is_refused_with_the_reason(words: tuple[str, ...], says: str) -> None:
    done = run(*words)

    assert (64, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error[usage]: ")
    assert says in done.stderr


def test_a_secret_of_an_snmp_file_is_in_no_message(tmp_path: Path) -> None:
    file = tmp_path / "snmp.json"
    file.write_text(
        '{"targets": [{"host": "10.0.0.2", "community": "hunter2-hunter2", "port": 0}]}'
    )
    done = run("--snmp", str(file), "--seconds", "0", "--only", "host")

    assert 0 == done.returncode
    assert "hunter2" not in done.stdout + done.stderr
    assert "SNMP target 1" in done.stderr


def test_what_a_device_calls_itself_cannot_steer_the_table() -> None:
    evil = Device(
        key="x",
        addresses=("192.168.50.9",),
        names=("\x1b]0;title\x07\x1b[2Jname\nsecond line\u202e",),
        maker="\x9b31mmaker",
        kind="<b>\x00",
        services=(Service("\rhttp"),),
    )
    shown = ["".join(span.text for span in line) for line in lines([evil], 200)]

    assert 2 == len(shown)
    assert all(text.isprintable() for text in shown)


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_a_table_is_as_wide_as_it_may_be_and_cuts_no_address(width: int) -> None:
    found = [
        Device(
            key=str(number),
            addresses=(f"192.168.150.{100 + number}",),
            names=("a-name-that-is-quite-long." * 3,),
            macs=(f"24:5a:4c:00:00:{number:02x}",),
            maker="Some Maker of Some Things " * 3,
            services=tuple(Service(f"service-{n}") for n in range(9)),
        )
        for number in range(40)
    ]
    shown = ["".join(span.text for span in line) for line in lines(found, width)]

    assert 41 == len(shown)
    assert all(name in shown[0] for name in COLUMN_NAMES[:2])
    assert all("192.168.150.1" in line for line in shown[1:])
    # A line that is wider is broken in two, and no table any more.
    assert all(len(line) <= width for line in shown)
    if width >= 80:
        assert all("24:5a:4c:00:00:" in line for line in shown[1:])


def test_a_router_that_nobody_saw_is_not_shown_as_if_it_were_there() -> None:
    """The routing table names it; whether it is there, nobody knows."""
    said = Source("routes", "2026-11-22T23:00:00.000Z", 0.7)
    seen = Source("arp", "2026-11-22T23:00:00.000Z", 0.9)
    named = Device(key="a", addresses=("10.0.0.1",), sources={"roles": (said,)})
    there = Device(key="b", addresses=("10.0.0.2",), sources={"roles": (said,), "macs": (seen,)})

    assert "(not seen: a route names it)" in row(named)
    assert "(not seen: a route names it)" not in row(there)


def test_services_have_one_spelling() -> None:
    device = Device(key="a", services=(Service("_http._tcp"), Service("http", 5000)))

    assert "http" == row(device)[-1]


def test_devices_stand_in_the_order_of_their_addresses() -> None:
    found = [
        Device(key=each, addresses=(each,))
        for each in ("fe80::1", "192.168.50.10", "fd00::1", "192.168.50.9")
    ]
    shown = ["".join(span.text for span in line).split()[0] for line in lines(found, 100)]

    assert ["ADDRESS", "192.168.50.9", "192.168.50.10", "fd00::1", "fe80::1"] == shown
