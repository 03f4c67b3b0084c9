"""Captures that are redacted together are judged as before, and say nothing of whose they are."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dpf_edge.cli.compare import looks, page
from dpf_edge.host import capture, signatures
from dpf_edge.host.capture import Replay
from dpf_edge.host.looked import Place
from dpf_edge.host.redact_macs import MAC
from dpf_edge.host.redact_names import is_vocabulary
from dpf_edge.host.redact_numbers import ADDRESSES
from dpf_edge.host.redact_places import Redacted
from tests.props.test_redact import KEYS, OWN
from tests.test_cases import CASES, NAMES
from tests.unit.host.test_redact import judged

if TYPE_CHECKING:
    from dpf_edge.host.capture import Capture

VERSIONS: dict[str, str | None] = {"engine": "docker 27.3.1", "wsl": None}


@cache
def case(name: str) -> Capture:
    """A recorded machine."""
    return capture.load(str(CASES / name / "capture.json"))


@cache
def before(name: str) -> dict[str, Any]:
    """What is said of it as it is."""
    return judged(case(name))


MACHINES = st.sampled_from(NAMES)
PLACED = st.tuples(MACHINES, MACHINES, MACHINES)


def placed(names: tuple[str, ...], own: list[str]) -> tuple[Place, ...]:
    """Some machines as the places of one, which is called and speaks as its owner would."""
    distribution, context, image, said = own
    client = ("docker", "--context", context)
    first, second, third = map(case, names)
    return (
        Place("here", capture=first),
        Place("distribution", distribution, capture=second),
        Place("bridge", context, client, image=f"{image}.example/{said}:1", capture=third),
        Place("host", context, client, image=image, error=f"{context}: no {image} for {said}"),
        Place("unasked", said, ("docker", "--context", said), error=f"dial {said}/{context}"),
    )


OWNED = st.lists(OWN, min_size=4, max_size=4, unique=True)


@given(PLACED, OWNED, KEYS)
@settings(max_examples=150, deadline=None)
def test_places_are_judged_as_before(names: tuple[str, ...], own: list[str], key: bytes) -> None:
    plain = placed(names, own)

    redacted = Redacted(plain, VERSIONS, key)

    assert VERSIONS == redacted.versions
    for name, place in zip(names, redacted.places, strict=False):
        assert place.capture is not None
        assert before(name) == judged(place.capture)
    told = (
        looks(plain, Replay(case(names[0]))),
        looks(
            redacted.places,
            Replay(redacted.places[0].capture),  # type: ignore[arg-type]
        ),
    )
    for was, now in zip(*told, strict=True):
        assert (was.diagnosis is None) == (now.diagnosis is None)
        assert [] == [word for word in own if word in f"{now.name} {now.reached_by} {now.error}"]


@given(PLACED, OWNED, KEYS)
@settings(max_examples=60, deadline=None)
def test_what_one_place_has_of_another_it_has_afterwards(
    names: tuple[str, ...], own: list[str], key: bytes
) -> None:
    """An address in one and in another is one address, and so is a MAC."""
    plain = placed(names, own)

    told = Redacted(plain, VERSIONS, key).places

    became: dict[str, str] = {}
    for was, now in zip(plain, told, strict=True):
        if was.capture is None or now.capture is None:
            continue
        for old, new in zip(was.capture.interfaces, now.capture.interfaces, strict=True):
            pairs = [
                (a.address, b.address) for a, b in zip(old.addresses, new.addresses, strict=True)
            ]
            for each, image in [*pairs, (str(old.mac), str(new.mac))]:
                assert became.setdefault(each, image) == image
    assert len(became) == len({*became.values()})


@given(PLACED, OWNED)
@settings(max_examples=60, deadline=None)
def test_the_file_holds_nothing_that_was_replaced(names: tuple[str, ...], own: list[str]) -> None:
    plain = placed(names, own)

    text = page(plain, VERSIONS, "2026-05-20T12:00:00Z", raw=False)

    links = re.findall(r"base64,([\w+/=]+)", text)
    text = "\n".join([text, *(base64.b64decode(each).decode() for each in links)]).lower()
    assert [] == [word for word in own if word in text]
    assert {*re.findall(MAC, text)}.isdisjoint(private_macs(plain))
    assert {each.partition("/")[0] for each in ADDRESSES.findall(text)}.isdisjoint(
        private_addresses(plain)
    )
    words = {*re.findall(r"[^\W_]+(?:-[^\W_]+)*", text)}
    assert words.isdisjoint(private_names(plain))


def private_macs(places: tuple[Place, ...]) -> set[str]:
    """The MACs that redaction says it replaces."""
    held = [each.capture for each in places if each.capture is not None]
    found = {each.mac for one in held for each in one.interfaces if each.mac}
    found |= {each.mac for one in held for each in one.neighbours if each.mac}
    known = signatures.MACS, signatures.MAC_PREFIXES
    return {
        each
        for each in found
        if each not in known[0]
        and not each.startswith((*known[1], "02:42:"))
        and not int(each[:2], 16) & 1
    }


def private_addresses(places: tuple[Place, ...]) -> set[str]:
    """The addresses of interfaces and neighbours that are replaced under any of two keys."""
    kept = [Redacted(places, VERSIONS, key).places for key in (bytes(16), bytes(range(16)))]
    return set.intersection(
        *(
            {
                old
                for was, now in zip(places, told, strict=True)
                for old, new in zip(addresses(was), addresses(now), strict=True)
                if old != new
            }
            for told in kept
        )
    )


def addresses(place: Place) -> list[str]:
    """The addresses of a place's interfaces and neighbours."""
    if place.capture is None:
        return []
    held = [each.address for one in place.capture.interfaces for each in one.addresses]
    return [
        each.partition("/")[0] for each in (*held, *(it.address for it in place.capture.neighbours))
    ]


def private_names(places: tuple[Place, ...]) -> set[str]:
    """The host names that are no product's, no distribution's and no common word."""
    held = [each.capture for each in places if each.capture is not None]
    found = {str(each.machine.hostname).lower() for each in held if each.machine.hostname}
    known = {"ubuntu", "debian", "alpine", "fedora", *signatures.HOSTS}
    return {each for each in found - known if not is_vocabulary(each) and len(each) > 4}
