"""Any capture is written down so that it comes back whole; any bytes are one, or say why not."""

from __future__ import annotations

import contextlib
import json
from typing import get_args

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dpf_edge.errors import CaptureError
from dpf_edge.host import capture
from dpf_edge.host.capture import Capture, DeniedFile, Replay
from dpf_edge.model import (
    Address,
    Bus,
    Interface,
    LinkKind,
    Machine,
    Neighbour,
    Probe,
    Ran,
    Route,
    Rule,
)
from tests.test_cases import schema

# Any text but for halves of surrogate pairs, which no JSON holds.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MAYBE = st.none() | TEXTS
# What the encoder writes exactly, and far more than a kernel gives.
NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)
MAYBE_NUMBERS = st.none() | NUMBERS
MACS = st.none() | st.binary(min_size=6, max_size=6).map(lambda mac: mac.hex(":"))
MAYBE_BOOLS = st.none() | st.booleans()

INTERFACES = st.lists(
    st.builds(
        Interface,
        name=TEXTS,
        addresses=st.lists(
            st.builds(Address, TEXTS, st.booleans(), st.booleans(), st.booleans()), max_size=3
        ).map(tuple),
        description=MAYBE,
        index=MAYBE_NUMBERS,
        mac=MACS,
        mtu=MAYBE_NUMBERS,
        up=MAYBE_BOOLS,
        kind=st.none() | st.sampled_from(get_args(LinkKind)),
        driver=MAYBE,
        bus=st.none() | st.sampled_from(get_args(Bus)),
        peer_index=MAYBE_NUMBERS,
        peer_elsewhere=st.booleans(),
        if_type=MAYBE_NUMBERS,
        master=MAYBE,
        hardware=MAYBE_BOOLS,
    ),
    max_size=3,
    unique_by=lambda each: each.name,
).map(tuple)

ROUTES = st.builds(
    Route, TEXTS, MAYBE, MAYBE, TEXTS | st.integers(0, 1 << 32), MAYBE_NUMBERS, MAYBE, MAYBE
)
RULES = st.builds(Rule, NUMBERS, MAYBE, MAYBE, st.none() | TEXTS | st.integers(0, 1 << 32))
COMMANDS = st.lists(
    st.builds(Ran, st.lists(TEXTS, max_size=3).map(tuple), NUMBERS, TEXTS, TEXTS),
    max_size=2,
    unique_by=lambda ran: ran.argv,
).map(tuple)
PROBES = st.builds(
    Probe,
    st.sampled_from(["arp", "tcp", "mdns", "ssdp", "hop"]),
    st.sampled_from(["answered", "silent", "refused", "unreachable", "denied"]),
    MAYBE,
    MAYBE,
    MAYBE,
)
# Each name stands for a file in one capture and for a folder in another, never for both in one.
FILES = TEXTS.map(lambda text: f"/file/{text}")
FOLDERS = TEXTS.map(lambda text: f"/folder/{text}")

CAPTURES = st.builds(
    Capture,
    machine=st.builds(
        Machine,
        st.sampled_from(["Linux", "Windows", "Darwin"]),
        MAYBE,
        MAYBE,
        MAYBE,
        MAYBE,
        MAYBE_NUMBERS,
        st.just("2026-01-02T03:04:05Z"),
    ),
    interfaces=INTERFACES,
    capture=st.just(1),
    note=MAYBE,
    env=st.dictionaries(TEXTS, TEXTS, max_size=2),
    files=st.dictionaries(FILES, TEXTS | st.just(DeniedFile()), max_size=3),
    directories=st.lists(FOLDERS, max_size=3, unique=True).map(tuple),
    links=st.dictionaries(TEXTS, TEXTS, max_size=2),
    routes=st.lists(ROUTES, max_size=3).map(tuple),
    rules=st.lists(RULES, max_size=2).map(tuple),
    neighbours=st.lists(st.builds(Neighbour, TEXTS, MAYBE, MAYBE, MAYBE), max_size=2).map(tuple),
    names=st.dictionaries(TEXTS, st.lists(TEXTS, max_size=2).map(tuple), max_size=2),
    commands=COMMANDS,
    registry=st.dictionaries(TEXTS, TEXTS | NUMBERS, max_size=2),
    probes=st.lists(PROBES, max_size=2).map(tuple),
)


@given(CAPTURES)
@settings(max_examples=100, deadline=None)
def test_what_is_written_fits_the_contract_and_comes_back_whole(made: Capture) -> None:
    text = capture.encode(made)

    schema("capture-1").validate(json.loads(text))
    assert made == capture.decode(text, "made")
    assert text == capture.encode(capture.decode(text, "made"))


@given(CAPTURES)
@settings(max_examples=50, deadline=None)
def test_a_replay_gives_what_the_capture_lists(made: Capture) -> None:
    host = Replay(made)

    assert made.interfaces == host.interfaces()
    assert made.commands == tuple(host.run(*ran.argv) for ran in made.commands)
    assert made.env == {name: host.env(name) for name in made.env}
    assert all(host.is_dir(path) for path in made.directories)


@given(CAPTURES, st.data())
@settings(max_examples=100, deadline=None)
def test_a_capture_with_bytes_changed_is_one_or_says_why_not(
    made: Capture, data: st.DataObject
) -> None:
    text = bytearray(capture.encode(made))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at] = data.draw(st.integers(0, 255))

    with contextlib.suppress(CaptureError):
        capture.decode(bytes(text), "changed")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*Capture.__struct_fields__, *Interface.__struct_fields__, "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(st.one_of(JSON.map(lambda document: json.dumps(document).encode()), st.binary(max_size=40)))
@example(b'{"capture":1,"machine":{"system":"Linux"},"interfaces":null}')
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_capture_or_say_why_not(data: bytes) -> None:
    with contextlib.suppress(CaptureError):
        capture.decode(data, "any")


@given(JSON)
@example({"x": 10**30})
@example({"system": "Linux", "uid": -(10**30)})
@settings(max_examples=200, deadline=None)
def test_any_member_is_as_it_must_be_or_says_why_not(member: object) -> None:
    """The least capture there is, with each of its fields in turn holding anything."""
    for field in Capture.__struct_fields__:
        least = {"capture": 1, "machine": {"system": "Linux"}, "interfaces": []}
        text = json.dumps({**least, field: member}).encode()
        with contextlib.suppress(CaptureError):
            capture.encode(capture.decode(text, "any"))
