"""Writes docs/wire: the contract for people and for programs, from the types that hold it.

``v1.in.md`` is the prose, with ``@name`` where the code knows better: in a sentence it becomes a
value, on a line of its own a table or a route's whole section.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dpf_edge.wire import (
    actions,
    certificates,
    discovery,
    federation,
    limits,
    metrics,
    openapi,
    tokens,
    vocabulary,
)
from dpf_edge.wire.route import HEALTH
from dpf_edge.wire.routes import ROUTES
from dpf_edge.wire.vocabulary import TrustState
from tools.wire_fields import SCHEMAS, kind, number, references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from enum import StrEnum

    from dpf_edge.wire.route import Route

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "wire"
RECORDED = ROOT / "tests" / "wire"
MADE = "<!-- Made from v1.in.md by tools/wire_reference.py; `make reference` writes it anew. -->\n"
MARK = re.compile(r"^@(?P<block>\w+)(?: (?P<of>\S+))?$|@(?P<value>\w+)", re.MULTILINE)
WIDTH = 100  # where an example's JSON is broken into lines

Example = dict[str, Any]


def made() -> dict[str, str]:
    """Every page that is made here, by its path from docs/reference."""
    return {"../wire/v1.md": page(), "../wire/openapi.json": document()}


def document() -> str:
    """openapi.json."""
    told = openapi.document({name: list(shown) for name, shown in examples().items()})
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    """v1.md."""
    sections = Sections()
    blocks: dict[str, Callable[..., str]] = {**TABLES, "route": sections.route}
    blocks["schema"] = lambda name: "\n".join(sections.fields(name))

    def put(mark: re.Match[str]) -> str:
        if mark["value"]:
            return VALUES[mark["value"]]
        return blocks[mark["block"]](*filter(None, [mark["of"]])).strip("\n")

    text = MARK.sub(put, (PAGES / "v1.in.md").read_text())
    return MADE + "\n" + re.sub(r"\n{3,}", "\n\n", text)


def folder(route: Route) -> str:
    """Where a route's recorded exchanges are, below tests/wire."""
    return route.name.replace("/", "-")


def examples() -> dict[str, list[Example]]:
    """The recorded exchanges by route name: those that succeed, then the others; by their names."""
    found: dict[str, list[Example]] = {}
    for route in ROUTES:
        read = [
            {"name": path.stem, **json.loads(path.read_text())}
            for path in (RECORDED / folder(route)).glob("*.json")
        ]
        refused = HTTPStatus.BAD_REQUEST
        found[route.name] = sorted(
            read, key=lambda each: (each["answer"]["status"] >= refused, each["name"])
        )
    return found


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


class Sections:
    """The sections of the routes, in one pass: a type's fields are told where it is first met."""

    def __init__(self) -> None:
        self._examples = examples()
        self._told: set[str] = set()

    def route(self, name: str) -> str:
        """A route's section: what it is for, its checks, its fields, its answers, an example."""
        route = next(each for each in ROUTES if each.name == name)
        about = inspect.getdoc(sys.modules[route.answers[0].kind.__module__]) or ""
        parts = [f"### {route.method} {route.path}", f"{route.says[0].upper()}{route.says[1:]}."]
        if route is not actions.RESULT_ROUTE:  # it shares its module with the route before it
            parts.append(about.partition("\n")[2].replace("``", "`"))
        parts += ["**Checks**", checks(route)]
        if route.request:
            parts.append("**Request**")
            parts += self.fields(openapi.name(route.request)) or ["An empty object."]
        for answered in route.answers:
            parts.append(f"**{answered.status:d}**: {answered.when}")
            parts += self.fields(openapi.name(answered.kind))
        parts += self._shown(route)
        return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"

    def fields(self, name: str) -> list[str]:
        """A type's fields, and below them those of the types in it that were not told yet."""
        schema = SCHEMAS[name]
        if name in self._told or not schema.get("properties"):
            return []
        self._told.add(name)
        required = schema.get("required", [])
        rows = [
            (
                f"`{field}`",
                *kind(said),
                "yes" if field in required else "",
                said.get("description", ""),
            )
            for field, said in schema["properties"].items()
        ]
        parts = [table((name, "is", "of", "needed", "says"), rows)]
        for inner in dict.fromkeys(references(schema["properties"])):
            parts += self.fields(inner)
        return parts

    def _shown(self, route: Route) -> Iterator[str]:
        first, *others = self._examples[route.name]
        yield f"**Example**: {first['about']}."
        yield exchange(first)
        links = [
            f"[{each['about']}](../../tests/wire/{folder(route)}/{each['name']}.json)"
            for each in others
        ]
        if links:
            yield "More: " + "; ".join(links) + "."


def checks(route: Route) -> str:
    """A route's checks in their order, each with its refusals."""
    rows: list[tuple[str, ...]] = []
    for count, step in enumerate(route.steps, 1):
        first = (str(count), step.checks)
        for known in step.refusals:
            rows.append((*first, str(int(known.status)), f"`{known.code}`", known.when))
            first = ("", "")
        if not step.refusals:
            rows.append((*first, "", "", ""))
    return table(("", "check", "status", "`error`", "when"), rows)


def exchange(example: Example) -> str:
    """A recorded exchange as HTTP."""
    request, answer = example["request"], example["answer"]
    lines = [f"{request['method']} {request['path']} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request["headers"].items()]
    if "body" in request:
        lines += ["", written(request["body"])]
    lines += ["", f"HTTP/1.1 {answer['status']}"]
    lines += [f"{name}: {value}" for name, value in answer.get("headers", {}).items()]
    return "```http\n" + "\n".join([*lines, "", written(answer["body"])]) + "\n```"


def written(body: dict[str, Any]) -> str:
    """A body as JSON: on one line, or its members on one each, and so the entries of a long one."""

    def flat(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    if len(flat(body)) <= WIDTH:
        return flat(body)
    members = []
    for key, value in body.items():
        said = flat(value)
        if isinstance(value, list) and len(said) > WIDTH:
            said = "[\n    " + ",\n    ".join(map(flat, value)) + "\n  ]"
        members.append(f"  {flat(key)}: {said}")
    return "{\n" + ",\n".join(members) + "\n}"


def size(octets: int) -> str:
    """A number of bytes, in KiB or MiB."""
    if octets % limits.MIB == 0:
        return f"{octets // limits.MIB} MiB"
    return f"{octets // limits.KIB} KiB"


def scopes() -> str:
    """Which scope each route has, who may use it, and its name in the audit."""

    def who(route: Route) -> str:
        if route.name == "enroll":
            return "a bootstrap token"
        return "trusted nodes" if route.scope.needs_trust else "any node that is not revoked"

    rows = [(f"`{r.method} {r.path}`", f"`{r.scope}`", who(r), f"`{r.tool}`") for r in ROUTES]
    return table(("route", "scope", "for", "in the audit"), rows)


def trust() -> str:
    """What each trust state means, and how it is come by."""
    says = {
        TrustState.PENDING: ("may beat, and waits", "enrolment", "`trusted`, when approved"),
        TrustState.TRUSTED: (
            "may use every route below",
            "a person, or a token that approves",
            "`quarantined`, `revoked`",
        ),
        TrustState.QUARANTINED: (
            "may beat, and holds everything else",
            "a person, never by itself",
            "`trusted`, when restored; `revoked`",
        ),
        TrustState.REVOKED: ("may nothing, for good", "a person", "nothing"),
    }
    rows = [(f"`{state}`", *says[state]) for state in TrustState]
    return table(("trust state", "a node", "set by", "becomes"), rows)


def windows() -> str:
    """How far behind and ahead each route's observedAt may be."""
    rows = [
        (f"`{r.name}`", f"{number(r.window.past)} s", f"{number(r.window.future)} s")
        for r in ROUTES
        if r.window
    ]
    return table(("`observedAt` in", "behind", "ahead"), rows)


def rates() -> str:
    """How often each route may be called, and what a 429 calls the wait."""
    rows = []
    for route in ROUTES:
        said = [f"{each.count} in {number(each.seconds)} s" for each in route.ceilings]
        if route.spacing_seconds:
            said.append(f"one, {route.spacing_seconds:g} s after the last that was accepted")
        field = f"`{route.retry_field}`" if said else "–"
        rows.append((f"`{route.name}`", " and ".join(said) or "no limit", field))
    return table(("route", "at most", "in a 429's body"), rows)


def bodies() -> str:
    """How large each route's body may be."""
    rows = [(f"`{r.name}`", size(r.max_bytes)) for r in ROUTES if r.max_bytes]
    return table(("body of", "at most"), rows)


def closed_lists() -> str:
    """The contract's closed lists."""
    rows = []
    for field, words in LISTS:
        about = " ".join((inspect.getdoc(words) or "").replace("``", "`").split())
        rows.append((field, ", ".join(f"`{word}`" for word in words), about))
    return table(("field", "words", "says"), rows)


def vector() -> str:
    """A signed action, to try an implementation on."""
    envelope = examples()["actions/claim"][0]["answer"]["body"]["claimed"][0]
    rows = [
        ("private key", f"`{bytes(range(32)).hex()}`"),
        ("public key", f"`{PUBLIC_KEY}`"),
        ("canonical", f"`{actions.signed_bytes(envelope).decode()}`"),
        ("signature", f"`{envelope['signature']}`"),
    ]
    return table(("example", ""), rows)


def transitions() -> str:
    """What an action may become."""
    rows = [
        (f"`{was}`", ", ".join(f"`{each}`" for each in actions.ActionStatus if each in may))
        for was, may in actions.TRANSITIONS.items()
        if may
    ]
    return table(("it is", "it may become"), rows)


def proxy() -> str:
    """What a TLS proxy says of a client's certificate, and what that has to be."""
    says = (
        f"a secret of {certificates.PROXY_SECRET_CHARACTERS} characters or more",
        "the certificate's SHA-256, hexadecimal, with colons or without",
        "its serial number",
        f"the certificate, DER in base64, {size(certificates.DER_BYTES)} at most; to register",
    )
    rows = [
        (f"`{header}`", of) for header, of in zip(certificates.PROXY_HEADERS, says, strict=True)
    ]
    return table(("header", "says"), rows) + (
        f"\nThe certificate's subject is `{certificates.SUBJECT}`, its extended key usage has "
        f"clientAuth ({certificates.CLIENT_AUTH}), it begins at most "
        f"{certificates.NOT_BEFORE_SECONDS} s ahead, and lives at most "
        f"{certificates.LIFETIME_DAYS} days.\n"
    )


# The public half of the key whose private half is the bytes 00 to 1f.
PUBLIC_KEY = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"

_ZEROS = tokens.NODE + "0" * tokens.SECRET_CHARACTERS

TABLES: dict[str, Callable[..., str]] = {
    "scopes": scopes,
    "trust": trust,
    "windows": windows,
    "rates": rates,
    "bodies": bodies,
    "lists": closed_lists,
    "vector": vector,
    "transitions": transitions,
    "proxy": proxy,
}

VALUES = {
    "depth": str(limits.DEPTH),
    "health": HEALTH,
    "bootstrap": tokens.BOOTSTRAP,
    "node": tokens.NODE,
    "minutes": str(tokens.BOOTSTRAP_MINUTES),
    "hours": str(tokens.BOOTSTRAP_MINUTES_MAX // 60),
    "alphabet": tokens.ALPHABET,
    "example_bootstrap": tokens.spelt(tokens.BOOTSTRAP, bytes(range(tokens.SECRET_BYTES))),
    "example_digest": tokens.digest(_ZEROS),
    "example_display": tokens.display(_ZEROS),
    "pair": federation.PAIR_PATH,
    "digest": federation.CAPABILITY_DIGEST,
    "lifetime": str(actions.LIFETIME_SECONDS),
    "ahead": str(actions.AHEAD_SECONDS),
    "claim": str(actions.CLAIM_TIMEOUT_SECONDS // 60),
    "items": number(discovery.ITEMS),
    "relationships": number(discovery.RELATIONSHIPS),
    "interfaces": number(metrics.INTERFACES),
}

LISTS: tuple[tuple[str, type[StrEnum]], ...] = (
    ("`platform`", vocabulary.Platform),
    ("`installMode`", vocabulary.InstallMode),
    ("`trustState`", vocabulary.TrustState),
    ("`capability`", vocabulary.Capability),
    ("a capability's mode", vocabulary.CapabilityMode),
    ("a capability's `status`", vocabulary.CapabilityStatus),
    ("a node's status", vocabulary.NodeStatus),
)
