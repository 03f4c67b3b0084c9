"""How a page is made: its template, its headers, and the words that values are shown in.

Every value is made plain and then escaped: what a node or a device calls itself is text, wherever
it stands.
"""

from __future__ import annotations

import datetime
import hashlib
from functools import cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from dpf_edge.authority import answers
from dpf_edge.authority.pages import assets

if TYPE_CHECKING:
    import jinja2

EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)
# The first and the last second that a date has, in years of four digits.
EARLIEST, LATEST = -62_135_596_800, 253_402_300_799

# Our own scripts, styles and calls alone; nothing inline, nothing framed, no form leads away.
# data: is for the pictures that a style sheet or a drawing makes of itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    **answers.HEADERS,
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


# What somebody else's text may take up, in characters: a name within a line or on a button, a cell
# of a table, some lines.
LABEL, CELL, PASSAGE = 40, 80, 200
# The states that the style sheet has a shape and a colour for.
SHAPES = frozenset(
    {
        *("healthy", "degraded", "failing", "offline", "starting", "setup-required", "disabled"),
        *("trusted", "pending", "quarantined", "revoked", "expired", "consumed"),
        *("found", "nothing", "skipped", "failed", "timed-out", "unknown"),
        *("open", "acknowledged", "resolved", "here", "missed", "gone"),
    }
)


def html(template: str, status: int = HTTPStatus.OK, **shown: Any) -> Response:  # noqa: ANN401
    """A page."""
    return Response(piece(template, **shown), status, HEADERS, media_type="text/html")


def piece(template: str, **shown: Any) -> str:  # noqa: ANN401
    """A piece of a page, as text."""
    return templates().get_template(template).render(**shown)


def mark(told: str) -> str:
    """An element's id for something that may be called anything: the same for the same."""
    return f"m{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def shape(state: object) -> str:
    """The class of a state; none for a word of somebody else's, which may be any class there is."""
    return str(state) if state in SHAPES else ""


@cache
def templates() -> jinja2.Environment:
    """The pages' templates."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("dpf_edge.authority"),
        autoescape=True,
        finalize=plain,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "ago": ago,
        "lasting": lasting,
        "moment": moment,
        "stamp": stamp,
        "size": size,
        "count": count,
        "words": words,
        "verbatim": verbatim,
        "coded": coded,
        "clock": clock,
        "mark": mark,
        "shape": shape,
        "label": partial(short, most=LABEL),
        "cell": partial(short, most=CELL),
        "passage": partial(short, most=PASSAGE),
    }
    made.globals["asset"] = assets.address
    return made


def plain(told: object) -> object:
    """A text with every control character spelt out: one may turn the rest of a line around.

    What is a piece of a page already (a macro's answer) stays as it is: its values were made plain.
    """
    if not isinstance(told, str) or told.isprintable() or hasattr(told, "__html__"):
        return told
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in told
    )


def short(told: object, most: int) -> str:
    """A text at such a length at most; that something is missing is to be seen."""
    text = str(told)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def verbatim(told: str) -> object:
    """Lines of our own as they are, line breaks and all; whatever else is in them is made plain."""
    from markupsafe import Markup

    return Markup("\n").join(str(plain(each)) for each in told.split("\n"))


def coded(told: str) -> object:
    """A sentence of our own, and what stands between backticks in it as code."""
    from markupsafe import Markup

    pieces = [Markup("{}").format(plain(each)) for each in told.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(each) if number % 2 else each
        for number, each in enumerate(pieces)
    )


def ago(now: float, at: float | None) -> str:
    """How long ago something was, as people say it."""
    if at is None:
        return "never"
    return "just now" if now - at < 2 else f"{lasting(now - at)} ago"


def lasting(seconds: float) -> str:
    """A length of time, in the largest unit of which there are two."""
    whole = int(max(0, min(LATEST, seconds)))
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if whole >= 2 * length:
            return f"{whole // length} {unit}"
    return f"{whole} s"


def moment(at: float) -> str:
    """A time of day and its date (UTC), to the second, for people."""
    return f"{dated(at).replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"


def dated(at: float) -> datetime.datetime:
    """A time as a date; one that is beyond all dates is the nearest that there is."""
    return EPOCH + datetime.timedelta(seconds=max(EARLIEST, min(LATEST, at)))


def clock(told: str) -> str:
    """A time that somebody else wrote (RFC 3339) as `moment` has it, or as it came."""
    try:
        return moment(datetime.datetime.fromisoformat(told).astimezone(datetime.UTC).timestamp())
    except (ValueError, OverflowError):
        return told


def stamp(at: float) -> str:
    """A time as ``<time datetime>`` takes it."""
    return f"{dated(at).replace(tzinfo=None).isoformat('T', 'seconds')}Z"


def size(octets: float) -> str:
    """A number of bytes, in KiB and up."""
    if octets < 1024:
        return f"{octets:.0f} B"
    for unit in ("KiB", "MiB"):
        octets /= 1024
        if octets < 1024:
            return f"{octets:.1f} {unit}"
    return f"{octets / 1024:.1f} GiB"


def count(number: float, one: str, more: str | None = None) -> str:
    """A number and what it counts: ``1 node``, ``2 nodes``, ``100 000 devices``."""
    from markupsafe import Markup, escape

    spelt = f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    # Marked as made here: the space would be spelt out, as any other that is not to be seen.
    return Markup(f"{spelt} {escape(one if number == 1 else more or one + 's')}")  # noqa: S704


def words(told: object) -> str:
    """A name as programs write it, as words: ``lastSweepItems`` is ``last sweep items``."""
    spelt = "".join(f" {each.lower()}" if each.isupper() else each for each in str(told))
    return spelt.replace("_", " ").replace("-", " ").strip()
