"""Normalised rows of a list, whoever normalised them: SQL, the reference, or both."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from guestlist.core.identity import Kind, Reason
from guestlist.planner import people, scan, sql
from guestlist.planner.connection import Session
from guestlist.planner.shape import (
    ACCEPTED,
    EXCLUDED,
    FILTERED,
    SLOW,
    Shape,
    code,
    print_of,
    source_columns,
    trait_type,
)
from guestlist.ports import PlanRequest

SUPPRESSED = "suppressed"  # (id), registered
KEPT_OUT = "kept_out"  # (id), see ``exclusion``
PICKED = "picked"  # (row)
BY_REFERENCE = "by_reference"  # a view of the rows that the reference read

_FEW = 4  # reading all is better than picking more than a part in so many
_MASKED = "regexp_replace(p, '([^ @]?)[^ @]*@([^ @]*)', '\\1***@\\2', 'g')"  # core.text.masked of a tame text


class Rows:
    """How to read the rows of one request.

    ``by_reference``: SLOW rows were read and stand in BY_REFERENCE. ``numbered``: rows have numbers, because they cost
    nothing or somebody needs them. ``only``: a condition on their numbers, so that nothing else is hashed.
    ``cut_short``: how many rows have longer lists in their cells than are read. ``keeps_out``: KEPT_OUT is not empty.
    """

    def __init__(
        self,
        request: PlanRequest,
        shape: Shape,
        filter_sql: str | None,
        cut_short: int = 0,
        keeps_out: bool = False,
    ) -> None:
        self.request = request
        self.shape = shape
        self.filter_sql = filter_sql
        self.cut_short = cut_short
        self.keeps_out = keeps_out
        self.by_reference = False
        self.numbered = scan.numbers_are_cheap(request.scan)
        self.only: str | None = None

    def pick(self, session: Session, query: str) -> Rows:
        """These rows, as far as numbers are known and the rows are few."""
        if not self.numbered:
            return self
        session.create(PICKED, query)
        few = session.number(f"SELECT count(*) FROM {PICKED}") * _FEW < session.number("SELECT count(*) FROM plain")
        return self.but(f"row IN (FROM {PICKED})") if few else self

    def but(self, only: str) -> Rows:
        """Those of these rows whose number fulfils a condition."""
        some = copy(self)
        some.only = only
        return some

    def with_numbers(self) -> Rows:
        """These rows with their numbers, whatever that costs."""
        counted = copy(self)
        counted.numbered = True
        return counted

    def marked(self) -> str:
        """Every row once, with its verdict and cells ``c1``..; SLOW rows have nothing else."""
        cells = scan.cells(self.request.scan, source_columns(self.request), self.filter_sql, self.numbered)
        if self.only:
            cells = f"SELECT * FROM ({cells}) WHERE {self.only}"
        if self.shape.kind is Kind.PEOPLE:
            return self._keyed(people.normal(cells, self.request))
        slots = [f"NULL::UTINYINT AS t{k}, NULL::UUID AS i{k}, NULL::BLOB AS v{k}" for k in self.shape.numbers]
        traits = [f"NULL::{trait_type(trait)} AS {sql.name(trait)}" for trait in self.shape.traits]
        verdict = f"CASE WHEN kept THEN {SLOW} ELSE {FILTERED} END::UTINYINT AS verdict, 0::USMALLINT AS notes"
        columns = ", ".join([verdict, *slots, "NULL::UUID AS ip", *traits])
        return f"SELECT row, NULL::VARCHAR AS key, {columns}, COLUMNS('^c[0-9]+$') FROM ({cells})"

    def _keyed(self, normal: str) -> str:
        """Source keys masked; rows that carry a suppressed key are rejected."""
        columns = ["row", f"{_MASKED} AS key", *self.shape.columns[2:], "COLUMNS('^c[0-9]+$')"]
        return self.without_kept_out(self._without_suppressed(f"SELECT {', '.join(columns)} FROM ({normal})"))

    def _without_suppressed(self, keyed: str) -> str:
        if not self.request.suppressed:
            return keyed
        carried = (*self.shape.ids, "ip") if self.shape.primary else self.shape.ids
        return _judged(keyed, carried, SUPPRESSED, code(Reason.FORGOTTEN))

    def without_kept_out(self, keyed: str) -> str:
        """These rows; those that carry an identifier that is kept out are not wanted."""
        return _judged(keyed, self.shape.ids, KEPT_OUT, EXCLUDED) if self.keeps_out else keyed

    def all(self) -> str:
        """Every row once, with its final verdict."""
        columns = ", ".join(self.shape.columns)
        marked = f"SELECT {columns} FROM ({self.marked()})"
        if not self.by_reference:
            return marked
        slow = f"SELECT {columns} FROM {BY_REFERENCE}" + (f" WHERE {self.only}" if self.only else "")
        return sql.union([f"{marked} WHERE verdict <> {SLOW}", slow])

    def accepted(self) -> str:
        """The rows that LinkedIn can be told of, with ``s`` (key of the strongest identifier) and ``th`` (print)."""
        return self._usable(self.all())

    def read_by_reference(self) -> str:
        """Those of them that the reference read."""
        return self._usable(f"SELECT {', '.join(self.shape.columns)} FROM {BY_REFERENCE}")

    def _usable(self, rows: str) -> str:
        extra = f"{self.shape.strongest} AS s, {print_of(self.shape.traits)} AS th"
        return f"SELECT *, {extra} FROM ({rows}) WHERE verdict = {ACCEPTED}"


def _judged(keyed: str, carried: Sequence[str], table: str, verdict: int) -> str:
    """Another verdict for accepted rows that carry an identifier of the table."""
    hit = " OR ".join(f"coalesce({key} IN (SELECT id FROM {table}), false)" for key in carried)
    said = f"CASE WHEN verdict = {ACCEPTED} AND ({hit}) THEN {verdict} ELSE verdict END::UTINYINT"
    return f"SELECT * REPLACE ({said} AS verdict) FROM ({keyed})"
