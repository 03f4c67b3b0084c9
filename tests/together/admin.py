"""The Authority's administration, as a program uses it: ``/api/v1/admin`` with an API token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from tests.authority_process import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.authority_process import AuthorityProcess

EDGE, ADMIN = "/api/v1/edge", "/api/v1/admin"


class Admin:
    """An operator's program.

    :ivar token: its API token.
    """

    def __init__(self, at: AuthorityProcess) -> None:
        self.at = at
        done = at.command("authority", "api-token", "issue", "a test", "--role", "operator")
        assert done.returncode == 0, done.stderr
        self.token = done.stdout.splitlines()[-1]

    def call(self, method: str, path: str, **told: Any) -> httpx2.Response:
        """Call it."""
        headers = {"authorization": f"Bearer {self.token}"}
        url = f"{self.at.url}{ADMIN}{path}"
        return httpx2.request(method, url, headers=headers, timeout=SECONDS, **told)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What a list or a record says."""
        answer = self.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def issue(self, **told: Any) -> str:
        """A new bootstrap token."""
        answer = self.call("POST", "/tokens", json={"autoApprove": True, **told})
        assert answer.is_success, answer.text
        token: str = answer.json()["token"]
        return token

    def enrolled(self, **told: Any) -> dict[str, Any]:
        """What the contract answers a new, trusted node."""
        headers = {"authorization": f"Bearer {self.issue(**told)}"}
        url = f"{self.at.url}{EDGE}/enroll"
        answer = httpx2.post(url, json=ENROLL, headers=headers, timeout=SECONDS)
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    def every(self, path: str, name: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list that has pages."""
        before: dict[str, str] = {}
        while True:
            page = self.get(path, limit=500, **query, **before)
            yield from page[name]
            if not page["before"]:
                return
            before = {"before": page["before"]}

    def runs(self, **query: Any) -> list[dict[str, Any]]:
        """Every run that it has."""
        return list(self.every("/runs", "runs", **query))

    def audit(self, **query: Any) -> list[dict[str, Any]]:
        """Every row of its audit trail."""
        return list(self.every("/audit", "audit", **query))


ENROLL: dict[str, Any] = {
    "displayName": "till",
    "platform": "linux",
    "installMode": "native",
    "version": "0.1.0",
    "advertisedCapabilities": ["discovery.network"],
}
