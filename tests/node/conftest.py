"""A scripted Authority, served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.node.scripted import Scripted
from tests.node.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.node.servers import Server


@pytest.fixture
def authority() -> Scripted:
    """An Authority that does as the contract says, until it is told to misbehave."""
    return Scripted()


@pytest.fixture
def server(authority: Scripted) -> Iterator[Server]:
    """That Authority, at a URL."""
    with serving(authority) as served:
        yield served
