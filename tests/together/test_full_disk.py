"""Disks that are full, the Authority's and the node's: a small tmpfs in a namespace of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from dpf_edge.wire import times
from tests.authority import desk
from tests.authority_process import SECONDS, AuthorityProcess
from tests.left_out import left_out
from tests.node.processes import CHECKOUT, Zygote
from tests.node.servers import until
from tests.together.admin import EDGE, Admin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.together.conftest import MakesNodes
    from tests.together.node_process import NodeProcess

# A new store and what a few runs add to it, or a node's outbox with its log: some room is left.
MIB = 1 << 20
SIZE = 4 * MIB
# A sweep every five seconds: an Authority takes four a minute.
CALM = {
    "beat_least": 5.5,
    "beat_most": 5.5,
    "sweep_least": 5.0,
    "sweep_most": 5.0,
    "retry_after_most": 60.0,
}
NO_ROOM = (73, "error[private-file-unwritten]")


class SmallDisk:
    """A disk that only the programs see which are started by ``before``.

    :ivar inside: where they see it.
    :ivar outside: where this process does.
    """

    def __init__(self, where: Path) -> None:
        where.mkdir()
        mount = f"mount -t tmpfs -o size={SIZE},mode=0700 none {shlex.quote(str(where))}"
        self._holder = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", f"{mount} && exec cat"], stdin=subprocess.PIPE
        )
        which = ("-t", str(self._holder.pid), "-m", f"--wd={CHECKOUT}")
        self.before = ("nsenter", *which, "--")
        self.inside, self.outside = where, Path(f"/proc/{self._holder.pid}/root{where}")
        until(lambda: self._size() == SIZE)

    def _size(self) -> int:
        told = os.statvfs(self.outside)
        return told.f_frsize * told.f_blocks

    @property
    def filler(self) -> Path:
        """What takes the room."""
        return self.outside / "filler"

    def fill(self, left: int = 0) -> None:
        """Leave so many bytes of room."""
        assert self._size() == SIZE, "this is not the disk that was made for it"
        with self.filler.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                with contextlib.suppress(OSError):
                    for _ in range(SIZE // size):
                        file.write(b"x" * size)
            file.truncate(file.tell() - left)

    def make_room(self) -> None:
        """Take it away again."""
        self.filler.unlink()

    def end(self) -> None:
        """Let it go."""
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        self._holder.wait(SECONDS)


def why_not() -> str | None:
    """Why there can be no such disk here; None where there can."""
    if os.getuid() != 0 or not shutil.which("unshare") or not shutil.which("nsenter"):
        return "mounting a tmpfs takes root, unshare(1) and nsenter(1)"
    tried = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return None if tried.returncode == 0 else "a tmpfs cannot be mounted here"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk."""
    reason = why_not()
    if reason is not None:
        left_out(reason)
    made = SmallDisk(tmp_path / "disk")
    yield made
    made.end()


# -- the Authority's


def submitted(at: AuthorityProcess, token: str, key: str) -> httpx2.Response:
    """The answer to a run of some 200 KiB that no page has room for which is there already."""
    items: list[dict[str, Any]] = [
        {
            "observedKey": f"x:{key}:{each}",
            "itemType": "host",
            "name": os.urandom(100).hex(),
            "rawData": {"noise": os.urandom(300).hex()},
        }
        for each in range(250)
    ]
    run = {**desk.RUN, "runKey": key, "observedAt": times.stamp(time.time()), "items": items}
    headers = {"authorization": f"Bearer {token}"}
    url = f"{at.url}{EDGE}/discovery-runs"
    return httpx2.post(url, json=run, headers=headers, timeout=SECONDS)


@pytest.fixture
def cramped(disk: SmallDisk) -> Iterator[AuthorityProcess]:
    """An Authority on a small disk."""
    at = AuthorityProcess(disk.inside / "authority")
    at.before = disk.before
    at.start()
    yield at
    if at.process is not None and at.process.poll() is None:
        at.end()


@pytest.mark.timeout(120)
def test_an_authority_whose_disk_is_full_keeps_what_it_acknowledged_and_says_so(
    cramped: AuthorityProcess, disk: SmallDisk, node: MakesNodes
) -> None:
    """Nodes keep what it cannot take, and it takes that once there is room; also after a kill."""
    admin = Admin(cramped)
    tokens = [admin.enrolled()["nodeToken"] for _ in range(6)]
    client = node("client", url=cramped.url, token=admin.issue())
    client.start()
    client.waits_for("delivered")
    client.end()
    disk.fill(left=MIB)
    answers = {
        f"{number}-{each}": submitted(cramped, token, f"{number}-{each}")
        for number, token in enumerate(tokens)
        for each in range(3)
    }
    client.start()
    client.waits_for("not-delivered")
    seen = [
        httpx2.get(f"{cramped.url}{path}", timeout=SECONDS).status_code
        for path in ("/api/health", "/sign-in")
    ]
    client.end()
    said = [*cramped.lines]
    cramped.kill()
    again = cramped.command("authority", "--listen", cramped.listen)
    disk.make_room()
    cramped.start()
    client.start()
    client.waits_for("delivered", 3)
    client.end()
    after = submitted(cramped, tokens[0], "after")
    runs = {run["runKey"] for run in admin.runs()}

    taken = {key for key, answer in answers.items() if answer.status_code == 201}
    refused = {
        (answer.status_code, answer.json()["error"])
        for answer in answers.values()
        if answer.status_code != 201
    }
    assert taken
    assert refused <= {(500, "persistence_failed"), (503, "store_unavailable")}
    assert refused
    assert {*taken, *client.runs("taken"), "after"} == runs
    assert (201, [200, 200]) == (after.status_code, seen)
    assert any("no room" in line for line in said), said
    assert not any("Traceback" in line for line in [*said, *cramped.lines])
    assert (NO_ROOM[0], True) == (again.returncode, again.stderr.startswith(NO_ROOM[1]))
    assert [] == client.events("dropped")


# -- the node's


def on(disk: SmallDisk, node: NodeProcess) -> NodeProcess:
    """A node whose state and log are on a small disk."""
    node.environment["DPF_EDGE_STATE_DIR"] = str(disk.inside / "state")
    node.environment["DPF_EDGE_LOG_DIR"] = str(disk.inside / "log")
    node.state, node.log = disk.outside / "state", disk.outside / "log" / "node.log"
    return node


def test_a_node_whose_disk_is_full_does_not_start_and_loses_nothing(
    authority: AuthorityProcess, disk: SmallDisk, node: MakesNodes
) -> None:
    """W7: neither its token, which is not spent, nor the runs that wait in its outbox."""
    token = authority.token("--auto-approve")
    client = on(disk, node("client", *disk.before, token=token))
    disk.fill()
    client.start()
    assert client.process is not None
    first = client.process.wait(SECONDS)
    listed = json.loads(authority.command("token", "list", "--json").stdout)["tokens"]
    nothing = client.said()
    disk.make_room()
    client.start()
    client.waits_for("delivered")
    authority.kill()
    client.kill()
    client.start()
    client.waits_for("taken", 2)
    client.kill()
    disk.fill()
    client.start()
    second = client.process.wait(SECONDS)
    waiting = client.in_outbox()
    disk.make_room()
    authority.start()
    client.start()
    client.waits_for("delivered", 3)
    client.end()

    assert [NO_ROOM[0]] * 2 == [first, second]
    assert NO_ROOM[1] in nothing.splitlines()[0]
    assert len(nothing.splitlines()) == 2
    assert ["open"] == [each["state"] for each in listed]
    assert client.runs("taken")[1:2] == waiting
    assert {*client.runs("taken")} == {*client.runs("delivered")}
    assert {*client.runs("taken")} == {run["runKey"] for run in Admin(authority).runs()}
    assert [] == client.events("dropped")
    assert "Traceback" not in client.said()


def test_a_node_whose_disk_fills_up_goes_on_holds_its_runs_and_says_so(
    authority: AuthorityProcess, disk: SmallDisk
) -> None:
    """With the real Authority away, what is taken is held in memory; once that is back it arrives,
    and once there is room, what is taken is written down again."""
    zygote = Zygote(*disk.before)
    told = {"url": authority.url, "folder": str(disk.inside), "timing": CALM}
    try:
        child = zygote.start(**told, token=authority.token("--auto-approve"))
        until(lambda: zygote.of("taken"), SECONDS)
        authority.end()
        disk.fill()
        until(lambda: any("memory holds the runs" in each["text"] for each in zygote.of("outbox")))
        taken = len(zygote.of("taken"))
        until(lambda: len(zygote.of("taken")) > taken, SECONDS)
        in_memory = [each["run"] for each in zygote.of("taken")][-1]
        authority.start()
        admin = Admin(authority)
        until(lambda: in_memory in {run["runKey"] for run in admin.runs()}, SECONDS)
        disk.make_room()
        until(lambda: any("is writable again" in each["text"] for each in zygote.of("outbox")), 20)
        zygote.kill(child)
        everything = {each["run"] for each in zygote.of("taken")}
        zygote.start(**told)
        until(lambda: everything <= {run["runKey"] for run in admin.runs()}, 70)
    finally:
        zygote.end()

    assert [] == zygote.of("dropped")
