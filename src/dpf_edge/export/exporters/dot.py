from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dpf_edge.export.exporters import exporter
from dpf_edge.export.graph import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from dpf_edge.export.graph import Line, Node
    from dpf_edge.export.inventory import Inventory


# What Graphviz takes for a character, as HTML does (graphviz.org, doc/info/shapes and lang).
REFERENCE = re.compile(r"&(?=#?\w+;)")


@exporter.declare("dot", media="text/vnd.graphviz", suffix=".dot", readers="Graphviz, Gephi, yEd")
def dot(inventory: Inventory) -> Iterator[str]:
    """The topology as a Graphviz graph: a cluster a network, an edge a cable or a route."""
    graph = drawn(inventory)
    boxes = {box.mark for box in graph.boxes}
    yield "graph lan {\n  graph [rankdir=LR, compound=true];\n  node [shape=box];\n"
    for box in graph.boxes:
        yield f"  subgraph cluster_{box.mark} {{\n    label={quoted(box.label)};\n"
        # An edge ends at a node, never at a cluster: this one stands for it, and is not seen.
        yield f"    {box.mark} [shape=point, style=invis];\n"
        for each in box.nodes:
            yield f"    {node(each)}\n"
        yield "  }\n"
    for each in graph.loose:
        yield f"  {node(each)}\n"
    for line in graph.lines:
        yield f"  {edge(line, boxes)}\n"
    yield "}\n"


def node(each: Node) -> str:
    """One node, the lines of its label parted as Graphviz has it."""
    label = "\\n".join(escaped(line) for line in each.lines)
    return f'{each.mark} [label="{label}"];'


def edge(line: Line, boxes: Set[str]) -> str:
    """One edge; where it leads to a network, it ends at the cluster's border."""
    style = "solid" if line.is_cable else "dashed"
    told = [f"label={quoted(line.label)}", f"style={style}"]
    ends = {"ltail": line.source, "lhead": line.target}
    told += [f"{name}=cluster_{mark}" for name, mark in ends.items() if mark in boxes]
    return f"{line.source} -- {line.target} [{', '.join(told)}];"


def quoted(text: str) -> str:
    """A double-quoted string."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """A text in which quotes, backslashes and character references mean themselves."""
    text = REFERENCE.sub("&amp;", text)
    return text.replace("\\", "\\\\").replace('"', '\\"')
