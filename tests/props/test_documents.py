"""Whatever a controller, an engine or the SNMP file says, reading it ends, within bounds and
without a word that steers a reader."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dpf_edge.discovery.collectors.engines import engines
from dpf_edge.discovery.collectors.unifi import unifi
from dpf_edge.discovery.job import Job
from dpf_edge.discovery.snmp import targets
from dpf_edge.errors import Failed
from dpf_edge.host import containers
from dpf_edge.host.net import Container, Page
from dpf_edge.wire.adapters import Adapter, Configuration
from dpf_edge.wire.tokens import Secret

QUICK = settings(max_examples=150, deadline=None)

TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "00:11:32:00:00:10",
            "9a-3e-5f-00-00-60",
            "192.168.50.2",
            "203.0.113.9",
            "\x1b[2J",
            "x" * 999,
        ]
    ),
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


def rows(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A list of objects: whole ones, some with a few fields or fields of another sort, and none."""
    whole = st.fixed_dictionaries(fields)
    some = st.fixed_dictionaries(
        {}, optional={name: st.one_of(sort, ANYTHING) for name, sort in fields.items()}
    )
    return st.lists(st.one_of(whole, whole, some, ANYTHING), max_size=5)


def told_on(seen: Any) -> str:
    """All the text of a value."""
    return msgspec.json.encode(seen).decode()


def steers(text: str) -> bool:
    """Whether a text, read back from JSON, has a control character."""
    return any(
        unicodedata.category(each) == "Cc"
        for each in json.dumps(json.loads(text), ensure_ascii=False)
    )


# -- a controller

MAC = st.sampled_from(["00:11:32:00:00:10", "9A-3E-5F-00-00-60", "0011.3200.0011"])
IDS = st.sampled_from(["a", "b", "c", "\x1b[2J"])
SITES = rows(id=IDS, name=TEXT, internalReference=st.just("default"))
DEVICES = rows(
    id=IDS,
    name=TEXT,
    model=TEXT,
    macAddress=MAC,
    ipAddress=TEXT,
    features=st.lists(st.sampled_from(["switching", "accessPoint", "routing"])),
)
CLIENTS = rows(id=IDS, name=TEXT, type=TEXT, macAddress=MAC, ipAddress=TEXT, uplinkDeviceId=IDS)
OLD = rows(
    mac=MAC,
    ip=TEXT,
    name=TEXT,
    type=st.sampled_from(["usw", "uap", "udm", "?"]),
    uplink=st.fixed_dictionaries({"uplink_mac": MAC}),
    sw_port=st.integers(),
)
ONE_SITE = (200, b'{"data": [{"id": "a", "internalReference": "default"}]}')
DETAIL = st.fixed_dictionaries({"uplink": st.fixed_dictionaries({"deviceId": IDS})})


def page(data: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[int, bytes]]:
    """What is answered where such rows are asked for: mostly those."""
    plain = st.fixed_dictionaries({"data": data}).map(msgspec.json.encode)
    counted = st.fixed_dictionaries({"data": data, "totalCount": st.integers(-1, 300)})
    other = st.one_of(counted.map(msgspec.json.encode), ANYTHING.map(msgspec.json.encode))
    right = plain.map(lambda body: (200, body))
    status = st.sampled_from([200, 401, 404, 500])
    return st.one_of(right, right, right, st.tuples(status, st.one_of(other, st.binary())))


class Controller:
    """A way to the network on which every question of a sort has one answer."""

    def __init__(self, answers: dict[str, tuple[int, bytes]]) -> None:
        self._answers, self.asked = answers, 0
        self.notes: list[str] = []

    def api(self, url: str, **_: object) -> Page:
        self.asked += 1
        path = url.partition("?")[0]
        sort = next((each for each in ("clients", "devices", "sites") if path.endswith(each)), "")
        if "/integration/" not in path:
            sort = "old"
        status, body = self._answers[sort]
        return Page(status, {}, body, 0.0)

    def note(self, says: str) -> None:
        self.notes.append(says)

    def now(self) -> float:
        return 1_767_323_045.0


@given(
    st.fixed_dictionaries(
        {
            "sites": st.one_of(st.just(ONE_SITE), st.just(ONE_SITE), page(SITES)),
            "devices": page(DEVICES),
            "clients": page(CLIENTS),
            "old": page(OLD),
            "": st.tuples(st.just(200), st.one_of(DETAIL, ANYTHING).map(msgspec.json.encode)),
        }
    )
)
@example(
    {
        "sites": ONE_SITE,
        "devices": (200, b'{"data": [{"id": "a", "macAddress": "00:11:32:00:00:10"}]}'),
        "clients": (200, b"{"),
        "old": (404, b""),
        "": (200, b"[" * 5000),
    }
)
@QUICK
def test_whatever_a_controller_says_is_read_to_an_end(
    answers: dict[str, tuple[int, bytes]],
) -> None:
    row = Adapter(
        id="a1",
        connection_key="hq",
        name="HQ",
        collector_type="unifi",
        endpoint_url="https://192.168.50.1",
        api_key=Secret("geheim"),
        configuration=Configuration(),
    )
    net = Controller(answers)

    seen = list(unifi(Job(None, None, settings={"adapters": (row,)}), net))  # type: ignore[arg-type]

    # A controller with nothing in it is seen as nothing, and nothing is to be said of that.
    assert 0 < net.asked < 1000
    assert not any(steers(told_on(each)) for each in (*seen, *net.notes))
    assert "geheim" not in told_on((seen, net.notes))


# -- an engine

LISTED = rows(
    Id=st.sampled_from(["de5ad883d1f1" * 5 + "0000", "x", "\x1b"]),
    Names=st.lists(TEXT, max_size=3),
    Image=TEXT,
    State=TEXT,
    NetworkSettings=st.fixed_dictionaries(
        {
            "Networks": st.dictionaries(
                TEXT, st.fixed_dictionaries({"IPAddress": TEXT, "MacAddress": MAC}), max_size=3
            )
        },
    ),
)


class Engine:
    """A way to an engine that lists what it is told to."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def containers(self) -> tuple[Container, ...]:
        return tuple(containers.listed("docker", b"HTTP/1.0 200 OK\r\n\r\n" + self._body, 0.0))


@given(st.one_of(LISTED.map(msgspec.json.encode), ANYTHING.map(msgspec.json.encode), st.binary()))
@example(b"[" * 5000)
@QUICK
def test_whatever_an_engine_lists_is_read_or_refused(body: bytes) -> None:
    try:
        seen = list(engines(Job(None, None), Engine(body)))  # type: ignore[arg-type]
    except Failed:
        return
    assert not any(steers(told_on(each)) for each in seen)


# -- the SNMP file

TARGETS = rows(
    host=TEXT,
    version=st.sampled_from(["1", "2c", "3"]),
    community=TEXT,
    port=st.one_of(st.just(161), st.integers()),
    timeoutMs=st.one_of(st.just(1000), st.integers()),
    user=TEXT,
    authProtocol=st.sampled_from(["SHA-256", "MD5", "?"]),
    authPassword=TEXT,
    privProtocol=st.sampled_from(["AES", "DES", "?"]),
    privPassword=TEXT,
)


@given(
    st.one_of(
        TARGETS.map(lambda told: msgspec.json.encode({"targets": told})),
        ANYTHING.map(msgspec.json.encode),
        st.binary(),
    )
)
@example(b"[" * 5000)
@QUICK
def test_whatever_the_snmp_file_says_is_read_and_told_of(octets: bytes) -> None:
    read = targets.read(octets)

    assert all(each.host and each.version in targets.VERSIONS for each in read.targets)
    assert not any(steers(told_on(each)) for each in read.warnings)
