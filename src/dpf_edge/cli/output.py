"""Where a command's data goes: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dpf_edge.errors import OutputFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# For its owner alone; what another may do is the umask's to say.
PRIVATE, SHARED = 0o600, 0o666
# What is written at once: to write every line by itself takes longer than to make it.
PIECE = 1 << 16


def put(data: Iterable[bytes], output: str | None, *, mode: int = PRIVATE) -> int:
    """Write to stdout, or to a file.

    :param output: the file; None or ``-`` is stdout.
    :param mode: what a file is made with, less the umask.
    :returns: the exit code.
    :raises OutputFailed: the file could not be written; it is then as it was.
    """
    if output is None or output == "-":
        for piece in data:
            click.echo(piece, nl=False)
        return 0
    try:
        write(output, data, mode)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputFailed(f"{output}: {why}") from error
    return 0


def write(output: str, data: Iterable[bytes], mode: int) -> None:
    """Write a file whole or not at all.

    What is there and is no file (a pipe, a terminal, /dev/null) is written to, and not replaced.
    """
    import os
    import secrets
    from pathlib import Path

    given = Path(output)
    if given.exists() and not given.is_file():
        with given.open("wb") as sink:
            sink.writelines(data)
        return
    # Behind a symbolic link it is the file that is replaced, and not the link.
    target = Path(os.path.realpath(given))
    beside = target.with_name(f".dpf-edge-{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(beside, flags, mode), "wb") as file:
            file.writelines(data)
            file.flush()
            os.fsync(file.fileno())
        if mode != PRIVATE:
            like(beside, target)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def like(beside: Path, target: Path) -> None:
    """Give a file the permissions of the one that it replaces: whoever could read that, reads on.

    The owner is who writes it.
    """
    import stat

    if target.exists():
        beside.chmod(stat.S_IMODE(target.stat().st_mode))


def pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """Texts as UTF-8, in pieces of some size."""
    held, size = [], 0
    for each in texts:
        held.append(each)
        size += len(each)
        if size >= PIECE:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()
