"""Lists of people to be forgotten: sealed as they arrived, and gone once that is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from guestlist.ports import HeldList
from guestlist.store import schema
from guestlist.store.database import Database, insert_one
from guestlist.store.files import Files
from guestlist.store.rows import load
from guestlist.store.uploads import held

_table = schema.suppression_lists


@dataclass(frozen=True)
class SuppressionList:
    """One row; columns are explained in ``schema.suppression_lists``."""

    id: int
    file_name: str
    format: str
    columns: Sequence[str]
    chosen: str
    job_id: int | None
    file_id: int
    uploaded_at: float
    uploaded_by: str


class SuppressionLists:
    """They arrive as uploads do (``Uploads.arriving``)."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database, self._files = database, files

    def keep(
        self, file_id: int, file_name: str, format_: str, columns: Sequence[str], chosen: str, by: str, now: float
    ) -> int:
        """Make a file that arrived such a list; its number."""
        values: dict[str, Any] = {
            "file_id": file_id, "file_name": file_name, "format": format_, "columns": list(columns), "chosen": chosen,
            "job_id": None, "uploaded_at": now, "uploaded_by": by,
        }  # fmt: skip
        with self._database.write() as connection:
            return insert_one(connection, _table, values)

    def get(self, number: int) -> SuppressionList | None:
        """None: there is none, or no more."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.id == number)).mappings().first()
        return None if row is None else load(SuppressionList, row)

    def choose(self, number: int, column: str, job_id: int) -> None:
        """Its column that says who, and the job that reads it."""
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.id == number).values(chosen=column, job_id=job_id))

    def opened(self, found: SuppressionList) -> HeldList:
        """Its plain content in memory. StoreError."""
        return held(found.file_name, found.format, self._files.plain(found.file_id), found.uploaded_at)

    def delete(self, number: int) -> bool:
        """Whether there was one. Its bytes are gone within an hour."""
        return self._delete(_table.c.id == number) == 1

    def forget_before(self, moment: float) -> int:
        """Delete those that came before; how many."""
        return self._delete(_table.c.uploaded_at < moment)

    def _delete(self, these: sa.ColumnElement[bool]) -> int:
        with self._database.write() as connection:
            files = connection.execute(sa.select(_table.c.file_id).where(these).with_for_update()).scalars().all()
            if files:
                connection.execute(sa.delete(_table).where(these))
            for file_id in files:
                self._files.retire(file_id)
        return len(files)
