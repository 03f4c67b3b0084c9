"""The plain pages: who the nodes are, how they do, what they last saw; and signing in.

Rendered here, without a script, under a policy that allows none: what a node or a device calls
itself is text, wherever it stands.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dpf_edge.authority import answers, fleet, login
from dpf_edge.authority.bodies import Cap
from dpf_edge.errors import StoreUnavailable
from dpf_edge.wire import limits
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.vocabulary import TrustState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import jinja2
    from starlette.requests import Request

    from dpf_edge.authority.authority import Authority
    from dpf_edge.authority.fleet import Condition
    from dpf_edge.store.kept import Store
    from dpf_edge.store.records import Counts, NodeDetail, OpenedSession

    Page = Callable[[Request], Awaitable[Response]]

# Nothing is loaded but our own style sheet, nothing runs, nothing frames us, no form leads away.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    **answers.HEADERS,
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
FORM = Cap(8 * limits.KIB)
# A page with more rows than this is looked through by the API.
MOST_NODES = 500
# Evidence in a cell: the few short facts of it.
FACTS, FACT_LENGTH = 8, 120


class Row(NamedTuple):
    """One node of the page."""

    detail: NodeDetail
    condition: Condition
    evidence: tuple[tuple[str, str], ...]


def routes(authority: Authority) -> list[Route]:
    """The pages, and their style sheet."""
    pages = Pages(authority)
    return [
        Route("/", guarded(pages.home), methods=["GET"]),
        Route("/sign-in", guarded(pages.sign_in), methods=["GET"]),
        Route("/sign-in", guarded(pages.signed_in), methods=["POST"]),
        Route("/sign-out", guarded(pages.sign_out), methods=["POST"]),
        Route("/static/authority.css", style, methods=["GET"]),
    ]


def guarded(page: Page) -> Page:
    """A page that says plainly what stands in its way."""

    async def respond(request: Request) -> Response:
        try:
            return await page(request)
        except Refusal as refusal:
            return html("problem.html", refusal.status, says=refusal.message or refusal.code)
        except StoreUnavailable as away:
            unavailable = answers.store_unavailable("page", away)
            return html("problem.html", unavailable.status, says=unavailable.message)

    return respond


class Pages:
    """What is behind each address."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority

    async def home(self, request: Request) -> Response:
        """The nodes; for whoever is not signed in, the way to that."""
        caller = await login.who(self.authority, request)
        if caller is None:
            return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER, HEADERS)
        rows, counts = await self.authority.threads.run(self.looked_up, self.authority.store)
        return html(
            "home.html",
            caller=caller,
            rows=rows[:MOST_NODES],
            left_out=max(0, len(rows) - MOST_NODES),
            fleet=fleet.fleet(row.condition for row in rows),
            counts=counts,
            now=self.authority.clock(),
            pending=TrustState.PENDING,
        )

    def looked_up(self, store: Store) -> tuple[list[Row], Counts]:
        """What the page of nodes shows."""
        now, version = self.authority.clock(), self.authority.settings.node_version
        found = [
            Row(each, fleet.condition(each, now, version), evidence(each))
            for each in store.nodes.list()
        ]
        return found, store.inventory.counts()

    async def sign_in(self, request: Request) -> Response:
        """A form; or, with a one-time link, a session at once."""
        link = request.query_params.get("link")
        if link is None:
            return html("sign-in.html")
        opened = await login.use_link(self.authority, link)
        if opened is None:
            says = (
                "This link was used, or is too old: dpf-edge authority sign-in-link gives another."
            )
            return html("sign-in.html", HTTPStatus.UNAUTHORIZED, says=says)
        return self.welcomed(opened)

    async def signed_in(self, request: Request) -> Response:
        """A session for a name and a password that are right."""
        if not login.is_same_origin(request):
            raise login.csrf_failed()
        form = await self.form(request)
        try:
            opened = await login.sign_in(
                self.authority, form.get("name", ""), form.get("password", "")
            )
        except Refusal as refusal:
            waits = refusal.status == HTTPStatus.TOO_MANY_REQUESTS
            says = "Too many tries. Wait a minute." if waits else "The name or password is wrong."
            return html("sign-in.html", refusal.status, says=says)
        return self.welcomed(opened)

    def welcomed(self, opened: OpenedSession) -> Response:
        """The way to the first page, with a cookie."""
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER, HEADERS)
        login.keep(response, self.authority.settings, opened)
        return response

    async def sign_out(self, request: Request) -> Response:
        """The end of the session."""
        caller = await login.who(self.authority, request)
        if caller is not None and (session := caller.session) is not None:
            form = await self.form(request)
            login.must_be_meant(request, caller, form.get("csrf"))
            people = self.authority.store.people
            await self.authority.threads.run(lambda: people.sign_out(session))
        response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER, HEADERS)
        login.drop(response, self.authority.settings)
        return response

    async def form(self, request: Request) -> dict[str, str]:
        """The fields of a form, as a browser sends them; of each the first."""
        body = await self.authority.reader.read(request, FORM)
        try:
            fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=8)
        except ValueError:
            return {}
        return {name: values[0] for name, values in fields.items()}


def evidence(detail: NodeDetail) -> tuple[tuple[str, str], ...]:
    """What a node last said of itself in its reports: the short facts of it."""
    facts = [
        (name, str(told)[:FACT_LENGTH])
        for capability in detail.capabilities
        for name, told in (capability.evidence or {}).items()
        if isinstance(told, str | int | float) and str(told)
    ]
    return tuple(facts[:FACTS])


def ago(now: float, at: float | None) -> str:
    """How long ago something was, as people say it."""
    if at is None:
        return "never"
    seconds = max(0, int(now - at))
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def plain(told: object) -> object:
    """A text with every control character spelt out: one may turn the rest of a line around."""
    if not isinstance(told, str) or told.isprintable():
        return told
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in told
    )


def html(template: str, status: int = HTTPStatus.OK, **shown: Any) -> Response:  # noqa: ANN401
    """A page."""
    text = templates().get_template(template).render(**shown)
    return Response(text, status, HEADERS, media_type="text/html")


@cache
def templates() -> jinja2.Environment:
    """The pages' templates; every value is made plain, and then escaped."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("dpf_edge.authority"),
        autoescape=True,
        finalize=plain,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["ago"] = ago
    return made


async def style(request: Request) -> Response:
    """The style sheet."""
    del request
    sheet = resources.files("dpf_edge.authority") / "static" / "authority.css"
    return Response(sheet.read_bytes(), headers=HEADERS, media_type="text/css")
