"""The prints that the planner's SQL makes, of a few rows at a time and without a list: see ``core.members.Prints``."""
# ruff: noqa: S608 - names come from shape.py

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa

from guestlist.core.identity import Element, Kind, Traits
from guestlist.errors import GuestlistError
from guestlist.planner.connection import calculating
from guestlist.planner.ledger import KIND
from guestlist.planner.shape import COMPANY_TRAITS, PEOPLE_TRAITS, print_of

TRAITS = {Kind.PEOPLE: PEOPLE_TRAITS, Kind.COMPANIES: COMPANY_TRAITS}


class RowPrints:
    """Prints of the rows that they were made for, and of no others."""

    def __init__(self, kind: int, names: Sequence[str], traits: dict[Any, int], ids: dict[bytes, int]) -> None:
        self.kind = kind
        self._names, self._traits, self._ids = names, traits, ids

    def traits(self, traits: Traits) -> int:
        """See ``core.members.Prints``."""
        return self._traits[_line(traits, self._names)]

    def identifier(self, id16: bytes) -> int:
        """See ``core.members.Prints``."""
        return self._ids[id16]


def _line(traits: Traits, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(map(traits.get, names))


class Hashes:
    """DuckDB's hash on a connection that stays, opened when it is first needed. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connection: Any = None
        self._kind = 0

    @property
    def kind(self) -> int:
        """Which hash it is."""
        with self._lock:
            self._connect()
            return self._kind

    def of(self, members: Kind, rows: Iterable[Element]) -> RowPrints:
        """The prints of these rows, by two queries."""
        names = TRAITS[members]
        lines = list({_line(row.traits, names): None for row in rows})
        ids = list({identifier.key16: None for row in rows for identifier in row.identifiers})
        columns = {name: pa.array([line[n] for line in lines], _text(name)) for n, name in enumerate(names)}
        with self._lock:
            self._connect()
            of_lines = self._ask(print_of(names), pa.table(columns))
            of_ids = self._ask("hash(id)", pa.table({"id": pa.array(ids, pa.uuid())}))
        return RowPrints(
            self._kind, names, dict(zip(lines, of_lines, strict=True)), dict(zip(ids, of_ids, strict=True))
        )

    def _connect(self) -> None:
        if self._connection is None:
            self._connection = calculating()
            ((self._kind,),) = self._connection.execute(KIND).fetchall()

    def _ask(self, what: str, table: pa.Table) -> list[int]:
        """In the order of the rows."""
        try:
            self._connection.register("asked", table)
            answer = self._connection.execute(f"SELECT ({what})::UBIGINT FROM asked").fetchall()
            self._connection.unregister("asked")
        except duckdb.Error as error:  # its text may quote data
            raise GuestlistError(f"Planning failed ({type(error).__name__}); nothing was changed.") from None
        return [number for (number,) in answer]


def _text(trait: str) -> pa.DataType:
    return pa.list_(pa.string()) if trait == "industries" else pa.string()
