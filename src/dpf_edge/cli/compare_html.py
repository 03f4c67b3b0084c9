"""A comparison as one HTML file for a ticket: it loads nothing, runs nothing, and holds it all.

Whatever a machine calls itself is text here: spelt out where it would steer a reader's screen, and
then escaped.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.cli.plain import printable
from dpf_edge.cli.render import CHECK, HEADLINES, TICKS, place
from dpf_edge.model import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from dpf_edge.host.capture import Capture
    from dpf_edge.model import Comparison, Diagnosis, Evidence, InterfaceRole, Seen

# What browsers take as the address of a link, with room for base64 (Chromium: 2 MiB).
MOST_LINK = 1 << 20


class Shown(NamedTuple):
    """One place of the page."""

    seen: Seen
    diagnosis: Diagnosis | None
    capture: Kept | None
    is_boundary: bool
    """Whether the LAN is lost between the place before and this one."""

    @property
    def checks(self) -> list[Evidence]:
        """What active checks gave."""
        return [each for each in self._evidence if each.signal.startswith(CHECK)]

    @property
    def signs(self) -> list[Evidence]:
        """All other evidence."""
        return [each for each in self._evidence if not each.signal.startswith(CHECK)]

    @property
    def interfaces(self) -> list[InterfaceRole]:
        """The interfaces that are worth a row."""
        return [each for each in self._interfaces if each.role is not Role.DOWN or each.addresses]

    @property
    def down(self) -> list[str]:
        """The names of the others."""
        return [
            each.name for each in self._interfaces if each.role is Role.DOWN and not each.addresses
        ]

    @property
    def _evidence(self) -> tuple[Evidence, ...]:
        return self.diagnosis.evidence if self.diagnosis else ()

    @property
    def _interfaces(self) -> tuple[InterfaceRole, ...]:
        return self.diagnosis.interfaces if self.diagnosis else ()


class Kept(NamedTuple):
    """A capture in the page: its file's name, its text, and the same as a link where it fits."""

    file: str
    text: Markup
    link: str | None


def page(
    comparison: Comparison,
    diagnoses: Sequence[Diagnosis | None],
    captures: Sequence[Capture | None],
    *,
    redacted: bool,
) -> str:
    """The file's text.

    :param diagnoses: of each of the comparison's vantages, None where there is none.
    :param captures: the same, and what those diagnoses are of.
    :param redacted: whether it all is; the file says so.
    """
    import jinja2
    from markupsafe import Markup

    style = (resources.files("dpf_edge.cli") / "templates" / "compare.css").read_text("utf-8")
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("dpf_edge.cli"),
        autoescape=True,
        finalize=plain,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    return made.get_template("compare.html").render(
        found=comparison,
        places=shown(comparison, diagnoses, captures),
        redacted=redacted,
        # Not escaped: a browser takes a style as it is written, and this one is ours.
        style=Markup(style),  # noqa: S704
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'",
        ticks=TICKS,
        headlines=HEADLINES,
        where=place,
    )


def shown(
    comparison: Comparison,
    diagnoses: Sequence[Diagnosis | None],
    captures: Sequence[Capture | None],
) -> list[Shown]:
    """The places, in the comparison's order."""
    lost = comparison.boundary.first_that_does_not if comparison.boundary else None
    found: list[Shown] = []
    for number, (seen, diagnosis, capture) in enumerate(
        zip(comparison.vantages, diagnoses, captures, strict=True), 1
    ):
        is_boundary = seen.name == lost and not any(each.is_boundary for each in found)
        held = None if capture is None else kept(capture, f"{number}-{seen.vantage}.json")
        found.append(Shown(seen, diagnosis, held, is_boundary))
    return found


def kept(capture: Capture, file: str) -> Kept:
    """A capture in the page."""
    from markupsafe import escape

    from dpf_edge.host.capture import encode

    text = spelt(encode(capture).decode())
    data = text.encode()
    coded = base64.b64encode(data).decode() if len(data) <= MOST_LINK else None
    link = None if coded is None else f"data:application/json;base64,{coded}"
    return Kept(file, escape(text), link)


def spelt(json: str) -> str:
    """A JSON text with every character that is none to look at in JSON's own escape.

    The document stays the same: outside of its strings there are only blanks and line ends.
    """
    if json.replace("\n", "").isprintable():
        return json
    return "".join(each if each == "\n" or each.isprintable() else escaped(each) for each in json)


def escaped(character: str) -> str:
    """A character as JSON escapes it, as a pair where four digits are too few (RFC 8259, 7)."""
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def plain(told: object) -> object:
    """A text with every control character spelt out; what is markup already as it is."""
    return printable(told) if type(told) is str else told
