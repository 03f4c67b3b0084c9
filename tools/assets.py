"""Fetches what the pages load from other projects, by hash, and puts it where the wheel takes it.

``web/package-lock.json`` names each package with the hash of its archive, and npm refuses any
other. What is taken out of them is in ``src/dpf_edge/authority/static/vendor``, committed, with a
list of its own hashes: a checkout without Node runs and tests, and a test holds files and list
together. ``python -m tools.assets`` needs npm; ``--check`` says whether anything would change.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess  # noqa: TID251 - it runs npm
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
WEB = ROOT / "web"
VENDOR = ROOT / "src/dpf_edge/authority/static/vendor"
LIST = "vendor.json"
# Of each package, what a browser loads.
TAKEN = {
    "htmx.org": ("dist/htmx.min.js", "LICENSE"),
    "cytoscape": ("dist/cytoscape.min.js", "LICENSE"),
}
# npm's own script hooks never run: nothing of a package is executed here.
NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--omit=dev")
MINUTES = 5


def fetched(into: Path) -> dict[str, bytes]:
    """The vendored files, by their names, as the lock has them."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(WEB / name, into / name)
    npm = shutil.which(NPM[0])
    if npm is None:
        raise SystemExit("assets: this takes npm (Debian: apt-get install npm)")
    subprocess.run([npm, *NPM[1:]], cwd=into, check=True, timeout=MINUTES * 60)
    return taken(into / "node_modules")


def taken(packages: Path) -> dict[str, bytes]:
    """Of the installed packages, what is vendored."""
    found: dict[str, bytes] = {}
    for package, files in TAKEN.items():
        for file in files:
            name = Path(file).name
            name = f"{package.partition('.')[0]}.LICENSE.txt" if name == "LICENSE" else name
            found[name] = (packages / package / file).read_bytes()
    return found


def listed(files: dict[str, bytes]) -> dict[str, Any]:
    """What the list says: the packages, and the hash of each file."""
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    return {
        "packages": {
            name: {
                key: locked[f"node_modules/{name}"][key]
                for key in ("version", "integrity", "license")
            }
            for name in TAKEN
        },
        "files": {
            name: hashlib.sha256(octets).hexdigest() for name, octets in sorted(files.items())
        },
    }


def main() -> int:
    """Fetch, and write or compare."""
    with TemporaryDirectory() as folder:
        files = fetched(Path(folder))
    files[LIST] = (json.dumps(listed(files), indent=2) + "\n").encode()
    if "--check" in sys.argv[1:]:
        stale = [name for name, octets in files.items() if not is_there(name, octets)]
        if stale:
            print(f"assets: not as the lock has them: {', '.join(stale)}; run make assets")
        return 1 if stale else 0
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, octets in files.items():
        (VENDOR / name).write_bytes(octets)
        print(f"{name}: {len(octets)} bytes")
    return 0


def is_there(name: str, octets: bytes) -> bool:
    """Whether a vendored file is what was fetched."""
    path = VENDOR / name
    return path.is_file() and path.read_bytes() == octets


if __name__ == "__main__":
    sys.exit(main())
