"""The node's SNMP file on disk: used as it is published, and what is wrong with it said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dpf_edge.node import snmp_file

if TYPE_CHECKING:
    from pathlib import Path

TARGET = {"host": "192.168.50.2", "version": "2c", "community": "planted-community"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "snmp.json"
    made.write_text(json.dumps({"targets": [TARGET]}))
    made.chmod(0o600)
    return made


def test_a_private_file_is_read_without_a_word(file: Path) -> None:
    found = snmp_file.targets(str(file))

    assert ["192.168.50.2"] == [each.host for each in found.targets]
    assert () == found.warnings


def test_a_file_that_others_can_read_is_used_and_told_of(file: Path) -> None:
    file.chmod(0o644)
    found = snmp_file.targets(str(file))

    assert 1 == len(found.targets)
    assert "chmod 600" in found.warnings[0]
    assert "planted" not in found.warnings[0]


def test_no_file_is_no_mistake_and_a_folder_is_one(tmp_path: Path) -> None:
    assert ((), ()) == snmp_file.targets(str(tmp_path / "none"))

    found = snmp_file.targets(str(tmp_path))
    assert () == found.targets
    assert "not a regular file" in found.warnings[0]
