"""The controllers that a node is to ask, with their keys.

A node sees what is meant for it: rows that name it; where it belongs to a customer's site, that
site's rows and those of the whole account; where it belongs to none, rows that name neither node
nor customer. A row whose key cannot be decrypted is left out. The key is for memory only: a node
writes it to no file and no log.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dpf_edge.wire import answers, limits
from dpf_edge.wire.route import PREFIX, Answered, Route, authenticated, limited
from dpf_edge.wire.tokens import Secret
from dpf_edge.wire.vocabulary import Scope

FINGERPRINT_PATTERN = "^[0-9a-f]{64}$"


class Configuration(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a controller is asked."""

    site: Annotated[str, Meta(description="the controller's site")] = "default"
    discover_clients: Annotated[bool, Meta(description="whether its clients are wanted too")] = True
    tls_insecure: Annotated[bool, Meta(description="whether its certificate is not checked")] = (
        False
    )
    tls_fingerprint: (
        Annotated[
            str,
            Meta(
                pattern=FINGERPRINT_PATTERN,
                description="not published: the SHA-256 of the one certificate that counts",
            ),
        ]
        | UnsetType
    ) = UNSET


class Adapter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One controller."""

    id: Annotated[str, Meta(description="the Authority's id of the row")]
    connection_key: Annotated[str, Meta(description="its stable key")]
    name: Annotated[str, Meta(description="its name for people")]
    collector_type: Annotated[str, Meta(description="what it is; only `unifi` is published")]
    endpoint_url: Annotated[str, Meta(description="where it is; check that it is private")]
    api_key: Annotated[Secret, Meta(description="its key, for memory only")]
    configuration: Annotated[Configuration, Meta(description="how it is asked")] = Configuration()


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The controllers of this node."""

    adapters: Annotated[tuple[Adapter, ...], Meta(description="may be empty")]
    ok: Literal[True] = True


def answer(octets: bytes) -> Answer:
    """The answer that an Authority's 200 says.

    :raises AnswerMalformed: it is not one.
    """
    return answers.read(octets, Answer)


ROUTE = Route(
    name="adapters",
    says="the controllers that a node is to ask, with their keys",
    method="GET",
    path=f"{PREFIX}/adapters",
    tool="edge.adapters",
    scope=Scope.ADAPTERS,
    ceilings=limits.ADAPTERS,
    answers=(Answered(HTTPStatus.OK, Answer, "the controllers that are this node's"),),
    steps=(authenticated(Scope.ADAPTERS), limited("12 a minute")),
)
