"""`diagnose --active` in every place of the lab: a yes on the LAN, and nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.test_cases import schema

from .commands import must, run, start_daemon, wait_until
from .lab import Place
from .lan import ANSWERS, RESPONDER
from .net import End, namespace, ping, veth
from .state import LOGS, RUN
from .test_vantage import ON_THE_LAN, SAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lab import Lab


# All namespaces share one bound on their neighbour tables, from which on the kernel drops what was
# not used for a minute: so many addresses asked in vain cost other tests what they read.
pytestmark = pytest.mark.lab_late


@pytest.fixture(scope="module", autouse=True)
def _talk_again(lab: Lab) -> Iterator[None]:
    """Leave the neighbour tables as they were, for a lab that is kept."""
    yield
    for name in ON_THE_LAN:
        ping(lab.places[name].argv, [device.address for device in lab.devices.values()])
    ping(lab.places["linux-host/siblings"].argv, [f"sibling-{n}" for n in range(2, 7)])


def asked(place: Place) -> tuple[dict[str, Any], str]:
    """What the program says there once it has asked, and what it said that it would send."""
    done = place.dpf_edge("diagnose", "--active", "--json", timeout=40)
    assert 0 == done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    schema("diagnosis-1").validate(found)
    (said,) = done.stderr.splitlines()
    return found, said


@pytest.mark.parametrize("name", SAYS)
def test_asking_says_yes_on_the_lan_and_nowhere_else(lab: Lab, name: str) -> None:
    """Not in Docker Desktop's host mode, among five siblings, nor in the nested engine."""
    found, said = asked(lab.places[name])

    answers = {"yes"} if name in ON_THE_LAN else {"no", "unknown"}
    assert found["lan"]["answer"] in answers
    assert said.startswith("sending nothing: " if name.endswith("/none") else "sending on eth")


def test_asking_finds_a_lan_that_nobody_spoke_with_before(lab: Lab) -> None:
    """Passive reading has nothing to go by where the neighbour table is empty."""
    place = lab.places["linux-host"]
    place.run(["ip", "neigh", "flush", "all", "nud", "all"])
    before = json.loads(place.dpf_edge("diagnose", "--json").stdout)
    found, _ = asked(place)

    assert "unknown" == before["lan"]["answer"]
    assert ("yes", "l2", "eth0") == tuple(
        found["lan"][key] for key in ("answer", "reach", "interface")
    )


def test_the_lan_s_own_devices_are_those_that_answered(lab: Lab) -> None:
    script = (
        "import json, msgspec\n"
        "from dpf_edge.host import active\n"
        "from dpf_edge.host.live import live\n"
        "host = active.check(live(), ('eth0',), lambda said: None)\n"
        "print(json.dumps(msgspec.to_builtins(host.probes())))\n"
    )
    place = lab.places["linux-host/macvlan"]
    # Three will answer, and the MACs of two at most are asked for by the way.
    ping(place.argv, [device.address for device in lab.devices.values()])
    done = place.run(["python3", "-c", script], timeout=40)
    probes = json.loads(done.stdout)

    answered = {
        (probe["check"], probe["from"], probe["mac"]) for probe in probes if "from" in probe
    }
    assert {
        (kind, lab.devices[name].address, lab.devices[name].mac) for name, kind in ANSWERS.items()
    } == answered
    router = {"check": "arp", "result": "answered", "to": lab.router.address, "mac": lab.router.mac}
    assert router in probes
    assert {"silent"} == {probe["result"] for probe in probes if probe["check"] == "tcp"}


def test_siblings_that_answer_every_question_make_no_lan(lab: Lab) -> None:
    """Five MACs and multicast answers, on an engine's own network."""
    inside = ("docker", "exec", "-i")
    host = lab.places["linux-host"]
    address = "import socket; print(socket.gethostbyname(socket.gethostname()))"
    names = ["sibling-2", "sibling-3"]
    for name, kind in zip(names, ("mdns", "ssdp"), strict=True):
        own = host.run([*inside, name, "python3", "-c", address]).stdout.strip()
        detached = ("docker", "exec", "--detach", name, "timeout", "50", "python3", "-c")
        done = host.run([*detached, RESPONDER.read_text(), own, kind])
        assert 0 == done.returncode, done.stderr
    try:
        heard = {"mdns": "14E9", "ssdp": "076C"}  # 5353 and 1900, as /proc has them

        def all_listen() -> bool:
            tables = [host.run([*inside, name, "cat", "/proc/net/udp"]).stdout for name in names]
            return all(
                f":{port} " in table for port, table in zip(heard.values(), tables, strict=True)
            )

        assert wait_until(all_listen, seconds=20)
        found, _ = asked(lab.places["linux-host/siblings"])
    finally:
        for name in names:
            host.run([*inside, name, "busybox", "pkill", "timeout"])

    assert found["lan"]["answer"] in {"no", "unknown"}


@pytest.fixture
def behind_a_liar(lab: Lab) -> Iterator[Place]:
    """A machine whose network is one program: one MAC, a router maker's, for every address.

    So WSL's VirtioProxy looks from inside; here a kernel does it, that takes a whole network for
    its own.
    """
    liar, guest = namespace("liar"), namespace("lied-to")
    try:
        # A maker's MACs on both sides, so that nothing but the one MAC gives it away.
        veth(End(guest, "eth0", "a0:36:9f:10:00:77"), End(liar, "eth0", "3c:a6:2f:10:00:77"))
        liar.ip(
            "addr add 192.168.77.1/24 dev eth0",
            "link set eth0 up",
            "route add 192.168.77.20/32 dev eth0 table local",
            "route add local 192.168.77.0/24 dev lo",
        )
        guest.ip(
            "addr add 192.168.77.20/24 dev eth0",
            "link set eth0 up",
            "route add default via 192.168.77.1 dev eth0",
        )
        yield Place("liar", "stand-in", "Behind a program.", guest.argv)
    finally:
        for each in (liar, guest):
            run(["ip", "netns", "delete", each.name])


def test_a_network_that_is_one_program_is_never_a_lan(behind_a_liar: Place) -> None:
    found, _ = asked(behind_a_liar)

    assert found["lan"]["answer"] in {"no", "unknown"}
    assert "one-mac" in {item["signal"] for item in found["evidence"]}


def test_a_program_that_takes_every_connection_takes_back_the_yes(lab: Lab) -> None:
    """On the LAN itself: what looks alive from there need not be."""
    place = lab.places["linux-host"]
    start_daemon([*place.argv, "timeout", "50", "python3", "-c", TAKER], log=LOGS / "taker.log")
    rule = ("OUTPUT", "-p", "tcp", "-d", "192.168.0.0/24", "-j", "REDIRECT", "--to-ports", "15001")
    iptables = (*place.argv, "env", f"XTABLES_LOCKFILE={RUN / 'xtables.lock'}", "iptables")
    assert wait_until(lambda: ":3A99 " in place.run(["cat", "/proc/net/tcp"]).stdout, seconds=20)
    must([*iptables, "-t", "nat", "-A", *rule])
    try:
        found, _ = asked(place)
    finally:
        must([*iptables, "-t", "nat", "-D", *rule])

    assert "unknown" == found["lan"]["answer"]
    assert "dead-address" in {item["signal"] for item in found["evidence"]}
    assert "yes" == asked(place)[0]["lan"]["answer"]


TAKER = """
import socket, time
server = socket.create_server(("", 15001))
time.sleep(50)
"""


def test_asking_sends_nothing_to_where_it_was_not_announced(lab: Lab) -> None:
    """The engine's bridges beside the LAN's link stay as quiet as they were."""
    place = lab.places["linux-host"]

    def sent(link: str) -> int:
        (told,) = json.loads(must([*place.argv, "ip", "-j", "-s", "link", "show", "dev", link]))
        packets: int = told["stats64"]["tx"]["packets"]
        return packets

    before = {link: sent(link) for link in ("docker0", "podman0", "eth0")}
    _, said = asked(place)
    after = {link: sent(link) for link in ("docker0", "podman0", "eth0")}

    assert said.startswith("sending on eth0 for at most ")
    assert before["docker0"] == after["docker0"]
    assert before["podman0"] == after["podman0"]
    # Twelve addresses asked thrice and sent a datagram, two questions, one datagram far, and the
    # kernel's own answers and repeats.
    assert 0 < after["eth0"] - before["eth0"] <= 12 * 4 + 3 + 12
