"""A redacted capture says as much of the vantage as before, and nothing of whose machine it is."""

from __future__ import annotations

import ipaddress
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge import macs, vantage
from dpf_edge.host import allowed, capture, signatures
from dpf_edge.host.capture import Capture, DeniedFile, Replay
from dpf_edge.host.redact import redact, texts
from dpf_edge.host.redact_names import Names
from dpf_edge.host.redact_numbers import Numbers
from dpf_edge.model import Address, Interface, Machine, Neighbour, Probe, Ran, Route, Rule
from dpf_edge.vantage import adapters, roles, tables
from dpf_edge.vantage.diagnose import diagnose, findings
from tests.test_cases import CASES, NAMES, said, schema

if TYPE_CHECKING:
    from collections.abc import Iterable

KEYS = (bytes(16), b"0123456789abcdef", bytes(range(200, 216)))
KEY = KEYS[1]
VANTAGE = Path(vantage.__file__).parent

# A machine whose every name and number is somebody's own.
OWNED = Capture(
    capture=1,
    note="taken at Contoso's plant in Springfield by jdoe",
    machine=Machine(
        system="Linux",
        release="6.1.0-28-amd64",
        version="Linux version 6.1.0-28-amd64 (jdoe@buildbox) (gcc 12) #1 SMP for plc-gw-07",
        architecture="x86_64",
        hostname="plc-gw-07",
        uid=1000,
        time="2026-11-22T12:34:56Z",
    ),
    env={
        "WSL_DISTRO_NAME": "Contoso-Build",
        "WSL_INTEROP": "/run/WSL/8_interop",
        "container": "contosoengine",
        "KUBERNETES_SERVICE_HOST": "kube.contoso.example",
        "DPF_HOST_VANTAGE": '{"host":"plc-gw-07"}',
        "CONTOSO": "contoso",
    },
    files={
        "/etc/hostname": "plc-gw-07\n",
        "/etc/hosts": "10.31.7.9 plc-gw-07 plc-gw-07.contoso.example # by jdoe\n",
        "/etc/resolv.conf": "# contoso's\nsearch plant.contoso.example lan\n"
        "nameserver 10.31.7.53\n# ExtServers: [host(10.31.7.54) 8.8.8.8]\noptions ndots:0\n",
        "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12"\n# by contoso\nX_OWNER=contoso\n',
        "/etc/wsl.conf": "[user]\ndefault=jdoe\n# contoso\n[network]\nhostname = plc-gw-07\n"
        "[boot]\ncommand=curl https://contoso.example/?token=hunter2\nsystemd=true\n",
        "/proc/version": "Linux version 6.1.0-28-amd64 (jdoe@buildbox) #1 SMP\n",
        "/proc/self/mountinfo": "30 1 8:2 / /srv/contoso rw - ext4 /dev/sda2 rw\n"
        "31 30 0:50 /jdoe /mnt/nas rw - cifs //nas.contoso.example/jdoe "
        "rw,username=jdoe,domain=CONTOSO,addr=10.31.7.80\n"
        "32 30 0:51 / /home/jdoe/x rw - 9p C:\\134Users\\134jdoe rw,path=C:\\Users\\jdoe;uid=9\n",
        "/proc/1/cgroup": "0::/lxc/contoso-ct/payload\n",
        "/proc/1/environ": "container=contosoengine\0TOKEN=hunter2",
        "/proc/cpuinfo": "flags\t\t: fpu contosoflag hypervisor\nSerial\t\t: 00000000feedface\n",
        "/.dockerenv": "contoso",
        "/run/.containerenv": 'engine="podman-4.3.1"\nname="contoso-db"\nimage="reg.contoso/x:1"\n',
        "/sys/class/dmi/id/chassis_asset_tag": "CONTOSO-4711\n",
        "/sys/class/dmi/id/sys_vendor": "Dell Inc.\n",
        "/home/jdoe/notes.txt": "contoso",
        "C:\\Users\\jdoe\\.wslconfig": "[wsl2]\nnetworkingMode=mirrored # jdoe\n"
        "kernel=C:\\\\Users\\\\jdoe\\\\contoso\nkernelCommandLine=token=hunter2\nvmSwitch=Contoso\n",
        "/Users/jdoe/Library/Group Containers/group.com.docker/settings-store.json": json.dumps(
            {"HostNetworkingEnabled": True, "vpnkitCIDR": "10.31.64.0/24", "ProxyHttp": "contoso"}
        ),
    },
    directories=("/run/WSL", "/srv/contoso"),
    links={"/etc/resolv.conf": "/home/jdoe/resolv.conf", "/srv/x": "/srv/contoso"},
    interfaces=(
        Interface(
            name="contoso0",
            addresses=(
                Address("10.31.7.9/24"),
                Address("fe80::3ea6:2fff:fe5a:6b7c/64"),
                Address("fd9a:bcde:1234:5::77/64"),
                Address("93.184.216.34/27"),
            ),
            description="Intel(R) I219-V of plc-gw-07",
            mac="3c:a6:2f:5a:6b:7c",
            kind="ether",
            bus="pci",
            driver="e1000e",
            index=2,
        ),
        Interface(name="vEthernet (Contoso LAN)", addresses=(Address("172.31.96.1/20"),)),
        Interface(name="wg-contoso", addresses=(Address("10.200.44.7/32"),), master="contoso0"),
        Interface(name="br-0f1e2d3c4b5a", addresses=(Address("172.18.0.1/16"),)),
        Interface(name="enx3ca62f5a6b7c", addresses=()),
    ),
    routes=(
        Route("default", via="10.31.7.1", dev="contoso0", table="contoso-vpn", protocol="contosod"),
        Route("10.31.7.0/24", dev="contoso0", scope="link", protocol="kernel", table=77),
        Route("10.31.0.0/16", via="10.31.7.2", dev="contoso0"),
    ),
    rules=(Rule(5, iif="contoso0", table="contoso-vpn"),),
    neighbours=(
        Neighbour("10.31.7.1", "3c:a6:2f:77:88:99", "contoso0", "reachable"),
        Neighbour("10.31.7.80", "3C-A6-2F-77-88-9A", "contoso0", "STALE"),
        Neighbour("ff02::1:ff5a:6b7c", "33:33:ff:5a:6b:7c", "contoso0", "contosostate"),
    ),
    names={"host.docker.internal": ("10.31.7.9",), "nas.contoso": ("10.31.7.80",)},
    commands=(
        Ran(("wslinfo", "--networking-mode"), 0, "contoso\n", "hunter2"),
        Ran(("curl", "https://contoso.example"), 0, "contoso"),
        Ran(
            ("docker", "info", "--format", "json"),
            0,
            json.dumps({"Name": "plc-gw-07", "OperatingSystem": "Debian", "HttpProxy": "contoso"}),
        ),
        Ran(
            ("wsl.exe", "-l", "-v"),
            0,
            "  NAME             STATE     VERSION\n* Contoso-Build    Running   2\n",
        ),
        Ran(("wsl.exe", "--version"), 0, "WSL version: 2.6.3.0\nKernel version: 6.6.87.2-1\n"),
        Ran(("wsl.exe", "-d", "Contoso-Build", "--", "wslinfo", "--networking-mode"), 0, "nat\n"),
        Ran(
            ("docker", "context", "ls", "--format", "json"),
            0,
            '{"Name":"contoso","DockerEndpoint":"ssh://jdoe@nas.contoso.example"}\n',
        ),
        Ran(
            ("powershell.exe", "-NoProfile", "-Command", "Get-NetAdapter | ConvertTo-Json"),
            0,
            json.dumps(
                [{"Name": "Contoso LAN", "MacAddress": "3C-A6-2F-5A-6B-7C", "Owner": "jdoe"}]
            ),
        ),
    ),
    registry={
        "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\RegisteredOwner": "jdoe",
        "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\CurrentBuild": "22631",
        "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss"
        "\\{0b3e1d6a-1111-4222-8333-444455556666}\\DistributionName": "Contoso-Build",
        "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss"
        "\\{0b3e1d6a-1111-4222-8333-444455556666}\\BasePath": "C:\\Users\\jdoe\\contoso",
        "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Lxss\\NatNetwork": "10.31.96.0/20",
    },
    probes=(
        Probe("arp", "answered", "10.31.7.80", mac="3c:a6:2f:77:88:9a"),
        Probe("mdns", "answered", from_="10.31.7.81"),
        Probe("hop", "silent", "1.1.1.1"),
    ),
)  # fmt: skip
# What of it must be found nowhere, in lower case; addresses and MACs in every way of writing.
OWNERS = (
    *("contoso", "jdoe", "plc-gw", "buildbox", "springfield", "hunter2", "4711", "feedface"),
    *("10.31.", "93.184.", "172.31.", "10.200.44", "9a:bcde", "1234:5", "0b3e1d6a", "0f1e2d3c4b5a"),
    *("5a:6b:7c", "5a6b7c", "5a:6b7c", "77:88:9", "77-88-9", "fe5a"),
)


@cache
def owned(key: bytes = KEY) -> Capture:
    """The owned machine, redacted."""
    return redact(OWNED, key)


def of(*found: str, key: bytes = KEY) -> Names:
    """The names of a capture in which some addresses stand."""
    return Names(key, Numbers(key, found))


def mapped(*found: str, key: bytes = KEY) -> list[str | None]:
    """What some addresses become that stand in one capture."""
    numbers = Numbers(key, found)
    return [numbers.address(each) for each in found]


def network(text: str | None) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network of an address."""
    return ipaddress.ip_interface(str(text)).network


def judged(taken: Capture) -> dict[str, Any]:
    """All that a diagnosis says but for names and addresses."""
    found = diagnose(Replay(taken))
    told = said(found)
    told["roles"] = [each.role.value for each in found.interfaces]
    told["confidence"] = found.lan.confidence
    told["layers"] = [(each.name, each.kind) for each in found.layers]
    for name in ("interface", "address", "network"):
        told[name] = told[name] is not None
    told["findings"] = {
        name: (each.answer.value, [item.signal for item in each.evidence])
        for name, each in findings(Replay(taken)).items()
    }
    return told


@pytest.mark.parametrize("name", NAMES)
def test_every_case_gets_the_same_diagnosis_redacted(name: str) -> None:
    taken = capture.load(str(CASES / name / "capture.json"))
    before = judged(taken)

    for key in KEYS:
        after = redact(taken, key)

        assert before == judged(after)
        text = capture.encode(after)
        schema("capture-1").validate(json.loads(text))
        assert after == capture.decode(text, "redacted")


@pytest.mark.parametrize("name", NAMES)
def test_no_case_keeps_the_name_of_its_machine(name: str) -> None:
    taken = capture.load(str(CASES / name / "capture.json"))
    host = taken.machine.hostname

    kept = redact(taken, KEY).machine.hostname

    assert bool(host) == bool(kept)
    assert kept != host or not host or host in signatures.HOSTS


@pytest.mark.parametrize("key", KEYS)
def test_nothing_of_an_owners_machine_is_left(key: bytes) -> None:
    text = capture.encode(owned(key)).decode().lower()

    assert [] == [word for word in OWNERS if word in text]
    assert judged(OWNED) == judged(owned(key))


def test_one_key_makes_one_capture_and_another_key_another() -> None:
    first, second = capture.encode(redact(OWNED, KEY)), capture.encode(redact(OWNED, KEY))

    assert first == second
    assert first != capture.encode(redact(OWNED, KEYS[0]))


def test_what_was_one_thing_is_one_thing_wherever_it_stands() -> None:
    told = owned()
    link, _, vpn, bridge, by_mac = (each.name for each in told.interfaces)
    own = told.interfaces[0]
    address = own.addresses[0].address.partition("/")[0]
    assert own.mac is not None

    assert told.machine.hostname == str(told.files["/etc/hostname"]).strip()
    assert told.machine.hostname in str(told.files["/etc/hosts"]).split()
    assert told.machine.hostname == json.loads(told.commands[1].stdout)["Name"]
    assert {link} == {each.dev for each in told.routes} | {each.dev for each in told.neighbours}
    assert [link] == [each.iif for each in told.rules]
    assert vpn.startswith("wg-")
    assert re.fullmatch("br-[0-9a-f]{12}", bridge)
    assert by_mac == f"enx{own.mac.replace(':', '')}"
    assert (address,) == told.names["host.docker.internal"]
    assert network(own.addresses[0].address) == network(told.routes[1].to)
    assert told.probes[0].to == told.neighbours[1].address
    assert str(told.probes[0].mac) == str(told.neighbours[1].mac).replace("-", ":")
    assert told.env["WSL_DISTRO_NAME"] in told.commands[2].stdout.split()
    assert told.env["WSL_DISTRO_NAME"] == told.commands[4].argv[2]


def test_the_shape_of_a_machine_stays() -> None:
    told = owned()

    assert ("Linux", "6.1.0-28-amd64", "x86_64", 1000, "2026-11-22T12:34:56Z") == (
        told.machine.system,
        told.machine.release,
        told.machine.architecture,
        told.machine.uid,
        told.machine.time,
    )
    assert ("e1000e", "pci", 2, "ether") == (
        told.interfaces[0].driver,
        told.interfaces[0].bus,
        told.interfaces[0].index,
        told.interfaces[0].kind,
    )
    assert str(told.interfaces[0].mac).startswith("3c:a6:2f:")
    assert ("link", "kernel", 77) == (
        told.routes[1].scope,
        told.routes[1].protocol,
        told.routes[1].table,
    )
    assert ["reachable", "STALE"] == [each.state for each in told.neighbours[:2]]
    assert "Dell Inc.\n" == told.files["/sys/class/dmi/id/sys_vendor"]
    assert "/run/WSL/8_interop" == told.env["WSL_INTEROP"]
    assert "1.1.1.1" == told.probes[2].to


def test_what_is_of_no_list_is_dropped() -> None:
    told = owned()

    assert told.note is None
    assert ("/run/WSL",) == told.directories
    assert {"/etc/resolv.conf"} == told.links.keys()
    assert {"host.docker.internal"} == told.names.keys()
    assert {"DPF_HOST_VANTAGE", "CONTOSO"}.isdisjoint(told.env)
    assert {"wslinfo", "docker", "wsl.exe", "powershell.exe"} == {
        ran.argv[0] for ran in told.commands
    }
    assert [""] * len(told.commands) == [ran.stderr for ran in told.commands]
    assert not [path for path in told.files if path.endswith("notes.txt")]
    assert not [key for key in told.registry if "Owner" in key]


def test_a_launchers_word_stays_where_it_is_a_vantage() -> None:
    made = Capture(
        capture=1,
        machine=Machine("Linux"),
        interfaces=(),
        env={"DPF_HOST_VANTAGE": "windows-native"},
    )

    assert made == redact(made, KEY)


def test_a_file_that_was_denied_stays_denied() -> None:
    files: dict[str, str | DeniedFile] = {
        "/proc/1/environ": DeniedFile(),
        "/home/jdoe/.wslconfig": DeniedFile(),
        "/home/jdoe/notes": DeniedFile(),
    }
    made = Capture(capture=1, machine=Machine("Linux"), interfaces=(), files=files)

    told = redact(made, KEY).files

    assert [DeniedFile(), DeniedFile()] == [*told.values()]
    assert "jdoe" not in str(told)


LITERAL = re.compile(
    r"[\"']((?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?|[\da-f]{2,4}:[\da-f:]+(?:/\d+)?)[\"']"
)


def literals() -> Iterable[tuple[str, str]]:
    """Every address and network that the code of the vantage names, with its module."""
    for path in sorted(VANTAGE.rglob("*.py")):
        for text in LITERAL.findall(path.read_text()):
            try:
                ipaddress.ip_network(text)
            except ValueError:
                continue  # a MAC, or a part of one
            yield text, path.name


def test_every_address_that_a_detector_knows_stays() -> None:
    """One that is missing here belongs in signatures.RANGES, or its block in BLOCKS."""
    known = {str(each) for each in (*signatures.BLOCKS, *(pool for pool, _ in signatures.POOLS))}
    wide = {"fc00::/7"}  # both of whose halves are blocks

    moved = [(text, where) for text, where in literals() if mapped(text) != [text]]

    assert [] == [each for each in moved if each[0] not in known | wide]
    assert len([*literals()]) > 40


def test_every_mac_that_a_detector_knows_stays() -> None:
    whole = [prefix for prefix in macs.TUNNELS if len(prefix) == 14]

    assert macs.STACKS.keys() <= signatures.MACS
    assert {each.rstrip(":") for each in signatures.MAC_PREFIXES} == {*whole}


def test_every_beginning_that_a_link_is_known_by_stays() -> None:
    for prefix in (*tables.VPN_NAMES, *roles.GUESTS, "veth", "ww"):
        told = of().link(f"{prefix}contoso")

        assert told.startswith(prefix)
        assert "contoso" not in told


PATTERNS = {
    name: pattern
    for name, pattern in vars(adapters).items()
    if name.endswith(("_WORDS", "_NAMES")) and isinstance(pattern, str)
}


def plain_words(pattern: str) -> Iterable[str]:
    """The alternatives of a pattern that are plain text."""
    for each in re.split(r"\||\(|\)", pattern.replace("\\b", "")):
        word = each.replace(" ?", "").replace("\\d", "1").replace("\\", "").strip("^?:+*")
        word = word.replace("[) ]", "")
        if re.fullmatch(r"[\w -]{2,}", word):
            yield word


@pytest.mark.parametrize("name", PATTERNS)
def test_every_word_that_an_adapter_is_known_by_stays(name: str) -> None:
    """One that is missing here belongs in signatures.INSIDE."""
    names = of()

    lost = []
    for word in plain_words(PATTERNS[name]):
        for form in (word, f"Contoso {word} 2", f"vEthernet ({word})", f"{word} (Contoso)"):
            told = names.link(form)
            kinds = [adapters.says(each, form) for each in PATTERNS.values()]
            if kinds != [adapters.says(each, told) for each in PATTERNS.values()]:
                lost.append((form, told))

    assert [] == lost
    assert any(plain_words(PATTERNS[name]))


def test_every_listed_file_and_variable_has_a_redactor() -> None:
    """What a live capture may hold is known here, or it would be dropped."""
    files: dict[str, str | DeniedFile] = dict.fromkeys(allowed.FILES, "")
    env = dict.fromkeys(allowed.VARIABLES, "")
    made = Capture(
        capture=1,
        machine=Machine("Linux"),
        interfaces=(),
        files=files,
        env=env,
        commands=tuple(Ran(argv, 0) for argv in allowed.COMMANDS),
    )

    told = redact(made, KEY)

    assert files.keys() == told.files.keys()
    assert env.keys() == told.env.keys()
    assert made.commands == told.commands


def test_every_text_of_a_document_is_found() -> None:
    assert ["a", "b", "c", "d"] == [*texts({"a": ["b", 1, None, {"c": ("d",)}]})]


def test_a_name_of_numbers_makes_no_other_map_of_users() -> None:
    everybody = "0 0 4294967295"
    taken = Capture(
        capture=1,
        machine=Machine("Linux", hostname="4294967295"),
        interfaces=(),
        files={"/proc/self/uid_map": everybody},
    )

    assert redact(taken, KEY).files["/proc/self/uid_map"] == everybody
