"""A device of the LAN that answers the questions to everybody, as its maker's would.

Run as a script in the device's namespace: `responder.py ADDRESS mdns|ssdp`. It sends nothing but
answers, each by unicast to whoever asked. It needs nothing but Python's own library, for it is also
fed to the Python of a container.
"""

from __future__ import annotations

import socket
import struct
import sys

GROUPS = {"mdns": ("224.0.0.251", 5353), "ssdp": ("239.255.255.250", 1900)}

# RFC 6762 section 6: an authoritative answer; one record (RFC 1035 section 4.1.3) to the question
# at offset 12: PTR, IN, 10 s as section 6.7 has it for such questions, `_http._tcp.local`.
_SERVICE = b"\x05_http\x04_tcp\x05local\x00"
_RECORD = struct.pack("!HHHIH", 0xC00C, 12, 1, 10, len(_SERVICE)) + _SERVICE

_FOUND = (
    b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\n"
    b"LOCATION: http://%s/description.xml\r\nSERVER: Linux/5 UPnP/1.0 device/1\r\n"
    b"ST: upnp:rootdevice\r\n"
    b"USN: uuid:00000000-0000-0000-0000-000000000000::upnp:rootdevice\r\n\r\n"
)


def answer(kind: str, question: bytes, address: str) -> bytes | None:
    """What to answer to a datagram, if it is a question."""
    if kind == "ssdp":
        return _FOUND % address.encode() if question.startswith(b"M-SEARCH ") else None
    if len(question) < 12 or question[2] & 0x80:
        return None
    header = question[:2] + struct.pack("!5H", 0x8400, 1, 1, 0, 0)
    return header + question[12:] + _RECORD


def main(address: str, kind: str) -> None:
    """Answer without end."""
    group, port = GROUPS[kind]
    ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ears.bind((group, port))
    # By the address the kernel finds the interface.
    member = socket.inet_aton(group) + socket.inet_aton(address)
    ears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mouth.bind((address, port))
    while True:
        question, who = ears.recvfrom(9000)
        said = answer(kind, question, address)
        if said is not None:
            mouth.sendto(said, who)


if __name__ == "__main__":
    main(*sys.argv[1:])
