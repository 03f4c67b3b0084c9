from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.export.exporters import exporter
from dpf_edge.export.graph import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.export.graph import Node
    from dpf_edge.export.inventory import Inventory

# What means something in a quoted label, by its character reference (Mermaid, entity codes).
MEANING = {ord(each): f"#{ord(each)};" for each in "#\"'`<>&\\[](){}|;"}


@exporter.declare(
    "mermaid", media="text/vnd.mermaid", suffix=".mmd", readers="Mermaid, GitHub and GitLab pages"
)
def mermaid(inventory: Inventory) -> Iterator[str]:
    """The topology as a Mermaid flow chart: a box a network, a line a cable or a route."""
    graph = drawn(inventory)
    yield "flowchart LR\n"
    for box in graph.boxes:
        yield f'  subgraph {box.mark}["{quoted(box.label)}"]\n'
        for each in box.nodes:
            yield f"    {node(each)}\n"
        yield "  end\n"
    for each in graph.loose:
        yield f"  {node(each)}\n"
    for line in graph.lines:
        shaft = "---" if line.is_cable else "-.-"
        label = f'|"{quoted(line.label)}"|' if line.label else ""
        yield f"  {line.source} {shaft}{label} {line.target}\n"


def node(each: Node) -> str:
    """One node; the lines of its label are parted by the one tag that Mermaid knows for that."""
    return f'{each.mark}["{"<br/>".join(map(quoted, each.lines))}"]'


def quoted(text: str) -> str:
    """A text in which nothing means anything."""
    return text.translate(MEANING)
