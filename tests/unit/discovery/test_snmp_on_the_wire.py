"""Debian's snmpd in a namespace of the test's own, asked by every version and protection."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from tests.lab.home.standing import need
from tests.unit.host.spaces import Space, space

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESS, PORT = "192.168.7.2", 161
COMMUNITY = "planted-community"
SECONDS = 20
# User, hash, cipher: every pair of protocols that snmpd of Debian 12 has.
USERS = {
    "ada": ("SHA-256", "AES"),
    "bob": ("MD5", "DES"),
    "cyd": ("SHA-512", "AES-256"),
    "dan": ("SHA", None),
    "eve": ("SHA-384", "AES-192"),
    "fay": (None, None),
    "gus": ("SHA-224", "AES"),
}
CONF = f"""agentaddress udp:{ADDRESS}:{PORT}
rocommunity {COMMUNITY}
sysName core-switch.lab
sysLocation Rack 4
sysDescr Lab switch OS 1.2
sysServices 6
"""


def secret(user: str, what: str) -> str:
    return f"planted-{what}-{user}"


def conf() -> str:
    lines = [CONF]
    for user, (seal, cipher) in USERS.items():
        line = f"createUser {user}"
        if seal:
            line += f' {seal} "{secret(user, "auth")}"'
        if cipher:
            line += f' {cipher} "{secret(user, "priv")}"'
        level = "authPriv" if cipher else "authNoPriv" if seal else "noauth"
        lines.append(f"{line}\nrouser {user} {level}\n")
    return "".join(lines)


def target(user: str | None = None, **also: Any) -> dict[str, Any]:
    """An agent in the file's shape."""
    told: dict[str, Any] = {"host": ADDRESS, "port": PORT, "timeoutMs": 1200}
    if user is None:
        return {**told, "version": "2c", "community": COMMUNITY, **also}
    seal, cipher = USERS.get(user, ("SHA-256", "AES"))
    told |= {"version": "3", "user": user}
    if seal:
        told |= {"authProtocol": seal, "authPassword": secret(user, "auth")}
    if cipher:
        told |= {"privProtocol": cipher, "privPassword": secret(user, "priv")}
    return {**told, **also}


class Agent(NamedTuple):
    """A running snmpd, and the place that it runs in."""

    place: Space
    folder: Path

    def asked(self, *targets: dict[str, Any], **also: Any) -> dict[str, Any]:
        """What the collector makes of it."""
        told = msgspec.json.encode({"targets": targets, **also})
        module = ("-m", "tests.unit.discovery.snmp_asking")
        done = self.place.run(sys.executable, *module, stdin=told)
        assert (0, b"") == (done.returncode, done.stderr)
        document: dict[str, Any] = msgspec.json.decode(done.stdout)
        for user in USERS:
            for what in ("auth", "priv"):
                assert secret(user, what).encode() not in done.stdout
        assert COMMUNITY.encode() not in done.stdout
        return document


@contextlib.contextmanager
def snmpd(place: Space, folder: Path) -> Iterator[None]:
    """snmpd in a place, until it answers."""
    (folder / "snmpd.conf").write_text(conf())
    entered = ("nsenter", f"--net=/proc/{place.pid}/ns/net")
    environment = {**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(folder / "state")}
    log = folder / "log"
    process = subprocess.Popen(
        [*entered, "snmpd", "-f", "-LF", "w", str(log), "-C", "-c", str(folder / "snmpd.conf")],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(SECONDS * 50):
            if f":{PORT}" in place.run("ss", "-ulnH").stdout.decode():
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    need(["snmpd"])
    folder = tmp_path_factory.mktemp("snmpd")
    with space() as place:
        place.do(
            "ip link set lo up",
            "ip link add eth0 address 9c:3d:cf:00:00:02 type veth peer name far",
            "ip link set eth0 up",
            "ip link set far up",
            f"ip address add {ADDRESS}/24 dev eth0",
            "ip neigh add 192.168.7.9 lladdr 3c:a6:2f:00:00:09 dev eth0 nud permanent",
        )
        with snmpd(place, folder):
            yield Agent(place, folder)


@pytest.mark.parametrize("user", [None, *USERS])
def test_an_agent_says_who_it_is_and_whom_it_knows(agent: Agent, user: str | None) -> None:
    done = agent.asked(target(user))

    itself, *others = done["seen"]
    assert ADDRESS == itself["addresses"][0]
    assert "9c:3d:cf:00:00:02" in itself["macs"]
    assert ["core-switch.lab"] == itself["names"]
    assert "Rack 4" == itself["attributes"]["location"]
    assert "Lab switch OS 1.2" == itself["attributes"]["description"]
    assert [{"kind": "MEMBER_OF", "network": "192.168.7.0/24"}] == itself["ties"]
    assert itself["ids"][0].startswith("snmp-engine:80001f88")
    assert {"version": "3" if user else "2c"} == itself["services"][0]["details"]
    station = next(each for each in others if each["addresses"] == ["192.168.7.9"])
    assert (["3c:a6:2f:00:00:09"], ADDRESS) == (station["macs"], station["told_by"])
    assert [] == done["lost"]


def test_version_1_says_the_same(agent: Agent) -> None:
    old, new = (agent.asked(target(version=version)) for version in ("1", "2c"))

    def told(done: dict[str, Any]) -> list[dict[str, Any]]:
        for each in done["seen"]:
            del each["seen_at"]
        done["seen"][0]["services"], done["seen"][0]["attributes"]["snmpVersion"] = [], ""
        seen: list[dict[str, Any]] = done["seen"]
        return seen

    assert told(new) == told(old)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (target(community="planted-other"), "does not answer, or not to this community"),
        (target("nobody"), "does not know the user"),
        (target("ada", authPassword="another password"), "authentication password or protocol"),
        (target("ada", authProtocol="SHA-512"), "authentication password or protocol"),
        (target("ada", privPassword="another password"), "does not answer"),
        (target("dan", authProtocol="", authPassword=""), "see nothing"),
        (target(port=162), "does not answer"),
    ],
    ids=["community", "user", "password", "protocol", "privacy", "protection", "port"],
)
def test_who_is_not_let_in_hears_why(agent: Agent, wrong: dict[str, Any], says: str) -> None:
    done = agent.asked(wrong)

    assert [] == done["seen"]
    assert 1 == len(done["lost"])
    assert says in done["lost"][0]


def test_an_agent_that_does_not_answer_holds_up_no_other(agent: Agent) -> None:
    """W25: a dead target cost six processes and six warnings."""
    silent = [target(host=f"192.168.7.{number}") for number in range(100, 108)]

    done = agent.asked(*silent, target("ada"))

    assert "core-switch.lab" in done["seen"][0]["names"]
    assert 8 == len(done["lost"])


def test_two_looks_make_rates_of_what_an_interface_carries(agent: Agent) -> None:
    done = agent.asked(target(), target("ada", host=ADDRESS, port=PORT), looks=2, every=0.3)

    first, second = done["rounds"]
    assert [] == first
    assert {"eth0", "far"} == {each["ifName"] for each in second}
    assert {f"snmp:{ADDRESS}"} == {each["deviceKey"] for each in second}
    assert all(each["operStatus"] == "up" and each["rxBps"] >= 0 for each in second)
    assert all(each["speedMbps"] == 10_000 for each in second)
