"""How a command that is to end by itself takes Ctrl-C."""

from __future__ import annotations

import os
import signal

import pytest

from dpf_edge.cli import signals
from dpf_edge.cli.signals import cut_short


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_nobody_wished_to_end_it() -> None:
    with cut_short() as is_cut_short:
        assert not is_cut_short()


def test_the_wish_is_heard_and_raises_nothing_even_if_it_comes_twice() -> None:
    with cut_short() as is_cut_short:
        press()  # as timeout(1) has it: the child, and then its group
        press()

        assert is_cut_short()


def test_who_has_waited_enough_is_not_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "SAME_SECONDS", 0.0)

    with cut_short():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_ctrl_c_is_what_it_was_before_once_it_is_over() -> None:
    before = signal.getsignal(signal.SIGINT)
    with cut_short():
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before


def test_a_job_in_the_background_hears_no_ctrl_c() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with cut_short() as is_cut_short:
            press()
            assert not is_cut_short()
    finally:
        signal.signal(signal.SIGINT, before)
