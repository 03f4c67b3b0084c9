"""What is wrong with a thing that was to be judged: a capture, a sweep, a form of the node."""

from __future__ import annotations

from dpf_edge.errors.root import DpfEdgeError


class CaptureError(DpfEdgeError):
    """A capture cannot be judged."""

    code = "capture"
    exit_code = 65  # EX_DATAERR


class CaptureMissing(CaptureError):
    """There is no file by that name."""

    code = "capture-missing"
    exit_code = 66  # EX_NOINPUT


class CaptureUnreadable(CaptureError):
    """The file is there, and cannot be read."""

    code = "capture-unreadable"
    exit_code = 74  # EX_IOERR


class CaptureTooLarge(CaptureError):
    """The file is larger than any machine's capture can be."""

    code = "capture-too-large"


class CaptureMalformed(CaptureError):
    """The file is not JSON, or breaks off."""

    code = "capture-malformed"


class CaptureVersion(CaptureError):
    """The file is a capture of a version this program does not know."""

    code = "capture-version"


class CaptureInvalid(CaptureError):
    """The file is JSON and does not fit capture-1: a wrong type, or one thing twice."""

    code = "capture-invalid"


class PlanBlind(DpfEdgeError):
    """The form of the node that was asked for cannot see the LAN here."""

    code = "plan-blind"
    exit_code = 78  # EX_CONFIG


class SweepUnreadable(DpfEdgeError):
    """A file is no sweep that this program can read."""

    code = "sweep-unreadable"
    exit_code = 65  # EX_DATAERR
