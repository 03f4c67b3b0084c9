"""Secrets of every kind through a whole life of both programs, and then looked for everywhere."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import zlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from dpf_edge.wire import tokens
from tests.authority_process import SECONDS, AuthorityProcess
from tests.node.servers import until
from tests.together.admin import ADMIN, EDGE, Admin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.together.conftest import MakesNodes
    from tests.together.node_process import NodeProcess

PASSWORD = "PLANTED-correct-horse-battery"  # noqa: S105 -- made up here
# Where a secret is kept because that is what the file is for; each is for its owner alone.
KEPT = {"state.json", "store-key", "authority-tls.pem", "password"}
# What is shown of a token, so that people can tell one from another.
SHOWN = 12


class Life:
    """What was said while both programs lived.

    :ivar said: by where it was said.
    """

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.said: dict[str, str] = {}

    def plant(self, name: str, secret: str) -> str:
        """Remember a secret."""
        self.secrets[name] = secret
        return secret

    def hear(self, where: str, text: str) -> None:
        """Remember what was said."""
        self.said[where] = self.said.get(where, "") + text

    def see_processes(self, *numbers: int) -> None:
        """Look at what everybody on the machine can see of processes."""
        for number in numbers:
            self.hear("process list", Path(f"/proc/{number}/cmdline").read_text())

    def found(self) -> list[tuple[str, str]]:
        """Which secret shows where."""
        return [
            (name, where)
            for name, secret in self.secrets.items()
            for where, text in self.said.items()
            if telling(name, secret) in text
        ]


def telling(name: str, secret: str) -> str:
    """So much of a secret as nobody may see: of a token, ten characters after what is shown."""
    return secret[SHOWN : SHOWN + 10] if secret.startswith("dpf") else secret


def token_of(node: NodeProcess) -> str:
    """The token that a node has now."""
    token: str = json.loads((node.state / "state.json").read_text())["nodeToken"]
    return token


def command(life: Life, at: AuthorityProcess, *arguments: str) -> str:
    """What an operator's command says; where it prints a secret, that is its last line."""
    done = at.command(*arguments)
    life.hear(f"stderr of {' '.join(arguments[:2])}", done.stderr)
    return done.stdout


def issued(life: Life, at: AuthorityProcess, name: str, *arguments: str) -> str:
    """A secret that a command prints this once, as its last line, and nowhere else."""
    *others, secret = command(life, at, *arguments).splitlines()
    life.hear(f"stdout of {' '.join(arguments[:2])}", "\n".join(others))
    return life.plant(name, secret)


def ask(life: Life, admin: Admin) -> None:
    """Every page and every list, with and without a right to it, and errors that slips make."""
    at, secrets = admin.at.url, [*life.secrets.values()]
    lists = ["nodes", "tokens", "devices", "changes", "runs", "alerts", "candidates", "audit"]
    lists += ["people", "api-tokens", "settings", "session"]
    paths = ["/", "/sign-in", "/metrics", "/api/health", *(f"{ADMIN}/{each}" for each in lists)]
    bearers = [{"authorization": f"Bearer {each}"} for each in secrets]
    with httpx2.Client(base_url=at, timeout=SECONDS) as client:
        assert [200] * len(lists) == [admin.call("GET", f"/{each}").status_code for each in lists]
        for headers in ({}, *bearers):
            for path in paths:
                life.hear(f"GET {path}", client.get(path, headers=headers).text)
        for secret, headers in zip(secrets, bearers, strict=True):
            answers = [
                client.post(f"{EDGE}/enroll", json={"displayName": secret}, headers=headers),
                client.post(f"{EDGE}/heartbeat", content=secret, headers=headers),
                client.post(f"{EDGE}/discovery-runs", json={"runKey": secret}, headers=headers),
                client.get(f"/{secret}", params={"token": secret}),
                client.get(f"{ADMIN}/nodes/{secret}", headers={"authorization": secret}),
                client.post("/sign-in", data={"name": secret, "password": secret}),
            ]
            life.hear("errors", "\n".join(f"{each.headers}{each.text}" for each in answers))


def signed_in(life: Life, at: AuthorityProcess) -> None:
    """Sign in as people do, with the link and with the password, and look at the page."""
    link = at.said(r"^sign in: (\S+)$")
    life.plant("link", link.partition("link=")[2])
    with httpx2.Client(timeout=SECONDS, follow_redirects=True) as client:
        life.hear("page by link", client.get(link).text)
        life.plant("session", next(iter(client.cookies.jar)).value or "")
    with httpx2.Client(timeout=SECONDS, follow_redirects=True) as client:
        form = {"name": "ann", "password": PASSWORD}
        headers = {"origin": at.url, "sec-fetch-site": "same-origin"}
        page = client.post(f"{at.url}/sign-in", data=form, headers=headers)
        assert "trusted" in page.text
        life.hear("page by password", page.text)
        life.plant("other session", next(iter(client.cookies.jar)).value or "")


def test_no_secret_is_anywhere_but_where_it_is_kept(
    authority: AuthorityProcess, node: MakesNodes, tmp_path: Path
) -> None:
    """Enrolled, delivered, rotated twice, rejected, revoked, restarted, and asked in wrong ways."""
    life, admin = Life(), Admin(authority)
    life.plant("api token", admin.token)
    life.plant("password", PASSWORD)
    life.plant("store key", (authority.folder / "store-key").read_text().strip())
    (tmp_path / "password").write_text(PASSWORD)
    add = ("authority", "user", "add", "ann", "--role", "operator", "--password-file")
    life.hear("user add", command(life, authority, *add, str(tmp_path / "password")))
    boot = issued(life, authority, "bootstrap", "token", "issue", "--auto-approve")
    wrong = life.plant("wrong", tokens.spelt(tokens.BOOTSTRAP, os.urandom(24)))

    refused = node("refused", token=wrong)
    refused.start()
    client = node("client", token=boot)
    client.start()
    client.waits_for("delivered")
    refused.waits_for("standing")
    life.plant("node token", token_of(client))
    assert authority.process is not None
    assert client.process is not None
    assert refused.process is not None
    life.see_processes(authority.process.pid, client.process.pid, refused.process.pid)
    signed_in(life, authority)
    [known] = authority.nodes()
    # Restarted, it beats at once, and is handed another token.
    command(life, authority, "nodes", "rotate", "--by-heartbeat", known["nodeId"])
    client.end()
    client.start()
    client.waits_for("token-rotation")
    until(lambda: token_of(client) != life.secrets["node token"], SECONDS)
    life.plant("token by heartbeat", token_of(client))
    hear_node(life, client)
    # Rotated at once, it is shut out until somebody brings it the new one.
    issued(life, authority, "token at once", "nodes", "rotate", known["nodeId"])
    client.kill()
    client.start()
    client.waits_for("heartbeat-failed")
    command(life, authority, "nodes", "revoke", known["nodeId"])
    ask(life, admin)
    hear_node(life, client)
    hear_node(life, refused)
    for each in (client, refused):
        each.end()
    for asked in ("nodes list --json", "token list --json", "devices list --json", "nodes list"):
        life.hear(asked, command(life, authority, *asked.split()))
    authority.end()
    life.hear("authority", "\n".join(each for each in authority.lines if "sign in:" not in each))
    for path, text in written(tmp_path):
        life.hear(f"file {path}", text)

    assert 11 == len(life.secrets), [*life.secrets]
    assert [] == life.found()
    assert life.secrets["bootstrap"][:SHOWN] in life.said["token list --json"], "it did look"
    for path in tmp_path.rglob("*"):
        if path.name in KEPT - {"password"}:
            assert 0o600 == stat.S_IMODE(path.stat().st_mode), path


def hear_node(life: Life, node: NodeProcess) -> None:
    """Everything that a node's own commands say."""
    for each in ("status", "status --json", "logs --lines 999", "logs --json", "preflight"):
        done = node.command(*each.split())
        life.hear(each, done.stdout + done.stderr)


def written(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file there, as text; what is packed in a database is unpacked."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in KEPT:
            yield path, path.read_bytes().decode("latin-1")
            if path.name == "outbox.sqlite3":
                with closing(sqlite3.connect(path)) as connection:
                    asked = "SELECT body FROM run UNION ALL SELECT body FROM dead"
                    for (body,) in connection.execute(asked):
                        yield path, zlib.decompress(body).decode("latin-1")
