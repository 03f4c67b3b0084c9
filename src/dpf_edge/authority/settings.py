"""What an Authority is told by its operator; plain values, read by the command line."""

from __future__ import annotations

from typing import NamedTuple

from dpf_edge.authority.bodies import Pace
from dpf_edge.authority.draining import Bound
from dpf_edge.wire import limits


class Settings(NamedTuple):
    """How one Authority behaves; the defaults are those of the program."""

    # How old a discovery run may be: DPF_EDGE_FRESHNESS_PAST_SEC and …_FUTURE_SEC.
    window: limits.Window = limits.DISCOVERY_WINDOW
    # The names it answers to; empty: to any. Loopback has a list, against DNS rebinding.
    hosts: frozenset[str] = frozenset()
    # Whether clients reach it by HTTPS, so that cookies are for HTTPS alone.
    is_secure: bool = False
    # Where clients reach it: what a sign-in link begins with, and what is no federation candidate.
    url: str | None = None
    # The version that its nodes ought to run; None: any will do.
    node_version: str | None = None
    # Store calls at a time. More threads than the store has connections would only wait there.
    threads: int = 12
    pace: Pace = Pace()
    drain: Bound = Bound()
