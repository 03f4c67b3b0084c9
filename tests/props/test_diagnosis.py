"""What must hold for any capture at all, and for every recorded case however it is cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dpf_edge.host import capture
from dpf_edge.host.capture import Capture, DeniedFile, Replay
from dpf_edge.model import (
    Address,
    Answer,
    Diagnosis,
    Interface,
    Machine,
    Neighbour,
    Probe,
    Ran,
    Route,
    Rule,
)
from dpf_edge.vantage.diagnose import diagnose
from tests.test_cases import CASES, NAMES, expectation, schema

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

# Words that the detectors look for, so that a random capture is not merely noise.
NAMES_OF_LINKS = st.sampled_from(
    [
        *("lo", "eth0", "eth1", "loopback0", "services1", "docker0", "tap0", "wg0", "veth12"),
        *("enP1p0s0", "Ethernet", "vEthernet (WSL)", "vEthernet (x)", "en0", "utun4", "bridge100"),
        *("lima0", "rd0", "cni0", "eth0.20"),
    ]
)
ADDRESSES = st.sampled_from(
    [
        "127.0.0.1/8",
        "192.168.65.3/24",
        "192.168.0.200/24",
        "172.17.0.2/16",
        "172.30.153.246/20",
        "169.254.73.153/30",
        "10.0.2.100/24",
        "fe80::1/64",
        "fd00::2/64",
        "203.0.113.9/32",
        "nonsense",
        "",
        "10.0.0.1/99",
        "fe80::1%eth0/64",
    ]
)
MACS = st.sampled_from(
    [
        "00:15:5d:01:02:03",
        "02:42:ac:11:00:02",
        "3c:a6:2f:10:20:30",
        "00:11:22:33:44:55",
        "52:54:00:12:34:56",
        "ff:ff:ff:ff:ff:ff",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "6.6.87.2-microsoft-standard-WSL2",
            "6.1.0-28-amd64",
            "6.12.54-linuxkit",
            "4.4.0-19041-Microsoft",
            "nameserver 192.168.65.7\n# ExtServers: [host(192.168.65.7)]\n",
            "644 592 0:57 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l\n",
            "container=lxc\0",
            "0 1000 1",
            "flags : fpu hypervisor",
        ]
    ),
)
MAYBE = st.none()
PATHS = st.sampled_from(
    [
        "/proc/sys/kernel/osrelease",
        "/proc/self/mountinfo",
        "/proc/self/uid_map",
        "/proc/1/environ",
        "/proc/cpuinfo",
        "/etc/resolv.conf",
        "/etc/os-release",
        "/.dockerenv",
        "/run/.containerenv",
        "/proc/sys/fs/binfmt_misc/WSLInterop",
        "/sys/class/dmi/id/sys_vendor",
        "/some/where",
    ]
)

interfaces = st.builds(
    Interface,
    name=NAMES_OF_LINKS,
    description=st.one_of(
        MAYBE,
        st.sampled_from(["Hyper-V Virtual Ethernet Adapter", "TAP-Windows Adapter V9", "Intel(R)"]),
    ),
    if_type=st.one_of(MAYBE, st.sampled_from([6, 24, 53, 71, 243, -1])),
    addresses=st.lists(
        st.builds(Address, address=ADDRESSES, noprefixroute=st.booleans()), max_size=3
    ).map(tuple),
    index=st.one_of(MAYBE, st.integers(-5, 1 << 40)),
    mac=st.one_of(MAYBE, MACS),
    mtu=st.one_of(MAYBE, st.sampled_from([1500, 65520, -1])),
    up=st.one_of(MAYBE, st.booleans()),
    kind=st.sampled_from(
        ["ether", "wifi", "loopback", "veth", "bridge", "vlan", "macvlan", "tun", "tap", None]
    ),
    driver=st.one_of(MAYBE, st.sampled_from(["hv_netvsc", "virtio_net", "e1000e", ""])),
    bus=st.sampled_from(["pci", "usb", "vmbus", "virtio", "platform", None]),
    peer_index=st.one_of(MAYBE, st.integers(0, 9)),
    peer_elsewhere=st.booleans(),
    master=st.one_of(MAYBE, NAMES_OF_LINKS),
    hardware=st.one_of(MAYBE, st.booleans()),
)
captures = st.builds(
    Capture,
    capture=st.just(1),
    machine=st.builds(
        Machine,
        system=st.sampled_from(["Linux", "Linux", "Windows", "Darwin"]),
        release=st.one_of(MAYBE, TEXTS),
        hostname=st.one_of(MAYBE, st.sampled_from(["docker-desktop", "box", ""])),
        uid=st.one_of(MAYBE, st.integers(0, 1000)),
    ),
    interfaces=st.lists(interfaces, max_size=5, unique_by=lambda each: each.name).map(tuple),
    env=st.dictionaries(
        st.sampled_from(["WSL_DISTRO_NAME", "container", "KUBERNETES_SERVICE_HOST"]), TEXTS
    ),
    files=st.dictionaries(PATHS, st.one_of(TEXTS, st.just(DeniedFile()))),
    directories=st.lists(
        st.sampled_from(["/run/WSL", "/mnt/wsl", "/Docker/host", "/dev/lxd"]), unique=True
    ).map(tuple),
    routes=st.lists(
        st.builds(
            Route,
            to=st.sampled_from(["default", "10.0.0.0/8", "::/0", "junk"]),
            via=st.one_of(MAYBE, st.sampled_from(["192.168.0.1", "172.17.0.1", "fe80::1", "x"])),
            dev=st.one_of(MAYBE, NAMES_OF_LINKS),
            table=st.one_of(st.just("main"), st.integers(0, 300)),
            metric=st.one_of(MAYBE, st.integers(-1, 5000)),
            protocol=st.one_of(MAYBE, st.just("kernel")),
        ),
        max_size=4,
    ).map(tuple),
    rules=st.lists(
        st.builds(Rule, priority=st.integers(), iif=st.one_of(MAYBE, st.just("loopback0"))),
        max_size=2,
    ).map(tuple),
    neighbours=st.lists(
        st.builds(
            Neighbour,
            address=st.sampled_from(["192.168.0.1", "172.17.0.1", "192.168.0.9", "nowhere", ""]),
            mac=st.one_of(MAYBE, MACS, st.text(max_size=17)),
            dev=st.one_of(MAYBE, NAMES_OF_LINKS),
            state=st.one_of(MAYBE, st.sampled_from(["reachable", "STALE", "failed", "odd"])),
        ),
        max_size=5,
    ).map(tuple),
    names=st.dictionaries(
        st.just("host.docker.internal"), st.lists(ADDRESSES, max_size=2).map(tuple)
    ),
    commands=st.lists(
        st.builds(
            Ran,
            argv=st.sampled_from(
                [("wslinfo", "--networking-mode"), ("docker", "info", "--format", "json")]
            ),
            status=st.integers(-1, 255),
            stdout=st.one_of(
                TEXTS,
                st.sampled_from(
                    ["mirrored\n", "nat", "[]", "{}", '{"OperatingSystem":7}', "[" * 9]
                ),
            ),
        ),
        max_size=2,
        unique_by=lambda ran: ran.argv,
    ).map(tuple),
    registry=st.dictionaries(
        st.sampled_from(
            [
                "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss\\{1}\\DistributionName",
                "HKLM\\HARDWARE\\DESCRIPTION\\System\\BIOS\\SystemManufacturer",
            ]
        ),
        st.one_of(st.integers(), st.sampled_from(["docker-desktop", "VMware, Inc.", ""])),
    ),
    probes=st.lists(
        st.builds(
            Probe,
            check=st.sampled_from(["arp", "tcp", "mdns", "ssdp", "hop"]),
            result=st.sampled_from(["answered", "silent", "refused", "unreachable", "denied"]),
            to=st.one_of(MAYBE, st.sampled_from(["192.168.0.1", "192.168.0.9", "1.1.1.1", "x"])),
            from_=st.one_of(MAYBE, st.sampled_from(["192.168.0.9", "1.1.1.1", "fe80::1%eth0"])),
            mac=st.one_of(MAYBE, MACS, st.text(max_size=17)),
        ),
        max_size=4,
    ).map(tuple),
)


def encoded(found: Diagnosis) -> Any:
    """A diagnosis as its JSON."""
    return json.loads(msgspec.json.encode(found))


def document(name: str) -> dict[str, Any]:
    """A case's capture as its JSON."""
    found: dict[str, Any] = json.loads((CASES / name / "capture.json").read_text())
    return found


def judged(capture_of: dict[str, Any]) -> Diagnosis:
    """The diagnosis of a capture's JSON."""
    return diagnose(Replay(capture.decode(json.dumps(capture_of).encode(), "a cut case")))


@given(captures)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_capture_gets_a_diagnosis_that_fits_its_contract(given_capture: Capture) -> None:
    found = encoded(diagnose(Replay(given_capture)))

    schema("diagnosis-1").validate(found)
    assert (found["lan"]["answer"] == "yes") == (found["lan"]["interface"] is not None)


@given(captures, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_lists_never_matters_to_any_capture(
    given_capture: Capture, shuffler: random.Random
) -> None:
    lists = ("directories", "interfaces", "routes", "rules", "neighbours", "commands", "probes")
    mixed = {}
    for name in lists:
        values = list(getattr(given_capture, name))
        shuffler.shuffle(values)
        mixed[name] = tuple(values)

    one = diagnose(Replay(given_capture))
    other = diagnose(Replay(msgspec.structs.replace(given_capture, **mixed)))

    assert (one.vantage, one.lan, one.recommendation) == (
        other.vantage,
        other.lan,
        other.recommendation,
    )


@pytest.mark.parametrize("name", [name for name in NAMES if expectation(name)["answer"] == "no"])
def test_without_any_one_thing_a_no_never_becomes_a_yes(name: str) -> None:
    whole = document(name)
    for part in ("files", "env", "names", "links", "registry"):
        for key in whole.get(part, {}):
            cut = {**whole, part: {k: v for k, v in whole[part].items() if k != key}}
            assert judged(cut).lan.answer is not Answer.YES, f"{part} {key}"
            # A file that is there and may not be read is a loss too.
            if part == "files":
                denied = {**whole, part: {**whole[part], key: {"denied": True}}}
                assert judged(denied).lan.answer is not Answer.YES, f"{part} {key} denied"
    for part in ("commands", "directories", "neighbours", "rules", "routes"):
        for place in range(len(whole.get(part, []))):
            rest = [each for i, each in enumerate(whole[part]) if i != place]
            assert judged({**whole, part: rest}).lan.answer is not Answer.YES, f"{part} {place}"
    for key in ("release", "version", "hostname"):
        machine = {k: v for k, v in whole["machine"].items() if k != key}
        assert judged({**whole, "machine": machine}).lan.answer is not Answer.YES, key


def cut_interfaces(whole: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The interfaces of a capture with one thing of one of them left out, each in turn."""
    listed = whole["interfaces"]
    for place, interface in enumerate(listed):
        for key in interface.keys() - {"name", "addresses"}:
            less = {k: v for k, v in interface.items() if k != key}
            yield f"{interface['name']} {key}", [*listed[:place], less, *listed[place + 1 :]]
        for held in interface["addresses"]:
            rest = [each for each in interface["addresses"] if each is not held]
            less = {**interface, "addresses": rest}
            yield f"{interface['name']} {held}", [*listed[:place], less, *listed[place + 1 :]]


@pytest.mark.parametrize("name", [name for name in NAMES if expectation(name)["answer"] != "yes"])
def test_what_was_not_read_of_a_link_never_makes_a_yes(name: str) -> None:
    """No yes rests on a null: not a kind, a driver, a bus, a MAC or a state that was not read."""
    whole = document(name)
    for what, interfaces in cut_interfaces(whole):
        assert judged({**whole, "interfaces": interfaces}).lan.answer is not Answer.YES, what


EXTRAS: tuple[dict[str, Any], ...] = (
    {"name": "wg7", "kind": "wireguard", "addresses": [{"address": "10.99.0.2/24"}]},
    {"name": "tailscale0", "kind": "tun", "addresses": [{"address": "100.101.102.103/32"}]},
    {
        "name": "br-0a1b2c3d4e5f",
        "kind": "bridge",
        "mac": "02:42:99:88:77:66",
        "addresses": [{"address": "172.29.0.1/16"}],
    },
    {
        "name": "virbr7",
        "kind": "bridge",
        "mac": "52:54:00:99:88:77",
        "addresses": [{"address": "192.168.122.1/24"}],
    },
    {"name": "dummy7", "kind": "dummy", "addresses": [{"address": "10.98.0.1/24"}]},
    {"name": "tap7", "kind": "tap", "addresses": [{"address": "10.97.0.1/24"}]},
    {"name": "utun7", "kind": "tun", "addresses": [{"address": "10.96.0.2/24"}]},
    {
        "name": "bridge107",
        "kind": "bridge",
        "mac": "a6:83:e7:99:88:77",
        "addresses": [{"address": "192.168.67.1/24"}],
    },
    {
        "name": "Firmennetz",
        "description": "WireGuard Tunnel",
        "if_type": 53,
        "addresses": [{"address": "10.95.0.2/24"}],
    },
    {
        "name": "vEthernet (Neu)",
        "description": "Hyper-V Virtual Ethernet Adapter #7",
        "if_type": 6,
        "kind": "ether",
        "mac": "00:15:5d:99:88:77",
        "addresses": [{"address": "172.19.64.1/20"}],
    },
    {
        "name": "VMware Network Adapter VMnet8",
        "description": "VMware Virtual Ethernet Adapter for VMnet8",
        "if_type": 6,
        "kind": "ether",
        "mac": "00:50:56:c0:00:08",
        "addresses": [{"address": "192.168.231.1/24"}],
    },
)


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: str(extra["name"]))
@pytest.mark.parametrize("name", [name for name in NAMES if expectation(name)["answer"] != "yes"])
def test_an_unrelated_virtual_adapter_never_makes_a_yes(name: str, extra: dict[str, Any]) -> None:
    whole = document(name)
    more = {**extra, "index": 77, "up": True, "hardware": False}
    network = str(extra["addresses"][0]["address"]).replace(".2/24", ".0/24")
    changed = {
        **whole,
        "interfaces": [*whole["interfaces"], more],
        "routes": [*whole.get("routes", []), {"to": network, "dev": extra["name"]}],
    }

    assert judged(changed).lan.answer is not Answer.YES


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_lists_never_matters_to_a_case(name: str) -> None:
    whole = document(name)
    turned = {
        key: value[::-1] if isinstance(value, list) else value for key, value in whole.items()
    }

    one, other = judged(whole), judged(turned)

    assert (one.vantage, one.lan, one.recommendation, one.advice) == (
        other.vantage,
        other.lan,
        other.recommendation,
        other.advice,
    )
