"""Leaves these tests out where there is no Windows to run them."""

from __future__ import annotations

import sys

# Not a skip: on Linux they are the lab's to run (tests/lab/windows/test_suite.py), which says so
# where it cannot.
collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]
