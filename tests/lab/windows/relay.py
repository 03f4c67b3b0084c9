"""The Linux side of the stand-ins for wsl.exe and docker.exe: answers, or enters what they ask for.

Run as `relay.py PLAN.json` in the Windows host's network namespace, it listens on loopback there.
What it answers itself (wsl.exe's lists and versions, Docker's contexts) is worded as those programs
word it; all else is run for real in the distro or by the engine's client.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

PORT, PIPE_PORT = 4711, 4712
# The slowest thing that is asked: an engine starts a container, on two busy cores.
SECONDS = 60
MOST = 1 << 20
# Both pipes are Docker Desktop's, and lead to the same engine.
CONTEXTS = {
    "default": "npipe:////./pipe/docker_engine",
    "desktop-linux": "npipe:////./pipe/dockerDesktopLinuxEngine",
}
VERSION = (
    "WSL version: 2.6.3.0\r\nKernel version: 6.6.87.2-1\r\nWSLg version: 1.0.71\r\n"
    "Windows version: 10.0.26200.7171\r\n"
)


class Plan(NamedTuple):
    """What leads into the places."""

    distros: dict[str, list[str]]
    """What to put before a command, by the distro's name; the first is the default one."""
    running: list[str]
    """Which of them run from the start; others do once they were entered."""
    docker: list[str]
    """The engine's client."""
    engine: str
    """The engine's socket, for whoever holds its pipe (pipe.py)."""


class Said(NamedTuple):
    """What a program ended with."""

    status: int
    stdout: bytes = b""
    stderr: bytes = b""


def wsl(plan: Plan, words: list[str], stdin: bytes, *, utf8: bool) -> Said:
    """wsl.exe: its own messages in UTF-16LE without a mark unless WSL_UTF8 is 1."""

    def own(text: str, status: int = 0) -> Said:
        return Said(status, text.encode("utf-8" if utf8 else "utf-16-le"))

    match words:
        case ["--list" | "-l", "--quiet" | "-q"]:
            return own("".join(f"{name}\r\n" for name in plan.distros))
        case ["--list" | "-l", "--running", "--quiet" | "-q"]:
            if not plan.running:
                return own("There are no running distributions.\r\n", -1)
            return own("".join(f"{name}\r\n" for name in plan.running))
        case ["--list" | "-l", "--verbose" | "-v"]:
            return own(verbose(plan))
        case ["--version" | "-v"]:
            return own(VERSION)
        case ["--status"]:
            return own(
                f"Default Distribution: {next(iter(plan.distros))}\r\nDefault Version: 2\r\n"
            )
        case ["--terminate" | "-t", name] if name in plan.running:
            plan.running.remove(name)
            return own("The operation completed successfully.\r\n")
        case ["--distribution" | "-d", name, "--exec" | "-e" | "--", *command] if command:
            if name not in plan.distros:
                text = "There is no distribution with the supplied name.\r\n"
                return own(f"{text}Error code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND\r\n", -1)
            if name not in plan.running:
                plan.running.append(name)
            return run([*plan.distros[name], *command], stdin)
    return own(f"Invalid command line argument: {' '.join(words)}\r\n", -1)


def verbose(plan: Plan) -> str:
    """The table of `wsl --list --verbose`."""
    width = max(map(len, plan.distros)) + 4
    lines = [f"  {'NAME':{width}}{'STATE':16}VERSION"]
    for at, name in enumerate(plan.distros):
        state = "Running" if name in plan.running else "Stopped"
        lines.append(f"{'*' if at == 0 else ' '} {name:{width}}{state:16}2")
    return "".join(f"{line}\r\n" for line in lines)


def docker(plan: Plan, words: list[str], stdin: bytes) -> Said:
    """docker.exe: the contexts that Docker Desktop makes on Windows; the client does the rest."""
    match words:
        case ["context", "ls", "--format", "{{json .}}"]:
            lines = [
                {"Current": name == "desktop-linux", "DockerEndpoint": at, "Name": name}
                for name, at in CONTEXTS.items()
            ]
            return Said(0, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
        case ["--context", name, *words] if name not in CONTEXTS:
            return Said(1, b"", f'context "{name}" does not exist\n'.encode())
        case ["--context", _, *rest]:
            return run([*plan.docker, *rest], stdin)
    return run([*plan.docker, *words], stdin)


def run(argv: list[str], stdin: bytes) -> Said:
    """Run a program for real."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Said(124, b"", b"relay: no answer in time\n")
    return Said(done.returncode, done.stdout, done.stderr)


def answer(plan: Plan, connection: socket.socket) -> None:
    """One stand-in's question, read and answered."""
    with connection, connection.makefile("rwb") as stream:

        def number() -> int:
            return int(struct.unpack("!I", stream.read(4))[0])

        try:
            words = [stream.read(number()).decode() for _ in range(min(number(), 256))]
            stdin = stream.read(min(number(), MOST))
        except (struct.error, OSError):  # it went away
            return
        name, utf8, *rest = words
        if name.lower().removesuffix(".exe") == "wsl":
            said = wsl(plan, rest, stdin, utf8=utf8 == "1")
        else:
            said = docker(plan, rest, stdin)
        for kind, data in ((1, said.stdout), (2, said.stderr)):
            for at in range(0, len(data), MOST // 2):
                part = data[at : at + MOST // 2]
                stream.write(struct.pack("!BI", kind, len(part)) + part)
        stream.write(struct.pack("!BIB", 3, 1, said.status & 0xFF))


def pass_on(plan: Plan, connection: socket.socket) -> None:
    """One question to the engine itself, and its answer."""
    with connection, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
        engine.connect(plan.engine)
        engine.sendall(connection.recv(MOST))
        while part := engine.recv(MOST):
            connection.sendall(part)


def serve_pipe(plan: Plan) -> None:
    """Pass on what is asked of the engine, one after another."""
    with socket.create_server(("127.0.0.1", PIPE_PORT)) as listener:
        while True:
            with contextlib.suppress(OSError):  # somebody went away
                pass_on(plan, listener.accept()[0])


def serve(plan: Plan) -> None:
    """Answer until this process is ended."""
    threading.Thread(target=serve_pipe, args=(plan,), daemon=True).start()
    with socket.create_server(("127.0.0.1", PORT)) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=answer, args=(plan, connection), daemon=True).start()


if __name__ == "__main__":
    serve(Plan(**json.loads(Path(sys.argv[1]).read_text())))
