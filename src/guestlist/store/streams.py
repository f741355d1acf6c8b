"""How far each stream activation is with what folds touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, insert_missing
from guestlist.store.rows import load

_table, _keys, _activations = schema.streams, schema.audience_keys, schema.activations


@dataclass(frozen=True)
class Stream:
    """One row; columns are explained in ``schema.streams``."""

    activation_id: int
    key_id: int
    seen: int
    behind: str
    looked_at: float
    compared_at: float
    made_with: Mapping[str, Any]
    epoch: int


class Streams:
    """Every stream activation of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, activation_id: int) -> Stream | None:
        """None: it was never synced, and is no stream as far as the store knows."""
        with self._database.read() as connection:
            row = (
                connection.execute(sa.select(_table).where(_table.c.activation_id == activation_id)).mappings().first()
            )
        return None if row is None else load(Stream, row)

    def of(self, activation_ids: Collection[int]) -> dict[int, Stream]:
        """The same of several, by activation; those that are none are left out."""
        query = sa.select(_table).where(_table.c.activation_id.in_(activation_ids))
        with self._database.read() as connection:
            return {row["activation_id"]: load(Stream, row) for row in connection.execute(query).mappings()}

    def ensure(self, activation_id: int, key_id: int) -> Stream:
        """Its row, made when it is new: then everybody has to be compared first, and what folds touched until now is
        part of that.
        """
        if (known := self.get(activation_id)) is not None:
            return known
        folded = sa.select(_keys.c.folded).where(_keys.c.id == key_id)
        mine = sa.select(_table).where(_table.c.activation_id == activation_id)
        values = {"activation_id": activation_id, "key_id": key_id, "made_with": {}, "epoch": -1}
        values |= {"behind": "it was never synced", "looked_at": 0.0, "compared_at": 0.0}
        with self._database.write() as connection:
            insert_missing(connection, _table, seen=connection.execute(folded).scalar_one(), **values)
            return load(Stream, connection.execute(mine).mappings().one())

    def update(self, activation_id: int, **values: Any) -> None:
        """Columns of ``schema.streams``."""
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.activation_id == activation_id).values(values))

    def caught_up(self, activation_id: int, marker: str, epoch: int) -> None:
        """A run into the segment of ``epoch`` came to a clean end; whoever asked for more meanwhile still waits."""
        mine = (_table.c.activation_id == activation_id) & (_table.c.behind == marker)
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(mine).values(behind="", epoch=epoch))

    def fall_behind(self, ledger_id: int, why: str) -> None:
        """Everybody of a ledger has to be compared again."""
        of = sa.select(_activations.c.id).where(_activations.c.ledger_id == ledger_id)
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.activation_id.in_(of)).values(behind=why))

    def all_behind(self, why: str) -> None:
        """Everybody of every stream has to be compared again."""
        with self._database.write() as connection:
            connection.execute(sa.update(_table).values(behind=why))

    def due(self, compared_before: float) -> list[Stream]:
        """Those that a fold has news for, that are behind for another reason, or that nobody compared for long."""
        query = sa.select(_table).join(_keys, _keys.c.id == _table.c.key_id)
        query = query.where(
            (_keys.c.folded > _table.c.seen) | (_table.c.behind != "") | (_table.c.compared_at <= compared_before)
        )
        with self._database.read() as connection:
            return [load(Stream, row) for row in connection.execute(query).mappings()]

    def of_key(self, key_id: int) -> list[Stream]:
        """All that are fed by a key and not removed."""
        query = sa.select(_table).join(_activations, _activations.c.id == _table.c.activation_id)
        query = query.where(_table.c.key_id == key_id, _activations.c.removed_at.is_(None))
        with self._database.read() as connection:
            return [load(Stream, row) for row in connection.execute(query).mappings()]
