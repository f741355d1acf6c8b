"""Parts of the configuration that were made on the pages or through the API, in the yaml's shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, insert_missing
from guestlist.store.vault import Vault

Section = Literal["destinations", "audiences", "activations", "settings"]

CHANGES = "declared"  # in meta: how many changes there were

_table, _meta = schema.declared, schema.meta


@dataclass(frozen=True)
class Part:
    """One object; ``version`` is what an ETag says."""

    kind: str
    name: str
    body: Mapping[str, Any]
    version: int
    changed_at: float
    changed_by: str


class Declared:
    """Bodies rest sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def all(self) -> list[Part]:
        """In the order they were made, as far as versions tell; first by kind."""
        query = sa.select(_table).order_by(_table.c.kind, _table.c.version)
        with self._database.read() as connection:
            return [self._part(row) for row in connection.execute(query).mappings().all()]

    def get(self, kind: Section, name: str) -> Part | None:
        """None: the pages made none of this name."""
        query = sa.select(_table).where(_table.c.kind == kind, _table.c.name == name)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else self._part(row)

    def stamp(self) -> tuple[int, int]:
        """How many there are, and the number of the last change; cheap to ask."""
        count = sa.select(sa.func.count()).select_from(_table).scalar_subquery()
        query = sa.select(count, sa.select(_meta.c.value).where(_meta.c.key == CHANGES).scalar_subquery())
        with self._database.read() as connection:
            there, changes = connection.execute(query).one()
        return int(there), int(changes or 0)

    def put(self, kind: Section, name: str, body: Mapping[str, Any], by: str, now: float) -> int:
        """Make it or put it in place of what was there; its new version."""
        sealed = self._vault.seal(json.dumps(body, sort_keys=True).encode())
        with self._database.write() as connection:
            version = self._next(connection)
            values = {"body": sealed, "version": version, "changed_at": now, "changed_by": by}
            there = sa.update(_table).where(_table.c.kind == kind, _table.c.name == name).values(values)
            if connection.execute(there).rowcount == 0:
                connection.execute(sa.insert(_table).values(kind=kind, name=name, **values))
        return version

    def delete(self, kind: Section, name: str) -> bool:
        """Whether there was one."""
        with self._database.write() as connection:
            self._next(connection)
            gone = sa.delete(_table).where(_table.c.kind == kind, _table.c.name == name)
            return connection.execute(gone).rowcount == 1

    def _next(self, connection: sa.Connection) -> int:
        """The number of this change: larger than that of every one before, of what is gone too."""
        insert_missing(connection, _meta, key=CHANGES, value="0")
        last = connection.execute(sa.select(_meta.c.value).where(_meta.c.key == CHANGES).with_for_update()).scalar_one()
        number = int(last) + 1
        connection.execute(sa.update(_meta).where(_meta.c.key == CHANGES).values(value=str(number)))
        return number

    def _part(self, row: sa.RowMapping) -> Part:
        body = json.loads(self._vault.open(row["body"]))
        return Part(row["kind"], row["name"], body, row["version"], row["changed_at"], row["changed_by"])
