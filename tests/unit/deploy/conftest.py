"""A machine to install on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.unit.deploy.standing_in import prepare

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine to install on."""
    prepare(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return tmp_path
