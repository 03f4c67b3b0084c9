"""Importing the host opens nothing and reads nothing: the machine is asked when it is asked."""

from __future__ import annotations

import json
import pkgutil
import sys

import pytest

import dpf_edge.host

from .spaces import run

MODULES = sorted(
    f"dpf_edge.host.{module.name}" for module in pkgutil.iter_modules(dpf_edge.host.__path__)
)

WATCH = """
import json, os, sys
seen = []
reads = ("open", "os.listdir", "os.scandir", "os.chdir", "os.exec", "os.posix_spawn", "os.fork",
         "os.system", "subprocess.Popen", "ctypes.dlopen", "mmap.__new__", "pty.spawn")
def hook(event, arguments):
    if event in reads or event.startswith(("socket.", "fcntl.", "urllib.", "shutil.", "tempfile.")):
        seen.append((event, repr(arguments[:1])[1:-2] if arguments else ""))
paths = [os.path.realpath(path) for path in sys.path if path]
sys.addaudithook(hook)
__import__(sys.argv[1])
# The import system lists the folders on sys.path and reads modules below them: that is its work.
def of_the_import(event, what):
    path = os.path.realpath(what.strip("'"))
    below = any(path == each or path.startswith(each + os.sep) for each in paths)
    code = path.endswith((".py", ".pyc", ".so")) or ".pyc." in path
    if (event, what) == ("ctypes.dlopen", "None"):  # ctypes itself, for the process's own symbols
        return True
    return below and (event == "os.listdir" or (event == "open" and code))
print(json.dumps([each for each in seen if not of_the_import(*each)]))
"""


@pytest.mark.parametrize("module", MODULES)
def test_importing_touches_nothing_but_code(module: str) -> None:
    # -B: whoever imports a module first would write down what he compiled.
    done = run(sys.executable, "-B", "-c", WATCH, module)

    assert (0, b"") == (done.returncode, done.stderr)
    assert [] == json.loads(done.stdout)


def test_the_watch_sees_what_an_import_could_do() -> None:
    """A module of the standard library that reads a file of the machine when it is imported."""
    watch = WATCH.replace(
        "__import__(sys.argv[1])",
        "import socket; open('/etc/hostname'); socket.socket(); os.listdir('/etc')",
    )
    done = run(sys.executable, "-c", watch, "")

    assert ["open", "socket.__new__", "os.listdir"] == [each[0] for each in json.loads(done.stdout)]
