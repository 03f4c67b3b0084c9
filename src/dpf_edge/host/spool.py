"""A file without a name: written once and read once, in memory first and then on the disk."""

from __future__ import annotations

import tempfile
import weakref
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable


class _Spool(tempfile.SpooledTemporaryFile[bytes]):
    gone: Callable[[], object]

    def close(self) -> None:
        super().close()
        self.gone()


def spool(in_memory: int, gone: Callable[[], object]) -> IO[bytes]:
    """A file that is gone when it is closed, and that nobody else can open.

    :param in_memory: how many bytes stay in memory; from there on it is on the disk, in the
        system's folder for such files.
    :param gone: called once, when it is closed or nobody has it any more.
    """
    made = _Spool(max_size=in_memory)
    made.gone = weakref.finalize(made, gone)
    return cast("IO[bytes]", made)
