"""Rejected rows of the last run of each activation: counts and masked samples here, all of them in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, upsert
from guestlist.store.files import Files
from guestlist.store.rows import load

_table = schema.rejected


@dataclass(frozen=True)
class RejectedRows:
    """One row; columns are explained in ``schema.rejected``."""

    activation_id: int
    run_id: int
    at: float
    by_reason: Mapping[str, int]
    samples: Mapping[str, Sequence[Sequence[Any]]]
    file_id: int | None


class RejectedRuns:
    """One entry an activation: the current one."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database, self._files = database, files

    def get(self, activation_id: int) -> RejectedRows | None:
        """None: nothing was ever planned."""
        query = sa.select(_table).where(_table.c.activation_id == activation_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else load(RejectedRows, row)

    def put(self, current: RejectedRows) -> None:
        """Replace what was current; its file dies. Put it into the transaction of ``runs.commit``."""
        values = {"run_id": current.run_id, "at": current.at, "by_reason": dict(current.by_reason)}
        values |= {"samples": {reason: list(found) for reason, found in current.samples.items()}}
        with self._database.write() as connection:
            before = self.get(current.activation_id)
            key = {"activation_id": current.activation_id}
            upsert(connection, _table, key, {**values, "file_id": current.file_id})
            if before is not None and before.file_id not in (None, current.file_id):
                self._files.retire(before.file_id)
