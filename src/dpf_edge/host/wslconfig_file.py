"""A ``.wslconfig`` on disk: read, changed whole or not at all, never over somebody else's change.

No other module writes one. Beside the file it keeps a plain copy of the former one
(``.dpf-edge.bak``) and a record of both files' hashes (``.dpf-edge.json``), by which ``undo`` knows
what it may put back. The order is copy, record, file, each by a rename of a synced file: killed at
any moment, the file is the old one or the new one, and undo can tell which.
"""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

import msgspec

from dpf_edge.errors import WslConfigChanged, WslConfigNoUndo, WslConfigUnwritten
from dpf_edge.host import file_calls, whole_file
from dpf_edge.host.whole_file import Hold, held, read, remove, replace, unchanged

BACKUP, RECORD = ".dpf-edge.bak", ".dpf-edge.json"
# Nobody applies this often by hand; something that does so in a loop is to be stopped.
MOST_OLDER = 99
# A record is two hashes.
MOST_RECORD_BYTES = 4096


class Record(msgspec.Struct, frozen=True):
    """What was done to a file: the SHA-256 of the former one, None where there was none, and of
    the one that was written."""

    before: str | None
    after: str
    dpf_edge: int = msgspec.field(name="dpf-edge", default=1)


class Former(NamedTuple):
    """What ``undo`` would do: put ``data`` back, or remove the file where that is None."""

    data: bytes | None
    now: bytes | None
    """The file as it is; the same where it already is the former one."""


def changed_at(path: str) -> float | None:
    """When a file was last changed, in seconds since 1970; None where that cannot be told."""
    try:
        return os.stat(path).st_mtime  # noqa: PTH116
    except (OSError, ValueError):
        return None


def write(path: str, data: bytes, *, was: bytes | None) -> str | None:
    """Put new bytes into a file, and keep the former ones beside it.

    :param was: the bytes that the new ones were made from; None where there was no file.
    :returns: where an older copy went that stood in the way of the new one; None where none did.
    :raises WslConfigChanged: the file holds others by now.
    :raises WslConfigError: it may not be written, or could not be; it is as it was.
    """
    with held(path) as hold:
        unchanged(path, hold, was)
        record = Record(None if was is None else digest(was), digest(data))
        older = keep_older(path, hold, was)
        if was is not None:
            replace(path + BACKUP, was, hold.like)
        else:
            remove(path + BACKUP)
        replace(path + RECORD, msgspec.json.encode(record), hold.like)
        unchanged(path, hold, was)
        replace(path, data, hold.like, new=was is None)
    return older


def keep_older(path: str, hold: Hold, was: bytes | None) -> str | None:
    """Copy a backup that is about to be replaced: it may be the only one of what somebody wrote.

    :raises WslConfigUnwritten: a hundred are there already.
    """
    held_back = read(path + BACKUP)
    if held_back is None or held_back == was:
        return None
    for number in range(1, MOST_OLDER + 1):
        name = f"{path}{BACKUP}.{number}"
        if not os.path.lexists(name):
            replace(name, held_back, hold.like, new=True)
            return name
        if read(name) == held_back:
            return name
    raise WslConfigUnwritten(f"{path}{BACKUP}.1 and on: too many older copies", "remove some")


def former(path: str) -> Former:
    """What ``undo`` would put back.

    :raises WslConfigNoUndo: nothing was applied here, or its backup is gone or is another.
    :raises WslConfigChanged: the file is not the one that was written.
    """
    record = record_of(path)
    now = read(path)
    is_now = None if now is None else digest(now)
    if is_now == record.before:
        return Former(now, now)
    if is_now != record.after:
        raise WslConfigChanged(
            f"{path}: changed since dpf-edge wrote it, and is not overwritten",
            f"the former file is {path + BACKUP}" if record.before else None,
        )
    if record.before is None:
        return Former(None, now)
    data = read(path + BACKUP)
    if data is None or digest(data) != record.before:
        raise WslConfigNoUndo(f"{path + BACKUP}: gone, or not the file that was replaced")
    return Former(data, now)


def restore(path: str, found: Former) -> None:
    """Undo what :func:`write` did, and remove its copy and its record.

    :raises WslConfigChanged: the file is another by now.
    :raises WslConfigError: it may not be written, or could not be; it is as it was.
    """
    with held(path) as hold:
        unchanged(path, hold, found.now)
        if found.data is None and found.now is not None:
            remove(path)
        elif found.data is not None and found.data != found.now:
            replace(path, found.data, hold.like)
        remove(path + RECORD)
        remove(path + BACKUP)


def record_of(path: str) -> Record:
    """The record beside a file.

    :raises WslConfigNoUndo: there is none, or it is none of ours.
    """
    name = path + RECORD
    try:
        handle = os.open(name, whole_file.READ | file_calls.NO_FOLLOWING)
        try:
            found = msgspec.json.decode(os.read(handle, MOST_RECORD_BYTES), type=Record)
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise WslConfigNoUndo(f"{path}: dpf-edge has written nothing here") from None
    except (OSError, ValueError) as error:
        raise WslConfigNoUndo(f"{name}: unusable ({error})") from error
    if found.dpf_edge != 1:
        raise WslConfigNoUndo(f"{name}: written by another version of this program")
    return found


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes, in hex."""
    return hashlib.sha256(data).hexdigest()
