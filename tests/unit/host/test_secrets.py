"""A secret planted in every source is in no output; what is the owner's is in no redacted one."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from dpf_edge.host import allowed, capture
from dpf_edge.host.capture import Capture
from dpf_edge.host.engines import probe
from dpf_edge.host.redact import redact
from dpf_edge.model import Address, Interface, Machine, Neighbour, Probe, Ran, Route, Rule

from .spaces import run

if TYPE_CHECKING:
    from pathlib import Path

# A password or a token, which no capture may hold; and a name, which a redacted one may not.
SECRET, OWNED = "hunter2zq", "contosozq"
ADDRESS, MAC = "10.123.45.67", "3c:a6:2f:5a:6b:7c"

INFO = {
    "Name": OWNED,
    "OperatingSystem": "Debian GNU/Linux 12",
    "SecurityOptions": [f"name=seccomp,profile=/etc/{OWNED}"],
    "Labels": [f"com.docker.desktop.address=unix:///Users/{OWNED}/x.sock", f"token={SECRET}"],
    **dict.fromkeys(("ID", "HttpProxy", "NoProxy", "IndexServerAddress", "Username"), SECRET),
    "Swarm": {"NodeID": SECRET},
    "RegistryConfig": {"IndexConfigs": {SECRET: {"Name": SECRET}}},
    "Plugins": {"Authorization": [SECRET]},
    "Warnings": [SECRET],
}
# Files as they are put in place of the machine's: each holds the owner's name where the charter
# keeps the text, and the secret where it does not.
FILES = {
    "/etc/hostname": f"{OWNED}\n",
    "/etc/hosts": f"{ADDRESS} {SECRET} host.docker.internal {SECRET}.example # {SECRET}\n",
    "/etc/resolv.conf": f"# {OWNED}\nsearch {OWNED}.org\nnameserver {ADDRESS}\n",
    "/etc/os-release": f"# {OWNED}\nID=debian\nHOME_URL=https://{OWNED}.org\n",
    "/etc/wsl.conf": f"# {OWNED}\n[user]\ndefault={OWNED}\n[boot]\ncommand={OWNED}\n",
    "/etc/shadow": SECRET,
    "/run/.containerenv": f'name="{OWNED}"\nimage="{OWNED}/x"\n',
    "/run/systemd/container": OWNED,
    "/run/host/container-manager": OWNED,
    "/run/docker.sock": "",
    "/sys/class/dmi/id/chassis_asset_tag": f"{OWNED}\n",
    "/sys/class/dmi/id/product_serial": SECRET,
    "/sys/class/dmi/id/product_uuid": SECRET,
    "/sys/hypervisor/type": OWNED,
    "/proc/cpuinfo": f"model name: {SECRET}\nflags\t\t: fpu {OWNED}\nSerial\t\t: {SECRET}\n",
    "/proc/1/cgroup": f"0::/lxc/{OWNED}\n",
    "/proc/sys/kernel/osrelease": f"6.1.0 ({OWNED}@{OWNED})\n",
    "/proc/version": f"Linux version 6.1.0 ({OWNED}@{OWNED}) #1 SMP\n",
    "/proc/cmdline": SECRET,
}
VARIABLES = {
    "WSL_DISTRO_NAME": OWNED,
    "WSL_INTEROP": f"/run/WSL/{OWNED}",
    "container": OWNED,
    "KUBERNETES_SERVICE_HOST": f"{OWNED}.org",
    "DPF_HOST_VANTAGE": OWNED,
    **dict.fromkeys(
        (
            *("DPF_EDGE_TOKEN", "DPF_AUTHORITY_TOKEN", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"),
            # The probe's own variables, which it must not take over from its environment.
            *("got", "name", "value", "comma", "found", "line", "status", "path", "size", "listed"),
        ),
        SECRET,
    ),
}
# The files, the mounts and the network; then every command that reads this machine.
SCRIPT = f"""
set -e
mount -t tmpfs -o mode=755 made /etc
mount -t tmpfs -o mode=755 made /run
mount -t tmpfs -o mode=755 made /sys
mkdir -p /run/systemd /run/host /run/WSL /sys/class/dmi/id /sys/class/net /sys/hypervisor
mkdir /run/nas /run/owned
cd "$1/files"
for file in $(find . -type f); do
    case $file in
        ./proc/*) mount --bind "$file" "/${{file#./}}" ;;
        *) cp "$file" "/${{file#./}}" ;;
    esac
done
mount -t tmpfs '//me:{SECRET}@nas/share' /run/nas
mount -t tmpfs {OWNED} /run/owned
mkdir /run/owned/{OWNED}
cp etc/resolv.conf /run/owned/{OWNED}/resolv.conf
mount --bind /run/owned/{OWNED}/resolv.conf /etc/resolv.conf
hostname {OWNED}
ip link set lo up
ip link add {OWNED} address {MAC} type veth peer name other
ip link set dev {OWNED} alias {SECRET}
ip link property add dev {OWNED} altname {SECRET}
ip link set {OWNED} up
ip link set other up
ip addr add {ADDRESS}/24 dev {OWNED}
ip addr add 10.123.45.1/24 dev other label other:{SECRET[:6]}
ip route add default via 10.123.45.1 dev {OWNED}
ip neigh add 10.123.45.1 lladdr 3c:a6:2f:77:88:99 dev {OWNED} nud stale
say() {{ printf '\\036'; "$@"; }}
say "$0" -m dpf_edge capture
say "$0" -m dpf_edge capture --redact
say "$0" -m dpf_edge diagnose
say "$0" -m dpf_edge diagnose --json
say sh -s <"$1/probe.sh"
sh -s <"$1/probe.sh" >/run/probed.json
say "$0" -m dpf_edge capture --redact --capture /run/probed.json
"""


@pytest.fixture(scope="module")
def outputs(root: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What every command prints on a machine with something planted in each of its sources."""
    folder = tmp_path_factory.mktemp("planted")
    programs(folder / "programs")
    for path, text in FILES.items():
        place = folder / "files" / path.removeprefix("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (folder / "probe.sh").write_bytes(probe())
    env = {
        **os.environ,
        **VARIABLES,
        "PATH": f"{folder / 'programs'}:{os.environ['PATH']}",
    }
    unshare = ("unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--mount-proc")
    done = run(*unshare, "sh", "-c", SCRIPT, sys.executable, str(folder), env=env)

    assert (0, b"") == (done.returncode, done.stderr)
    told = done.stdout.decode().split("\x1e")
    names = ("", "capture", "redacted", "report", "diagnosis", "probe", "probe redacted")
    return dict(zip(names, told, strict=True))


def programs(folder: Path) -> None:
    """An engine's client and wslinfo, which say more than they are asked."""
    folder.mkdir()
    (folder / "info.json").write_text(json.dumps(INFO))
    for name, says in (("docker", f"cat {folder}/info.json"), ("wslinfo", f"echo {OWNED}")):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{says}\necho {SECRET} >&2\n")
        program.chmod(0o755)


OUTPUTS = ("capture", "redacted", "report", "diagnosis", "probe", "probe redacted")


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_secret_in_every_source_is_in_no_output(outputs: dict[str, str], name: str) -> None:
    assert len(outputs[name]) > 200
    assert SECRET not in outputs[name]


@pytest.mark.parametrize("name", ["capture", "probe"])
def test_what_was_planted_was_where_it_is_looked_for(outputs: dict[str, str], name: str) -> None:
    """Else the tests beside this one would hold of an empty machine too."""
    told = capture.decode(outputs[name].encode(), name)

    held = {path for path, text in told.files.items() if OWNED in str(text)}
    expected = {path for path, text in FILES.items() if OWNED in text} & allowed.FILES.keys()
    assert expected | {"/proc/1/environ", "/proc/self/mountinfo"} == held
    assert OWNED == told.machine.hostname
    assert set(allowed.VARIABLES) == told.env.keys()
    assert {"host.docker.internal": (ADDRESS,)} == told.names
    planted = next(each for each in told.interfaces if each.name == OWNED)
    assert (MAC, f"{ADDRESS}/24") == (planted.mac, planted.addresses[0].address)
    assert {"wslinfo"} <= {ran.argv[0] for ran in told.commands}
    assert name == "probe" or OWNED in str(told.commands)


@pytest.mark.parametrize("name", ["redacted", "probe redacted"])
@pytest.mark.parametrize(
    "word", [OWNED, ADDRESS, "10.123.", MAC[9:], MAC[9:].replace(":", ""), "77:88:99", "5a:6b7c"]
)
def test_what_is_the_owners_is_in_no_redacted_capture(
    outputs: dict[str, str], name: str, word: str
) -> None:
    assert word not in outputs[name].lower()


def test_a_redacted_capture_of_a_planted_machine_is_judged_as_the_machine_is(
    outputs: dict[str, str],
) -> None:
    from tests.unit.host.test_redact import judged

    plain = judged(capture.decode(outputs["capture"].encode(), "plain"))

    assert plain == judged(capture.decode(outputs["redacted"].encode(), "redacted"))
    assert plain["vantage"] == json.loads(outputs["diagnosis"])["vantage"]


# Fields that hold a product's or a kernel's own words, of which only private names are replaced.
PRODUCTS = {"release", "version", "architecture", "description", "driver"}


def planted(word: str) -> Capture:
    """A capture with a word in every field that holds a text, and in every table's keys."""
    everywhere = {
        **dict.fromkeys(allowed.FILES, f"{word} {word}={word}\n#{word}\n{word}\t: {word}\n"),
        f"/{word}": word,
        f"C:\\Users\\{word}\\.wslconfig": f"[{word}]\n{word}={word}\nkernel={word}\n",
        f"/Users/{word}/settings.json": json.dumps({word: word, "vpnkitCIDR": word}),
    }
    products = {path for path in everywhere if path.startswith("/sys/class/dmi/id/")}
    products |= {"/proc/version", "/proc/sys/kernel/osrelease"}
    kept = products - {"/sys/class/dmi/id/chassis_asset_tag"}
    return Capture(
        capture=1,
        note=word,
        machine=Machine("Linux", hostname=word, time=word),
        env={**dict.fromkeys(allowed.VARIABLES, word), word: word},
        files={path: text for path, text in everywhere.items() if path not in kept},
        directories=(f"/{word}",),
        links={"/etc/resolv.conf": f"/{word}", f"/{word}": word},
        interfaces=(Interface(word, (Address(word),), master=word),),
        routes=(Route(word, word, word, word, protocol=word, scope=word),),
        rules=(Rule(1, word, word, word),),
        neighbours=(Neighbour(word, word, word, word),),
        names={**dict.fromkeys(allowed.NAMES, (word,)), word: (word,)},
        commands=(
            *(Ran(argv, 0, word, word) for argv in allowed.COMMANDS),
            Ran((word,), 0, word, word),
            Ran(("wsl.exe", "--status"), 0, f"{word}: {word}\n", word),
        ),
        registry={
            word: word,
            "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss\\DefaultDistribution": word,
            f"HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss\\{{{word}}}\\BasePath": word,
        },
        probes=(Probe("arp", "silent", word, word, word),),
    )


@pytest.mark.parametrize("word", [SECRET, "Zq-Contoso 7", "zq.contoso.org", "ZQ_contoso@zq"])
def test_a_word_in_any_field_is_left_in_none(word: str) -> None:
    text = capture.encode(redact(planted(word), bytes(16))).decode().lower()

    assert "hunter" not in text
    assert "contoso" not in text
    assert "zq" not in text


def test_every_field_of_a_capture_is_planted_or_a_products() -> None:
    """A field that the model gains is to be thought of here."""
    parts = (Machine, Address, Interface, Route, Rule, Neighbour, Probe, Ran)
    fields = {name for part in parts for name in part.__struct_fields__}

    thought_of = {
        *("hostname", "time", "address", "name", "master", "to", "via", "dev", "table"),
        *("protocol", "scope", "iif", "mac", "state", "from_", "argv", "stdout", "stderr"),
    }
    closed = {
        *("system", "uid", "dynamic", "noprefixroute", "deprecated", "addresses", "index", "mtu"),
        *("up", "kind", "bus", "peer_index", "peer_elsewhere", "if_type", "hardware", "metric"),
        *("priority", "check", "result", "status"),
    }
    assert fields == thought_of | PRODUCTS | closed
