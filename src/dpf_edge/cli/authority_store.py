"""The Authority's store, as its commands open it: the same one, beside a running Authority."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dpf_edge.store.kept import Store

# What a command line's administrator is called in the audit trail.
BY = "cli"
KEY_FILE = "store-key"
KEY_BYTES = 32  # AES-256

the_store = click.option(
    "--store",
    "url",
    metavar="URL",
    help="sqlite:///PATH or postgresql://USER@HOST/DATABASE; a file of this user's by default. A "
    "password belongs into ~/.pgpass and not here.",
)
the_folder = click.option(
    "--state-dir",
    "folder",
    metavar="DIR",
    help="Where the certificate, the store's key and by default the store are kept.",
)


def finite(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """A number that is one: a range of floats lets nan through."""
    del context, parameter
    if value is not None and not math.isfinite(value):
        raise click.BadParameter("is not a number")
    return value


the_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@contextlib.contextmanager
def opened(
    url: str | None, folder: str | None, *, sealed: bool = False, made: bool = True
) -> Iterator[Store]:
    """The store, open; it is made where there is none.

    :param sealed: whether the key is needed that adapters' API keys are sealed with.
    :param made: whether it is made where there is none; else that is an error.
    :raises StoreError: it cannot be opened.
    """
    from dpf_edge.authority.identity import sighting
    from dpf_edge.config import authority
    from dpf_edge.host import private_file
    from dpf_edge.store import open_store

    folder = folder or authority.state_folder()
    if (url is None and made) or sealed:
        private_file.prepare(folder)
    store = open_store(
        url or authority.store_url(folder),
        clock=time.time,
        sight=sighting,
        key=key(folder) if sealed else None,
        made=made,
    )
    try:
        yield store
    finally:
        store.close()


@contextlib.contextmanager
def noted(store: Store, tool: str, node_id: str | None = None, **detail: object) -> Iterator[None]:
    """Do something, and note in the audit trail that a command did: both, or neither."""
    from dpf_edge.store.records import AuditRow

    with store.together():
        yield
        row = AuditRow(
            tool=f"admin.{tool}",
            at=time.time(),
            node_id=node_id,
            detail=detail or None,
            mode=BY,
            actor=BY,
        )
        store.audit.record([row])


def key(folder: str) -> bytes:
    """The key of a state folder, made where there is none.

    :raises PrivateFileError: it cannot be read or written.
    """
    import secrets
    from pathlib import Path

    from dpf_edge.errors import PrivateFileUnreadable
    from dpf_edge.host import private_file

    path = str(Path(folder) / KEY_FILE)
    kept = private_file.read(path)
    if kept is None:
        kept = secrets.token_hex(KEY_BYTES).encode() + b"\n"
        private_file.write(path, kept)
    try:
        made = bytes.fromhex(kept.decode("ascii").strip())
    except ValueError:
        made = b""
    if len(made) != KEY_BYTES:
        raise PrivateFileUnreadable(
            f"{path}: holds no key", "bring the file back, or move it away to have a new one made"
        )
    return made


def document(told: Any) -> None:  # noqa: ANN401 - any JSON
    """Print a result as JSON."""
    import msgspec

    from dpf_edge.wire import body

    sys.stdout.write(msgspec.json.format(body.encode(told), indent=2).decode() + "\n")


def say(line: str) -> None:
    """Say something to people, on stderr: stdout is for data."""
    from dpf_edge.cli.plain import printable

    sys.stderr.write(printable(line) + "\n")
    sys.stderr.flush()


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns; what a node calls itself cannot steer the terminal."""
    from dpf_edge.cli.plain import printable

    told = [head, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[at]) for row in told) for at in range(len(head))]
    for row in told:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def when(at: float | None) -> str:
    """A time for a table, to the second; a dash where there is none."""
    from dpf_edge.wire import times

    return "-" if at is None else f"{times.stamp(at)[:19]}Z"
