"""What the pages load: style sheets and scripts of our own host, each by an address of its content.

An address ends in a digest of what is behind it, so a browser keeps it for good, and never has an
old one beside a new page.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

from dpf_edge.authority import answers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from starlette.requests import Request

PREFIX = "/static/"
KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# As RFC 8246 has it: what has its digest in its address never changes.
KEPT = {**answers.HEADERS, "cache-control": "public, max-age=31536000, immutable"}
POLICY = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
# Best there is: each is packed once a process.
PACKING = 9


class Asset(NamedTuple):
    """One file, as it is and packed."""

    kind: str
    digest: str
    octets: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every file of the static folder, by its path."""
    root = resources.files("dpf_edge.authority") / "static"
    return dict(walked(root, ""))


def walked(folder: Traversable, path: str) -> Iterator[tuple[str, Asset]]:
    """The files of a folder, with those below it."""
    for each in folder.iterdir():
        name = f"{path}{each.name}"
        if each.is_dir():
            yield from walked(each, f"{name}/")
        elif (kind := KINDS.get(f".{each.name.rpartition('.')[2]}")) is not None:
            octets = each.read_bytes()
            digest = hashlib.sha256(octets).hexdigest()[:16]
            yield name, Asset(kind, digest, octets, gzip.compress(octets, PACKING, mtime=0))


def address(path: str) -> str:
    """Where an asset is.

    :raises KeyError: there is none by that name.
    """
    return f"{PREFIX}{path}?{assets()[path].digest}"


async def served(request: Request) -> Response:
    """An asset; asked for by its digest it may be kept for good."""
    found = assets().get(request.path_params["path"])
    if found is None:
        return Response("there is nothing here", HTTPStatus.NOT_FOUND, answers.HEADERS)
    kept = KEPT if request.url.query == found.digest else answers.HEADERS
    headers = {**kept, **POLICY, "referrer-policy": "no-referrer", "vary": "accept-encoding"}
    body = found.octets
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = found.packed, "gzip"
    return Response(body, headers=headers, media_type=found.kind)
