"""Settings of the Authority that outlive it: names and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from dpf_edge.store.keeper import Keeper
from dpf_edge.store.schema import setting
from dpf_edge.store.upserts import upsert

if TYPE_CHECKING:
    from sqlalchemy import Connection

# For how long what happened is kept.
RETENTION_DAYS = "retention-days"
# After how long a device that no run has any more is said to be gone. Three sweeps at the
# contract's interval of 300 s: a phone that dozes through one of them has not left.
GONE_AFTER_SECONDS = "gone-after-seconds"

DEFAULTS = {RETENTION_DAYS: "90", GONE_AFTER_SECONDS: "900"}


class Settings(Keeper):
    """``store.settings``."""

    def get(self, name: str, default: str | None = None) -> str | None:
        """What a setting says; else the default, the store's own for the names that it knows."""
        with self._database.reading() as connection:
            said = connection.execute(
                select(setting.c.value).where(setting.c.name == name)
            ).scalar()
        return said if said is not None else DEFAULTS.get(name, default)

    def put(self, name: str, value: str) -> None:
        """Set it."""
        with self._database.writing() as connection:
            upsert(connection, setting, [{"name": name, "value": value}])

    def all(self) -> dict[str, str]:
        """Every setting: those that were put, and the store's own defaults."""
        with self._database.reading() as connection:
            rows = connection.execute(select(setting.c.name, setting.c.value)).all()
        return {**DEFAULTS, **dict(rows)}


def number(connection: Connection, name: str) -> float:
    """A setting of the store's own as a number; its default where it is none or not above zero."""
    said = connection.execute(select(setting.c.value).where(setting.c.name == name)).scalar()
    try:
        value = float(said or "")
    except ValueError:
        value = 0.0
    return value if 0 < value < float("inf") else float(DEFAULTS[name])
