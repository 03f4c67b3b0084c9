"""Every span of time that a node goes by, in one value that a test can replace."""

from __future__ import annotations

from typing import NamedTuple


class Timing(NamedTuple):
    """Spans in seconds, and each with its reason."""

    # What an Authority may set a node's pace to; beyond is a slip, or somebody who means it ill.
    beat_least: float = 5.0
    beat_most: float = 3600.0
    sweep_least: float = 10.0
    sweep_most: float = 24 * 3600.0
    # How much of a span is drawn at random, to either side: a fleet that was started by one power
    # cut does not beat as one for ever. Three beats stay below the three minutes after which an
    # Authority calls a node degraded.
    jitter: float = 0.1
    # Between attempts at an Authority that is away, as published (and there never applied).
    retries: tuple[float, ...] = (1, 2, 4, 8, 16, 32, 60, 120, 300)
    # Where a person has to do something first: a wrong URL, a certificate, a rejected token.
    slow_retry: float = 300.0
    # A route that is not there will be after an upgrade, and not before.
    absent_retry: float = 900.0
    # The longest that a Retry-After is believed; an hour is the widest window of any limit.
    retry_after_most: float = 3600.0
    # A run that the Authority fails to store, time and again, lets the others by for so long.
    poison_retry: float = 1800.0
    # The outbox is looked into at least so often: what was deferred comes due without a nudge.
    outbox_look: float = 60.0
    # How often a file is looked at in which a bootstrap token may appear: a glance at its name.
    token_look: float = 5.0
    # How often a state that only a person can end is said again, as published.
    say_again: float = 300.0
    # From one round of interface figures to the next, where the Authority sets none: the published
    # specification's, three rounds within the 90 seconds that a figure is shown for; and the least,
    # for an Authority takes a round no oftener than every five seconds.
    metrics_every: float = 30.0
    metrics_least: float = 5.0
    # A sweep that takes longer has met something that hangs. Commands have 3 s each.
    sweep_deadline: float = 120.0
    # How often the status file is written anew though nothing happened: a health check calls a
    # node wedged whose file is three of these old.
    status_every: float = 15.0
    status_least: float = 1.0
    # How long what is in flight may take to end once the node was told to: Ctrl-C ends it in 2 s.
    farewell: float = 1.0
