"""Times on the wire: ISO 8601 in UTC with a literal ``Z``, never an offset.

``2026-01-02T03:04:05.678Z`` is what is sent. What is accepted is what the published Authority's
validator accepts: a day that exists, seconds or none, a fraction of any length, and ``Z``.
``+00:00`` is refused, and so are a lower-case ``z``, a leap second and a missing ``T``.

Inside the program a time is a float: seconds since 1970 by the system's clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

# Years end in one of these in a leap year that is not a century's first, and centuries that are
# leap years are those that four divides.
_LEAP = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = (
    r"(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    rf"|{_LEAP}-02-29)"
)
_HOUR = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
# ``\Z`` and not ``$``, which also matches before a line break at the end.
PATTERN = rf"^{_DAY}T{_HOUR}Z\Z"

_MATCHES = re.compile(PATTERN).match
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A fraction is read to this many digits: a nanosecond, finer than a float at today's date.
_DIGITS = 9
# datetime begins with year 1, the contract with year 0. The calendar repeats after 400 years, so
# year 0 is read as year 400, and so much earlier.
_CYCLE = 400
_CYCLE_DAYS = 146_097


def stamp(seconds: float) -> str:
    """A time as it is sent, to the millisecond: ``2026-01-02T03:04:05.678Z``.

    :raises ValueError: the time lies outside the years 1 to 9999, or is no number.
    """
    try:
        whole, part = divmod(round(seconds * 1000), 1000)
        moment = _EPOCH + timedelta(seconds=whole)
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error
    # Not isoformat(): it writes +00:00, which the contract refuses.
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}.{part:03}Z"


def seconds(text: str) -> float:
    """The time that a text of the wire says, in seconds since 1970.

    :raises ValueError: it is not a time as the contract writes it.
    """
    if not _MATCHES(text):
        raise ValueError("not a UTC time that ends in Z, as in 2026-01-02T03:04:05.678Z")
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    clock, _, fraction = text[11:-1].partition(".")
    hour, minute, second = (*map(int, clock.split(":")), 0)[:3]
    since = datetime(year or _CYCLE, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
    if year == 0:
        since -= timedelta(days=_CYCLE_DAYS)
    part: float = int(fraction[:_DIGITS].ljust(_DIGITS, "0")) / 10**_DIGITS
    return since.total_seconds() + part
