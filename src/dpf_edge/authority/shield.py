"""The last resort: whatever goes wrong here is one line in the log, and never a page of code."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from dpf_edge.authority import answers
from dpf_edge.authority.bodies import ClientGone
from dpf_edge.errors import StoreUnavailable
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.tokens import redacted

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from dpf_edge.authority.counts import Counts

log = logging.getLogger(__name__)


class Shield:
    """Answers for an application that could not."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self.app = app
        self.counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; a client that went away is no fault, and a refusal is an answer."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientGone:
            return
        except Refusal as refusal:
            await answers.refused(refusal)(scope, receive, send)
        except StoreUnavailable as away:
            unavailable = answers.store_unavailable(str(scope.get("method")), away)
            await answers.refused(unavailable)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the one place where everything is caught
            self.counts.failure()
            log.error("%s", redacted(where(error)))  # noqa: TRY400 - a traceback may show values
            if not begun:
                await answers.refused(answers.internal())(scope, receive, send)


def where(error: BaseException) -> str:
    """An error of ours in one line: its kind and its place. What it says may quote a request."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "dpf_edge" in frame.filename] or list(frames)
    place = f"{ours[-1].filename}:{ours[-1].lineno}" if ours else "nowhere"
    return f"internal: {type(error).__name__} at {place}"
