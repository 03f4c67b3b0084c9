"""One detector a file: each asks a host one question, and answers with evidence.

A detector lets :class:`~dpf_edge.errors.HostError` out where its question cannot be asked at
all; the answer is then *unknown*, with the reason as evidence.
"""

from __future__ import annotations

from collections.abc import Callable

from dpf_edge.host.seam import Host
from dpf_edge.model import Finding
from dpf_edge.registry import Registry

Detector = Callable[[Host], Finding]

detector: Registry[Detector] = Registry(__name__)


def sources() -> dict[str, list[str]]:
    """What each detector reads, as it was seen to while it judged every recorded case."""
    from importlib.resources import files

    import msgspec

    text = files("dpf_edge.vantage").joinpath("reads.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, list[str]])
