"""Windows' access lists for what must be private: the system, administrators and one account.

Written by Windows' own calls in its own language for such lists (SDDL), because the names of
groups are translated and their numbers are not. Wine keeps no such lists; what is seen there is
that the calls are made and answered.
"""

from __future__ import annotations

import ctypes
import re
from ctypes import c_uint32, c_void_p, c_wchar_p

from dpf_edge.errors import Denied, Failed
from dpf_edge.host import ip_helper

# sddl.h: protected, so that nothing is inherited from above; full access for the system (SY) and
# administrators (BA), handed down to files and folders below (OICI).
PROTECTED = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
SID = re.compile(r"S-1-\d{1,15}(-\d{1,10}){1,15}")
SDDL_REVISION = 1
OWNER, DACL, PROTECTED_DACL = 0x1, 0x4, 0x80000000  # SECURITY_INFORMATION (winnt.h)
# Administrators own it. Whoever owns a file may change its list, whatever that says: a folder that
# somebody made beforehand, to be used by a service, must not stay his.
OWNED = "O:BA"
TOKEN_QUERY, TOKEN_USER = 0x8, 1
ACCESS_DENIED = 5
# ERROR_PRIVILEGE_NOT_HELD, ERROR_INVALID_OWNER: who is no administrator may give nothing away.
NOT_OURS_TO_GIVE = frozenset({ACCESS_DENIED, 1314, 1307})


def private(*sids: str) -> str:
    """The list for a private folder, in SDDL.

    :param sids: accounts that have full access besides, by their numbers (``S-1-5-...``).
    :raises ValueError: one is no such number.
    """
    for each in sids:
        if not SID.fullmatch(each):
            raise ValueError(f"{each}: no account's number")
    return PROTECTED + "".join(f"(A;OICI;FA;;;{each})" for each in sids)


def own_sid() -> str:
    """The number of the account that this process runs as.

    :raises Failed: Windows does not say.
    """
    kernel, security = ip_helper.library("kernel32"), ip_helper.library("advapi32")
    kernel.GetCurrentProcess.restype = c_void_p
    token, size = c_void_p(), c_uint32()
    process = c_void_p(kernel.GetCurrentProcess())
    if not security.OpenProcessToken(process, TOKEN_QUERY, ctypes.byref(token)):
        raise Failed("OpenProcessToken: refused")
    try:
        held = ctypes.create_string_buffer(256)  # TOKEN_USER, and the SID behind it: 68 bytes most
        if not security.GetTokenInformation(token, TOKEN_USER, held, len(held), ctypes.byref(size)):
            raise Failed("GetTokenInformation: refused")
        sid, text = c_void_p.from_buffer(held), c_wchar_p()
        if not security.ConvertSidToStringSidW(sid, ctypes.byref(text)):
            raise Failed("ConvertSidToStringSidW: refused")
        told = text.value or ""
        kernel.LocalFree(text)
        return told
    finally:
        kernel.CloseHandle(token)


def protect(path: str, *sids: str) -> None:
    """Give a file or a folder to the system, administrators and some accounts alone.

    An administrator makes it the administrators' own too; another user's stays his.

    :param sids: as :func:`private` takes them; where none is given, this process's own.
    :raises Denied: this user may not. :raises Failed: it could not be done.
    """
    listed = private(*(sids or (own_sid(),)))
    number = applied(path, OWNED + listed, OWNER | DACL | PROTECTED_DACL)
    if number in NOT_OURS_TO_GIVE:
        number = applied(path, listed, DACL | PROTECTED_DACL)
    if number == ACCESS_DENIED:
        raise Denied(f"{path}: its access list may not be set")
    if number:
        raise Failed(f"{path}: its access list could not be set (error {number})")


def applied(path: str, sddl: str, parts: int) -> int:
    """Set parts of a file's security; the error of winerror.h that it ended with, 0 for none.

    :raises Failed: it is no security descriptor.
    """
    kernel, security = ip_helper.library("kernel32"), ip_helper.library("advapi32")
    descriptor = c_void_p()
    made = security.ConvertStringSecurityDescriptorToSecurityDescriptorW(
        c_wchar_p(sddl), SDDL_REVISION, ctypes.byref(descriptor), None
    )
    if not made:
        raise Failed(f"{path}: its access list could not be made")
    try:
        done = security.SetFileSecurityW(c_wchar_p(path), parts, descriptor)
        return 0 if done else int(kernel.GetLastError()) or -1
    finally:
        kernel.LocalFree(descriptor)
