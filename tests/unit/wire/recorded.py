"""The recorded exchanges of tests/wire as values, for the tests that hold the code to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dpf_edge.wire.routes import ROUTES

if TYPE_CHECKING:
    from dpf_edge.wire.route import Route

FOLDER = Path(__file__).parents[2] / "wire"


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    route: Route
    name: str
    at: str | None
    request: dict[str, Any]
    answer: dict[str, Any]

    @property
    def sent(self) -> bytes:
        """The request's body, as bytes; empty where it has none."""
        body = self.request.get("body")
        return b"" if body is None else json.dumps(body, ensure_ascii=False).encode()

    @property
    def answered(self) -> bytes:
        """The answer's body, as bytes."""
        return json.dumps(self.answer["body"], ensure_ascii=False).encode()

    @property
    def status(self) -> int:
        return int(self.answer["status"])

    def __str__(self) -> str:
        return f"{self.route.name}/{self.name}"


def exchanges() -> list[Exchange]:
    """Every recorded exchange, by its path."""
    routes = {route.name.replace("/", "-"): route for route in ROUTES}
    return [
        Exchange(
            routes[path.parent.name],
            path.stem,
            (said := json.loads(path.read_text())).get("at"),
            said["request"],
            said["answer"],
        )
        for path in sorted(FOLDER.glob("*/*.json"))
    ]


def recorded(name: str) -> Exchange:
    """One exchange, by its route and name: ``enroll/enrolled``."""
    return next(each for each in exchanges() if str(each) == name)
