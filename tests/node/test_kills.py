"""Nodes that are killed at random moments, by the kernel and without a word: nothing is lost."""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.node.processes import Zygote
from tests.node.running import running, settings
from tests.node.scripted import BEAT, ENROLL, LOST, RUNS, Answer, Scripted, page
from tests.node.servers import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.node.running import Running
    from tests.node.servers import Server

# Twice: a hundred in all.
ROUNDS = 50


@pytest.fixture
def zygote() -> Iterator[Zygote]:
    made = Zygote()
    try:
        yield made
    finally:
        made.end()


def has_said(zygote: Zygote, before: int) -> bool:
    return len(zygote.said) > before


def has_asked(authority: Scripted, before: int) -> bool:
    return len(authority.of(ENROLL)) > before


def has_settled(node: Running) -> bool:
    return node.is_in("trusted") or node.is_in("waiting-for-token")


@pytest.mark.parametrize("seed", [5, 6])
def test_every_run_that_was_taken_arrives_once(
    seed: int, zygote: Zygote, authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W13: a hundred nodes are killed, one after the other, while the Authority comes and goes,
    loses its answers and cannot store. A run counts as taken when the node has said so."""
    dice = random.Random(seed)
    given = settings(server.url, tmp_path, token=authority.issue())
    with running(given):
        until(lambda: authority.run_keys())
    troubles = (None, None, LOST, page(503), Answer(wait=0.05), Answer(201, half=True))
    is_served = True
    for number in range(ROUNDS):
        if number % 10 == 7:
            server.stop()
            is_served = False
        elif not is_served:
            server.start()
            is_served = True
        trouble = dice.choice(troubles)
        with authority.lock:
            authority.script[RUNS].clear()
            authority.script[RUNS].extend([trouble] * 2 if trouble else [])
        said = len(zygote.said)
        child = zygote.start(url=server.url, folder=str(tmp_path))
        if number % 4:
            until(partial(has_said, zygote, said))
        time.sleep(dice.uniform(0.0, 0.08))
        zygote.kill(child)
    with authority.lock:
        authority.script[RUNS].clear()
    if not is_served:
        server.start()
    taken = [line["run"] for line in zygote.of("taken")]

    with running(given) as last:
        until(lambda: set(taken) <= set(authority.run_keys()))
        until(lambda: (told := last.status()) is not None and told.outbox.runs == 0)

    assert len(taken) > ROUNDS / 2
    assert len(authority.run_keys()) == len(set(authority.run_keys()))
    assert [] == zygote.of("dropped")
    assert [] == zygote.of("outbox")


def test_a_node_that_is_killed_while_it_enrols_is_a_node_or_says_what_became_of_its_token(
    zygote: Zygote, authority: Scripted, server: Server, tmp_path: Path
) -> None:
    """W7: a token is never burnt in silence."""
    dice = random.Random(7)
    lost = 0
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        token = authority.issue()
        if number % 2:
            authority.misbehave(ENROLL, Answer(is_done=True, wait=0.02, half=True))
        before = len(authority.of(ENROLL))
        child = zygote.start(url=server.url, folder=str(folder), token=token)
        until(partial(has_asked, authority, before))
        time.sleep(dice.uniform(0.0, 0.03))
        zygote.kill(child)
        with authority.lock:
            authority.script[ENROLL].clear()

        with running(settings(server.url, folder, token=token)) as node:
            until(partial(has_settled, node))
            is_waiting = node.is_in("waiting-for-token")
        if is_waiting:
            lost += 1
            assert "whose answer was lost" in node.events("standing")[-1]["text"]

    assert lost
    assert authority.of(BEAT)
