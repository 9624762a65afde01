"""A refresh on a poorer machine: `python -m tests.bounded permissions` or `python -m tests.bounded 200000`.

Here: a process that permissions bind even when root runs it, and one that may write no file larger than so many bytes.
Belongs here: what a test takes away from a process before the refresh starts in it.
Does not belong here: what must hold then (`test_faults.py`).
"""

import ctypes
import resource
import sys

from orchestration.refresh import main

# From linux/capability.h: version 3, and the rights to pass over permissions when writing (1) and when reading (2).
VERSION_3 = 0x20080522
PASSING_OVER_PERMISSIONS = 0b110


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Rights(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def bind_to_permissions() -> None:
    """Give up root's right to read and write everything; without effect for any other user."""
    system = ctypes.CDLL(None, use_errno=True)
    header, rights = _Header(VERSION_3, 0), (_Rights * 2)()
    if system.capget(ctypes.byref(header), rights):
        raise OSError(ctypes.get_errno(), "capget")
    rights[0].effective &= ~PASSING_OVER_PERMISSIONS
    rights[0].permitted &= ~PASSING_OVER_PERMISSIONS
    if system.capset(ctypes.byref(header), rights):
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    _, bound, *arguments = sys.argv
    if bound == "permissions":
        bind_to_permissions()
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(bound), int(bound)))
    sys.argv = ["refresh", *arguments]
    main()
