"""The commands that install a node at a place of the deployment matrix. Pure.

A token stands in no command's arguments, which everybody on a machine can read: it goes in by a
file.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge import __version__
from dpf_edge.model import Runtime

if TYPE_CHECKING:
    from dpf_edge.vantage.matrix import Row

WINDOWS_ROWS, MACOS_ROWS = frozenset({3, 6}), frozenset({4, 5})
MODES = {
    Runtime.NATIVE: "native",
    Runtime.CONTAINER_HOST: "container",
    Runtime.CONTAINER_MACVLAN: "macvlan --address FREE-ADDRESS",
}
FILE = "node-token"
SHELL = f"(umask 077; cat > {FILE}) <<'END'\n{{token}}\nEND"
POWERSHELL = f"@'\n{{token}}\n'@ | Set-Content {FILE}"
SINGLE_QUOTES = "'\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
SINGLE_QUOTES += "\N{SINGLE LOW-9 QUOTATION MARK}\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}"
# A folder of its own, which the service's user may read, and no shell's PATH is asked for.
HOME = "/opt/dpf-edge"
UNPACKED = f"dpf-edge-{__version__}-windows-x86_64-test-build"
WHEEL = f"dpf_edge-{__version__}-py3-none-any.whl"
BROUGHT_BY_PIP = f"sudo python3 -m venv {HOME}\nsudo {HOME}/bin/pip install {WHEEL}"
BROUGHT_BY_ZIP = (
    f"Expand-Archive {UNPACKED}.zip 'C:\\Program Files'\ncd 'C:\\Program Files\\{UNPACKED}'"
)
IMAGE = f"docker load --input dpf-edge-{__version__}.tar"


class Block(NamedTuple):
    """Some lines to be run, and what they do."""

    says: str
    text: str


def given(row: Row, url: str, fingerprint: str | None, token: str) -> tuple[Block, ...]:
    """What is to be run there, in this order.

    :param fingerprint: of the certificate that the node pins; None where it needs none.
    """
    on_windows = row.number in WINDOWS_ROWS
    spelt = in_powershell if on_windows else shlex.quote
    words = [f"--mode {MODES[row.runtime]}", f"--authority {spelt(url)}"]
    if fingerprint:
        words.append(f"--fingerprint {spelt(fingerprint)}")
    words.append(f"--token-file {FILE}")
    if on_windows:
        where = "In PowerShell as administrator, on Windows itself"
        held, gone = "The token, in a file", f"Remove-Item {FILE}"
        kept, text = "a Windows Service", BROUGHT_BY_ZIP
        file, program = POWERSHELL, ".\\dpf-edge"
    else:
        is_mac = row.number in MACOS_ROWS
        where = "In a terminal, on macOS itself" if is_mac else "In a terminal there"
        where += ", with Python 3.11 or later"
        held, gone = "The token, in a file of yours alone", f"rm {FILE}"
        kept, text = "a LaunchDaemon" if is_mac else "a service", BROUGHT_BY_PIP
        file, program = SHELL, f"sudo {HOME}/bin/dpf-edge"
    brought = f"{where}: the program that `make dist` made"
    says = f"Install it; it enrols, and stays as {kept}"
    if row.runtime is not Runtime.NATIVE:
        says = "Install it; it enrols, and stays as a Compose project"
        brought += ", and the image of `make image` and `docker save`"
        text += f"\n{IMAGE}"
    if row.runtime is Runtime.CONTAINER_MACVLAN:
        says = f"Name an address that is free, outside what DHCP gives away. {says}"
    return (
        Block(brought, text),
        Block(held, file.format(token=token)),
        Block(says, " ".join([program, "install", *words])),
        Block("See how it does; the file has done its work", f"{program} status\n{gone}"),
    )


def in_powershell(value: str) -> str:
    """A value as PowerShell takes it whole: its single quotes keep all but themselves.

    It takes typographic ones for single quotes as well (about_Quoting_Rules).
    """
    is_plain = value.isascii() and all(each.isalnum() or each in "-_.:/" for each in value)
    doubled = "".join(each * 2 if each in SINGLE_QUOTES else each for each in value)
    return value if is_plain else f"'{doubled}'"
