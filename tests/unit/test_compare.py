"""Where the LAN is lost, from looks that were taken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from dpf_edge.cli import render
from dpf_edge.vantage.compare import Look, compare
from dpf_edge.vantage.diagnose import diagnose
from tests.test_cases import replay, schema

if TYPE_CHECKING:
    from dpf_edge.model import Comparison

VERSIONS = {
    "windows": None,
    "wsl": "2.6.3",
    "kernel": "6.6",
    "engine": "docker 27",
    "dpf_edge": "0",
}


def looks(*cases: str) -> list[Look]:
    """Looks at the machines of some cases, outermost first."""
    return [Look(case, f"look {case}", diagnose(replay(case))) for case in cases]


def compared(*found: Look) -> Comparison:
    """A comparison that fits its contract."""
    made = compare(found, VERSIONS, "2026-05-20T12:00:00Z")
    schema("comparison-1").validate(json.loads(msgspec.json.encode(made)))
    return made


SEED = ("docker-desktop-distro-mirrored", "docker-desktop-host", "docker-desktop-bridge")


def test_the_seeds_table() -> None:
    """Mirrored mode works at the distribution and stops at the engine."""
    made = compared(*looks(*SEED))

    assert [
        ("eth1", "192.168.0.200", "yes", "mirrored"),
        ("eth0", "192.168.65.3", "no", "Docker services only"),
        ("eth0", "172.17.0.2", "no", "a bridge inside Docker Desktop"),
    ] == [(row.interface, row.address, row.sees_lan.value, row.says) for row in made.vantages]
    assert ("192.168.0.0/24", "192.168.0.200") == (made.lan.network, made.lan.address)
    assert made.boundary is not None
    assert SEED[0] == made.boundary.last_that_sees
    assert SEED[1] == made.boundary.first_that_does_not
    assert "Docker Desktop's own network" in made.boundary.why
    assert "native program" in made.conclusion


def test_a_native_engine_loses_the_lan_at_its_bridge() -> None:
    made = compared(*looks("linux-host-docker", "engine-host", "engine-bridge"))

    assert ["yes", "yes", "no"] == [row.sees_lan.value for row in made.vantages]
    assert made.boundary is not None
    assert "engine-host" == made.boundary.last_that_sees
    assert "engine-bridge" == made.boundary.first_that_does_not


def test_an_unknown_is_no_boundary() -> None:
    made = compared(*looks("unknown-single-veth", "engine-bridge"))

    assert made.boundary is None
    assert (None, None) == (made.lan.network, made.lan.address)
    assert "proved" in made.conclusion


def test_a_look_that_failed_is_a_row_with_its_reason() -> None:
    made = compared(
        *looks("linux-host-docker"), Look("containers (Podman)", "podman", None, "no image")
    )

    row = made.vantages[1]
    assert ("unknown", "no image", "unknown") == (row.sees_lan.value, row.error, row.vantage)
    assert made.boundary is None


@pytest.mark.parametrize("cases", [SEED, ("unknown-only-loopback",), ("engine-none", "wsl2-nat")])
def test_the_text_has_a_line_for_each_vantage(cases: tuple[str, ...]) -> None:
    made = compared(*looks(*cases))

    text = ["".join(span.text for span in line) for line in render.comparison_lines(made)]

    assert [case in line for case, line in zip(cases, text, strict=False)] == [True] * len(cases)
    markdown = render.comparison_markdown(made)
    assert len(cases) + 2 == sum(line.startswith("|") for line in markdown.splitlines())


def test_the_text_shows_a_place_as_ip_addr_writes_it() -> None:
    text = [
        "".join(span.text for span in line)
        for line in render.comparison_lines(compared(*looks(*SEED)))
    ]

    assert "eth1 = 192.168.0.200/24" in text[0]
    assert "✓ mirrored" in text[0]
    assert "eth0 = 192.168.65.3/24" in text[1]
    assert "✗ Docker services only" in text[1]


def test_markdown_cannot_be_broken_by_what_a_container_says() -> None:
    made = compared(Look("a | b\nc", "look", None, "x | y"))

    row = render.comparison_markdown(made).splitlines()[2]

    assert row.startswith("| a \\| b\\nc |")
    assert row.endswith(": x \\| y |")
