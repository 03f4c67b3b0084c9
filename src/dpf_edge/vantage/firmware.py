"""What the firmware's tables say of a machine, on Linux and on Windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dpf_edge.vantage.reading import Reading

DMI = "/sys/class/dmi/id/"
# Where Windows keeps the same words.
BIOS = "HKLM\\HARDWARE\\DESCRIPTION\\System\\BIOS\\"
NAMES = {
    "sys_vendor": "SystemManufacturer",
    "product_name": "SystemProductName",
    "bios_vendor": "BIOSVendor",
}


class Word(NamedTuple):
    """One of the firmware's words, in lower case: what it is called, and where it was read."""

    name: str
    text: str
    source: str


def words(reading: Reading) -> list[Word]:
    """The maker, the product and the firmware's own maker, as far as they are told."""
    found = []
    for name, value in NAMES.items():
        told = {DMI + name: reading.text(DMI + name), BIOS + value: reading.value(BIOS + value)}
        for source, text in told.items():
            if text and text.strip():
                found.append(Word(name, text.strip().lower(), source))
    return found
