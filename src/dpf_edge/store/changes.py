"""What happened to devices, as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.store.keeper import made_id

if TYPE_CHECKING:
    from dpf_edge.store.devices import News


class ChangeRow(NamedTuple):
    """One thing that happened to a device."""

    site: str
    id: str
    at: float
    device_id: str
    kind: str
    before: str | None
    after: str | None
    node_id: str | None


def changed(
    news: News, device_id: str, kind: str, before: str | None, after: str | None
) -> ChangeRow:
    """What a run changed."""
    at = news.observed_at
    return ChangeRow(news.site, made_id("", at), at, device_id, kind, before, after, news.node_id)
