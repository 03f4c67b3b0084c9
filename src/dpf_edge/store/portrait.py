"""What a device looks like, put together from all that nodes report of it, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dpf_edge.store.sighting import Sighting

NEW, GONE, BACK, MOVED, RENAMED = "new", "gone", "back", "moved", "renamed"

# Kinds that say hardly more than that something is there: a better word from anybody counts more.
VAGUE = frozenset({"host", "network_device", "network_client"})
# How much of a name orders devices: it stands in an index, where PostgreSQL takes 2 704 bytes.
SORTED_CHARACTERS = 64
# How much of a maker's name is chosen by: it stands in an index too.
MAKER_CHARACTERS = 64
# Of the words that a device is only found by, what a row takes: an attribute has 200 characters.
FOUND_BY_CHARACTERS = 2_000
# Addresses that an interface gives itself, the same wherever it is.
LINK_LOCAL = ("fe80:", "169.254.")
# What has no name sorts behind all that has one: no character comes after this.
NAMELESS = "\U0010ffff"


class View(NamedTuple):
    """One node's view of a device."""

    sighting: Sighting
    present: bool
    confidence: float
    observed_key: str


class Portrait(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A device as it is shown, found and ordered."""

    name: str | None
    kind: str
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    attributes: dict[str, str] = {}
    words: tuple[str, ...] = ()
    via: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What to call it in one word: its name, else an address."""
        return self.name or next(iter((*self.addresses, *self.macs)), self.kind)

    @property
    def sort_name(self) -> str:
        """What orders it by name."""
        label = self.name or NAMELESS + sortable(self.label)
        return label.casefold()[:SORTED_CHARACTERS]

    @property
    def sort_address(self) -> str:
        """What orders it by address."""
        first = next(iter(self.addresses), NAMELESS)
        return sortable(first)[:SORTED_CHARACTERS]

    @property
    def search(self) -> str:
        """All that a search looks through."""
        words = (self.name or "", self.kind, *self.addresses, *self.macs, *self.attributes.values())
        more = "\n".join(self.words)[:FOUND_BY_CHARACTERS]
        return "\n".join((*words, more) if more else words).casefold()

    @property
    def maker(self) -> str:
        """Who made it; empty where nobody says."""
        return self.attributes.get("vendor", "")[:MAKER_CHARACTERS]

    @property
    def seen_via(self) -> str:
        """How it is seen, as a column in which each word stands between blanks."""
        return f" {' '.join(self.via)} " if self.via else ""

    @property
    def text(self) -> str:
        """The portrait as it is kept."""
        return msgspec.json.encode(self).decode()


_PORTRAIT = msgspec.json.Decoder(Portrait)


def kept(text: str) -> Portrait:
    """A portrait as it was kept: the text of its JSON."""
    return _PORTRAIT.decode(text)


def portrait(views: Sequence[View]) -> Portrait:
    """A device put together: the words of the surest, the addresses of all that see it now.

    The order of the views does not matter. Whoever does not see it any more adds words that nobody
    else has, and no address.
    """
    if len(views) == 1:
        only = views[0].sighting
        whole = only.addresses, only.macs, only.attributes, only.words, only.via
        return Portrait(only.name, only.kind, *whole)
    ordered = sorted(views, key=_rank)
    known = [view.sighting for view in ordered]
    now = [view.sighting for view in ordered if view.present] or known
    attributes: dict[str, str] = {}
    for each in known:
        attributes = {**each.attributes, **attributes}
    return Portrait(
        name=next((each.name for each in known if each.name), None),
        kind=next((each.kind for each in known if each.kind not in VAGUE), known[0].kind),
        addresses=tuple(dict.fromkeys(address for each in now for address in each.addresses)),
        macs=tuple(dict.fromkeys(mac for each in now for mac in each.macs)),
        attributes=attributes,
        words=tuple(dict.fromkeys(word for each in known for word in each.words)),
        via=tuple(dict.fromkeys(word for each in now for word in each.via)),
    )


def _rank(view: View) -> tuple[object, ...]:
    """What orders views: who sees it, then who is surer; of equals, nothing that changes."""
    said = view.sighting
    equal = (view.observed_key, said.name or "", said.kind, said.addresses, said.macs)
    return (not view.present, -view.confidence, *equal)


def differences(before: Portrait, after: Portrait) -> Iterator[tuple[str, str | None, str | None]]:
    """What happened to a device, worth telling people: kind, before, after."""
    if old_and_new := moved(before.addresses, after.addresses):
        yield (MOVED, *old_and_new)
    if before.name and after.name and before.name != after.name:
        yield RENAMED, before.name, after.name


def moved(before: Sequence[str], after: Sequence[str]) -> tuple[str, str] | None:
    """The old address and the new one, where a device is at another place than it was.

    A device that keeps one address has not moved, whatever else comes and goes: IPv6 hosts take a
    new temporary address every day (RFC 8981). So IPv4 tells, where it is there before and after.
    """
    if before == after:
        return None
    for told in (_is_ipv4, _is_ipv6):
        old = [each for each in before if told(each)]
        new = [each for each in after if told(each)]
        if old and new:
            return None if set(old) & set(new) else (old[0], new[0])
    return None


def sortable(address: str) -> str:
    """An IPv4 address that sorts as its numbers do; any other text as it is."""
    parts = address.split(".")
    if len(parts) == 4 and all(part.isascii() and part.isdigit() for part in parts):
        return ".".join(part.zfill(3) for part in parts)
    return address


def _is_ipv4(address: str) -> bool:
    return "." in address and ":" not in address and not address.startswith(LINK_LOCAL)


def _is_ipv6(address: str) -> bool:
    return ":" in address and not address.startswith(LINK_LOCAL)
