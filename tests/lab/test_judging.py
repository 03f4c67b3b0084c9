"""The judge of the office's sweeps finds every kind of fault: a test that cannot fail is none."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.level import Level

from .home.judging import wrong
from .home.truth import THINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .home.truth import Thing

Sweep = dict[str, Any]


def _device(name: str, thing: Thing) -> dict[str, Any]:
    return {
        "key": name,
        "addresses": [fact.value for fact in thing.addresses],
        "macs": [fact.value for fact in thing.macs],
        "names": [f"{fact.value}.local." for fact in thing.names],
        "maker": thing.maker and f"{thing.maker} Inc.",
        "kind": thing.kind and thing.kind.value.split("|")[0],
        "services": [_service(fact.value) for fact in thing.services],
        "roles": [fact.value for fact in thing.roles],
        "ids": [fact.value for fact in thing.ids],
        "attributes": {key: fact.value for key, fact in thing.attributes.items()},
        "self": thing.is_self,
        "private_mac": thing.private_mac,
    }


def _service(said: str) -> dict[str, Any]:
    name, _, port = said.partition("/")
    return {"name": name, "port": int(port) if port else None}


def perfect() -> Sweep:
    return {"devices": [_device(name, thing) for name, thing in THINGS.items()]}


def of(sweep: Sweep, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in sweep["devices"] if each["key"] == name)
    return found


def test_the_truth_itself_is_right_at_every_level() -> None:
    for level in Level:
        assert wrong(perfect(), level) == []


def _miss(sweep: Sweep) -> None:
    sweep["devices"].remove(of(sweep, "camera"))


def _invent(sweep: Sweep) -> None:
    sweep["devices"].append({**of(sweep, "camera"), "macs": ["00:11:32:99:99:99"]})


def _broadcast(sweep: Sweep) -> None:
    sweep["devices"].append({**of(sweep, "camera"), "macs": [], "addresses": ["192.168.40.255"]})


def _join(sweep: Sweep) -> None:
    of(sweep, "lamp-one")["macs"] += of(sweep, "lamp-two")["macs"]


def _split(sweep: Sweep) -> None:
    half = deepcopy(of(sweep, "nas"))
    sweep["devices"].append(half)


def _changes(name: str, key: str, value: object) -> Callable[[Sweep], None]:
    def change(sweep: Sweep) -> None:
        of(sweep, name)[key] = value

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_miss, "misses camera"),
        (_invent, "invents: "),
        (_broadcast, "invents: "),
        (_join, "takes lamp-one and lamp-two for one"),
        (_split, "takes nas for two"),
        (_changes("nas", "addresses", ["192.168.40.10"]), "nas: address 192.168.40.11 is not"),
        (_changes("nas", "names", ["nas", "Office NAS", "gw"]), "nas: name gw, which it has not"),
        (_changes("tv", "maker", "Sony"), "tv: maker Sony, which is Samsung"),
        (_changes("tv", "maker", None), "tv: maker unknown, which is Samsung"),
        (_changes("phone", "maker", "Apple"), "phone: has a maker, Apple"),
        (_changes("phone", "private_mac", False), "phone: private_mac is False"),
        (_changes("gate", "kind", "door"), "gate: kind door, which nothing tells"),
        (_changes("printer", "kind", "nas"), "printer: kind nas, which is printer"),
        (_changes("web", "services", []), "web: service ssh/22 is not known"),
        (_changes("web", "services", [_service("telnet/23")]), "web: service telnet/23, which"),
        (_changes("router", "roles", ["gateway"]), "router: role dhcp-server is not known"),
        (_changes("tv", "ids", ["uuid:0"]), "tv: id uuid:0, which it has not"),
        (_changes("edge", "self", False), "edge: self is False"),
        (_changes("server", "attributes", {}), "server: location None, which is"),
    ],
)
def test_each_fault_is_found(change: Callable[[Sweep], None], fault: str) -> None:
    sweep = perfect()
    change(sweep)

    assert any(said.startswith(fault) for said in wrong(sweep, Level.PROBE)), wrong(
        sweep, Level.PROBE
    )


def test_what_only_asking_tells_may_be_missing_where_nobody_asked() -> None:
    sweep = {"devices": [each for each in perfect()["devices"] if each["key"] != "tv"]}
    of(sweep, "printer")["kind"] = None

    assert wrong(sweep, Level.LISTEN) == []
    assert [said.split(" (")[0] for said in wrong(sweep, Level.ASK)] == [
        "printer: kind None, which is printer",
        "misses tv",
    ]
