"""A printer's raw ports: whatever comes is written down, for a printer would have printed it.

``python -m tests.lab.home.prints FILE``, in the printer's namespace. A connection alone is a line.
"""

from __future__ import annotations

import selectors
import socket
import sys
from pathlib import Path

PORTS = range(9100, 9108)


def main(path: str) -> None:
    """Wait on all ports at once, without end."""
    waiting = selectors.DefaultSelector()
    for port in PORTS:
        ear = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        waiting.register(ear, selectors.EVENT_READ, port)
    with Path(path).open("a") as paper:
        while True:
            for key, _ in waiting.select():
                assert isinstance(key.fileobj, socket.socket)
                visitor, who = key.fileobj.accept()
                visitor.close()
                print(key.data, who[0], file=paper, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
