"""The third-party scripts that the pages load are what their lock says."""

from __future__ import annotations

import json

from tools import assets

from tests.left_out import left_out
from tests.web import axe


def vendored() -> dict[str, bytes]:
    return {
        each.name: each.read_bytes() for each in assets.VENDOR.iterdir() if each.name != assets.LIST
    }


def test_the_list_has_each_file_and_the_locks_hashes() -> None:
    """Without Node: what is committed, its list and the lock agree."""
    listed = json.loads((assets.VENDOR / assets.LIST).read_text())

    assert assets.listed(vendored()) == listed
    assert set(assets.TAKEN) == set(listed["packages"])
    assert all(each["integrity"].startswith("sha512-") for each in listed["packages"].values())


def test_each_file_is_the_one_in_its_package() -> None:
    """npm refuses an archive that is not the lock's."""
    try:
        packages = axe.packages()
    except axe.Unavailable as why:
        left_out(str(why))

    assert assets.taken(packages) == vendored()
