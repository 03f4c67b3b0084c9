"""The tokens of nodes: one of its own each, and those that heartbeats offer while it is rotated.

A heartbeat's answer can be lost, and two can cross; so a node that is rotated may be offered
several tokens, and whichever comes back first is the one it has.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select, update

from dpf_edge.store.node_rows import nodes_asked
from dpf_edge.store.records import Node
from dpf_edge.store.schema import node, node_token
from dpf_edge.wire import tokens
from dpf_edge.wire.tokens import Secret

if TYPE_CHECKING:
    from sqlalchemy import Connection

# A published node never takes an offer, and would gather one a minute. Those that a node may yet
# hold are the newest.
MOST_OFFERS = 8


class Found(NamedTuple):
    """The node that a token is, and whether the token was only offered yet."""

    node: Node
    offered: bool


def found(connection: Connection, digest: str) -> Found | None:
    """Whose token this is."""
    given = node_token.alias("given")
    asked = (
        nodes_asked()
        .add_columns(given.c.offered)
        .join(given, given.c.node_id == node.c.node_id)
        .where(given.c.digest == digest)
    )
    row = connection.execute(asked).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    offered = values.pop("offered")
    return Found(Node(**values), offered)


def made(connection: Connection, node_id: str, now: float, *, offered: bool) -> Secret:
    """A new token for a node; only its digest stays here."""
    token = tokens.spelt(tokens.NODE, secrets.token_bytes(tokens.SECRET_BYTES))
    connection.execute(
        insert(node_token).values(
            digest=tokens.digest(token),
            node_id=node_id,
            prefix=tokens.display(token),
            offered=offered,
            issued_at=now,
        )
    )
    return Secret(token)


def replaced(connection: Connection, node_id: str, now: float) -> Secret:
    """A new token, and the end of all others."""
    forget(connection, node_id)
    _settled(connection, node_id)
    return made(connection, node_id, now, offered=False)


def offered(connection: Connection, node_id: str, now: float) -> Secret:
    """One more token that a node may take; the oldest offers lapse."""
    mine = select(node_token.c.digest).where(
        node_token.c.node_id == node_id, node_token.c.offered.is_(True)
    )
    newest_first = mine.order_by(node_token.c.issued_at.desc(), node_token.c.digest)
    offers = connection.execute(newest_first).scalars().all()
    for digest in offers[MOST_OFFERS - 1 :]:
        connection.execute(delete(node_token).where(node_token.c.digest == digest))
    return made(connection, node_id, now, offered=True)


def settle(connection: Connection, node_id: str, digest: str) -> None:
    """Make an offered token, which came back, the node's only one."""
    # Two calls with it may come at once; the second finds it settled.
    connection.execute(select(node.c.node_id).where(node.c.node_id == node_id).with_for_update())
    is_it = node_token.c.digest == digest
    taken = connection.execute(
        update(node_token).where(is_it, node_token.c.offered.is_(True)).values(offered=False)
    )
    if taken.rowcount:
        connection.execute(
            delete(node_token).where(node_token.c.node_id == node_id, node_token.c.digest != digest)
        )
        _settled(connection, node_id)


def forget(connection: Connection, node_id: str) -> None:
    """End all of a node's tokens."""
    connection.execute(delete(node_token).where(node_token.c.node_id == node_id))


def _settled(connection: Connection, node_id: str) -> None:
    connection.execute(update(node).where(node.c.node_id == node_id).values(rotation_due=False))
