"""What ``diagnose`` answers, apart from how it was asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dpf_edge.model import Answer, Role

if TYPE_CHECKING:
    from dpf_edge.host.seam import Host
    from dpf_edge.model import Diagnosis

# What --check ends with; --check is for scripts, so its codes are its answer.
CHECKED = {Answer.YES: 0, Answer.NO: 1, Answer.UNKNOWN: 2}

# What an interface may be there for, for the active checks to have a question to it. The others
# lead nowhere, to this machine's own guests, or to somebody else's network.
WORTH_ASKING = frozenset({Role.LAN, Role.NAT, Role.VM, Role.PROXY, Role.UNKNOWN})


def answer(capture: str | None, *, check: bool, as_json: bool, active: bool = False) -> int:
    """Diagnose this machine, or a capture, and print the result.

    :param capture: a capture's file, ``-`` for standard input, None for this machine.
    :param check: end with the answer as the exit code.
    :param active: make the active checks too, saying first on stderr what they send.
    :returns: the exit code.
    """
    from dpf_edge.vantage.diagnose import diagnose

    host = host_of(capture)
    found = diagnose(host)
    if active:
        found = diagnose(checked(host, found))
    if as_json:
        import msgspec

        encoded = msgspec.json.format(msgspec.json.encode(found), indent=2)
        sys.stdout.write(encoded.decode() + "\n")
    else:
        from dpf_edge.cli import render

        render.diagnosis(found)
    return CHECKED[found.lan.answer] if check else 0


def host_of(capture: str | None) -> Host:
    """The machine that a command line means: this one, or a capture's.

    :raises CaptureError: the capture cannot be read.
    :raises UnsupportedSystem: this one cannot be.
    """
    if capture is None:
        from dpf_edge.host.live import live

        return live()
    from dpf_edge.host import capture as captures

    return captures.Replay(captures.load(capture))


def checked(host: Host, found: Diagnosis) -> Host:
    """This machine with what the active checks gave, on the interfaces that are worth it."""
    from dpf_edge.cli.plain import printable
    from dpf_edge.host import active
    from dpf_edge.vantage import tables

    def say(line: str) -> None:
        # The names of interfaces are in it, and anybody may have chosen those.
        sys.stderr.write(printable(line) + "\n")
        sys.stderr.flush()

    outside = tables.of(host).default_interface()
    return active.check(host, worth_asking(found, outside.name if outside else None), say)


def worth_asking(found: Diagnosis, outside: str | None) -> tuple[str, ...]:
    """The interfaces that have something to tell: the LAN's and the one to the outside first.

    :param outside: the interface that the default route leaves by.
    """
    names = [each.name for each in found.interfaces if each.role in WORTH_ASKING]
    first = (found.lan.interface, outside)
    return tuple(sorted(names, key=lambda name: first.index(name) if name in first else len(first)))
