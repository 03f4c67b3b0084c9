"""What macOS' own tools print about the network, as the seam's values. Pure.

The tools print in English whatever the user's language is. Nothing here has been seen on a Mac
yet: it is written to what Apple's tools are known to print, and exercised by such texts.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from typing import TYPE_CHECKING

from dpf_edge.model import Address, Interface, Neighbour, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dpf_edge.model import LinkKind

# A Mac with many virtual links has some dozens; a table is a few hundred lines.
MOST_LINES = 20_000
# ifconfig(8): a link's first line; what belongs to it is indented.
HEAD = re.compile(r"(?P<name>[\w.:-]{1,32}): flags=[0-9a-f]+<(?P<flags>[A-Z0-9_,]*)>(?P<rest>.*)")
KINDS: tuple[tuple[str, LinkKind], ...] = (
    (r"lo\d+", "loopback"),
    (r"bridge\d+", "bridge"),
    (r"bond\d+", "bond"),
    (r"vlan\d+", "vlan"),
    (r"(utun|ipsec|tun)\d+", "tun"),
    (r"tap\d+", "tap"),
    (r"ppp\d+", "ppp"),
    (r"en\d+", "ether"),
)
# arp(8): `? (192.168.1.1) at 3c:a6:2f:10:20:30 on en0 ifscope [ethernet]`
ARP = re.compile(r"\S+ \((?P<address>[\d.]+)\) at (?P<mac>\S+) on (?P<dev>\S+)(?P<rest>.*)")
# ndp(8), the column St: no state, waiting, incomplete, reachable, stale, delay, probe.
NDP_STATES = {
    "N": "none",
    "W": "incomplete",
    "I": "incomplete",
    "R": "reachable",
    "S": "stale",
    "D": "delay",
    "P": "probe",
}
# netstat(1): a route made by ARP or cloned, a group's, everybody's, a refusal.
NOT_ROUTES = frozenset("LWmbBR")
SCOPED = "I"  # RTF_IFSCOPE: used by what is bound to that link alone


def interfaces(
    text: str, ports: Mapping[str, str], indexes: Mapping[str, int]
) -> tuple[Interface, ...]:
    """The links of ``ifconfig -a``.

    :param ports: the names of hardware ports, by link.
    :param indexes: the links' numbers.
    """
    masters = dict(members(text))
    found = [
        interface(head, lines, ports, indexes, masters.get(head["name"]))
        for head, lines in blocks(text)
    ]
    return tuple(sorted(found, key=lambda each: (each.index is None, each.index or 0)))


def blocks(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """The first line of each link, and those that belong to it."""
    head: re.Match[str] | None = None
    lines: list[str] = []
    for line in text.splitlines()[:MOST_LINES]:
        new = HEAD.fullmatch(line)
        if new is not None:
            if head is not None:
                yield head, lines
            head, lines = new, []
        else:
            lines.append(line.strip())
    if head is not None:
        yield head, lines


def members(text: str) -> Iterator[tuple[str, str]]:
    """Each link that belongs to a bridge, and that bridge."""
    for head, lines in blocks(text):
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "member:" and rest:
                yield rest.split()[0], head["name"]


def interface(
    head: re.Match[str],
    lines: list[str],
    ports: Mapping[str, str],
    indexes: Mapping[str, int],
    master: str | None,
) -> Interface:
    """One link."""
    name, flags = head["name"], head["flags"].split(",")
    told = {line.partition(" ")[0]: line.partition(" ")[2] for line in reversed(lines)}
    mtu = re.search(r"\bmtu (\d{1,6})\b", head["rest"])
    port = ports.get(name)
    return Interface(
        name=name,
        description=port,
        index=indexes.get(name),
        mac=mac(told.get("ether", "")),
        mtu=int(mtu[1]) if mtu else None,
        up="UP" in flags and "RUNNING" in flags and told.get("status:") != "inactive",
        kind=kind(name, port),
        master=master,
        addresses=tuple(sorted(held(lines), key=lambda each: ":" in each.address)),
    )


def kind(name: str, port: str | None) -> LinkKind | None:
    """What sort of link it is, by the name that macOS gives it; None of those of its own."""
    if port in {"Wi-Fi", "AirPort"}:
        return "wifi"
    return next((kind for words, kind in KINDS if re.fullmatch(words, name)), None)


def held(lines: list[str]) -> Iterator[Address]:
    """The addresses of a link."""
    for line in lines:
        words = line.split()
        if len(words) < 2 or words[0] not in {"inet", "inet6"}:
            continue
        said = dict(itertools.pairwise(words))
        try:
            parsed = ipaddress.ip_address(words[1].partition("%")[0])
            if words[0] == "inet":
                length = int(said.get("netmask", ""), 16).bit_count()
            else:
                length = int(said.get("prefixlen", ""))
        except ValueError:
            continue
        # `temporary` and `autoconf` are of a router's word, `dynamic` of DHCPv6's (ifconfig(8)).
        yield Address(
            f"{parsed}/{length}",
            dynamic=not {"temporary", "autoconf", "dynamic"}.isdisjoint(words),
            deprecated="deprecated" in words,
        )


def mac(text: str) -> str | None:
    """A MAC as Apple's tools print it, whose octets may have one digit; None of anything else."""
    octets = text.split(":")
    if len(octets) != 6 or not all(re.fullmatch(r"[0-9a-fA-F]{1,2}", each) for each in octets):
        return None
    found = ":".join(f"{int(each, 16):02x}" for each in octets)
    return None if found == "00:00:00:00:00:00" else found


def ports(text: str) -> dict[str, str]:
    """The hardware ports of ``networksetup -listallhardwareports``, by their links."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines()[:MOST_LINES]:
        word, _, rest = line.partition(": ")
        if word == "Hardware Port":
            name = rest.strip()
        elif word == "Device" and name:
            found[rest.strip()] = name
    return found


def routes(text: str) -> tuple[Route, ...]:
    """The routes of ``netstat -rn``, IPv4 first, without what stands for single neighbours."""
    found = (route(line.split()) for line in text.splitlines()[:MOST_LINES])
    known = [each for each in found if each is not None]
    return tuple(sorted(known, key=lambda each: ":" in each.to + (each.via or "")))


def route(words: list[str]) -> Route | None:
    """One line of the table: destination, gateway, flags, link; None where it is no route."""
    if len(words) < 4 or not words[2].startswith("U") or NOT_ROUTES & set(words[2]):
        return None
    to, via, flags, dev = destination(words[0]), address(words[1]), words[2], words[3]
    if to is None or ("H" in flags and "G" not in flags):
        return None
    if to != "default":
        network = ipaddress.ip_network(to)
        if network.is_loopback or network.is_multicast:
            return None
        if network.prefixlen == network.max_prefixlen and "G" not in flags:  # one neighbour's
            return None
    if "G" not in flags:
        via = None
    if SCOPED in flags:  # behind the one that all others take
        return Route(to, via, dev, table="scoped", metric=1)
    return Route(to, via, dev)


def destination(text: str) -> str | None:
    """A destination as netstat(1) prints it: ``default``, ``192.168.1``, ``172.16/12``."""
    if text == "default":
        return text
    bare, _, length = text.partition("/")
    bare = bare.partition("%")[0]
    try:
        if ":" in bare:
            return str(ipaddress.ip_network(f"{bare}/{length or 128}", strict=False))
        octets = bare.split(".")
        filled = ".".join((*octets, "0", "0", "0")[:4])
        # Octets of zero at the end are left out, and without a length they are its length.
        network = ipaddress.ip_network(f"{filled}/{length or 8 * len(octets)}", strict=False)
    except ValueError:
        return None
    return "default" if network.prefixlen == 0 else str(network)


def address(text: str) -> str | None:
    """An address without its zone; None of ``link#11`` and of MACs."""
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def neighbours(arp: str, ndp: str) -> tuple[Neighbour, ...]:
    """The neighbours of ``arp -an`` and ``ndp -an``, without groups, broadcasts and our own."""
    found = [
        *(entry(line) for line in arp.splitlines()[:MOST_LINES]),
        *(entry6(line) for line in ndp.splitlines()[:MOST_LINES]),
    ]
    return tuple(each for each in found if each is not None and is_station(each))


def entry(line: str) -> Neighbour | None:
    """One line of arp(8), which tells no ages: an entry may be of just now or of a while ago."""
    found = ARP.fullmatch(line.strip())
    if found is None or address(found["address"]) is None:
        return None
    known = mac(found["mac"])
    state = "stale" if known else "incomplete"
    if "permanent" in found["rest"].split():
        state = "permanent"
    return Neighbour(found["address"], known, found["dev"], state)


def entry6(line: str) -> Neighbour | None:
    """One line of ndp(8): the address, its MAC, the link, when it ends, its state."""
    words = line.split()
    if len(words) < 5 or address(words[0]) is None:
        return None
    state = NDP_STATES.get(words[4], "none")
    if words[3] == "permanent":  # this machine's own addresses
        state = "permanent"
    return Neighbour(str(address(words[0])), mac(words[1]), words[2], state)


def is_station(each: Neighbour) -> bool:
    """Whether an entry is another station's."""
    parsed = ipaddress.ip_address(each.address)
    if parsed.is_multicast or parsed.is_loopback or parsed.is_unspecified:
        return False
    if each.mac is not None and int(each.mac[:2], 16) & 1:
        return False
    return each.address != "255.255.255.255" and not (
        each.state == "permanent" and parsed.version == 6
    )
