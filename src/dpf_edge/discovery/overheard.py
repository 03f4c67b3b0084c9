"""What comes by on the wire, and what it tells of whom: fed frame by frame. Pure.

Nobody who is overheard was asked, so everything here is what somebody said of himself or of his
network to somebody else; a frame's own addresses tell who said it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from dpf_edge import addresses
from dpf_edge.discovery import links, mdns, on_link, times, upnp_seen, wsd_soap
from dpf_edge.discovery.frames import arp, cdp, dhcp, ethernet, lldp, ndp
from dpf_edge.host.net import Datagram
from dpf_edge.observed import Observation, Tie

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dpf_edge.discovery.job import Place
    from dpf_edge.host.net import Frame

KINDS = ("arp", "ndp", "mdns", "ssdp", "dhcp", "lldp", "cdp", "llmnr", "netbios", "wsd")
HEARD = 0.8
# What a client asks for is not yet its own; what a server tells of others may be old.
WANTED, TOLD = 0.6, 0.7
SSDP_PORT, WSD_PORT = 1900, 3702
# What is kept of one kind, so that a flood of the one leaves room for the others: more than any
# link has stations.
MOST_OF_A_KIND = 4096
MOST_HINT = 160
# Frames that are known again when they come again, which most do: who asks by ARP, who announces
# himself. Each is a number of 8 bytes; when there are so many, it begins anew.
MOST_FRAMES = 8192


class Overheard:
    """All that was overheard so far.

    :param places: our own links; what comes by on others is not looked at.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = {each.name: each for each in places}
        self._own = {each.mac for each in places}
        self._mdns = mdns.Told(links.links(places))
        self._ssdp = upnp_seen.Told(links.links(places))
        self._frames: set[int] = set()
        self._given: set[str] = set()
        self._count: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        """Whether something was left out, for there was too much of its kind."""
        return any(count >= MOST_OF_A_KIND for count in self._count.values())

    def take(self, frame: Frame) -> Iterator[Observation]:
        """What a frame tells that was not told before."""
        if self._is_known(frame):
            return
        found = ethernet.frame(frame.data)
        place = self._places.get(frame.interface)
        if found is None or place is None or found.source in self._own:
            return
        if not ethernet.is_station(found.source):
            return
        kind, read = self._reader(found)
        for seen in read(found, place, frame.at) if read is not None else ():
            # All but the time: the same thing said again is nothing new.
            text = repr(replace(seen, seen_at=""))
            if text in self._given or self._count[kind] >= MOST_OF_A_KIND:
                continue
            self._given.add(text)
            self._count[kind] += 1
            yield seen

    def _is_known(self, frame: Frame) -> bool:
        """Whether the very same frame came before: it tells nothing that was not told then.

        Nobody can make two frames that are taken for one: Python's hash of bytes is keyed anew in
        each process.
        """
        known = hash((frame.interface, frame.data))
        if known in self._frames:
            return True
        if len(self._frames) >= MOST_FRAMES:
            self._frames.clear()
        self._frames.add(known)
        return False

    def _reader(
        self, found: ethernet.Ethernet
    ) -> tuple[str, Callable[[ethernet.Ethernet, Place, float], Iterator[Observation]] | None]:
        """What sort of frame it is, and what reads it."""
        if found.type == ethernet.ARP:
            return "arp", from_arp
        if found.type == ethernet.LLDP:
            return "lldp", from_lldp
        if found.type == 0 and found.to == cdp.GROUP:
            return "cdp", from_cdp
        packet = ethernet.packet(found)
        if packet is not None and packet.protocol == ethernet.ICMPV6:
            return "ndp", from_ndp
        if packet is not None and packet.protocol == ethernet.UDP:
            return "udp", self._from_udp
        return "other", None

    def _from_udp(self, found: ethernet.Ethernet, place: Place, at: float) -> Iterator[Observation]:
        """What a datagram tells: who sent it and, by its port, what it says."""
        packet = ethernet.packet(found)
        told = ethernet.udp(packet) if packet else None
        if packet is None or told is None:
            return
        yield from sighted(place, packet.source, found.source, at)
        ports = {told.source_port, told.port}
        if ports & {dhcp.SERVER_PORT, dhcp.CLIENT_PORT}:
            message = dhcp.parse(told.payload)
            if message is not None:
                yield from from_dhcp(message, found.source, packet.source, place, at)
        elif told.source_port == mdns.PORT:
            source = packet.source
            responder = self._mdns.hear(told.payload, source, told.source_port, place.name, at)
            if responder is not None:
                for seen in self._mdns.news(responder):
                    yield replace(seen, collector="heard", confidence=min(seen.confidence, HEARD))
        elif SSDP_PORT in ports:
            got = Datagram(told.payload, packet.source, told.source_port, place.name, at)
            speaker = self._ssdp.hear(got)
            if speaker is not None:
                for seen in self._ssdp.news(speaker[0]):
                    yield replace(seen, collector="heard", confidence=HEARD)
        elif WSD_PORT in ports:
            yield from from_wsd(told.payload, packet.source, place, at)


def heard(place: Place, at: float, confidence: float = HEARD) -> Observation:
    """An observation with nothing in it yet."""
    return Observation("heard", times.stamp(at), confidence, place.name)


def sighted(place: Place, address: str, mac: str, at: float) -> Iterator[Observation]:
    """Who sent something, where the address is one of the link: else a router sent it on."""
    candidate = addresses.address(address)
    if candidate is None or candidate.is_multicast or candidate.is_unspecified:
        return
    network = on_link.network_of(place, address)
    if network is not None or candidate.is_link_local:
        yield replace(
            heard(place, at), addresses=(address,), macs=(mac,), ties=on_link.member(network)
        )


def from_arp(found: ethernet.Ethernet, place: Place, at: float) -> Iterator[Observation]:
    """Who asks, and who answers; an address that is asked for may be nobody's."""
    said = arp.parse(found)
    if said is not None and said.address != arp.NOBODY and ethernet.is_station(said.mac):
        yield from sighted(place, said.address, said.mac, at)


def from_ndp(found: ethernet.Ethernet, place: Place, at: float) -> Iterator[Observation]:
    """Who asks, who answers for which address, and who is a router."""
    said = ndp.parse(found)
    if said is None:
        return
    if said.kind == ndp.ADVERTISEMENT:
        mac = said.mac or found.source
        if said.target is None or not ethernet.is_station(mac):
            return
        for seen in sighted(place, said.target, mac, at):
            yield replace(seen, roles=("router",) if said.is_router else ())
        return
    mac = said.mac or found.source
    if said.source == ndp.UNSPECIFIED or not ethernet.is_station(mac):
        return
    for seen in sighted(place, said.source, mac, at):
        if said.kind == ndp.ROUTER_ADVERTISEMENT:
            # With a lifetime it is one to send everything through (RFC 4861 section 4.2).
            roles = ("router", "gateway") if said.lifetime else ("router",)
            yield replace(seen, roles=roles, ties=(*seen.ties, *members(said.prefixes)))
        else:
            yield seen
    if said.kind == ndp.ROUTER_ADVERTISEMENT:
        for resolver in said.resolvers:
            if near(place, resolver):
                yield replace(heard(place, at, TOLD), addresses=(resolver,), roles=("resolver",))


def members(prefixes: tuple[str, ...]) -> tuple[Tie, ...]:
    """That a router is of the networks that it advertises, but the link-local one."""
    return tuple(Tie("MEMBER_OF", network=each) for each in prefixes if each[:4] != "fe80")


def near(place: Place, address: str) -> bool:
    """Whether an address that somebody told of is on the link, and a station's."""
    candidate = addresses.address(address)
    if candidate is None or not links.is_a_stations(candidate):
        return False
    return candidate.is_link_local or on_link.network_of(place, address) is not None


def from_lldp(found: ethernet.Ethernet, place: Place, at: float) -> Iterator[Observation]:
    """What is at the other end of our cable, by its own word."""
    said = lldp.parse(found)
    if said is None or said.ttl == 0:  # it takes back what it said
        return
    port = said.port_text if said.port_text and said.port.count(":") == 5 else said.port
    macs = [each for each in (said.mac, found.source) if each and ethernet.is_station(each)]
    yield replace(
        heard(place, at),
        addresses=usable(said.addresses),
        macs=tuple(dict.fromkeys(macs)),
        names=(said.name,) if said.name else (),
        hints=tuple(f"lldp:{each}" for each in said.capabilities),
        ties=(Tie("PEER_OF", mac=place.mac, port=port or None, far_port=place.name),),
        attributes={
            **({"description": said.description} if said.description else {}),
            **dict(said.inventory),
        },
    )


def from_cdp(found: ethernet.Ethernet, place: Place, at: float) -> Iterator[Observation]:
    """What is at the other end of our cable, by its own word."""
    said = cdp.parse(found)
    if said is None or said.ttl == 0:
        return
    told = {"model": said.platform, "description": said.version}
    macs = [each for each in (said.mac, found.source) if each and ethernet.is_station(each)]
    yield replace(
        heard(place, at),
        addresses=usable(said.addresses),
        macs=tuple(dict.fromkeys(macs)),
        names=(said.name,),
        hints=tuple(f"cdp:{each}" for each in said.capabilities),
        ties=(Tie("PEER_OF", mac=place.mac, port=said.port or None, far_port=place.name),),
        attributes={name: text for name, text in told.items() if text},
    )


def usable(told: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a device's addresses that can be one station's, seen from another."""
    parsed = ((each, addresses.address(each)) for each in told)
    return tuple(each for each, found in parsed if found and links.is_a_stations(found))


def from_dhcp(
    said: dhcp.Dhcp, mac: str, source: str, place: Place, at: float
) -> Iterator[Observation]:
    """What a client says of itself, and a server of itself and of the network."""
    if not ethernet.is_station(said.mac):
        return
    if said.kind not in (dhcp.OFFER, dhcp.ACK, dhcp.NAK):
        address = said.client or (said.wanted if said.kind == dhcp.REQUEST else "")
        is_known = bool(address) and near(place, address)
        yield replace(
            heard(place, at, HEARD if said.client or not is_known else WANTED),
            addresses=(address,) if is_known else (),
            macs=(said.mac,),
            names=(said.name,) if said.name else (),
            hints=tuple(client_hints(said)),
        )
        return
    server = said.server or source
    if near(place, server):
        # An agent on the way sends on what another server said, from its own address.
        own = (mac,) if source == server else ()
        yield replace(heard(place, at), addresses=(server,), macs=own, roles=("dhcp-server",))
    if said.kind == dhcp.ACK and said.yours and near(place, said.yours):
        yield replace(heard(place, at), addresses=(said.yours,), macs=(said.mac,))
    if said.kind != dhcp.NAK:
        for role, listed in (("gateway", said.routers), ("resolver", said.resolvers)):
            for each in listed:
                if near(place, each):
                    yield replace(heard(place, at, TOLD), addresses=(each,), roles=(role,))


def client_hints(said: dhcp.Dhcp) -> Iterator[str]:
    """What tells which system a client is: its class, and what it asks to be told."""
    if said.vendor_class:
        yield f"dhcp-class:{said.vendor_class}"
    if said.parameters:
        yield f"dhcp-options:{','.join(map(str, said.parameters))}"[:MOST_HINT]


def from_wsd(payload: bytes, source: str, place: Place, at: float) -> Iterator[Observation]:
    """What a device says of itself in a greeting or an answer."""
    if not near(place, source):
        return
    for each in wsd_soap.matches(payload, source):
        yield replace(
            heard(place, at),
            addresses=(source,),
            ids=(each.id,) if each.id else (),
            hints=tuple(f"wsd:{kind}" for kind in each.types),
        )
