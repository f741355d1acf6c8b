"""Files that are in memory only and that other processes of this user can read: what is opened of sealed lists."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from guestlist.errors import SourceError

SHARED = Path("/dev/shm")  # noqa: S108 - nothing in it has a name
MOUNTS = Path("/proc/self/mounts")
NOWHERE = (
    "This machine has no memory that can be read as a file, and a list must not lie on its disk unsealed: run "
    "Guestlist on Linux, in its container for example, or let an Administrator name a file on the server as the source."
)
FULL = "There is not enough memory to open this list: give the machine more, or save the list as Parquet."


def opened() -> int:
    """The descriptor of an empty one; it has no name and is gone when the last one closes it. SourceError: NOWHERE."""
    if hasattr(os, "memfd_create"):
        with suppress(OSError):  # some sandboxes refuse it
            return os.memfd_create("list", os.MFD_CLOEXEC)
    if is_memory(SHARED):
        return os.open(SHARED, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    raise SourceError(NOWHERE)


def check() -> None:
    """SourceError, as ``opened``."""
    os.close(opened())


def is_memory(folder: Path) -> bool:
    """Whether what is written there is in memory (and where that is swapped out, in the swap)."""
    try:
        mounts = [line.split() for line in MOUNTS.read_text().splitlines()]
    except OSError:
        return False
    kinds = [mount[2] for mount in mounts if mount[1] == str(folder)]
    return bool(kinds) and kinds[-1] in ("tmpfs", "ramfs")


def put(descriptor: int, data: bytes, offset: int) -> None:
    """All of it. SourceError: it does not fit."""
    rest = memoryview(data)
    try:
        while rest:
            written = os.pwrite(descriptor, rest, offset)
            rest, offset = rest[written:], offset + written
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.ENOMEM, errno.EFBIG):
            raise
        raise SourceError(FULL) from None


def path(descriptor: int) -> str:
    """Where processes of this user find it."""
    return f"/proc/{os.getpid()}/fd/{descriptor}" if os.path.exists("/proc/self/fd") else f"/dev/fd/{descriptor}"
