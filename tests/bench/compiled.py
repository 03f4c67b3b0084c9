"""The program as it is once installed: compiled. A checkout that may not write has to do it anew in
each process, which takes as long as a short command itself (PYTHONDONTWRITEBYTECODE)."""

from __future__ import annotations

import compileall
import importlib.util

from tests.lab.state import CHECKOUT


def compile_once() -> None:
    """Compile what is measured, where it is not."""
    compileall.compile_dir(CHECKOUT / "src" / "dpf_edge", quiet=2)
    for needed in ("click", "msgspec", "rich"):
        found = importlib.util.find_spec(needed)
        for folder in (found.submodule_search_locations or ()) if found else ():
            compileall.compile_dir(folder, quiet=2)


if __name__ == "__main__":
    compile_once()
