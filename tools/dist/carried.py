"""The libraries in C that wheels and Python's own builds carry along, and their terms.

Their wheels' metadata does not name them. A file that is not known here stops the build. Texts are
Debian's, of the package with the same library, where that is installed; else the notice says where
the text is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools.dist.notices import Notice
from tools.dist.places import CannotBuild

if TYPE_CHECKING:
    from collections.abc import Iterable

# Debian's folder of terms, by package.
DOC = Path("/usr/share/doc")


class Library(NamedTuple):
    """One project whose files are carried.

    :ivar stems: what those files are called, without versions and digests.
    :ivar packages: Debian's packages that have the text; the first that is there is taken.
    """

    name: str
    terms: str
    stems: tuple[str, ...]
    packages: tuple[str, ...]
    url: str


KNOWN = (
    Library(
        "OpenSSL",
        "Apache-2.0",
        ("libcrypto", "libssl"),
        ("libssl3",),
        "https://openssl-library.org/source/license/",
    ),
    Library(
        "libpq, of PostgreSQL",
        "PostgreSQL",
        ("libpq",),
        ("libpq5",),
        "https://www.postgresql.org/about/licence/",
    ),
    Library(
        "MIT Kerberos",
        "MIT and others, as its text says",
        ("libgssapi_krb5", "libk5crypto", "libkrb5", "libkrb5support"),
        ("libkrb5-3",),
        "https://web.mit.edu/kerberos/krb5-latest/doc/mitK5license.html",
    ),
    Library(
        "libcom_err, of e2fsprogs",
        "MIT",
        ("libcom_err",),
        ("libcom-err2",),
        "https://git.kernel.org/pub/scm/fs/ext2/e2fsprogs.git/tree/NOTICE",
    ),
    Library(
        "keyutils",
        "LGPL-2.1-or-later",
        ("libkeyutils",),
        ("libkeyutils1",),
        "https://git.kernel.org/pub/scm/linux/kernel/git/dhowells/keyutils.git/tree/LICENCE.LGPL",
    ),
    Library(
        "OpenLDAP",
        "OLDAP-2.8",
        ("libldap", "liblber"),
        ("libldap-2.5-0",),
        "https://www.openldap.org/software/release/license.html",
    ),
    Library(
        "Cyrus SASL",
        "BSD-4-Clause, as its text says",
        ("libsasl2",),
        ("libsasl2-2",),
        "https://github.com/cyrusimap/cyrus-sasl/blob/master/COPYING",
    ),
    Library(
        "libxcrypt",
        "LGPL-2.1-or-later",
        ("libcrypt",),
        ("libcrypt1",),
        "https://github.com/besser82/libxcrypt/blob/develop/LICENSING",
    ),
    Library(
        "SQLite",
        "public domain",
        ("sqlite3",),
        ("libsqlite3-0",),
        "https://www.sqlite.org/copyright.html",
    ),
    Library(
        "libffi",
        "MIT",
        ("libffi",),
        ("libffi8",),
        "https://github.com/libffi/libffi/blob/master/LICENSE",
    ),
    Library(
        "Visual C++ runtime",
        "Microsoft's, as the terms of Python for Windows say",
        ("vcruntime140", "vcruntime140_1"),
        (),
        "https://learn.microsoft.com/visualstudio/releases/2022/redistribution",
    ),
)
# What builds of CPython have inside their own files.
PYTHON = (
    Library("Expat", "MIT", (), ("libexpat1",), "https://github.com/libexpat/libexpat"),
    Library(
        "libmpdec",
        "BSD-2-Clause",
        (),
        ("libmpdec3", "python3.11", "python3.11-minimal"),
        "https://www.bytereef.org/mpdecimal/",
    ),
)
# What that for Windows has there too; bzip2 is in its own text.
WINDOWS_PYTHON = (
    *PYTHON,
    Library("zlib", "Zlib", (), ("zlib1g",), "https://www.zlib.net/zlib_license.html"),
    Library("liblzma", "public domain or 0BSD", (), ("liblzma5",), "https://tukaani.org/xz/"),
)
# libcrypto-3-x64-cf63d49b….dll, libpq-e9b5c9ac.so.5.18: a name, and what is put behind it.
FILE = re.compile(
    r"(?P<stem>[a-z_0-9]+?)(-(\d+|x64|[0-9a-f]{8,}))*(\.so(\.\d+)*|\.dll)", re.IGNORECASE
)
# Python's own, and pywin32's modules, which are called as libraries are.
OWN = re.compile(
    r"((lib)?python3?\d*(\.\d+)?|pywintypes\d+|pythoncom\d+)(\.so(\.\d+)*|\.dll)", re.IGNORECASE
)


def of_files(names: Iterable[str]) -> list[Notice]:
    """The notices of libraries, each once.

    :param names: their files', without a folder; extension modules and Python's own are passed by.
    :raises CannotBuild: one is of nobody that is known.
    """
    found: dict[str, Library] = {}
    for name in sorted(names):
        if not is_library(name):
            continue
        parts = FILE.fullmatch(name)
        stem = parts["stem"].lower() if parts else name
        library = next((each for each in KNOWN if stem in each.stems), None)
        if library is None:
            raise CannotBuild(f"{name}: whose it is and under which terms is not in {__name__}")
        found[library.name] = library
    return [notice(each) for each in found.values()]


def is_library(name: str) -> bool:
    """Whether a file is a library of somebody else's, and no module of a package that is named."""
    if not (name.lower().endswith(".dll") or ".so" in name):
        return False
    return not (".cpython-" in name or ".abi3." in name or OWN.fullmatch(name))


def notice(library: Library) -> Notice:
    """A library's terms, with their text where this machine has it."""
    text = f"The text of its terms: {library.url}"
    for package in library.packages:
        terms = DOC / package / "copyright"
        if terms.exists():
            text = terms.read_text(encoding="utf-8", errors="replace").strip()
            break
    return Notice(library.name, "", library.terms, (text,))
