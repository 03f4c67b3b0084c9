"""What a node calls itself and its host."""

from __future__ import annotations

import pytest

from dpf_edge.node import identity
from dpf_edge.wire.vocabulary import InstallMode
from tests.node.running import BLIND, SEES, machine
from tests.unit.node.machines import BRIDGE, CARD, LOOPBACK, sight


def test_the_published_example_of_a_host_key() -> None:
    assert "host:linux:ebd9a7c0bfa4624e" == identity.host_key("linux", "warehouse-2", "any")


def test_a_containers_id_is_no_name_for_a_host() -> None:
    """W29: it is another one after each `docker compose up`."""
    assert identity.host_key("linux", "till-3", "any") == identity.host_key(
        "linux", "0123456789ab", "till-3"
    )
    assert identity.host_key("linux", None, "till-3") == identity.host_key("linux", "", "till-3")


@pytest.mark.parametrize(
    ("configured", "hostname", "name"),
    [
        ("till-3", "box", "till-3"),
        (None, "box", "box"),
        (None, None, "dpf-edge-node"),
        (None, "", "dpf-edge-node"),
        ("x" * 300, None, "x" * 200),
        ("😀" * 150, None, "😀" * 100),
    ],
)
def test_a_node_is_called_as_configured_or_by_its_host_and_never_too_long(
    configured: str | None, hostname: str | None, name: str
) -> None:
    assert name == identity.display_name(configured, hostname)


@pytest.mark.parametrize(
    ("configured", "case", "mode"),
    [
        (None, SEES, InstallMode.NATIVE),
        (None, BLIND, InstallMode.CONTAINER_VM),
        (None, "engine-host", InstallMode.CONTAINER_HOST),
        (None, "engine-bridge", InstallMode.CONTAINER_HOST),
        ("native", BLIND, InstallMode.NATIVE),
    ],
)
def test_the_form_it_runs_in_is_told_by_where_it_stands(
    configured: str | None, case: str, mode: InstallMode
) -> None:
    assert mode == identity.install_mode(configured, sight(machine(case)._capture))


def test_without_a_look_it_is_native() -> None:
    assert InstallMode.NATIVE == identity.install_mode(None, None)


def test_the_hosts_addresses_are_ipv4_first_without_loopback_and_link_local() -> None:
    found = identity.host_addresses([LOOPBACK, BRIDGE, CARD, CARD])

    assert ["172.17.0.1", "192.168.50.7", "fd00:50::7"] == found
