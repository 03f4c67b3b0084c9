"""What is logged while it serves: one line each, that steers no terminal and tells no token."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dpf_edge.cli.authority_server import logging_to_stderr

if TYPE_CHECKING:
    import pytest

TOKEN = "dpfedge_" + "0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456"


def test_a_line_has_no_token_no_control_and_no_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logging_to_stderr():
        error = ValueError(TOKEN)
        logging.getLogger("asyncio").error("lost %s\x1b[31m\nand more", TOKEN, exc_info=error)
        logging.getLogger("dpf_edge.authority").warning("plainly")
        logging.getLogger("dpf_edge.authority").info("not worth a line")

    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("ERROR lost dpfedge_0123…\\x1b[31m\\nand more (ValueError)")
    assert second.endswith("WARNING plainly")


def test_afterwards_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr():
        pass

    logging.getLogger("dpf_edge.authority").error("later")

    assert "" == capsys.readouterr().err
