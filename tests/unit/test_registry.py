"""A capability is one file, and a file that breaks the rule never runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from dpf_edge.vantage.detectors import detector

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.registry import Registry

GOOD = '''
from {package} import registry

@registry("{name}")
def capability():
    """Asks one thing.

    And explains.
    """
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package of capabilities, on the path."""
    name = f"capabilities_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from dpf_edge.registry import Registry\nregistry = Registry(__name__)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def registry_of(package: Path) -> Registry[object]:  # type: ignore[type-var]
    """The registry that the package made."""
    found: Registry[object] = __import__(package.name).registry  # type: ignore[type-var]
    return found


def test_a_file_is_found_without_a_list(package: Path) -> None:
    for name in ("wsl-mode", "arp"):
        file = package / f"{name.replace('-', '_')}.py"
        file.write_text(GOOD.format(package=package.name, name=name))

    registry = registry_of(package)

    assert ["arp", "wsl-mode"] == list(registry.all())
    assert "Asks one thing." == registry.help("arp")


@pytest.mark.parametrize(
    ("file", "name", "text"),
    [
        ("wsl_mode", "wsl_mode", "is not kebab-case"),
        ("Wsl", "Wsl", "is not kebab-case"),
        ("arp", "ndp", "another name"),
    ],
)
def test_a_name_that_breaks_the_rule_is_refused(
    package: Path, file: str, name: str, text: str
) -> None:
    (package / f"{file}.py").write_text(GOOD.format(package=package.name, name=name))

    with pytest.raises(ValueError, match=text):
        registry_of(package).all()


def test_a_capability_without_help_is_refused(package: Path) -> None:
    (package / "arp.py").write_text(
        f'from {package.name} import registry\n@registry("arp")\ndef capability(): pass\n'
    )

    with pytest.raises(ValueError, match="no docstring"):
        registry_of(package).all()


def test_a_name_is_taken_once(package: Path) -> None:
    twice = GOOD.format(package=package.name, name="arp")
    (package / "arp.py").write_text(twice + twice)

    with pytest.raises(ValueError, match="registered twice"):
        registry_of(package).all()


def test_every_detector_of_the_program_keeps_the_rule() -> None:
    found = detector.all()

    assert len(found) >= 10
    assert all(detector.help(name).endswith("?") for name in found), "a detector asks a question"
    assert all(sys.modules[each.__module__].__file__ for each in found.values())
