"""The installed node's settings file, and the files that it names. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.deploy.step import SECRET, File
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

# The copy of the Authority's certificates that is installed beside the settings: the one that was
# named may stand where the service sees nothing.
CERTIFICATES = "authority-ca.pem"


class More(NamedTuple):
    """A setting that somebody made by hand: by its key, and by its variable."""

    key: str
    variable: str
    text: str


class Wanted(NamedTuple):
    """What whoever installs wants of the node.

    :ivar token: the bootstrap token; None where none was given.
    :ivar keeps_token: whether the token of a former install stays.
    :ivar certificates: what was named by --ca-file: PEM certificates, and no secret.
    :ivar more: further settings, which somebody wrote into an installed node's file.
    """

    authority: str
    name: str | None = None
    site: str | None = None
    level: Level = Level.LISTEN
    token: str | None = None
    keeps_token: bool = False
    allows_http: bool = False
    certificates: bytes | None = None
    fingerprint: str | None = None
    more: tuple[More, ...] = ()

    @property
    def has_token(self) -> bool:
        """Whether there is, or stays, a file with a token."""
        return self.token is not None or self.keeps_token


# What an install writes; all else in the file is somebody's own.
WRITTEN = frozenset(
    {
        "authority-url",
        "name",
        "site",
        "level",
        "ca-file",
        "fingerprint",
        "allow-http",
        "state-dir",
        "log-dir",
        "bootstrap-token-file",
    }
)
HEAD = """\
# Settings of the DPF Edge Node on this machine, written by `dpf-edge install`. Edit, and restart
# the service; docs/reference/settings.md has every key. No secret stands here.
"""


def settings(wanted: Wanted) -> dict[str, str | bool]:
    """The settings that were wanted, by their keys."""
    told: dict[str, str | bool | None] = {
        "authority-url": wanted.authority,
        "name": wanted.name,
        "site": wanted.site,
        "level": wanted.level.value,
        "fingerprint": wanted.fingerprint,
        "allow-http": wanted.allows_http or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def text(wanted: Wanted, **places: str | None) -> bytes:
    """The file: TOML, a key a line.

    :param places: further settings, with underscores for hyphens: where things are.
    """
    more = {key.replace("_", "-"): value for key, value in places.items() if value}
    lines = [
        f"{key} = {toml(value)}\n"
        for key, value in (
            settings(wanted) | more | {each.key: each.text for each in wanted.more}
        ).items()
    ]
    return (HEAD + "".join(lines)).encode()


def toml(value: str | bool) -> str:
    """A value as TOML writes it: its basic strings have JSON's escapes, and DEL too."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def beside(wanted: Wanted, certificates: str, secret: str) -> Iterator[File]:
    """The files that the settings name, where they are wanted.

    :param certificates: the path of the Authority's.
    :param secret: the path of the bootstrap token's, which is for its owner alone.
    """
    if wanted.certificates:
        yield File(certificates, wanted.certificates)
    if wanted.has_token:
        yield File(secret, wanted.token.encode() if wanted.token else None, SECRET)
