"""Which messages decided lately: one that comes again changes nothing, whichever process folds it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from hashlib import blake2b

from guestlist.store import Store

RECENT = 500_000  # messages that are known again
ROWS = 50_000  # helpings whose messages are: where few events come, each has a row for few
_SIZE = 8  # bytes of a mark: among a million no two are alike


class Recent:
    """As the store has it: ``catch_up`` before a helping, ``write`` in its transaction, ``came`` once it is committed.

    A mark is a keyed digest, since a message's id may be anything, an address too.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keyed = blake2b(digest_size=_SIZE, key=store.meta.names_key)
        self._known: set[bytes] = set()
        self._rows: deque[tuple[int, list[bytes]]] = deque()  # oldest first, as in the store
        self._newest = 0

    def __contains__(self, mark: bytes) -> bool:
        return mark in self._known

    def mark(self, key_id: int, write_key: str, message: str) -> bytes:
        """Of a message that came with a write key, for one audience key."""
        made = self._keyed.copy()
        made.update(f"{key_id}\0{write_key}\0{message}".encode("utf-8", "surrogatepass"))
        return made.digest()

    def catch_up(self) -> None:
        """Those of helpings that another process folded, or this one before it was started anew."""
        for row in self._store.messages.after(self._newest):
            self.came(row.id, [row.data[at : at + _SIZE] for at in range(0, len(row.data), _SIZE)])

    def write(self, marks: Collection[bytes]) -> int:
        """Keep these, and no longer those that are too old; the number to be told to ``came``. 0: there are none."""
        if not marks:
            return 0
        return self._store.messages.add(b"".join(marks), len(marks), self._too_old(len(marks)))

    def came(self, number: int, marks: Collection[bytes]) -> None:
        """They are committed."""
        if not number:
            return
        drop = self._too_old(len(marks))
        while self._rows and self._rows[0][0] <= drop:
            self._known.difference_update(self._rows.popleft()[1])
        self._rows.append((number, list(marks)))
        self._known.update(marks)
        self._newest = number

    def _too_old(self, more: int) -> int:
        """Up to which row there are enough without them, with so many more; 0: none is too old."""
        left, rows, drop = len(self._known) + more, len(self._rows) + 1, 0
        for number, marks in self._rows:
            left, rows = left - len(marks), rows - 1
            if left < RECENT and rows < ROWS:
                break
            drop = number
        return drop
