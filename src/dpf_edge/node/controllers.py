"""The controllers that the Authority has this node ask: fetched before a sweep, kept in memory.

Their keys are written to no file and no log. Where the Authority does not answer, the last that it
named are asked, so that a sweep during an outage sees what the one before it saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.level import Level
from dpf_edge.node.replies import Act

if TYPE_CHECKING:
    from dpf_edge.node.core import Core
    from dpf_edge.wire.adapters import Adapter

# Beyond these the Authority no longer says that they are this node's to ask.
FORGET = frozenset({Act.HOLD, Act.REJECTED, Act.REVOKED, Act.ABSENT})
# More controllers than this no site has.
MOST = 100


class Controllers:
    """One node's controllers."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._rows: tuple[Adapter, ...] = ()
        self._said = ""

    async def fetch(self) -> tuple[Adapter, ...]:
        """The controllers to ask in the sweep that is about to begin; none below level ``ask``."""
        core = self._core
        if core.state is None or not core.settings.level.allows(Level.ASK):
            return ()
        heard = await core.authority.adapters(core.state.node_token)
        if heard.answer is not None:
            self._rows, self._said = heard.answer.adapters[:MOST], ""
            return self._rows
        if heard.reply.act in FORGET:
            self._rows = ()
        if heard.reply.act is not Act.ABSENT and heard.reply.reason != self._said:
            self._said = heard.reply.reason
            core.log.warning("adapters", f"no word of the controllers: {heard.reply.told}")
        return self._rows
