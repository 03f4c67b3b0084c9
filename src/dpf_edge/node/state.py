"""The node's state file: who it is at its Authority. The schema is the published nodes' own.

``state.json`` has the same fields in every runtime, so that a node takes over where another one
was. What only this one needs stands beside it, in :mod:`dpf_edge.node.memory`.
"""

from __future__ import annotations

import os
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dpf_edge.errors import AnswerMalformed, StateCorrupt
from dpf_edge.host import private_file
from dpf_edge.wire import answers, body
from dpf_edge.wire.tokens import NODE, Secret
from dpf_edge.wire.vocabulary import TrustState

NAME = "state.json"
# A token has 47; what an Authority of another make hands out may be longer.
TOKEN_CHARACTERS = 500
Seconds = Annotated[int, Meta(gt=0)]


class State(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who this node is; ``enrolled_at`` is a time as the wire writes it."""

    node_id: Annotated[str, Meta(min_length=1)]
    node_token: Secret
    enrolled_at: Annotated[str, Meta(min_length=1)]
    heartbeat_interval_sec: Seconds
    sweep_interval_sec: Seconds
    metrics_interval_sec: Seconds | UnsetType = UNSET
    accepted_capabilities: tuple[str, ...]
    trust_state: TrustState


def path_in(folder: str) -> str:
    """Where the state file is."""
    return os.path.join(folder, NAME)  # noqa: PTH118


def load(folder: str) -> State | None:
    """The state in a folder; None where there is none.

    :raises PrivateFileUnsafe: its mode is not 0600, or it is another user's.
    :raises PrivateFileUnreadable: it cannot be read.
    :raises StateCorrupt: it is no state file, or lacks a part.
    """
    path = path_in(folder)
    data = private_file.read(path)
    if data is None:
        return None
    try:
        found = answers.read(data, State)
        if is_node_token(found.node_token):
            return found
        error: AnswerMalformed | None = None
    except AnswerMalformed as malformed:
        error = malformed
    raise StateCorrupt(
        f"{path}: is no node's state, or lacks a part of it",
        "move it away, and enrol this node anew with a new bootstrap token",
    ) from error


def is_node_token(token: Secret) -> bool:
    """Whether a text can be a node's token: its prefix, and nothing that a header cannot carry."""
    text = token.reveal()
    is_plain = text.isascii() and text.isprintable() and " " not in text
    return is_plain and text.startswith(NODE) and len(NODE) < len(text) <= TOKEN_CHARACTERS


def save(folder: str, state: State) -> None:
    """Write the state: whole, synced, for its owner alone.

    :raises PrivateFileUnwritten: it could not be written; the former state stands.
    """
    data = msgspec.json.format(body.encode(state), indent=2) + b"\n"
    private_file.write(path_in(folder), data)


def forget(folder: str) -> None:
    """Remove the state.

    :raises PrivateFileUnwritten: it could not be removed.
    """
    private_file.remove(path_in(folder))
