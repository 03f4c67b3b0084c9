"""The map: what is drawn, and where. Pure, and the same for the same network every time.

A site is a block. Its routers stand on top; below them its networks in the order of their numbers,
the large open ones last, each with the switches and nodes that stand in it and, where it is open,
its devices. What no network is known of stands at the end. Nothing is left to chance.
"""

from __future__ import annotations

import math
from itertools import accumulate, product
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# One element with its label, in units of the drawing; at zoom 1 that is a CSS pixel.
CELL_WIDTH, CELL_HEIGHT = 132.0, 84.0
# What a box keeps around what is in it, and for its title.
PAD, TITLE = 18.0, 26.0
GAP = 28.0
# How much wider than high it is all laid out: an ordinary screen below a page's head.
ASPECT = 1.9
# What stands in a closed network is drawn below it, so many in a row.
MEMBERS = 3
# What stands in no network, so many in a row: as wide as a large network is mostly.
ALONE = 10
# Shapes of a large network that are tried: what stands above it makes the whole higher.
WIDER = (1.0, 1.5, 2.0)
# Ways to break rows that are tried; more make no better picture.
MOST_TRIED = 100
# A network with more than this in it stands below the others, so that no line crosses it.
LARGE = 4
LABEL = 30


class Element(NamedTuple):
    """One thing that is drawn.

    :ivar kind: ``site``, ``subnet``, ``node``, or a device's kind.
    :ivar state: how it does: a network's state, a node's answer, ``gone`` for a device.
    :ivar parent: the box that it stands in.
    :ivar href: where a click leads.
    """

    id: str
    kind: str
    label: str
    x: float
    y: float
    state: str = ""
    detail: str = ""
    parent: str | None = None
    href: str | None = None
    is_box: bool = False


class Line(NamedTuple):
    """A line between two elements.

    :ivar kind: ``sees``, ``unproven``, ``away``, ``routes``, ``stands``, ``cable``, ``hangs``.
    """

    source: str
    target: str
    kind: str
    label: str = ""


class Drawing(NamedTuple):
    """All that is drawn, and what was left out of it."""

    elements: tuple[Element, ...]
    lines: tuple[Line, ...]
    left_out: tuple[str, ...] = ()


class Mark(NamedTuple):
    """An element that has no place yet."""

    id: str
    kind: str
    label: str
    state: str = ""
    detail: str = ""
    href: str | None = None


class Net(NamedTuple):
    """A network with what stands in it; ``is_open`` makes it a box."""

    mark: Mark
    within: tuple[Mark, ...] = ()
    is_open: bool = False


class Block(NamedTuple):
    """A site: its routers, its networks, and what belongs to none."""

    mark: Mark
    top: tuple[Mark, ...] = ()
    nets: tuple[Net, ...] = ()
    loose: tuple[Mark, ...] = ()


class Area(NamedTuple):
    """Some elements around their own origin, and how much room they take."""

    elements: tuple[Element, ...]
    width: float
    height: float

    def at(self, x: float, y: float) -> Iterable[Element]:
        """The elements with the area's upper left corner there."""
        return (each._replace(x=each.x + x, y=each.y + y) for each in self.elements)


def drawn(blocks: Sequence[Block], lines: Iterable[Line], left_out: Sequence[str] = ()) -> Drawing:
    """Blocks with places; lines without the ends that are not drawn are left out."""
    areas = [block(each) for each in blocks]
    whole = packed(areas)
    there = {each.id for each in whole.elements}
    kept = dict.fromkeys(each for each in lines if {each.source, each.target} <= there)
    return Drawing(whole.elements, tuple(kept), tuple(left_out))


def block(one: Block) -> Area:
    """A site in a box, its large networks as wide as shows all of it largest."""
    large = [each for each in one.nets if is_large(each)]
    small = [net(each) for each in one.nets if not is_large(each)]
    top, loose = grid(one.top, ALONE), grid(one.loose, ALONE)
    # Above a large network, which is wide anyway, one row may show more than the best shape alone.
    shapes = [packed(small), *([beside(small)] if large and small else [])]
    tried = []
    for wider, shape in product(WIDER if large else WIDER[:1], shapes):
        parts = [top, shape, packed([net(each, wider) for each in large]), loose]
        if filled := [each for each in parts if each.elements]:
            tried.append(stacked(filled))
    if not tried:
        # A box without anything in it is none: it is drawn as a thing of its own.
        return grid((one.mark,), 1)
    return boxed(one.mark, min(tried, key=lambda each: fits(each.width, each.height)))


def is_large(one: Net) -> bool:
    """Whether a network is a box that lines would have to cross."""
    return one.is_open and len(one.within) > LARGE


def net(one: Net, wider: float = 1) -> Area:
    """A network: one element with its members below it, or a box around them.

    :param wider: than a box that would fill the screen by itself.
    """
    if one.is_open:
        filling = math.sqrt(len(one.within) * ASPECT * CELL_HEIGHT / CELL_WIDTH)
        columns = max(2, math.ceil(filling * wider))
        inner = grid(one.within, columns)
        return boxed(one.mark, inner) if one.within else grid((one.mark,), 1)
    head = grid((one.mark,), 1)
    return stacked([head, grid(one.within, MEMBERS)]) if one.within else head


def grid(marks: Sequence[Mark], columns: int) -> Area:
    """Some elements in rows, each in the middle of its cell."""
    placed = tuple(
        Element(
            *(each.id, each.kind, each.label),
            x=(number % columns + 0.5) * CELL_WIDTH,
            y=(number // columns + 0.5) * CELL_HEIGHT,
            state=each.state,
            detail=each.detail,
            href=each.href,
        )
        for number, each in enumerate(marks)
    )
    rows = math.ceil(len(marks) / columns)
    return Area(placed, min(columns, len(marks)) * CELL_WIDTH, rows * CELL_HEIGHT)


def boxed(mark: Mark, inner: Area) -> Area:
    """A box around an area."""
    width, height = inner.width + 2 * PAD, inner.height + 2 * PAD + TITLE
    box = Element(
        *(mark.id, mark.kind, mark.label, width / 2, height / 2, mark.state, mark.detail),
        href=mark.href,
        is_box=True,
    )
    moved = inner.at(PAD, PAD + TITLE)
    within = (each._replace(parent=each.parent or mark.id) for each in moved)
    return Area((box, *within), width, height)


def stacked(areas: Sequence[Area]) -> Area:
    """Areas below one another, each in the middle."""
    width = max(each.width for each in areas)
    y, elements = 0.0, list[Element]()
    for each in areas:
        elements += each.at((width - each.width) / 2, y)
        y += each.height + GAP
    return Area(tuple(elements), width, y - GAP)


def packed(areas: Sequence[Area]) -> Area:
    """Areas beside one another in rows, in their order, as a screen shows them largest."""
    if not areas:
        return Area((), 0, 0)
    widths = list(accumulate(each.width + GAP for each in areas))
    every = math.ceil(len(widths) / MOST_TRIED)
    tried = (rows(areas, width) for width in (*widths[:-1:every], widths[-1]))
    best = min(tried, key=lambda some: fits(*extent(some)))
    return stacked([beside(row) for row in best])


def rows(areas: Sequence[Area], width: float) -> list[list[Area]]:
    """Areas in rows of some width at most, unless one alone is wider."""
    found: list[list[Area]] = [[]]
    taken = 0.0
    for each in areas:
        if found[-1] and taken + each.width + GAP > width:
            found.append([])
            taken = 0.0
        found[-1].append(each)
        taken += each.width + GAP
    return found


def extent(some: Sequence[Sequence[Area]]) -> tuple[float, float]:
    """How wide and high rows are."""
    width = max(sum(each.width + GAP for each in row) for row in some)
    return width, sum(max(each.height for each in row) + GAP for row in some)


def fits(width: float, height: float) -> float:
    """How small a drawing has to be shown to be seen whole: less is better."""
    return max(width / ASPECT, height)


def beside(areas: Sequence[Area]) -> Area:
    """Areas in one row, their upper edges level."""
    x, elements = 0.0, list[Element]()
    for each in areas:
        elements += each.at(x, 0)
        x += each.width + GAP
    return Area(tuple(elements), x - GAP, max(each.height for each in areas))


def short(label: str, most: int = LABEL) -> str:
    """A label at a length that a drawing takes."""
    return label if len(label) <= most else f"{label[: most - 1]}…"
