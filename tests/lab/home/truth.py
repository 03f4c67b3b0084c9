"""What stands on the lab's office LAN: the truth, written down once.

The devices are built from it, and what discovery says is held against it. A fact is true at every
level; ``since`` says from which level on it has to be known, because there is a way to know it.

Three things can hear without asking: what this machine's tables hold (the office's edge has spoken
with the router, the NAS and the printer), and what comes by on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTEN, ASK, PROBE = Level.LISTEN, Level.ASK, Level.PROBE

LAN, LAN6 = "192.168.40.0/24", "fd00:40::/64"
BEHIND = "192.168.41.0/24"
"""The network behind the second router."""
DOMAIN = "office.home.arpa"


class Fact(NamedTuple):
    """One value, and the level from which it has to be known; None: it may be."""

    value: str
    since: Level | None


@dataclass(frozen=True)
class Thing:
    """One device.

    Names are compared in lower case and without the domain. A service is ``name/port``, or its name
    alone where it has no port; ``_ipp._tcp`` is ``ipp``. A maker is right when it begins so. Of a
    kind there may be several right words, ``server|computer``.
    """

    macs: tuple[Fact, ...]
    addresses: tuple[Fact, ...] = ()
    names: tuple[Fact, ...] = ()
    maker: str | None = None
    kind: Fact | None = None
    services: tuple[Fact, ...] = ()
    roles: tuple[Fact, ...] = ()
    ids: tuple[Fact, ...] = ()
    attributes: dict[str, Fact] = field(default_factory=dict)
    private_mac: bool = False
    is_self: bool = False
    since: Level = PROBE

    @property
    def mac(self) -> str:
        """Its first MAC."""
        return self.macs[0].value

    @property
    def address(self) -> str:
        """Its first address."""
        return self.addresses[0].value


def link_local(mac: str) -> str:
    """The address that Linux gives itself from a MAC (RFC 4291, appendix A)."""
    first, *rest = (int(byte, 16) for byte in mac.split(":"))
    bytes_ = [first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]]
    groups = [f"{high << 8 | low:x}" for high, low in zip(bytes_[::2], bytes_[1::2], strict=True)]
    return "fe80::" + ":".join(groups)


def facts(since: Level | None, *values: str) -> tuple[Fact, ...]:
    """Facts of one level."""
    return tuple(Fact(value, since) for value in values)


MACS = {
    "edge": "a0:36:9f:40:00:c8",
    "router": "3c:a6:2f:40:00:01",
    "switch": "9c:3d:cf:40:00:00",
    "branch-router": "50:c7:bf:40:00:03",
    "access-point": "78:8a:20:40:00:04",
    "nas": "00:11:32:40:00:10",
    "server": "00:25:90:40:00:12",
    "speaker": "5c:aa:fd:40:00:14",
    "printer": "3c:d9:2b:40:00:20",
    "tv": "8c:79:f5:40:00:21",
    "pc": "00:14:22:40:00:30",
    "web": "00:25:90:40:00:40",
    "broker": "dc:a6:32:40:00:41",
    # The bit of the first byte that says: drawn by lot, of no maker.
    "phone": "9a:3e:5f:40:00:50",
    "desk-phone": "00:1b:54:40:00:51",
    "double-one": "1c:7e:e5:40:00:60",
    "double-two": "50:c7:bf:40:00:60",
    # Blocks of 36 and of 28 bits: the first 24 of either belong to the registry itself.
    "camera": "70:b3:d5:71:90:61",
    "gate": "b8:d8:12:40:00:62",
    "sensor": "24:0a:c4:40:00:66",
    "hub": "00:17:88:40:00:67",
    "lamp-one": "24:0a:c4:40:00:71",
    "lamp-two": "24:0a:c4:40:00:72",
    "behind": "3c:22:fb:41:00:0a",
}
SECOND_NICS = {"server": "00:25:90:40:00:13", "branch-router": "50:c7:bf:41:00:01"}


def ports(names: Iterable[str]) -> dict[str, int]:
    """The switch's port that each cable of a LAN with these devices ends at.

    The edge's comes last: the first port has the switch's own MAC, and no port is easier.
    """
    inner = [name for name in names if name not in ("edge", "switch", "behind")]
    second = ["server/eth1"] if "server" in inner else []
    return {name: number for number, name in enumerate([*inner, *second, "edge"], 1)}


PORTS = ports(MACS)


def port_mac(number: int) -> str:
    """The MAC of a port of the switch: counted on from its own, which is the first port's too."""
    return f"{MACS['switch'][:-2]}{number - 1:02x}"


def _macs(name: str, since: Level = PROBE) -> tuple[Fact, ...]:
    return facts(since, MACS[name])


def engine(name: str) -> str:
    """A device's SNMP engine: net-snmp's number, then its MAC (RFC 3411, SnmpEngineID, form 3)."""
    return "80001f8803" + MACS[name].replace(":", "")


def _engine(name: str) -> tuple[Fact, ...]:
    return facts(ASK, f"snmp-engine:{engine(name)}")


NAS_UUID = "4d696e69-444c-164e-9d41-001132400010"
TV_UUID = "8c79f540-0021-4d52-8000-5543003333aa"
PC_UUID = "2f6b3c1e-0d5b-5a37-9b1c-001422400030"
DESK_PHONE = "SEP001B54400051"

THINGS: dict[str, Thing] = {
    "edge": Thing(
        macs=_macs("edge", LISTEN),
        addresses=facts(LISTEN, "192.168.40.200", "fd00:40::200", link_local(MACS["edge"])),
        names=facts(LISTEN, "edge-1"),
        maker="Intel",
        kind=Fact("computer|server", None),
        is_self=True,
        since=LISTEN,
    ),
    "router": Thing(
        macs=_macs("router", LISTEN),
        addresses=(
            *facts(LISTEN, "192.168.40.1", link_local(MACS["router"])),
            *facts(PROBE, "fd00:40::1"),
        ),
        names=facts(ASK, "gw"),
        maker="AVM",
        kind=Fact("router", LISTEN),
        services=(Fact("domain/53", PROBE),),
        roles=(
            *facts(LISTEN, "gateway", "dhcp-server"),
            *facts(ASK, "resolver"),
            Fact("router", None),
        ),
        since=LISTEN,
    ),
    "switch": Thing(
        # Its ports' own, from which LLDP comes, are its as well.
        macs=(
            *_macs("switch", LISTEN),
            *facts(None, *(port_mac(number) for number in PORTS.values() if number > 1)),
        ),
        addresses=facts(LISTEN, "192.168.40.2"),
        names=facts(LISTEN, "sw-office"),
        maker="NETGEAR",
        kind=Fact("switch", LISTEN),
        services=facts(ASK, "snmp/161"),
        roles=facts(None, "switch"),
        ids=_engine("switch"),
        attributes={"location": Fact("Back office, rack 1", ASK)},
        since=LISTEN,
    ),
    "branch-router": Thing(
        macs=(*_macs("branch-router", ASK), Fact(SECOND_NICS["branch-router"], ASK)),
        addresses=(
            *facts(ASK, "192.168.40.3", "192.168.41.1"),
            *facts(PROBE, link_local(MACS["branch-router"])),
            # Of the cable that nobody here is on: its own tables may tell.
            *facts(None, link_local(SECOND_NICS["branch-router"])),
        ),
        names=facts(ASK, "branch-gw"),
        maker="TP-L",
        kind=Fact("router", ASK),
        services=facts(ASK, "snmp/161"),
        roles=facts(ASK, "router"),
        ids=_engine("branch-router"),
        since=ASK,
    ),
    "access-point": Thing(
        macs=_macs("access-point", ASK),
        addresses=(
            Fact("192.168.40.4", ASK),
            *facts(PROBE, link_local(MACS["access-point"])),
        ),
        names=facts(ASK, "ap-hall"),
        maker="Ubiquiti",
        kind=Fact("access-point", ASK),
        services=facts(PROBE, "ssh/22"),
        roles=facts(None, "access-point"),
        since=ASK,
    ),
    "nas": Thing(
        macs=_macs("nas", LISTEN),
        addresses=(
            Fact("192.168.40.10", LISTEN),
            Fact("192.168.40.11", PROBE),
            *facts(PROBE, link_local(MACS["nas"])),
        ),
        names=(*facts(ASK, "nas", "Office NAS"),),
        maker="Synology",
        kind=Fact("nas", ASK),
        services=(
            *facts(ASK, "smb/445", "http/5000", "upnp/8200", "netbios-ns/137"),
            # What it is by its own word: no service, but told as one.
            *facts(None, "device-info"),
        ),
        ids=facts(LISTEN, f"uuid:{NAS_UUID}"),
        attributes={"model": Fact("DS220+", ASK)},
        since=LISTEN,
    ),
    "server": Thing(
        macs=(*_macs("server", ASK), Fact(SECOND_NICS["server"], ASK)),
        addresses=(
            *facts(ASK, "192.168.40.12", "192.168.40.13"),
            *facts(PROBE, link_local(MACS["server"]), link_local(SECOND_NICS["server"])),
        ),
        names=facts(ASK, "srv-files"),
        maker="Super Micro",
        services=(Fact("snmp/161", ASK), *facts(PROBE, "ssh/22")),
        kind=Fact("server|nas|computer", None),
        ids=_engine("server"),
        attributes={"location": Fact("Back office, rack 1, unit 7", ASK)},
        since=ASK,
    ),
    "speaker": Thing(
        macs=_macs("speaker", LISTEN),
        addresses=(
            Fact("192.168.40.14", LISTEN),
            *facts(ASK, link_local(MACS["speaker"])),
        ),
        names=facts(LISTEN, "speaker"),
        maker="Sonos",
        kind=Fact("speaker", LISTEN),
        services=facts(LISTEN, "sonos/1443"),
        since=LISTEN,
    ),
    "printer": Thing(
        macs=_macs("printer", LISTEN),
        addresses=(Fact("192.168.40.20", LISTEN), *facts(ASK, link_local(MACS["printer"]))),
        names=facts(ASK, "printer", "HP LaserJet 400 M401"),
        maker="Hewlett Packard",
        kind=Fact("printer", ASK),
        services=(
            *facts(ASK, "ipp/631", "pdl-datastream/9100"),
            Fact("http/80", PROBE),
        ),
        attributes={"model": Fact("HP LaserJet 400 M401dn", ASK)},
        since=LISTEN,
    ),
    "tv": Thing(
        macs=_macs("tv", ASK),
        addresses=(Fact("192.168.40.21", ASK), *facts(PROBE, link_local(MACS["tv"]))),
        names=facts(ASK, "[TV] Meeting room"),
        maker="Samsung",
        kind=Fact("tv", ASK),
        services=facts(ASK, "upnp/9197"),
        ids=facts(ASK, f"uuid:{TV_UUID}"),
        attributes={"model": Fact("UE55NU7100", ASK)},
        since=ASK,
    ),
    "pc": Thing(
        macs=_macs("pc", ASK),
        addresses=(Fact("192.168.40.30", ASK), *facts(PROBE, link_local(MACS["pc"]))),
        names=facts(ASK, "DESKTOP-ANNA"),
        maker="Dell",
        kind=Fact("computer", ASK),
        services=(Fact("netbios-ns/137", ASK), *facts(None, "wsd", "wsd/5357")),
        ids=facts(ASK, f"uuid:{PC_UUID}"),
        since=ASK,
    ),
    "web": Thing(
        macs=_macs("web"),
        addresses=facts(PROBE, "192.168.40.40", link_local(MACS["web"]), "fd00:40::40"),
        names=facts(PROBE, "shop"),
        maker="Super Micro",
        kind=Fact("server|computer", None),
        services=facts(PROBE, "ssh/22", "http/80", "https/443", "http/8443"),
    ),
    "broker": Thing(
        macs=_macs("broker", ASK),
        addresses=(Fact("192.168.40.41", ASK), *facts(ASK, link_local(MACS["broker"]))),
        names=facts(ASK, "broker"),
        maker="Raspberry Pi",
        kind=Fact("computer|server|hub", None),
        services=(Fact("mqtt/1883", ASK), Fact("ssh/22", PROBE)),
        since=ASK,
    ),
    "phone": Thing(
        macs=_macs("phone", LISTEN),
        addresses=(Fact("192.168.40.50", LISTEN), *facts(PROBE, link_local(MACS["phone"]))),
        names=facts(LISTEN, "Annas-Phone"),
        kind=Fact("phone", LISTEN),
        private_mac=True,
        since=LISTEN,
    ),
    "desk-phone": Thing(
        macs=_macs("desk-phone", LISTEN),
        addresses=(
            Fact("192.168.40.51", LISTEN),
            *facts(PROBE, link_local(MACS["desk-phone"])),
        ),
        names=facts(LISTEN, DESK_PHONE),
        maker="Cisco",
        kind=Fact("phone", LISTEN),
        attributes={"model": Fact("Cisco IP Phone 7960", LISTEN)},
        since=LISTEN,
    ),
    "double-one": Thing(
        macs=_macs("double-one"), addresses=facts(PROBE, "192.168.40.60"), maker="D-Link"
    ),
    "double-two": Thing(
        macs=_macs("double-two"), addresses=facts(PROBE, "192.168.40.60"), maker="TP-L"
    ),
    "camera": Thing(
        macs=_macs("camera"), addresses=facts(PROBE, "192.168.40.61"), maker="2M Technology"
    ),
    "gate": Thing(
        macs=_macs("gate"),
        addresses=facts(PROBE, "192.168.40.62", link_local(MACS["gate"])),
        maker="V5 Technology",
    ),
    "sensor": Thing(
        macs=_macs("sensor"),
        addresses=facts(PROBE, link_local(MACS["sensor"]), "fd00:40::66"),
        maker="Espressif",
    ),
    "hub": Thing(
        macs=_macs("hub", ASK),
        addresses=(Fact("fd00:40::67", ASK), *facts(PROBE, link_local(MACS["hub"]))),
        names=facts(ASK, "hub"),
        maker="Philips",
        kind=Fact("hub", ASK),
        services=facts(ASK, "hue/443"),
        since=ASK,
    ),
    "lamp-one": Thing(
        macs=_macs("lamp-one"),
        addresses=facts(PROBE, "192.168.40.71", link_local(MACS["lamp-one"])),
        names=facts(PROBE, "lamp"),
        maker="Espressif",
    ),
    "lamp-two": Thing(
        macs=_macs("lamp-two"),
        addresses=facts(PROBE, "192.168.40.72", link_local(MACS["lamp-two"])),
        names=facts(PROBE, "lamp"),
        maker="Espressif",
    ),
    "behind": Thing(
        # Nobody on the LAN sees its MAC; the router before it tells of it.
        macs=_macs("behind", ASK),
        addresses=facts(ASK, "192.168.41.10"),
        names=facts(ASK, "till-1"),
        maker="Apple",
        kind=Fact("computer|server", None),
        services=facts(PROBE, "ssh/22", "http/80"),
        since=ASK,
    ),
}

KNOWN_BEFORE = ("router", "nas", "printer")
"""With whom the edge has spoken before it looks; and the second router with whom is behind it."""

PRINTER_PORTS = tuple(range(9100, 9108))
"""Where the printer waits for what it would print."""
