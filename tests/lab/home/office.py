"""Sets the office up: a switch, cables, addresses, and what runs on each device."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tests.lab.commands import LabError, wait_until
from tests.lab.lab import INSTALLED

from .capsule import OWN, Capsule, capsule
from .devices import (
    BRANCH_COMMUNITY,
    COMMUNITY,
    RUNS,
    SNMP_AUTH,
    SNMP_PRIV,
    SNMP_USER,
    Runs,
)
from .truth import BEHIND, DOMAIN, KNOWN_BEFORE, SECOND_NICS, THINGS, port_mac, ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.lab.commands import Done

    from .truth import Thing

BRIDGE = "br-office"
EDGE = "edge"
SNMP_FILE = "/run/snmp.json"

# Put before a command, it runs without any capability; as root it would have them all.
BARE = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")

# Whom the switch knows by LLDP; nothing while its daemon is not there.
_TOLD_THE_SWITCH = f"\nlldpcli -u {OWN}/switch/lldpd.socket show neighbors 2>/dev/null || :"

# What the office's daemons need to listen: nmbd and minidlna take 2 s on this machine's two cores.
_STANDS_SECONDS = 20.0

# Names of files below /proc/sys/net of every host of the office. Without the first, an address is
# no one's for a second after it was given; the others keep a host from numbering itself.
_SETTINGS = {
    "ipv6/conf/all/accept_dad": 0,
    "ipv6/conf/default/accept_dad": 0,
    "ipv6/conf/default/accept_ra": 0,
    "ipv6/conf/default/router_solicitations": 0,
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/default/send_redirects": 0,
}
_ROUTERS = {"router", "branch-router"}
# These have no IPv6 at all, so that nothing but ARP finds them, or nothing but their agent.
_NO_IPV6 = {"switch", "camera", "double-one", "double-two"}


@dataclass(frozen=True)
class Office:
    """An office that stands."""

    capsule: Capsule
    seconds: float = 0.0
    """How long it took to set up."""

    def dpf_edge(
        self, *words: str, timeout: float = 60.0, env: Mapping[str, str] | None = None
    ) -> Done:
        """Run dpf-edge on the office's edge."""
        return self.capsule.run(EDGE, [*INSTALLED, *words], timeout=timeout, env=env)

    def file(self, thing: str, name: str) -> str:
        """A file of a device's own /run."""
        return self.capsule.file(f"{OWN}/{thing}/{name}").read_text(errors="replace")


@contextmanager
def office(
    names: Iterable[str] = tuple(THINGS),
    strangers: Mapping[str, tuple[Thing, Runs]] = MappingProxyType({}),
) -> Iterator[Office]:
    """Set the office up, or some devices of it, and take it away whole.

    `strangers` stand on its LAN beside them: what each is, and what runs on it.
    """
    things = {name: THINGS[name] for name in names}
    things |= {name: thing for name, (thing, _) in strangers.items()}
    with capsule() as made:
        began = time.monotonic()
        runs = {name: make() for name, make in RUNS.items() if name in things}
        runs |= {name: run for name, (_, run) in strangers.items()}
        made.sh(_namespaces(things))
        made.sh(_cables(things))
        for name, thing in things.items():
            made.sh(_addresses(name, thing), place=name)
        _furnish(made, runs)
        _start(made, runs)
        _wait(made, runs)
        _talk_before(made, things)
        yield Office(made, round(time.monotonic() - began, 1))


def _namespaces(names: Iterable[str]) -> str:
    lines = []
    for name in names:
        lines += [f"ip netns add {name}", f"ip -n {name} link set lo up"]
        settings = dict(_SETTINGS)
        if name in _ROUTERS:
            settings |= {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1}
        if name in _NO_IPV6:
            settings |= {f"ipv6/conf/{which}/disable_ipv6": 1 for which in ("all", "default")}
        if name == "server":
            # One host, two cables into one switch: each answers for its own address alone.
            settings |= {"ipv4/conf/all/arp_ignore": 1, "ipv4/conf/all/arp_announce": 2}
        script = "; ".join(f"echo {value} > /proc/sys/net/{key}" for key, value in settings.items())
        lines.append(f"nsenter --net=/run/netns/{name} sh -eu -c '{script}'")
    return "\n".join(lines)


def _cables(things: Mapping[str, Thing]) -> str:
    switch = THINGS["switch"].mac
    lines = [
        f"link add {BRIDGE} address {switch} type bridge forward_delay 0 mcast_snooping 0",
        f"link set {BRIDGE} up",
    ]
    for where, number in ports(things).items():
        name, _, link = where.partition("/")
        mac = SECOND_NICS[name] if link else things[name].mac
        lines += [
            f"link add port{number} address {port_mac(number)} type veth"
            f" peer name {link or 'eth0'} address {mac} netns {name}",
            f"link set port{number} master {BRIDGE} up",
        ]
    said = f"ip -n switch -batch - <<'END'\n{chr(10).join(lines)}\nEND\n"
    if "behind" in things:
        said += (
            f"ip -n branch-router link add eth1 address {SECOND_NICS['branch-router']} type veth"
            f" peer name eth0 address {things['behind'].mac} netns behind\n"
        )
    return said


def _addresses(name: str, thing: Thing) -> str:
    link = BRIDGE if name == "switch" else "eth0"
    lines = [f"link set {link} up"]
    for fact in thing.addresses:
        address = fact.value
        if name == "phone" or address.startswith("fe80:"):
            continue  # the one asks for its own, the other makes its own
        at = "eth1" if (name, address) in _SECOND else link
        length = 64 if ":" in address else 24
        lines.append(f"addr add {address}/{length} dev {at}" + (" brd +" if length == 24 else ""))
    if name in SECOND_NICS:
        lines.append("link set eth1 up")
    if name == "behind":
        lines.append("route add default via 192.168.41.1")
    elif name == "router":
        lines.append(f"route add {BEHIND} via {THINGS['branch-router'].address}")
    elif name == EDGE:
        lines.append(f"route add default via {THINGS['router'].address}")
    return f"ip -batch - <<'END'\n{chr(10).join(lines)}\nEND\n"


_SECOND = {("server", "192.168.40.13"), ("branch-router", "192.168.41.1")}


def _furnish(made: Capsule, runs: dict[str, Runs]) -> None:
    """Write each device's own /run and, for the edge, what it is told of the network."""
    for name, run in runs.items():
        folder = made.file(f"{OWN}/{name}")
        for file, text in run.files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        folder.mkdir(exist_ok=True)
        lines = [
            f"hostname {name}",
            f"mount -n --bind {OWN}/{name} /run",
            # avahi keeps its own there, wherever it is told to be.
            "mkdir -p /run/avahi-daemon",
            *run.start,
        ]
        (folder / "start").write_text("\n".join(lines) + "\n")
    etc = made.file(f"/etc/netns/{EDGE}")
    etc.mkdir(parents=True)
    resolver = f"nameserver {THINGS['router'].address}\nsearch {DOMAIN}\n"
    (etc / "resolv.conf").write_text(resolver)
    made.sh("hostname edge-1")
    snmp = made.file(SNMP_FILE)
    snmp.write_text(json.dumps({"targets": snmp_targets()}))
    snmp.chmod(0o600)


def snmp_targets() -> list[dict[str, Any]]:
    """What the edge is told of the office's agents, in the published form."""
    return [
        {"host": THINGS["switch"].address, "version": "2c", "community": COMMUNITY},
        {"host": THINGS["branch-router"].address, "version": "2c", "community": BRANCH_COMMUNITY},
        {
            "host": THINGS["server"].address,
            "version": "3",
            "user": SNMP_USER,
            "authProtocol": "SHA-256",
            "authPassword": SNMP_AUTH,
            "privProtocol": "AES",
            "privPassword": SNMP_PRIV,
        },
    ]


def _start(made: Capsule, names: Iterable[str]) -> None:
    """Start all that runs anywhere, side by side."""
    lines = [
        f"ip netns exec {name} unshare --mount --uts sh -eu {OWN}/{name}/start"
        f" </dev/null >{OWN}/{name}/start.log 2>&1 || touch {OWN}/{name}/failed &"
        for name in names
    ]
    made.sh("\n".join([*lines, "wait"]))
    for name in names:
        if made.file(f"{OWN}/{name}/failed").exists():
            said = made.file(f"{OWN}/{name}/start.log").read_text()
            raise LabError(f"{name} did not start: {said.strip()}")


def _wait(made: Capsule, runs: dict[str, Runs]) -> None:
    """Wait until every daemon listens, the phone has its lease, and the switch knows by LLDP who
    hangs on it, as it has long done in an office that stands."""
    lease = THINGS["phone"].address
    is_linked = {"switch", "access-point"} <= runs.keys()

    def missing() -> list[str]:
        told = made.sh(
            "\n".join(
                f"echo '== {name}'; ip netns exec {name} sh -c 'ss -Hlntu; ip -br -4 addr'"
                for name in runs
            )
            + (_TOLD_THE_SWITCH if is_linked else "")
        )
        return [
            f"{name} {port}"
            for part in told.split("== ")[1:]
            for name, _, rest in (part.partition("\n"),)
            for port in runs[name].ports
            if not _listens(rest, port)
        ] + [
            what
            for what, is_missing in (
                ("the phone's lease", "phone" in runs and lease not in told),
                ("the access point's word at the switch", is_linked and "ap-hall" not in told),
            )
            if is_missing
        ]

    if not wait_until(lambda: not missing(), seconds=_STANDS_SECONDS):
        raise LabError(f"not there: {', '.join(missing())}")


def _listens(told: str, port: str) -> bool:
    transport, _, number = port.partition("/")
    return any(
        words[0] == transport and words[4].endswith(f":{number}")
        for words in map(str.split, told.splitlines())
        if len(words) > 4
    )


def _talk_before(made: Capsule, things: Mapping[str, Thing]) -> None:
    """Let some speak with each other, so that their neighbour tables know them."""
    pings = " ".join(
        f"busybox ping -c 1 -W 2 {things[name].address} >/dev/null &"
        for name in KNOWN_BEFORE
        if name in things
    )
    made.sh(f"{pings} wait", place=EDGE)
    if "behind" in things:
        made.sh(f"busybox ping -c 1 {things['behind'].address} >/dev/null", place="branch-router")
