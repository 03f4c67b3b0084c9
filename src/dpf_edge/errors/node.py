"""Why a node cannot begin, or cannot be asked."""

from __future__ import annotations

from dpf_edge.errors.root import DpfEdgeError


class NodeError(DpfEdgeError):
    """A node cannot begin, or cannot be asked."""

    code = "node"


class StateCorrupt(NodeError):
    """The node's state file is no state file, or lacks a part."""

    code = "state-corrupt"
    exit_code = 65  # EX_DATAERR


class LogsMissing(NodeError):
    """There is no log here to show."""

    code = "logs-missing"
    exit_code = 66  # EX_NOINPUT


class SettingsInvalid(NodeError):
    """Some settings cannot be used; the line names all of them."""

    code = "settings-invalid"
    exit_code = 78  # EX_CONFIG


class AnswerMalformed(DpfEdgeError):
    """An Authority answered with what the wire contract does not have."""

    code = "answer-malformed"
    exit_code = 76  # EX_PROTOCOL
