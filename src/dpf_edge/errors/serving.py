"""Why a server cannot listen, or cannot speak TLS."""

from __future__ import annotations

from dpf_edge.errors.root import DpfEdgeError


class ListenError(DpfEdgeError):
    """A server cannot listen where it was told to."""

    code = "listen"
    exit_code = 69  # EX_UNAVAILABLE


class ListenAddress(ListenError):
    """This machine has no such address, or the name leads nowhere."""

    code = "listen-address"
    exit_code = 68  # EX_NOHOST


class ListenTaken(ListenError):
    """Another program listens there already."""

    code = "listen-taken"


class ListenDenied(ListenError):
    """This user may not listen there."""

    code = "listen-denied"
    exit_code = 77  # EX_NOPERM


class TlsUnusable(DpfEdgeError):
    """A certificate or its key cannot be used."""

    code = "tls-unusable"
    exit_code = 78  # EX_CONFIG
