"""What importing the contract costs: no crypto library, no network, no parser of another kind."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"cryptography", "asyncio", "socket", "ssl", "httpx2", "starlette", "sqlalchemy"}


def test_the_contract_is_imported_without_what_only_some_of_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import dpf_edge.wire.routes, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert not HEAVY & {name.partition(".")[0] for name in done.stdout.split()}
