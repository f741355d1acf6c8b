"""LinkedIn's reasons for refusing an element, numbered: ledgers and outcomes store the number."""

from __future__ import annotations

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, insert_missing

_table = schema.reasons
_LONGEST = 300


class Reasons:
    """number <-> (code, normalised text)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def number(self, code: str, text: str) -> int:
        """The number of this reason, given now if it is new. Same reason, same number, for good."""
        text = " ".join(text.replace("\0", "").split())[:_LONGEST]
        same = sa.select(_table.c.id).where(_table.c.code == code, _table.c.text == text)
        with self._database.write() as connection:
            found = connection.execute(same).scalar()
            if found is None:
                insert_missing(connection, _table, code=code, text=text)
                found = connection.execute(same).scalar_one()
            return int(found)

    def texts(self) -> dict[int, str]:
        """number -> ``CODE: text`` (or only one of the two where LinkedIn gave one)."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_table.c.id, _table.c.code, _table.c.text)).all()
        return {number: ": ".join(part for part in (code, text) if part) for number, code, text in rows}
