r"""Holds Docker's named pipe on the lab's Windows host; run by Windows' Python.

Docker Desktop's own program holds `\\.\pipe\docker_engine` there, and hands what is asked to the
engine in its virtual machine. This one hands it to the relay (relay.py), and that to the engine.
"""

from __future__ import annotations

import ctypes
import socket
import sys
from ctypes import c_uint32, c_void_p, c_wchar_p
from typing import Any

NAME = r"\\.\pipe\docker_engine"
PORT = 4712
DUPLEX, MESSAGES = 3, 4  # winbase.h; Docker's pipe is one of messages
PIECE, MOST = 1 << 16, 1 << 20
CONNECTED = 535  # ERROR_PIPE_CONNECTED: somebody was there before he was waited for
SECONDS = 30.0


def serve() -> None:
    """Answer one after another, until this process is ended."""
    kernel = library()
    handle = c_void_p(
        kernel.CreateNamedPipeW(c_wchar_p(NAME), DUPLEX, MESSAGES, 1, PIECE, PIECE, 0, None)
    )
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    while True:
        if kernel.ConnectNamedPipe(handle, None) or kernel.GetLastError() == CONNECTED:
            answer(kernel, handle)
            kernel.FlushFileBuffers(handle)
        kernel.DisconnectNamedPipe(handle)


def library() -> Any:
    """kernel32."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        kernel.CreateNamedPipeW.restype = c_void_p
        return kernel
    raise SystemExit("named pipes are Windows'")


def answer(kernel: Any, handle: c_void_p) -> None:
    """One question and the engine's answer."""
    asked, held, count = b"", ctypes.create_string_buffer(PIECE), c_uint32()
    while b"\r\n\r\n" not in asked and len(asked) < MOST:
        if not kernel.ReadFile(handle, held, PIECE, ctypes.byref(count), None):
            return
        asked += held.raw[: count.value]
    with socket.create_connection(("127.0.0.1", PORT), SECONDS) as engine:
        engine.sendall(asked)
        while part := engine.recv(PIECE):
            if not kernel.WriteFile(handle, part, len(part), ctypes.byref(count), None):
                return


if __name__ == "__main__":
    serve()
