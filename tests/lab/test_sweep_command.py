"""`sweep` as a person meets it, at a terminal, with Ctrl-C; and a node that sweeps by itself."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.test_cases import schema

from .home import reporting
from .home.office import EDGE, office
from .home.standing import need
from .lab import INSTALLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .home.office import Office

# Many hosts and walks: they fill the kernel's one neighbour table, which others read.
pytestmark = [pytest.mark.lab, pytest.mark.lab_late]

COLUMNS, LINES = 110, 30
PATIENCE = 30.0
CTRL_C = b"\x03"
# What enters the capsule ends at Ctrl-C itself, with no word of how the program ended: a shell in
# there says that, and one out here keeps the terminal until then.
SAYS = 'trap : INT; "$@"; echo "exit code $?."'
STAYS = 'trap : INT; "$@"; read -r _'
# What a drawing consists of: colours, and going up to draw anew.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def standing() -> Iterator[Office]:
    need()
    with office() as made:
        yield made


class Terminal:
    """A program at a terminal of its own, in the office."""

    def __init__(self, where: Office, *words: str) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.screen = ""
        self._ours = ours
        said = ("env", "TERM=xterm", "sh", "-c", SAYS, "-")
        inside = (*where.capsule.at(EDGE), *said, *INSTALLED, *words)
        self._process = subprocess.Popen(
            ["sh", "-c", STAYS, "-", *inside],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)

    def read(self, until: str) -> bool:
        """Read till something stands there, or the program has ended."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not re.search(until, self.screen):
            if not select.select([self._ours], [], [], 0.2)[0]:
                continue
            try:
                part = os.read(self._ours, 65536)
            except OSError:  # Linux says so where the other side is closed
                part = b""
            if not part:
                break
            self.screen += part.decode()
        return re.search(until, self.screen) is not None

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def end(self) -> int:
        """Read to the end.

        :returns: the exit code.
        """
        self.read(r"exit code \d+\.")
        said = re.search(r"exit code (\d+)\.", self.screen)
        assert said, self.screen
        return int(said[1])

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        os.close(self._ours)

    @property
    def report(self) -> str:
        """What stands there at the end, without what was drawn and taken away before."""
        return ESCAPES.sub("", self.screen.rpartition("\x1b[2K")[2])


@pytest.fixture
def terminal(standing: Office) -> Iterator[Any]:
    with contextlib.ExitStack() as stack:

        def opened(*words: str) -> Terminal:
            made = Terminal(standing, *words)
            stack.callback(made.close)
            return made

        yield opened


def test_at_a_terminal_the_table_fills_and_stands_whole_at_the_end(terminal: Any) -> None:
    sweep = terminal("sweep", "--level", "ask", "--only", "mdns", "--only", "neighbours")

    assert sweep.read("at work: mdns"), sweep.screen
    assert 0 == sweep.end()
    report = sweep.report
    assert re.search(r"^192\.168\.40\.20.* printer\.local .* 3c:d9:2b:40:00:20", report, re.M)
    assert 1 == report.count("printer.local")
    assert re.search(r"\d+ devices in \d+\.\d s, \d+ packets sent", report)
    assert "at work" not in report
    assert all(len(line) <= COLUMNS for line in report.splitlines())
    # The cursor, which a drawing hides, is back.
    assert sweep.screen.rfind("\x1b[?25h") > sweep.screen.rfind("\x1b[?25l")


def test_ctrl_c_keeps_what_was_found(terminal: Any) -> None:
    sweep = terminal("sweep", "--seconds", "600")

    assert sweep.read("192.168.40.1"), sweep.screen
    sweep.press(CTRL_C)

    assert 130 == sweep.end()
    assert "192.168.40.1" in sweep.report
    assert "devices in" in sweep.report
    assert "Traceback" not in sweep.screen


def test_ctrl_c_ends_a_walk_of_hours_at_once_and_in_json(standing: Office) -> None:
    words = ("--level", "probe", "--rate", "1", "--only", "arp", "--only", "neighbours", "--json")
    interrupted = ("timeout", "--signal=INT", "--preserve-status", "1.5")
    done = standing.capsule.run(EDGE, [*interrupted, *INSTALLED, "sweep", *words])

    found = json.loads(done.stdout)
    schema("sweep-1").validate(found)
    assert 130 == done.returncode
    assert "at most 1 packets a second" in done.stderr
    arp = next(each for each in found["outcomes"] if each["name"] == "arp")
    assert "timed-out" == arp["status"]
    assert arp["reason"].startswith("stopped before its end"), arp["reason"]
    assert arp["packets"] < 10


def test_what_is_sent_is_said_before_on_stderr_and_nothing_where_nothing_is(
    standing: Office,
) -> None:
    asking = standing.dpf_edge("sweep", "--level", "ask", "--only", "mdns", "--json")
    listening = standing.dpf_edge("sweep", "--seconds", "0", "--json")

    assert asking.stderr.startswith("sending on eth0, at most 150 packets a second")
    assert "  mdns: " in asking.stderr
    assert "" == listening.stderr
    schema("sweep-1").validate(json.loads(asking.stdout))
    schema("sweep-1").validate(json.loads(listening.stdout))
    assert {0} == {each["packets"] for each in json.loads(listening.stdout)["outcomes"]}


def test_in_a_pipe_the_table_is_plain(standing: Office) -> None:
    done = standing.dpf_edge("sweep", "--seconds", "0")

    assert 0 == done.returncode
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stdout.startswith("ADDRESS ")
    assert "edge-1 (this machine)" in done.stdout


def test_only_a_terminal_is_drawn_on(standing: Office) -> None:
    done = standing.dpf_edge("sweep", "--seconds", "0", env={"TERM": "dumb"})

    assert "" == done.stderr


def test_a_node_sweeps_at_its_level_and_its_authority_knows_the_devices(
    standing: Office,
) -> None:
    levels = {"DPF_EDGE_LEVEL": "ask", "DPF_EDGE_RATE": "normal"}
    with (
        reporting.authority(standing) as authority,
        reporting.node(standing, {**authority, **levels}),
    ):
        end = time.monotonic() + PATIENCE
        while "printer.local" not in reporting.devices(standing) and time.monotonic() < end:
            time.sleep(0.3)
        known = reporting.devices(standing)
    said = standing.capsule.file(reporting.NODE_LOG).read_text()

    assert re.search(r"printer\.local +printer +192\.168\.40\.20 .* 3c:d9:2b:40:00:20", known), said
    assert re.search(r"NAS +nas ", known), known
    assert re.search(r"sw-office +switch ", known), known
    assert "a run has arrived" in said
    assert "sweep-failed" not in said
    # How it was enrolled stands in no log, and nobody's community either.
    assert authority["DPF_BOOTSTRAP_TOKEN"] not in said
