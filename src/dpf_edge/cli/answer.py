"""What ``diagnose`` answers, apart from how it was asked."""

from __future__ import annotations

import sys

from dpf_edge.model import Answer

# What --check ends with; --check is for scripts, so its codes are its answer.
CHECKED = {Answer.YES: 0, Answer.NO: 1, Answer.UNKNOWN: 2}


def answer(capture: str | None, *, check: bool, as_json: bool) -> int:
    """Diagnose this machine, or a capture, and print the result.

    :param capture: a capture's file, ``-`` for standard input, None for this machine.
    :param check: end with the answer as the exit code.
    :returns: the exit code.
    """
    from dpf_edge.vantage.diagnose import diagnose

    if capture is None:
        from dpf_edge.host.live import live

        found = diagnose(live())
    else:
        from dpf_edge.host import capture as captures

        found = diagnose(captures.Replay(captures.load(capture)))
    if as_json:
        import msgspec

        encoded = msgspec.json.format(msgspec.json.encode(found), indent=2)
        sys.stdout.write(encoded.decode() + "\n")
    else:
        from dpf_edge.cli import render

        render.diagnosis(found)
    return CHECKED[found.lan.answer] if check else 0
