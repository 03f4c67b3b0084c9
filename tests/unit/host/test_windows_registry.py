"""What of Windows' registry may be read, and the access lists: as far as no Windows is needed."""

from __future__ import annotations

import pytest

from dpf_edge.errors import Absent
from dpf_edge.host import allowed, windows_acl, windows_registry

LXSS = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss"
GUID = "{0b3e1d6a-1111-4222-8333-444455556666}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "CurrentBuild"),
        ("hklm\\software\\microsoft\\windows nt\\currentversion", "currentbuild"),
        (LXSS, "DefaultDistribution"),
        (f"{LXSS}\\{GUID}", "DistributionName"),
        ("HKLM\\Software\\Policies\\WSL", "AllowWSL"),
    ],
)
def test_a_value_of_the_list_is_kept_whatever_its_case(key: str, value: str) -> None:
    assert windows_registry.is_kept(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (f"{LXSS}\\{GUID}", "BasePath"),  # the user's name stands in it
        (f"{LXSS}\\AppxInstallerCache", "DistributionName"),
        (f"{LXSS}\\{GUID}\\{GUID}", "DistributionName"),
        ("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "ProductId"),
        ("HKLM\\SAM", "F"),
        ("", "CurrentBuild"),
    ],
)
def test_no_other_value_is(key: str, value: str) -> None:
    assert not windows_registry.is_kept(key, value)
    with pytest.raises(Absent, match="not on the list"):
        windows_registry.value(f"{key}\\{value}")


def test_a_capture_asks_for_the_very_keys_of_the_list() -> None:
    assert set(allowed.REGISTRY) == {each.key for each in windows_registry.KEPT}


def test_a_private_folder_is_for_the_system_administrators_and_the_named_accounts_alone() -> None:
    told = windows_acl.private("S-1-5-19")
    assert told == "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-19)"


@pytest.mark.parametrize("no_number", ["Everyone", "S-1-1-0)(A;;FA;;;WD", "", "S-1-"])
def test_what_is_no_accounts_number_never_gets_into_an_access_list(no_number: str) -> None:
    with pytest.raises(ValueError, match="no account's number"):
        windows_acl.private(no_number)
