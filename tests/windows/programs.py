"""Programs of a test's own on Windows, under the names of others: scripts behind pip's launcher.

CreateProcess starts no script, and Windows' programs take options that Python would take for its
own; so each is the launcher that pip puts before a script, and the script behind it.
"""

from __future__ import annotations

import importlib.util
import io
import os
import sys
import zipfile
from pathlib import Path


class Programs:
    """A folder that is all of PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, script: str) -> Path:
        """Put a Python script there as ``NAME.exe``; `say` prints bytes, `words` are its own."""
        begin = (
            "import sys, time\n"
            "def say(data, to=sys.stdout): to.buffer.write(data); to.buffer.flush()\n"
            "words = sys.argv[1:]\n"
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("__main__.py", begin + script)
        path = self.folder / f"{name}.exe"
        shebang = f'#!"{sys.executable}"\n'.encode()
        path.write_bytes(launcher() + shebang + packed.getvalue())
        return path


def launcher() -> bytes:
    """The launcher for programs of a console, of 64 bits, that pip carries."""
    found = importlib.util.find_spec("pip")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "_vendor" / "distlib" / "t64.exe").read_bytes()


def only_these(folder: Path) -> dict[str, str]:
    """The environment of a program that finds the test's programs and no others."""
    return {**os.environ, "PATH": str(folder)}
