"""What could not be learnt from the machine; it becomes a line of evidence."""

from __future__ import annotations

from dpf_edge.errors.root import DpfEdgeError


class HostError(DpfEdgeError):
    """One thing could not be learnt from the machine."""

    code = "host"


class Absent(HostError):
    """It is not there."""

    code = "absent"


class Denied(HostError):
    """It is there, and this process may not read it."""

    code = "denied"


class Failed(HostError):
    """It is there, and what it gave cannot be used."""

    code = "failed"
