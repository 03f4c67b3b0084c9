"""Docker Desktop's two halves look like the real ones: its engine's network, and its WSL distro."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .asking import ip
from .wsl_distro import KERNEL

if TYPE_CHECKING:
    from .lab import Lab


def test_docker_desktop_s_links(lab: Lab) -> None:
    links = {link["ifname"]: link for link in ip(lab.places["docker-desktop/host"], "link")}

    mtus = {name: links[name]["mtu"] for name in ("eth0", "services1", "docker0")}
    assert mtus == {"eth0": 65535, "services1": 1500, "docker0": 65535}


def test_docker_desktop_s_containers_are_as_wide(lab: Lab) -> None:
    for name in ("docker-desktop/bridge", "docker-desktop/user-bridge"):
        mtus = [link["mtu"] for link in ip(lab.places[name], "link", "show", "eth0")]
        assert mtus == [65535], name


def test_docker_desktop_s_main_table(lab: Lab) -> None:
    told = ip(lab.places["docker-desktop/host"], "route")
    routes = {route["dst"]: route["dev"] for route in told}

    published = {
        "127.0.0.0/8": "lo",
        "172.17.0.0/16": "docker0",
        "192.168.65.0/24": "eth0",
        "192.168.65.7": "services1",
    }
    assert published.items() <= routes.items()
    assert "default" not in routes


def test_docker_desktop_says_its_name(lab: Lab) -> None:
    distro = lab.places["docker-desktop-distro"]
    told = distro.run(["/usr/bin/docker", "info", "--format", "{{.Name}}, {{.OperatingSystem}}"])

    assert told.stdout.strip() == "docker-desktop, Docker Desktop"


def test_the_distro_is_mirrored(lab: Lab) -> None:
    distro = lab.places["docker-desktop-distro"]
    links = {link["ifname"]: link for link in ip(distro, "-4", "addr")}
    (eth1,) = links["eth1"]["addr_info"]
    rules = [
        (rule["priority"], rule.get("iif"), rule.get("ipproto"), rule["table"])
        for rule in ip(distro, "rule")
    ]
    (relayed,) = ip(distro, "route", "show", "table", "127")
    (neighbour,) = ip(distro, "neigh", "show", "169.254.73.152")

    assert distro.run(["wslinfo", "--networking-mode"]).stdout == "mirrored\n"
    assert "loopback0" not in links  # it is there, without an IPv4 address
    assert eth1.get("noprefixroute") is True
    assert rules == [
        (0, "loopback0", "tcp", "local"),
        (0, "loopback0", "udp", "local"),
        (0, "eth0", "tcp", "local"),
        (0, "eth0", "udp", "local"),
        (1, None, "tcp", "127"),
        (1, None, "udp", "127"),
        (2, None, None, "local"),
        (32766, None, None, "main"),
        (32767, None, None, "default"),
    ]
    assert (relayed["dst"], relayed["gateway"]) == ("127.0.0.1", "169.254.73.152")
    assert (neighbour["lladdr"], neighbour["state"]) == ("00:11:22:33:44:55", ["PERMANENT"])


def test_the_distro_s_routes_carry_windows_metrics(lab: Lab) -> None:
    seen = [
        (route["dst"], route.get("scope"), route["metric"], route["protocol"])
        for route in ip(lab.places["docker-desktop-distro"], "-4", "route", "show", "dev", "eth1")
    ]

    assert sorted(seen) == [
        ("192.168.0.0/24", "link", 281, "kernel"),
        ("192.168.0.1", "link", 25, "kernel"),
        ("default", "global", 25, "kernel"),
    ]


def test_the_distro_has_wsl_s_files(lab: Lab) -> None:
    distro = lab.places["docker-desktop-distro"]

    assert distro.run(["cat", "/proc/sys/kernel/osrelease"]).stdout == f"{KERNEL}\n"
    assert KERNEL in distro.run(["cat", "/proc/version"]).stdout
    assert 'PRETTY_NAME="Docker Desktop"' in distro.run(["cat", "/etc/os-release"]).stdout
    folders = ["/run/WSL", "/mnt/wsl", "/mnt/docker-desktop-disk"]
    assert distro.run(["ls", "-d", *folders]).returncode == 0
    assert distro.run(["printenv", "WSL_DISTRO_NAME"]).stdout == "docker-desktop\n"


def test_the_distro_has_docker_s_client_and_no_podman(lab: Lab) -> None:
    distro = lab.places["docker-desktop-distro"]

    assert distro.run(["sh", "-c", "command -v docker"]).returncode == 0
    assert distro.run(["sh", "-c", "command -v podman"]).stdout == ""


def test_the_distro_talks_to_itself(lab: Lab) -> None:
    # Its rules send 127.0.0.1 out by loopback0, as WSL's do; the far side has to bring it back.
    done = lab.places["docker-desktop-distro"].run([sys.executable, "-c", ECHO])

    assert done.stdout == "heard\n", done.stderr


ECHO = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=3)
server.settimeout(3)
server.accept()
print("heard")
"""
