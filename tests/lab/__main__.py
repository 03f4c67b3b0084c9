"""`python -m tests.lab up | down | status | enter PLACE [COMMAND…]`."""

from __future__ import annotations

import argparse
import shlex
import sys
import time

from .commands import LabError, interactive
from .lab import Lab, place_named, standing
from .stage import down, up
from .state import LabUnavailable, only_one
from .traces import traces


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and give the exit code: 0, 1 a failure, 2 this machine cannot."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="set the lab up, or show it where it stands")
    commands.add_parser("down", help="take the lab away, whole or broken")
    commands.add_parser("status", help="show what stands")
    enter = commands.add_parser("enter", help="run a command in a place, or a shell")
    enter.add_argument("place")
    enter.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    given = parser.parse_args(arguments)
    try:
        if given.command == "up":
            return _up()
        if given.command == "down":
            return _down()
        if given.command == "status":
            return _status()
        return _enter(given.place, given.words)
    except LabUnavailable as reason:
        _say(f"lab: {reason}")
        return 2
    except LabError as reason:
        _say(f"lab: {reason}")
        return 1
    except KeyboardInterrupt:
        _say("lab: interrupted")
        return 130  # what a shell gives for it


def _up() -> int:
    with only_one():
        lab = standing()
        if lab is None:
            lab = up(_say)
            _say(f"the lab stands, after {lab.seconds} s")
        else:
            _say("the lab stands already")
    _show(lab)
    return 0


def _down() -> int:
    began = time.monotonic()
    with only_one():
        if traces():
            down()
            _say(f"the lab is gone, after {time.monotonic() - began:.1f} s")
    return 0


def _status() -> int:
    lab = standing()
    if lab is not None:
        _show(lab)
        return 0
    left = traces()
    _print("\n".join(left) if left else "nothing stands")
    return 1


def _enter(name: str, words: list[str]) -> int:
    place = place_named(name)
    words = words[1:] if words[:1] == ["--"] else words
    if sys.stdin.isatty():
        return interactive(place.on_a_terminal(words or ["bash"]))
    return interactive([*place.argv, *(words or ["bash"])])


def _show(lab: Lab) -> None:
    for place in lab.places.values():
        _print(f"{place.name}  ({place.kind})\n    {place.says}\n    {shlex.join(place.argv)}\n")
    _print("Enter one:  python -m tests.lab enter PLACE [COMMAND…]    Remove all:  make lab-down")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
