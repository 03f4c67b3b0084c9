"""The node's SNMP file: read when it is needed, and what is wrong with it said."""

from __future__ import annotations

from dpf_edge.discovery.snmp import targets as snmp_targets
from dpf_edge.discovery.snmp.targets import Targets
from dpf_edge.errors import PrivateFileError
from dpf_edge.host import private_file

PUBLISHED = "/etc/dpf-edge/snmp.json"


def targets(path: str | None) -> Targets:
    """The agents that a file names; none where there is no file, which is no mistake.

    A file that others can read is used, as published, and told of.

    :param path: None is the published place.
    """
    path = path or PUBLISHED
    try:
        shown = private_file.read_given(path)
    except PrivateFileError as error:
        return Targets((), (str(error),))
    if shown is None:
        return Targets((), ())
    found = snmp_targets.read(shown.data)
    if shown.exposed:
        told = f"{path}: others can read it, and it holds passwords: chmod 600 {path}"
        return Targets(found.targets, (told, *found.warnings))
    return found
