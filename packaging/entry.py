#!/opt/dpf-edge/bin/python3
"""What the image starts: dpf-edge, with the capability that the interpreter's file lends.

The file permits CAP_NET_RAW where the container was given it, and a program has to take up what it
is permitted (capabilities(7)). That is done here, once, for whichever user runs it.
"""

from __future__ import annotations

import ctypes
import sys

# linux/capability.h: the third version of the call, which has each set in two words.
VERSION_3 = 0x20080522
THIS_PROCESS = 0


def take_up() -> None:
    """Make effective what is permitted; nothing where that is not to be had."""
    words = ctypes.c_uint32
    header = (words * 2)(VERSION_3, THIS_PROCESS)
    # effective, permitted and inheritable, for the capabilities below 32 and for the others
    sets = (words * 6)()
    kernel = ctypes.CDLL(None)
    if kernel.capget(header, sets) == 0:
        sets[0], sets[3] = sets[1], sets[4]
        kernel.capset(header, sets)


if __name__ == "__main__":
    take_up()
    from dpf_edge.__main__ import main

    sys.argv[0] = "dpf-edge"
    main()
