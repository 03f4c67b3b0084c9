"""A document that somebody names on the command line, read whole."""

from __future__ import annotations

import os
import stat

from dpf_edge.errors import SweepUnreadable
from dpf_edge.host.file_calls import CLOSED_ON_EXEC


def read(path: str, most: int) -> bytes:
    """The bytes of a file; ``-`` is standard input.

    :param most: how many there may be.
    :raises SweepUnreadable: there is no such file, it cannot be read, or it is longer.
    """
    try:
        handle = 0 if path == "-" else os.open(path, os.O_RDONLY | CLOSED_ON_EXEC)
        with open(handle, "rb", closefd=handle != 0) as file:
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                raise SweepUnreadable(f"{path}: is a directory")
            data = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SweepUnreadable(f"{path}: {why}") from error
    if len(data) > most:
        raise SweepUnreadable(f"{path}: longer than {most >> 20} MiB, which no sweep is")
    return data
