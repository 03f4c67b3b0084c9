"""What a node calls itself and its host: pure."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from dpf_edge import addresses
from dpf_edge.model import Vantage
from dpf_edge.wire import texts
from dpf_edge.wire.enroll import DISPLAY_NAME
from dpf_edge.wire.vocabulary import InstallMode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.model import Interface
    from dpf_edge.node.looking import Sight

# What a node is called that has neither a name nor a host name, as the published Go node has it.
NAMELESS = "dpf-edge-node"
# Docker and Podman name a container's host by the first twelve digits of its id: another name
# after each `docker compose up`, so that the same machine would become a new one each time.
CONTAINER_ID = re.compile(r"[0-9a-f]{12}")
# Vantages of containers that run in a desktop engine's own virtual machine.
IN_DESKTOP_VM = frozenset(
    {
        Vantage.DOCKER_DESKTOP_HOST,
        Vantage.DOCKER_DESKTOP_BRIDGE,
        Vantage.DOCKER_DESKTOP_DISTRO,
        Vantage.PODMAN_MACHINE,
        Vantage.LIMA,
        Vantage.COLIMA,
        Vantage.RANCHER_DESKTOP,
        Vantage.ORBSTACK,
    }
)


def display_name(configured: str | None, hostname: str | None) -> str:
    """What the node is called: as configured, else the host's name, cut to what may be sent."""
    return texts.shortened(configured or hostname or NAMELESS, DISPLAY_NAME)


def host_key(platform: str, hostname: str | None, name: str) -> str:
    """The observed key of the node's own machine: ``host:<platform>:<16 hex>``.

    The digits are the first of the SHA-256 over ``<platform>:<hostname>``, as published. Where the
    host's name is a container's id, the node's own name stands in for it.
    """
    stem = name if not hostname or CONTAINER_ID.fullmatch(hostname) else hostname
    digest = hashlib.sha256(f"{platform}:{stem}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"host:{platform}:{digest[:16]}"


def install_mode(configured: str | None, sight: Sight | None) -> InstallMode:
    """In what form the node runs: as configured, else by the layers between it and the wire."""
    if configured is not None:
        return InstallMode(configured)
    if sight is None:
        return InstallMode.NATIVE
    diagnosis = sight.diagnosis
    if diagnosis.vantage in IN_DESKTOP_VM:
        return InstallMode.CONTAINER_VM
    if any(layer.name == "container" for layer in diagnosis.layers):
        return InstallMode.CONTAINER_HOST
    return InstallMode.NATIVE


def host_addresses(interfaces: Iterable[Interface]) -> list[str]:
    """The host's addresses as the contract's ``ipAddresses``: IPv4 first, neither loopback nor
    link-local; each once."""
    found = [
        place.ip
        for each in interfaces
        if each.up is not False
        for place in (addresses.interface(address.address) for address in each.addresses)
        if place and not (place.ip.is_loopback or place.ip.is_link_local)
    ]
    return [str(ip) for ip in dict.fromkeys(sorted(found, key=lambda ip: ip.version))]
