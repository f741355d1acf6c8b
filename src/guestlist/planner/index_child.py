"""``python -m guestlist.planner.index_child FD``: a large part of a ledger, indexed in a process that is nice.

The part is said on standard input; the index goes to memory that both processes see (a memfd, which is FD), and where
it came from it is not copied again. Reading and sorting two million rows takes a second of processors, which whoever
sends events to LinkedIn has better use for.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pyarrow as pa

from guestlist.planner import part_index
from guestlist.planner.part_index import PartIndex
from guestlist.ports import LedgerPart

NICE = 15
LARGE = 200_000  # rows: fewer are read sooner than a process has begun
_COMMAND = (sys.executable, "-P", "-m", "guestlist.planner.index_child")


def load(part: LedgerPart) -> PartIndex:
    """A part read and indexed; StoreError when it is missing or damaged."""
    if part.path is None or part.rows < LARGE or not hasattr(os, "memfd_create"):
        return part_index.load(part)
    shared = os.memfd_create("guestlist-ledger")
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [*_COMMAND, str(shared)],
            input=msgspec.msgpack.encode((part.path, part.rows)),
            pass_fds=(shared,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != 0:
            return part_index.load(part)  # which says why not, or does it here
        whole = mmap.mmap(shared, 0, prot=mmap.PROT_READ)
    finally:
        os.close(shared)
    return PartIndex.on(_tables(whole))


def _tables(whole: mmap.mmap) -> Iterator[pa.Table]:
    """One after the other, as they were written."""
    source = pa.BufferReader(pa.py_buffer(whole))
    while source.tell() < source.size():
        with pa.ipc.open_stream(source) as stream:
            yield stream.read_all()


def main() -> None:
    """Index the part that standard input names."""
    os.nice(NICE)
    path, rows = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=tuple[str, int])
    index = part_index.load(LedgerPart(0, rows, path=path))
    with os.fdopen(int(sys.argv[1]), "wb") as sink:
        for table in index.tables:
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)


if __name__ == "__main__":
    main()
