"""What a node remembers beside its state: what it called itself, and what became of it before.

``memory.json`` holds no token, only what tells one from another: the digests of bootstrap tokens
that were spent or refused, so that *new* can be told from *known to be no use*.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import msgspec

from dpf_edge.host import private_file
from dpf_edge.wire.tokens import Secret, digest

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "memory.json"
# Of each list the newest are kept; an operator looks at the last few.
MOST = 32


class Former(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A node that this was: the tombstone of a revoked one, or one that enrolled anew."""

    node_id: str
    enrolled_at: str
    ended_at: str
    why: str


class Memory(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is remembered.

    :ivar host_key: the observed key of this machine, made once: a renamed host stays itself.
    :ivar fingerprint: what tells this machine from others; drawn where the machine has no id.
    :ivar tokens: the digests of bootstrap tokens that are no use any more.
    :ivar lost: the digest of such a token that this machine's own enrolment spent, and whose answer
        never came.
    :ivar attempt: the digest of the token of an enrolment that was begun, and perhaps cut off.
    :ivar is_revoked: whether the last of the former nodes was revoked and none came after it.
    """

    host_key: str = ""
    fingerprint: str = ""
    tokens: tuple[str, ...] = ()
    lost: str = ""
    attempt: str = ""
    former: tuple[Former, ...] = ()
    is_revoked: bool = False

    def knows(self, token: Secret) -> bool:
        """Whether a bootstrap token is known to be no use."""
        return digest(token.reveal()) in self.tokens

    def has_lost(self, token: Secret) -> bool:
        """Whether a bootstrap token was spent by an enrolment whose answer never came."""
        return digest(token.reveal()) == self.lost

    def spent(self, token: Secret, *, is_lost: bool = False) -> Memory:
        """The memory with one more token that is no use."""
        own = digest(token.reveal())
        kept = (*(each for each in self.tokens if each != own), own)[-MOST:]
        lost = own if is_lost else self.lost
        return msgspec.structs.replace(self, tokens=kept, lost=lost, attempt="")

    def attempting(self, token: Secret) -> Memory:
        """The memory while an enrolment is under way."""
        return msgspec.structs.replace(self, attempt=digest(token.reveal()))

    def was_attempted(self, token: Secret) -> bool:
        """Whether an enrolment with this token was begun, and its end not seen."""
        return self.attempt == digest(token.reveal())

    def called(self, host_key: str, fingerprint: str) -> Memory:
        """The memory with what this machine is called from now on."""
        return msgspec.structs.replace(self, host_key=host_key, fingerprint=fingerprint)

    def settled(self) -> Memory:
        """The memory when an enrolment ended without spending its token."""
        return msgspec.structs.replace(self, attempt="")

    def alive(self) -> Memory:
        """The memory of a node that was made after those that are no more."""
        return msgspec.structs.replace(self, is_revoked=False)

    def buried(self, former: Former, *, is_revoked: bool) -> Memory:
        """The memory with one more node that is no more."""
        return msgspec.structs.replace(
            self, former=(*self.former, former)[-MOST:], is_revoked=is_revoked
        )


def path_in(folder: str) -> str:
    """Where the memory is."""
    return os.path.join(folder, NAME)  # noqa: PTH118


def load(folder: str, say: Callable[[str], None]) -> Memory:
    """What a folder remembers; nothing where there is none, or where it cannot be understood.

    Losing it costs a name that stays and a few digests, and never a node: it is not worth a
    refusal to start.

    :param say: is told in a sentence that it was lost.
    :raises PrivateFileUnsafe: its mode is not 0600, or it is another user's.
    :raises PrivateFileUnreadable: it cannot be read.
    """
    data = private_file.read(path_in(folder))
    if data is None:
        return Memory()
    try:
        return msgspec.json.decode(data, type=Memory)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        say(f"{path_in(folder)}: cannot be understood, and is begun anew ({error})")
        return Memory()


def save(folder: str, memory: Memory) -> None:
    """Write it: whole, synced, for its owner alone.

    :raises PrivateFileUnwritten: it could not be written; the former one stands.
    """
    data = msgspec.json.format(msgspec.json.encode(memory), indent=2) + b"\n"
    private_file.write(path_in(folder), data)


def drawn_fingerprint() -> str:
    """A fingerprint for a machine that has no id of its own: 64 hexadecimal digits."""
    return secrets.token_hex(32)
