"""Windows' registry, as far as the allow-list goes: read by winreg, nothing is ever written."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import Absent, Denied, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable

LXSS = "Software\\Microsoft\\Windows\\CurrentVersion\\Lxss"
# More distributions than this nobody has.
MOST_KEYS = 256


class Kept(NamedTuple):
    """A key of the allow-list: its values that are read, and those of its numbered keys.

    :ivar values: by name; none means every number (DWORD) there.
    :ivar below: the values that are read of each key below it that is named by a GUID.
    """

    key: str
    values: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


# Where a distribution's files are (BasePath) has the user's name in it, and tells no vantage.
KEPT = (
    Kept(
        "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
        ("CurrentBuild", "UBR", "ProductName", "DisplayVersion", "InstallationType"),
    ),
    Kept(
        "HKLM\\HARDWARE\\DESCRIPTION\\System\\BIOS",
        ("SystemManufacturer", "SystemProductName", "BIOSVendor"),
    ),
    Kept(
        f"HKCU\\{LXSS}",
        ("DefaultDistribution", "NatIpAddress"),
        ("DistributionName", "Version", "State", "Flavor", "OsVersion"),
    ),
    Kept(
        "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Lxss",
        ("NatNetwork", "NatGatewayIpAddress", "ExternalInterfaceConstraint"),
    ),
    Kept("HKLM\\Software\\Policies\\WSL"),
)
GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
MOST_TEXT = 1024


def value(name: str) -> str | int:
    """One value, ``KEY\\VALUE``: a text or a number.

    :raises Absent: it is not there, is of another type, or not on the list.
    :raises Denied: it may not be read. :raises Failed: it is broken.
    """
    key, _, wanted = name.rpartition("\\")
    if not is_kept(key, wanted):
        raise Absent(f"{name}: not on the list of what may be read")
    found = read(key, wanted)
    if isinstance(found, bool) or not isinstance(found, (int, str)):
        raise Absent(name)
    if isinstance(found, int):
        return found
    # A text may end in a NUL of its own, and hold half a surrogate pair, which JSON cannot.
    told = found.partition("\0")[0].encode("utf-16-le", "surrogatepass")
    return told.decode("utf-16-le", "replace")[:MOST_TEXT]


def is_kept(key: str, wanted: str) -> bool:
    """Whether the allow-list has a value; names of the registry have no case."""
    above, _, last = key.rpartition("\\")
    for each in KEPT:
        if key.lower() == each.key.lower():
            return not each.values or has(each.values, wanted)
        if above.lower() == each.key.lower() and GUID.fullmatch(last):
            return has(each.below, wanted)
    return False


def has(names: Iterable[str], wanted: str) -> bool:
    """Whether a name is among others, whatever its case."""
    return wanted.lower() in (each.lower() for each in names)


def values(under: str) -> tuple[str, ...]:
    """The names, ``KEY\\VALUE``, of the values of the allow-list that are there below a key."""
    below = under.rstrip("\\").lower() + "\\"
    return tuple(
        name
        for each in KEPT
        if each.key.lower() + "\\" == below or below.startswith(each.key.lower() + "\\")
        for name in names(each)
        if name.lower().startswith(below)
    )


def names(of: Kept) -> list[str]:
    """The values of one key of the allow-list that are there."""
    listed = of.values or tuple(each for each, found in children(of.key) if isinstance(found, int))
    found = [f"{of.key}\\{each}" for each in listed if is_there(of.key, each)]
    for guid in keys(of.key) if of.below else ():
        found += [f"{of.key}\\{guid}\\{e}" for e in of.below if is_there(f"{of.key}\\{guid}", e)]
    return found


def is_there(key: str, wanted: str) -> bool:
    """Whether a value can be read."""
    try:
        value(f"{key}\\{wanted}")
    except (Absent, Denied, Failed):
        return False
    return True


def read(key: str, wanted: str) -> object:
    """One value as winreg gives it; see :func:`value` for what is raised."""
    if sys.platform == "win32":
        import winreg

        try:
            with opened(key) as handle:
                found: object = winreg.QueryValueEx(handle, wanted)[0]
        except FileNotFoundError as error:
            raise Absent(f"{key}\\{wanted}") from error
        except PermissionError as error:
            raise Denied(f"{key}\\{wanted}") from error
        except OSError as error:
            raise Failed(f"{key}\\{wanted}: {error.strerror}") from error
        return found
    raise Absent(key)


def children(key: str) -> list[tuple[str, object]]:
    """The values of a key; none where it cannot be read."""
    found: list[tuple[str, object]] = []
    if sys.platform == "win32":
        import winreg

        try:
            with opened(key) as handle:
                for at in range(min(winreg.QueryInfoKey(handle)[1], MOST_KEYS)):
                    found.append(winreg.EnumValue(handle, at)[:2])
        except OSError:
            return found
    return found


def keys(key: str) -> list[str]:
    """The keys below one that are named by a GUID; none where it cannot be read."""
    found: list[str] = []
    if sys.platform == "win32":
        import winreg

        try:
            with opened(key) as handle:
                for at in range(min(winreg.QueryInfoKey(handle)[0], MOST_KEYS)):
                    found.append(winreg.EnumKey(handle, at))
        except OSError:
            return []
    return [each for each in found if GUID.fullmatch(each)]


if sys.platform == "win32":
    import winreg

    def opened(key: str) -> winreg.HKEYType:
        """A key, open for reading, in the 64-bit view: a 32-bit Python has another one."""
        root, _, path = key.partition("\\")
        roots = {"HKLM": winreg.HKEY_LOCAL_MACHINE, "HKCU": winreg.HKEY_CURRENT_USER}
        return winreg.OpenKey(roots[root], path, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY)
