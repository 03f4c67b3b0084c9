"""``python -m tests.lab.home [COMMAND…]``: set the office up, and be on its edge till that ends."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.lab.commands import LabError, interactive

from .check import check
from .office import EDGE, office


def main(words: list[str]) -> int:
    """Run a command, or a shell, on the edge; give its exit code; 2 where there is no office."""
    try:
        check()
        with office() as made:
            said = (
                f"the office stands, after {made.seconds} s; each device's files: /run/capsule/*\n"
            )
            sys.stderr.write(said)
            here = ("env", "-C", str(Path.cwd()))
            return interactive([*made.capsule.at(EDGE), *here, *(words or ["bash"])])
    except LabError as reason:
        sys.stderr.write(f"lab: {reason}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
