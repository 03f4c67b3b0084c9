"""What a test asks for when it needs a place of its own: it stands, or the test is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.state import LabUnavailable
from tests.left_out import left_out

from .check import check

if TYPE_CHECKING:
    from collections.abc import Sequence


def need(programs: Sequence[str] = ()) -> None:
    """Leave the test out where this machine cannot have capsules and daemons; in CI, fail."""
    try:
        check(*programs)
    except LabUnavailable as reason:
        left_out(str(reason))
