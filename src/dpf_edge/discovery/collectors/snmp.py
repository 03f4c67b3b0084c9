from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.discovery.collectors import collector
from dpf_edge.discovery.job import Stage
from dpf_edge.discovery.side_by_side import side_by_side
from dpf_edge.errors import HostError
from dpf_edge.level import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.discovery.job import Job, SnmpTarget
    from dpf_edge.host.net import Net
    from dpf_edge.observed import Observation


@collector.declare(
    "snmp",
    level=Level.ASK,
    stage=Stage.FIND,
    reach="routed",
    reads="of the agents that the SNMP file names: the system group, the interfaces, the address "
    "tables (ARP, NDP), the forwarding tables, the neighbours by LLDP, the chassis' serial number",
    sends="SNMP questions by UDP to those agents alone, each with its own community (v1, v2c) or "
    "user (v3); nothing without a file",
    named_in="snmp",
)
def snmp(job: Job, net: Net) -> Iterator[Observation]:
    """What do the agents say that the SNMP file names: who are they, and whom do they know?

    A community or a password goes to the agent that it was written for, and is tried on no other.
    """
    targets: tuple[SnmpTarget, ...] = job.settings.get("snmp", ())
    if not targets:  # most have none, and need not import what would ask them
        return
    from dpf_edge.discovery.snmp import interview as snmp_interview

    works = [lambda each=each: one(each, net) for each in targets]
    yield from side_by_side(works, snmp_interview.AT_ONCE)


def one(target: SnmpTarget, net: Net) -> Iterator[Observation]:
    """What one agent says; one that cannot be asked is told of, and the others are not held up."""
    from dpf_edge.discovery.snmp import interview as snmp_interview
    from dpf_edge.discovery.snmp.agent import Silent
    from dpf_edge.discovery.snmp.session import Refused

    why = snmp_interview.wrong_with(target)
    if why is None:
        try:
            yield from snmp_interview.interview(target, net)
        except Silent:
            why = "does not answer" + (
                "" if target.version == "3" else ", or not to this community"
            )
        except (Refused, HostError, ValueError) as error:
            why = str(error)
    if why is not None:
        net.note(f"{target.host}: {why}")
