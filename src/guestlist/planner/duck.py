"""The planner in DuckDB, in this process."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import duckdb
import pyarrow as pa

from guestlist.core.identity import Kind
from guestlist.errors import ConfigError, GuestlistError
from guestlist.planner import changes, counts, desired, draft, filtering, folding, people, rejected, scan
from guestlist.planner.compare import Task, compare, compare_first, compare_removals
from guestlist.planner.connection import TOO_LITTLE, Session, connect, reading_ledger
from guestlist.planner.ledger import now_kind, open_ledger, paths
from guestlist.planner.reference import read_slow_rows
from guestlist.planner.rows import SUPPRESSED, Rows
from guestlist.planner.shape import SLOW, shape_of
from guestlist.ports import Delta, FoldRequest, Known, LedgerPart, Plan, PlanRequest, Progress


class DuckDBPlanner:
    """Implements ``ports.Planner``. Every call has a database of its own, in memory."""

    def plan(self, request: PlanRequest, progress: Progress | None = None) -> Plan:
        """See ``ports.Planner``."""
        started = time.monotonic()
        _check_mapping(request)
        before = [request.rejected_before] if request.rejected_before else []
        readable = [*request.scan.paths, *paths(request.ledger), *before]
        with _sound(), connect(request.folder, readable, request.memory_limit) as session:
            plan = _plan(session, request, progress or _silent)
        return replace(plan, seconds=time.monotonic() - started)

    def fold(self, request: FoldRequest) -> Delta:
        """See ``ports.Planner``."""
        changed = [request.changes.path] if request.changes.path else []
        with _sound(), connect(request.folder, [*changed, *paths(request.ledger)]) as session, reading_ledger():
            return folding.fold(session, request)

    def merge(self, ledger: Sequence[LedgerPart], folder: str) -> Delta:
        """See ``ports.Planner``."""
        with _sound(), connect(folder, paths(ledger)) as session, reading_ledger():
            return folding.merge(session, ledger, folder)

    def find(
        self,
        ledger: Sequence[LedgerPart],
        ids: Sequence[bytes] = (),
        owners: Sequence[bytes] = (),
        groups: Sequence[bytes] = (),
        sample: int = 0,
    ) -> list[Known]:
        """See ``ports.Planner``."""
        with _sound(), connect(None, paths(ledger)) as session, reading_ledger():
            return folding.find(session, ledger, ids, owners, groups, sample)


def _silent(_what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


@contextmanager
def _sound() -> Iterator[None]:
    """Whatever DuckDB says that nobody translated: its texts may quote data, so only the kind of error is told."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise GuestlistError(TOO_LITTLE) from None
    except duckdb.Error as error:
        raise GuestlistError(f"Planning failed ({type(error).__name__}); nothing was changed.") from None


def _check_mapping(request: PlanRequest) -> None:
    for field, sources in request.mapping.items():
        for source in sources:
            if source not in request.scan.columns:
                near = difflib.get_close_matches(source, request.scan.columns, n=3, cutoff=0.5)
                hint = f"; near it: {', '.join(near)}" if near else ""
                raise ConfigError(f"{field} is mapped to {source}, a column that the list does not have{hint}.")


def _plan(session: Session, request: PlanRequest, progress: Progress) -> Plan:
    rows = _rows(session, request)
    with reading_ledger():
        known = open_ledger(session, request.ledger)
    first = not known and request.mode != "remove_only"
    task = Task(request, rows.shape, now_kind(session), first, draft=first and draft.worth_it(request, rows))
    progress("reading the list", 0, 0)
    with scan.unchanged(request.scan):
        _stage(session, rows, task)
    progress("comparing", 0, 0)
    with reading_ledger():
        _compare(session, task)
        found = counts.count(session, task)
    progress("writing the changes", 0, 0)
    written = changes.write(session, task, rows) if request.write else changes.counted(session, task)
    return Plan(
        counts=found.counts,
        changes=written,
        rejected=rejected.rejected(session, task, rows, found.by_reason),
        notes=found.notes,
        traits_in_clear=_in_clear(request),
        identity=request.scan.identity,
        leaving=found.leaving,
    )


def _rows(session: Session, request: PlanRequest) -> Rows:
    """What queries need besides the list: countries, forgotten identifiers, the filter."""
    spellings = people.country_table()
    table = pa.table({"spelling": list(spellings), "code": list(spellings.values())})
    session.register(people.COUNTRIES, table)
    session.register(SUPPRESSED, pa.table({"id": pa.array(list(request.suppressed), pa.uuid())}))
    scan.load(session, request.scan)
    return Rows(request, shape_of(request), filtering.bound(session, request))


def _stage(session: Session, rows: Rows, task: Task) -> None:
    if task.draft:
        draft.stage(session, rows)
        return
    desired.stage(session, rows)
    if session.number(f"SELECT count(*) FROM plain WHERE verdict = {SLOW}"):
        read_slow_rows(session, rows)
        desired.add_slow_rows(session, rows)


def _compare(session: Session, task: Task) -> None:
    if task.request.mode == "remove_only":
        compare_removals(session, task)
    elif task.first:
        compare_first(session, task)
    else:
        compare(session, task)


def _in_clear(request: PlanRequest) -> tuple[str, ...]:
    """Everything that is mapped and is not a digest leaves as it is."""
    hashed = {"email", "primaryId"} if request.members is Kind.PEOPLE else {"primaryId"}
    return tuple(field for field in request.mapping if field not in hashed and request.mapping[field])
