"""What has to be done once in a while, by one process: forgetting, and noticing silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, delete, func, select, text, tuple_, update

from dpf_edge.store.keeper import Keeper
from dpf_edge.store.records import Upkept
from dpf_edge.store.schema import (
    alert,
    audit,
    bootstrap_token,
    candidate,
    change,
    change_event,
    decision,
    device,
    device_key,
    event_batch,
    interface_metric,
    item,
    node,
    part,
    relation,
    run,
    security_event,
    session,
    setting,
    sign_in_link,
)
from dpf_edge.store.settings import RETENTION_DAYS, number
from dpf_edge.store.upserts import upsert
from dpf_edge.wire.federation import FORGOTTEN_SECONDS
from dpf_edge.wire.metrics import FRESH_SECONDS
from dpf_edge.wire.vocabulary import NodeStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection, Table

# A node beats once a minute: after ten it is offline, as the contract's health has it.
OFFLINE_SECONDS = 600.0
# A replay of events comes within the hours that a node is cut off. A week is ample.
BATCH_SECONDS = 7 * 86_400.0
# Rows removed in one transaction: others wait for the writer no longer than that takes.
AT_ONCE = 5_000
# Transactions of one table in one round; the next round goes on.
MOST_ROUNDS = 20
# Whoever is late finds it done: rounds are a minute apart, and processes many.
PAUSE_SECONDS = 30.0
DONE_AT = "store.upkept-at"
# The lock's number, "dpfe" and 2; the migrations take 1 (PostgreSQL's advisory locks are numbers).
LOCK = 0x64706665_00000002


class Old(NamedTuple):
    """The rows of a table that are to go."""

    table: Table
    condition: ColumnElement[bool]


class Upkeep(Keeper):
    """``store.upkeep``."""

    def run(self) -> Upkept | None:
        """One round; None where another process is at it, or has just been.

        Each step is a transaction of its own, so nobody waits long, and a round that is broken off
        has done what it did.
        """
        now = self._clock()
        with self._database.writing() as connection:
            if not (_locked(connection) and _is_due(connection, now)):
                return None
            upsert(connection, setting, [{"name": DONE_AT, "value": repr(now)}])
            offline = _mark_offline(connection, now)
            days = number(connection, RETENTION_DAYS)
        removed: dict[str, int] = {}
        for old in _old(now, now - days * 86_400):
            for _ in range(MOST_ROUNDS):
                with self._database.writing() as connection:
                    gone = _remove(connection, old) if _locked(connection) else 0
                if gone:
                    removed[old.table.name] = removed.get(old.table.name, 0) + gone
                if gone < AT_ONCE:
                    break
        return Upkept(offline, removed)


def _locked(connection: Connection) -> bool:
    """Whether this transaction is the one that may. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "sqlite":
        return True
    asked = text("SELECT pg_try_advisory_xact_lock(:number)")
    return bool(connection.execute(asked, {"number": LOCK}).scalar())


def _is_due(connection: Connection, now: float) -> bool:
    last = connection.execute(select(setting.c.value).where(setting.c.name == DONE_AT)).scalar()
    # A clock that was put back leaves a time in the future: that does not stop it.
    return last is None or not 0 <= now - float(last) < PAUSE_SECONDS


def _mark_offline(connection: Connection, now: float) -> int:
    silent = and_(
        node.c.status == str(NodeStatus.ACTIVE), node.c.last_seen_at <= now - OFFLINE_SECONDS
    )
    marked = update(node).where(silent).values(status=str(NodeStatus.OFFLINE))
    return connection.execute(marked).rowcount


def _old(now: float, kept_since: float) -> Iterator[Old]:
    """What is to go, devices before their keys and items before their devices."""
    newest = select(part.c.run_id).where(part.c.node_id == run.c.node_id)
    yield Old(run, and_(run.c.received_at < kept_since, run.c.run_id.not_in(newest)))
    yield Old(change, change.c.at < kept_since)
    yield Old(audit, audit.c.at < kept_since)
    yield Old(item, item.c.seen_until < kept_since)
    yield Old(relation, relation.c.seen_until < kept_since)
    unseen = (
        ~select(item.c.item_id)
        .where(item.c.site == device.c.site, item.c.device_id == device.c.device_id)
        .exists()
    )
    yield Old(device, and_(device.c.absent_since < kept_since, unseen))
    nobodys = (
        ~select(device.c.device_id)
        .where(device.c.site == device_key.c.site, device.c.device_id == device_key.c.device_id)
        .exists()
    )
    yield Old(device_key, nobodys)
    yield Old(event_batch, event_batch.c.received_at < now - BATCH_SECONDS)
    yield Old(alert, and_(alert.c.status == "resolved", alert.c.last_at < kept_since))
    yield Old(change_event, change_event.c.last_at < kept_since)
    yield Old(security_event, security_event.c.received_at < kept_since)
    yield Old(decision, decision.c.at < kept_since)
    yield Old(interface_metric, interface_metric.c.kept_at <= now - FRESH_SECONDS)
    yield Old(candidate, candidate.c.seen_at <= now - FORGOTTEN_SECONDS)
    yield Old(session, session.c.expires_at <= now)
    yield Old(sign_in_link, sign_in_link.c.expires_at <= now)
    over = func.coalesce(
        bootstrap_token.c.consumed_at, bootstrap_token.c.revoked_at, bootstrap_token.c.expires_at
    )
    yield Old(bootstrap_token, over < kept_since)


def _remove(connection: Connection, old: Old) -> int:
    """Delete some of the rows; how many it were."""
    key = tuple_(*old.table.primary_key)
    some = select(*old.table.primary_key).where(old.condition).limit(AT_ONCE)
    return connection.execute(delete(old.table).where(key.in_(some))).rowcount
