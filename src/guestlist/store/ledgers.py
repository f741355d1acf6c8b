"""Ledgers: what LinkedIn was told, as immutable parts (a base and deltas), changed by compare-and-set only.

Overlays say how the states stored in a part count now, without rewriting it. A part has one at a time:

==========  =========================  =========================================================================
new         on a part that has         gives
==========  =========================  =========================================================================
not_told    anything                   not_told: the new segment knows nobody, whatever was sure or unsure before
unsure      anything                   unsure: after a restore nothing is sure, also not that nobody was told yet
again       as_is                      again
again       not_told, unsure, again    what it has: each of them tells again everybody who is wanted
==========  =========================  =========================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from guestlist.core.identity import Kind
from guestlist.errors import StoreError
from guestlist.ports import Delta, LedgerPart, Vault
from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.files import Files
from guestlist.store.rows import load

Overlay = Literal["not_told", "unsure", "again"]
# How many are in then; after "again" as many as before.
COUNTED: dict[Overlay, dict[str, int | None]] = {"not_told": {"members_in": 0}, "unsure": {"members_in": None}}
POUR_ROWS = 65_536  # identifiers in blobs at the end of a ledger that are worth one file
POUR_PARTS = 16  # blobs at its end that are worth one
CROWD = 64  # blobs at its end: whoever adds them has to wait for a pouring
MERGE_PARTS = 16  # deltas before those that are worth a new base
MERGE_ROWS = 5_000  # deltas smaller than this together never are
MERGE_SHARE = 0.1  # of the base
MERGE_SHARE_OF_STREAMS = 0.25  # they are asked for a few identifiers at a time, and never stand still

_table, _parts = schema.ledgers, schema.ledger_parts


@dataclass(frozen=True)
class Ledger:
    """One row; columns are explained in ``schema.ledgers``."""

    id: int
    members: Kind
    version: int
    epoch: int
    segment_id: int | None
    members_in: int | None
    created_at: float


@dataclass(frozen=True)
class _Size:
    seq: int
    rows: int
    blob: bool


class Ledgers:
    """Every ledger of the store."""

    def __init__(self, database: Database, vault: Vault, files: Files) -> None:
        self._database, self._vault, self._files = database, vault, files

    def get(self, ledger_id: int) -> Ledger:
        """By its number; StoreError when there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.id == ledger_id)).mappings().first()
        if row is None:
            raise StoreError(f"Ledger number {ledger_id} is not in the store.")
        return load(Ledger, {**row, "members": Kind(row["members"])})

    def all(self) -> list[Ledger]:
        """Oldest first, those of removed activations and old snapshots included."""
        with self._database.read() as connection:
            numbers = connection.execute(sa.select(_table.c.id).order_by(_table.c.id)).scalars().all()
        return [self.get(number) for number in numbers]

    def parts(self, ledger_id: int) -> tuple[int, tuple[LedgerPart, ...]]:
        """The version to hand to a change, and all parts, oldest first, ready to be read: blobs opened, files checked
        and local. StoreError when a file is missing or short: a damaged ledger is never taken for an empty one.
        """
        query = sa.select(_parts).where(_parts.c.ledger_id == ledger_id).order_by(_parts.c.seq)
        with self._database.read() as connection:
            version = self.get(ledger_id).version
            rows = connection.execute(query).mappings().all()
        return version, tuple(self._part(row) for row in rows)

    def size(self, ledger_id: int) -> int:
        """Rows in all parts; 0: nobody was ever told anything."""
        return sum(part.rows for part in self._sizes(ledger_id))

    def members_in(self, ledger_ids: Collection[int]) -> dict[int, int]:
        """How many members each of them has told in, and not told out since (answered or not). One that was restored is
        missing until its parts are merged.
        """
        query = sa.select(_table.c.id, _table.c.members_in).where(_table.c.id.in_(ledger_ids))
        with self._database.read() as connection:
            rows = connection.execute(query.where(_table.c.members_in.is_not(None))).all()
        return {row.id: row.members_in for row in rows}

    def append(self, ledger_id: int, expected_version: int, delta: Delta, file_id: int | None = None) -> bool:
        """Add the newest part: ``delta.data``, else the published file ``file_id``. For no rows nothing is written
        but the version. False: the ledger changed since ``expected_version`` was read; the delta is worth nothing and
        its file is dead.
        """
        with self._database.write():
            if not self._advance(ledger_id, expected_version, file_id, delta.members_in):
                return False
            self._insert(ledger_id, expected_version + 1, delta, file_id)
            return True

    def replace(self, ledger_id: int, parts: Sequence[LedgerPart], merged: Delta, file_id: int | None = None) -> bool:
        """Put one part (overlays applied) where these neighbouring ``parts`` are; their files die. With all parts this
        makes a new base, with those of ``pour_due`` one delta of many blobs. False: one of them is not there any more
        as it was read; ``merged`` is worth nothing and its file is dead.

        What is known stays the same, so the version does too, and others may add parts meanwhile.
        """
        with self._database.write() as connection:
            connection.execute(sa.select(_table.c.id).where(_table.c.id == ledger_id).with_for_update())
            these = (_parts.c.ledger_id == ledger_id) & _parts.c.seq.in_([part.seq for part in parts])
            found = connection.execute(sa.select(_parts).where(these).order_by(_parts.c.seq)).all()
            if [(row.seq, row.rows, row.read_as) for row in found] != [(p.seq, p.rows, p.read_as) for p in parts]:
                if file_id is not None:
                    self._files.retire(file_id)
                return False
            for row in found:
                if row.file_id is not None and row.file_id != file_id:
                    self._files.retire(row.file_id)
            connection.execute(sa.delete(_parts).where(these))
            self._insert(ledger_id, parts[-1].seq, merged, file_id)  # keeps its place before parts that came later
            others = sa.exists().where(_parts.c.ledger_id == ledger_id, _parts.c.seq != parts[-1].seq)
            whole = sa.update(_table).where(_table.c.id == ledger_id, ~others)
            connection.execute(whole.values(members_in=merged.members_in))
            return True

    def overlay(self, ledger_id: int, read_as: Overlay) -> None:
        """How all parts there are now count from here on (see the module's table); parts added later are as told."""
        value: sa.ColumnElement[str] = sa.literal(read_as)
        if read_as == "again":
            value = sa.case((_parts.c.read_as == "as_is", read_as), else_=_parts.c.read_as)
        with self._database.write() as connection:
            self._touch(ledger_id, COUNTED.get(read_as, {}))
            connection.execute(sa.update(_parts).where(_parts.c.ledger_id == ledger_id).values(read_as=value))

    def next_epoch(self, ledger_id: int) -> int:
        """A new segment begins (``segments.begin`` calls this): one epoch more, everything known is ``not_told``."""
        with self._database.write() as connection:
            self.overlay(ledger_id, "not_told")
            connection.execute(sa.update(_table).where(_table.c.id == ledger_id).values(epoch=_table.c.epoch + 1))
            return self.get(ledger_id).epoch

    def pour_due(self, ledger_id: int) -> tuple[int, ...]:
        """The blobs at the end that should become one part: more than 64 k identifiers or 16 of them; else ()."""
        tail = _tail(self._sizes(ledger_id))
        due = sum(part.rows for part in tail) > POUR_ROWS or len(tail) > POUR_PARTS
        return tuple(part.seq for part in tail) if due else ()

    def crowded(self, ledger_id: int) -> bool:
        """Whether many more blobs came than were poured."""
        return len(_tail(self._sizes(ledger_id))) > CROWD

    def merge_due(self, ledger_id: int, share: float = MERGE_SHARE) -> bool:
        """Whether all parts should become a new base: the deltas hold more than this share of its rows (and more than
        5,000), or more than 16 of them stand before the blobs that pouring takes care of; or nobody counted them yet.
        """
        sizes = self._sizes(ledger_id)
        deltas, settled = sizes[1:], sizes[1 : len(sizes) - len(_tail(sizes))]
        rows = sum(part.rows for part in deltas)
        heavy = rows > max(MERGE_ROWS, share * sizes[0].rows) if sizes else False
        uncounted = bool(sizes) and not self.members_in([ledger_id])
        return uncounted or (heavy and not sizes[0].blob) or len(settled) > MERGE_PARTS

    def _sizes(self, ledger_id: int) -> list[_Size]:
        blob = _parts.c.file_id.is_(None).label("blob")
        query = sa.select(_parts.c.seq, _parts.c.rows, blob).where(_parts.c.ledger_id == ledger_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_parts.c.seq)).all()
        return [_Size(row[0], row[1], bool(row[2])) for row in rows]

    def _part(self, row: sa.RowMapping) -> LedgerPart:
        if row["file_id"] is None:
            return LedgerPart(row["seq"], row["rows"], data=self._vault.open(row["data"]), read_as=row["read_as"])
        path = self._files.open(row["file_id"])
        return LedgerPart(row["seq"], row["rows"], path=str(path), read_as=row["read_as"])

    def _advance(self, ledger_id: int, expected_version: int, file_id: int | None, more: int) -> bool:
        same = (_table.c.id == ledger_id) & (_table.c.version == expected_version)
        with self._database.write() as connection:
            counted = _table.c.members_in + more
            statement = sa.update(_table).where(same).values(version=expected_version + 1, members_in=counted)
            if connection.execute(statement).rowcount == 1:
                return True
            if file_id is not None:
                self._files.retire(file_id)
            return False

    def _touch(self, ledger_id: int, values: Mapping[str, int | None]) -> None:
        statement = sa.update(_table).where(_table.c.id == ledger_id).values(version=_table.c.version + 1, **values)
        with self._database.write() as connection:
            if connection.execute(statement).rowcount == 0:
                raise StoreError(f"Ledger number {ledger_id} is not in the store.")

    def _insert(self, ledger_id: int, seq: int, delta: Delta, file_id: int | None) -> None:
        if delta.rows == 0:
            if file_id is not None:
                self._files.retire(file_id)
            return
        if (delta.data is None) == (file_id is None):
            raise ValueError("a ledger part is either data or a published file")
        row = {"ledger_id": ledger_id, "seq": seq, "rows": delta.rows}
        data = None if delta.data is None else self._vault.seal(delta.data)
        with self._database.write() as connection:
            connection.execute(sa.insert(_parts).values(data=data, file_id=file_id, read_as="as_is", **row))


def _tail(sizes: list[_Size]) -> list[_Size]:
    """The blobs after the last file."""
    last_file = max((index for index, part in enumerate(sizes) if not part.blob), default=-1)
    return sizes[last_file + 1 :]
