"""Answers to requests that may come twice: whoever sends the same idempotency key again gets the first answer again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, insert_missing
from guestlist.store.vault import Vault

KEPT = 86_400.0
STUCK = 300.0  # seconds after which whoever began it has died over it

_table = schema.repeats


@dataclass(frozen=True)
class Earlier:
    """What is known of a key. ``same``: the same was asked then. ``answer`` None: it is still being worked on."""

    same: bool
    answer: Mapping[str, Any] | None = field(repr=False)


class Repeats:
    """Keys and requests are kept as digests, answers sealed: one may hold a token that is shown only once."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def begin(self, key: bytes, request: bytes, now: float) -> Earlier | None:
        """None: it is the first with this key, and its answer has to follow (``end``, or ``drop`` where none is to be
        kept). Answers older than a day go.
        """
        over = sa.or_(_table.c.at <= now - KEPT, _table.c.answer.is_(None) & (_table.c.at <= now - STUCK))
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(over))
            if insert_missing(connection, _table, digest=key, request=request, answer=None, at=now):
                return None
            row = connection.execute(sa.select(_table).where(_table.c.digest == key)).mappings().first()
        if row is None:  # dropped this very moment
            return Earlier(same=True, answer=None)
        return Earlier(bytes(row["request"]) == request, self._opened(row["answer"]))

    def end(self, key: bytes, answer: Mapping[str, Any]) -> None:
        """What whoever sends the key again will get."""
        sealed = self._vault.seal(json.dumps(answer).encode())
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.digest == key).values(answer=sealed))

    def drop(self, key: bytes) -> None:
        """Nothing was made: the key may be used again."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.digest == key))

    def _opened(self, sealed: bytes | None) -> Mapping[str, Any] | None:
        return None if sealed is None else json.loads(self._vault.open(sealed))
