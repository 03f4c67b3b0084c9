"""Where a map puts what it draws."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import pytest

from dpf_edge.authority import map_layout
from dpf_edge.authority.map_layout import Block, Drawing, Line, Mark, Net

LINE = Line("router", "n0", "routes")


def mark(name: str, kind: str = "device") -> Mark:
    return Mark(name, kind, name)


def office(devices: int = 30) -> Block:
    within = tuple(mark(f"d{number}") for number in range(devices))
    nets = [Net(mark(f"n{number}", "subnet")) for number in range(9)]
    return Block(
        mark("office", "site"),
        (mark("router", "router"),),
        (*nets, Net(mark("open", "subnet"), within, is_open=True)),
        (mark("blind", "node"),),
    )


def overlaps(made: Drawing) -> list[tuple[str, str]]:
    """The elements that stand nearer to each other than their cells are wide and high."""
    points = [each for each in made.elements if not each.is_box]
    return [
        (one.id, other.id)
        for one, other in itertools.combinations(points, 2)
        if abs(one.x - other.x) < map_layout.CELL_WIDTH - 1
        and abs(one.y - other.y) < map_layout.CELL_HEIGHT - 1
    ]


def test_everything_is_drawn_once_and_nothing_upon_another() -> None:
    made = map_layout.drawn([office(), Block(mark("empty", "site"))], [])
    ids = [each.id for each in made.elements]

    assert len(ids) == len(set(ids)) == 30 + 9 + 1 + 1 + 1 + 1 + 1
    assert [] == overlaps(made)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_network_is_drawn_the_same_by_any_process(seed: str) -> None:
    """No order is that of a set, which differs from process to process."""
    script = f"import {__name__} as it; print(it.map_layout.drawn([it.office()], [it.LINE] * 2))"
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )

    assert f"{map_layout.drawn([office()], [LINE])}" == said.stdout.strip()


def test_devices_stand_in_the_box_of_their_open_network_and_that_in_its_sites() -> None:
    made = {each.id: each for each in map_layout.drawn([office(3)], []).elements}

    assert ("open", "office") == (made["d0"].parent, made["open"].parent)
    assert made["open"].is_box
    assert not made["n0"].is_box
    assert ("office", None) == (made["n0"].parent, made["office"].parent)


def test_a_site_or_network_without_anything_in_it_is_no_box() -> None:
    empty = Block(mark("site", "site"), nets=(Net(mark("net", "subnet"), is_open=True),))
    made = {each.id: each for each in map_layout.drawn([empty, Block(mark("bare"))], []).elements}

    assert (True, False, False) == (made["site"].is_box, made["net"].is_box, made["bare"].is_box)


def test_a_large_open_network_stands_below_the_others() -> None:
    made = {each.id: each for each in map_layout.drawn([office()], []).elements}

    assert made["router"].y < made["n0"].y < made["d0"].y < made["blind"].y


def test_a_line_to_what_is_not_drawn_is_left_out() -> None:
    lines = [Line("router", "n0", "routes"), Line("router", "nobody", "routes")]

    assert lines[:1] == list(map_layout.drawn([office()], lines + lines).lines)


def test_four_hundred_networks_are_about_as_wide_as_a_screen() -> None:
    nets = tuple(Net(mark(f"n{number}", "subnet")) for number in range(400))
    points = map_layout.drawn([Block(mark("s", "site"), nets=nets)], []).elements
    width, height = (
        max(each) - min(each) for each in zip(*((one.x, one.y) for one in points), strict=True)
    )

    assert 1.2 < width / height < 3


@pytest.mark.parametrize("devices", [16, 30, 100, 400])
def test_a_site_with_a_large_network_is_about_as_wide_as_a_screen(devices: int) -> None:
    boxes = {each.id: each for each in map_layout.drawn([office(devices)], []).elements}
    whole = boxes["office"]

    # A box stands around its middle, and its upper left corner is the drawing's.
    assert 1.2 < whole.x / whole.y < 2.8


def test_nothing_to_draw_is_a_drawing_too() -> None:
    assert Drawing((), (), ()) == map_layout.drawn([], [])


def test_a_long_label_is_cut() -> None:
    assert "x" * 29 + "…" == map_layout.short("x" * 31)
    assert "x" * 30 == map_layout.short("x" * 30)
