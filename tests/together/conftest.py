"""Both programs, as somebody runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tests.authority_process import authority
from tests.together.admin import Admin
from tests.together.node_process import NodeProcess, ended

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.authority_process import AuthorityProcess

__all__ = ["authority"]


class MakesNodes(Protocol):
    """Makes a node of its own, which is not started yet."""

    def __call__(
        self, name: str, *before: str, token: str | None = None, url: str | None = None
    ) -> NodeProcess:
        """A node with folders of its own; of the Authority of the test, unless said."""


@pytest.fixture
def admin(authority: AuthorityProcess) -> Admin:
    """The administration of the Authority."""
    return Admin(authority)


@pytest.fixture
def node(authority: AuthorityProcess, tmp_path: Path) -> Iterator[MakesNodes]:
    """Makes nodes; none of them outlives the test."""
    made: list[NodeProcess] = []

    def make(
        name: str, *before: str, token: str | None = None, url: str | None = None
    ) -> NodeProcess:
        made.append(NodeProcess(tmp_path / name, url or authority.url, *before, token=token))
        return made[-1]

    yield make
    ended(made)
