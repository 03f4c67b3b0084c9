"""Why the node cannot be installed or removed here."""

from __future__ import annotations

from dpf_edge.errors.root import DpfEdgeError


class DeployError(DpfEdgeError):
    """The node cannot be installed or removed here."""

    code = "deploy"


class DeployJournal(DeployError):
    """What says what is installed here cannot be read as that."""

    code = "deploy-journal"
    exit_code = 65  # EX_DATAERR


class DeployNewer(DeployError):
    """A newer version of this program is installed here."""

    code = "deploy-newer"
    exit_code = 65  # EX_DATAERR


class DeployMissing(DeployError):
    """Nothing is installed here."""

    code = "deploy-missing"
    exit_code = 66  # EX_NOINPUT


class DeployUnavailable(DeployError):
    """What the node would be installed into is not here, or does not answer sensibly."""

    code = "deploy-unavailable"
    exit_code = 69  # EX_UNAVAILABLE


class DeployFailed(DeployError):
    """A command that the install needs failed; what had been done was taken back."""

    code = "deploy-failed"
    exit_code = 71  # EX_OSERR


class DeployForeign(DeployError):
    """Something that dpf-edge did not put there stands where a file of it goes."""

    code = "deploy-foreign"
    exit_code = 73  # EX_CANTCREAT


class DeployUnwritten(DeployError):
    """A file or folder could not be written or removed."""

    code = "deploy-unwritten"
    exit_code = 73  # EX_CANTCREAT


class DeployBusy(DeployError):
    """Another install or uninstall is at work."""

    code = "deploy-busy"
    exit_code = 75  # EX_TEMPFAIL


class DeployDenied(DeployError):
    """It takes an administrator."""

    code = "deploy-denied"
    exit_code = 77  # EX_NOPERM


class DeployElsewhere(DeployError):
    """The node belongs on another machine than this, or in a place that is not known yet."""

    code = "deploy-elsewhere"
    exit_code = 78  # EX_CONFIG
