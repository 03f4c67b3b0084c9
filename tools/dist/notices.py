"""The notices of what is bundled: who made it, under which terms, and the terms themselves.

Names and versions come from the installed packages' own metadata (PEP 566, PEP 639), which the
lock decided; texts from the files that they ship. A package without either stops the build.
"""

from __future__ import annotations

from email.parser import HeaderParser
from typing import TYPE_CHECKING, NamedTuple

from tools.dist.places import ROOT, VERSION, CannotBuild

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message
    from pathlib import Path

# How files are called that hold terms, or who holds the rights.
TERMS = ("licen", "copying", "notice", "authors", "copyright")
MAKERS = ROOT / "src" / "dpf_edge" / "discovery" / "makers.LICENSE.txt"
RULE = "=" * 78


class Notice(NamedTuple):
    """One bundled thing."""

    name: str
    version: str
    terms: str
    texts: tuple[str, ...]


def of_package(info: Path) -> Notice:
    """What a package's ``.dist-info`` folder says.

    :raises CannotBuild: it names no terms, or ships no text of them.
    """
    about = HeaderParser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
    name, version = str(about["Name"]), str(about["Version"])
    files = sorted(
        path
        for path in info.rglob("*")
        if path.is_file() and any(word in path.name.lower() for word in TERMS)
    )
    texts = tuple(path.read_text(encoding="utf-8", errors="replace").strip() for path in files)
    terms = terms_of(about)
    if not terms or not texts:
        raise CannotBuild(f"{name} {version} does not say under which terms it may be bundled")
    return Notice(name, version, terms, texts)


def terms_of(about: Message) -> str:
    """The terms by name: an SPDX expression, else the old field, else the classifiers."""
    said = about["License-Expression"] or (about["License"] or "").strip().partition("\n")[0]
    if said:
        return str(said)
    kinds = [str(each) for each in about.get_all("Classifier", [])]
    return ", ".join(each.rpartition(" :: ")[2] for each in kinds if each.startswith("License ::"))


def of_packages(site: Path, but: Iterable[str] = ()) -> list[Notice]:
    """Every package that is installed in a folder but those named, in the order of their names."""
    left_out = {name.lower().replace("-", "_") for name in but}
    found = [
        info
        for info in site.glob("*.dist-info")
        if info.name.partition("-")[0].lower().replace("-", "_") not in left_out
    ]
    return [of_package(info) for info in sorted(found, key=lambda path: path.name.lower())]


def of_python(version: str, text: Path) -> Notice:
    """The interpreter and its standard library, with what they contain of others."""
    return Notice("Python", version, "PSF-2.0", (text.read_text(encoding="utf-8").strip(),))


def whole(bundled: Iterable[Notice], says: str) -> str:
    """One text with a list of everything, and then the terms of each.

    :param says: what this is the notice of, in a line.
    """
    makers = Notice("oui-data, as the table of makers", "", "BSD-2-Clause", (MAKERS.read_text(),))
    every = [*bundled, makers]
    width = max(len(f"{each.name} {each.version}") for each in every)
    lines = [
        f"dpf-edge {VERSION}: {says}",
        "",
        "dpf-edge itself is under the Apache License 2.0, in the file LICENSE. It contains:",
        "",
        *(f"  {f'{each.name} {each.version}'.strip():<{width}}  {each.terms}" for each in every),
    ]
    for each in every:
        lines += ["", RULE, f"{each.name} {each.version}".strip(), each.terms, RULE, ""]
        lines += ["\n\n".join(each.texts)]
    return "\n".join(lines) + "\n"
