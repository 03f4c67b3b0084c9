"""avahi-browse as a peer: it needs a daemon and a message bus, in the same namespace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.home.capsule import Capsule

_FOLDER = "/run/browse"
_BUS = f"""<busconfig><type>system</type><listen>unix:path={_FOLDER}/bus</listen>
<auth>EXTERNAL</auth><policy context="default"><allow send_destination="*"/><allow own="*"/>
<allow receive_sender="*"/></policy></busconfig>"""
_START = f"""
[ -e {_FOLDER} ] && exit 0
mkdir -p {_FOLDER} /run/avahi-daemon
cat >{_FOLDER}/bus.conf <<'END'
{_BUS}
END
printf '[server]\\nallow-interfaces=eth0\\n[publish]\\ndisable-publishing=yes\\n' >{_FOLDER}/conf
dbus-daemon --config-file={_FOLDER}/bus.conf --fork >/dev/null 2>&1
export DBUS_SYSTEM_BUS_ADDRESS=unix:path={_FOLDER}/bus
avahi-daemon -f {_FOLDER}/conf --no-drop-root --no-chroot --no-rlimits >/dev/null 2>&1 &
for _ in $(seq 100); do avahi-browse -atp >/dev/null 2>&1 && exit 0; sleep 0.05; done
exit 1
"""


def seconds(capsule: Capsule, place: str) -> float:
    """How long it takes to browse and resolve all there is, its daemon running before."""
    capsule.sh(_START, place=place)
    bus = f"DBUS_SYSTEM_BUS_ADDRESS=unix:path={_FOLDER}/bus"
    began = time.monotonic()
    capsule.sh(f"{bus} timeout 30 avahi-browse -atrp >/dev/null", place=place)
    return time.monotonic() - began
