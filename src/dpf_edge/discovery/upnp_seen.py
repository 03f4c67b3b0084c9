"""What UPnP devices said, put together by the address that it came from. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from dpf_edge.discovery import ssdp_text, times
from dpf_edge.discovery.texts import clean
from dpf_edge.observed import Observation, Service

if TYPE_CHECKING:
    from dpf_edge.discovery.links import Links
    from dpf_edge.discovery.upnp_xml import Description
    from dpf_edge.host.net import Datagram

# A NAS with its media server and two more programs that speak UPnP has three descriptions; a
# bridge for other devices has one for each of a handful.
MOST_LOCATIONS = 4
MOST_IDS, MOST_HINTS = 16, 64
# Each may hold 15 KiB of text.
MOST_SOURCES = 1024
CONFIDENCE = 0.9


class Location(NamedTuple):
    """Where a device said its description is.

    :ivar source: the address that said so; no other is asked.
    """

    source: str
    interface: str | None
    url: str
    server: str


class Source:
    """One address, and what came from it."""

    def __init__(self, address: str, interface: str | None) -> None:
        self.address = address
        self.interface = interface
        self.at = 0.0
        self.server = ""
        self.ids: dict[str, None] = {}
        self.hints: dict[str, None] = {}
        self.locations: dict[str, None] = {}

    def observation(self) -> Observation:
        """What it said so far."""
        port = next((found for each in self.locations if (found := port_of(each))), None)
        return Observation(
            "ssdp",
            times.stamp(self.at),
            CONFIDENCE,
            self.interface,
            addresses=(self.address,),
            ids=tuple(self.ids),
            hints=tuple(sorted(self.hints)),
            services=(Service("upnp", port, product=self.server or None),),
        )


class Told:
    """What was said by SSDP so far."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._sources: dict[tuple[str | None, str], Source] = {}
        self._given: dict[tuple[str | None, str], tuple[int, ...]] = {}

    def hear(self, got: Datagram) -> tuple[Source, Location | None] | None:
        """Keep what a datagram says.

        :returns: who said it, and where a description is that was not named before; None where the
            datagram is none of SSDP's, or not from the link.
        """
        said = ssdp_text.read(got.payload)
        if said is None or said.is_leaving:
            return None
        if not self._links.may_answer(got.address, got.interface):
            return None
        key = (got.interface, got.address)
        if key not in self._sources and len(self._sources) >= MOST_SOURCES:
            return None
        source = self._sources.setdefault(key, Source(got.address, got.interface))
        source.at = got.at
        source.server = source.server or clean(said.server, 128)
        if said.id and len(source.ids) < MOST_IDS:
            source.ids[said.id] = None
        if said.what and len(source.hints) < MOST_HINTS:
            source.hints[f"ssdp:{clean(said.what, 160)}"] = None
        url = said.location
        if not url or url in source.locations or len(source.locations) >= MOST_LOCATIONS:
            return source, None
        source.locations[url] = None
        return source, Location(got.address, got.interface, url, source.server)

    def news(self, only: Source | None = None) -> list[Observation]:
        """What is known of each and was not given before, or is more than was."""
        made = []
        for each in [only] if only is not None else list(self._sources.values()):
            key = (each.interface, each.address)
            much = (len(each.ids), len(each.hints), len(each.locations))
            if self._given.get(key) != much:
                self._given[key] = much
                made.append(each.observation())
        return made


def described(told: Description, where: Location, at: float) -> Observation:
    """What a description says of the device that pointed to it."""
    return Observation(
        "ssdp",
        times.stamp(at),
        CONFIDENCE,
        where.interface,
        addresses=(where.source,),
        ids=told.ids,
        names=(told.name,) if told.name else (),
        hints=tuple(f"ssdp:{each}" for each in (*told.types, *told.services)),
        services=(
            Service(
                "upnp",
                port_of(where.url),
                product=where.server or None,
                says=told.name or None,
                details={"location": clean(where.url, 200)},
            ),
        ),
        attributes=told.attributes,
    )


def port_of(url: str) -> int | None:
    """The port that a URL leads to; None where it leads nowhere."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return port or {"http": 80, "https": 443}.get(parts.scheme)
