"""One visit of a page: who comes, what they ask, and the way back.

A page is a function of a :class:`Visit`, named in its module's ``PAGES``. What changes something is
a form that is posted with the session's CSRF token, and answered with the way to a page that shows
it, so that nothing is done twice by going back.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dpf_edge.authority import answers, login
from dpf_edge.authority.admin import Ask
from dpf_edge.authority.bodies import Cap
from dpf_edge.authority.login import Role
from dpf_edge.authority.pages import rendering
from dpf_edge.errors import StoreConflict, StoreMissing, StoreUnavailable
from dpf_edge.wire import limits
from dpf_edge.wire.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request

    from dpf_edge.authority.authority import Authority

# A page of entries that are all chosen, each named by at most a KiB.
FORM = Cap(64 * limits.KIB)
MOST_FIELDS = 128


class Section(NamedTuple):
    """One entry of the navigation."""

    title: str
    address: str


# In the order that somebody asks: do we see, who looks, what is there, where, what is missing, what
# changed, who did what. Those that have a page are shown.
SECTIONS = (
    Section("See", "/"),
    Section("Nodes", "/nodes"),
    Section("Devices", "/devices"),
    Section("Map", "/map"),
    Section("Coverage", "/coverage"),
    Section("Changes", "/changes"),
    Section("Diagnose", "/diagnose"),
    Section("Audit", "/audit"),
)


class Visit(Ask):
    """One request for a page by somebody who is signed in."""

    given: dict[str, list[str]]
    """A form's fields, each with all that was chosen."""
    sections: tuple[Section, ...] = ()

    @property
    def fields(self) -> dict[str, str]:
        """A form's fields; of each the first."""
        return {name: values[0] for name, values in self.given.items()}

    @property
    def site(self) -> str | None:
        """The one site that is looked at; None: all of them."""
        return self.text("site")

    @property
    def is_operator(self) -> bool:
        """Whether who visits may change something."""
        return self.caller.role >= Role.OPERATOR

    @property
    def is_part(self) -> bool:
        """Whether a script asks for a piece of a page that is open already (``HX-Request``)."""
        return is_part(self.request)

    @property
    def path_now(self) -> str:
        """The address that was asked for, without its query."""
        return self.request.url.path

    @property
    def section(self) -> Section | None:
        """The entry of the navigation that this page belongs to."""
        path = self.path_now
        within = [each for each in self.sections if path == each.address]
        within += [each for each in self.sections if path.startswith(f"{each.address}/")]
        return within[0] if within else None

    def address(self, path: str | None = None, **changed: object) -> str:
        """An address on these pages; of this one's query, what is not changed stays.

        :param path: another page; of the query, its site alone goes along.
        :param changed: fields of the query; None takes one out.
        """
        known = dict(self.request.query_params)
        if path is not None:
            known = {"site": known["site"]} if known.get("site") else {}
        known.pop("link", None)
        told = {**known, **changed}
        query = urlencode({name: value for name, value in told.items() if value not in (None, "")})
        return f"{path or self.path_now}{'?' if query else ''}{query}"

    async def html(self, template: str, status: int = HTTPStatus.OK, **shown: Any) -> Response:  # noqa: ANN401
        """A page; templates have ``visit``, ``now`` and ``sites`` too."""
        sites = [] if self.is_part else await self.sites()
        return rendering.html(
            template, status, **{"visit": self, "now": self.now, "sites": sites, **shown}
        )

    async def sites(self) -> list[str]:
        """Every site that has a node, by name; the one that is looked at too."""
        found = await self.stored(lambda store: store.nodes.sites())
        return sorted({*found, *([self.site] if self.site else [])})

    def away(self, path: str, **query: object) -> Response:
        """The way to another page, after something was done."""
        return RedirectResponse(
            self.address(path, **query), HTTPStatus.SEE_OTHER, rendering.HEADERS
        )


class Page(NamedTuple):
    """One address, and what is behind it."""

    method: str
    path: str
    # As the audit calls what is changed there, behind ``admin.``.
    name: str
    role: Role
    handler: Callable[[Visit], Awaitable[Response]]


def routes(authority: Authority, pages: Iterable[Page]) -> list[Route]:
    """Pages, as Starlette takes them; the navigation leads to those that are there."""
    pages = tuple(pages)
    there = {each.path for each in pages}
    sections = tuple(each for each in SECTIONS if each.address in there)
    return [
        Route(each.path, endpoint(authority, each, sections), methods=[each.method])
        for each in pages
    ]


def endpoint(
    authority: Authority, page: Page, sections: tuple[Section, ...]
) -> Callable[[Request], Awaitable[Response]]:
    """One page: who comes → may they → is it meant → shown; or what stands in the way."""

    async def respond(request: Request) -> Response:
        caller = await login.who(authority, request)
        if caller is None:
            return to_the_door(request)
        visit = Visit(authority, request, page.name, caller)
        visit.sections = sections
        try:
            login.admitted(caller, page.role)
            visit.given = await given(authority, request) if page.method == "POST" else {}
            login.must_be_meant(request, caller, visit.fields.get("csrf"))
            return await page.handler(visit)
        except (StoreMissing, StoreConflict) as error:
            status = (
                HTTPStatus.NOT_FOUND if isinstance(error, StoreMissing) else HTTPStatus.CONFLICT
            )
            return await problem(visit, status, str(error))
        except Refusal as refusal:
            return await problem(visit, refusal.status, refusal.message or str(refusal.code))

    return guarded(respond)


def is_part(request: Request) -> bool:
    """Whether a script asks for a piece of a page (``HX-Request``)."""
    return "hx-request" in request.headers


def to_the_door(request: Request) -> Response:
    """The way to signing in; a script that asks for a piece of a page is told to go there whole."""
    if is_part(request):
        headers = {**rendering.HEADERS, "hx-redirect": "/sign-in"}
        return Response("signed out", HTTPStatus.UNAUTHORIZED, headers)
    return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER, rendering.HEADERS)


async def problem(visit: Visit, status: int, says: str) -> Response:
    """A page, or a piece of one, that says what stands in the way."""
    template = "parts/problem.html" if visit.is_part else "problem.html"
    return await visit.html(template, status, says=says)


def guarded(
    page: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """A page that says plainly what stands in its way, also where nobody is signed in."""

    async def respond(request: Request) -> Response:
        try:
            return await page(request)
        except Refusal as refusal:
            stands = refusal
        except StoreUnavailable as away:
            stands = answers.store_unavailable("page", away)
        template = "parts/problem.html" if is_part(request) else "problem-alone.html"
        return rendering.html(template, stands.status, says=stands.message or str(stands.code))

    return respond


async def fields(authority: Authority, request: Request) -> dict[str, str]:
    """The fields of a form, as a browser sends them; of each the first."""
    return {name: values[0] for name, values in (await given(authority, request)).items()}


async def given(authority: Authority, request: Request) -> dict[str, list[str]]:
    """The fields of a form, as a browser sends them."""
    body = await authority.reader.read(request, FORM)
    try:
        told = parse_qs(body.decode("ascii", "replace"), max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values for name, values in told.items() if "\0" not in "".join(values)}
