"""What is kept for how long: rows about requests do not pile up for ever. What is *told* (ledgers) is never swept.

================================  =========================================================================
answers and batches of a run      ``details`` after it ended; then ``runs.plan`` holds how many of each
runs                              ``runs`` after they ended; the ``LATEST`` of each activation and its latest
                                  sync of a whole list for ever, and those that a receipt of forgetting waits for
late answers                      ``details`` after a delta of the ledger holds them, or their segment is gone
================================  =========================================================================

Whatever is still open, however old (a snapshot that waits, a removal somebody was promised), is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.locks import Locks
from guestlist.store.runs import SYNCED

DAY = 86_400.0
DETAILS = 14 * DAY
RUNS = 90 * DAY
LATEST = 20
PAGE = 500  # rows that are looked at together
MOST = 20_000  # rows that one sweep looks at: it is never a long one, the next goes on
SWEEPING = "sweep"  # the lock under which rows are folded
OVER = ("closed", "failed", "void")

_runs, _batches, _attempts = schema.runs, schema.batches, schema.attempts
_late, _ledgers = schema.late_attempts, schema.ledgers


class Retention:
    """Sweeps from the oldest row on and stops at the first that is young, so that nothing to do costs nothing."""

    def __init__(self, database: Database, locks: Locks) -> None:
        self._database, self._locks = database, locks

    def sweep(self, now: float, details: float = DETAILS, runs: float = RUNS) -> int:
        """Fold and delete what is old enough (seconds); how many rows of runs that concerned. Not in a transaction."""
        with self._locks.hold(SWEEPING, wait=False) as mine:
            if not mine:
                return 0
            return self._fold(now - details) + self._forget_late(now - details) + self._delete(now - runs)

    def _fold(self, before: float) -> int:
        """Answers and batches become counts. Batches are in the order of their runs' beginnings, but for parts of what
        was split later.
        """
        query = sa.select(_batches.c.id, _runs.c.id, _runs.c.state, _runs.c.started, _runs.c.ended).join(_runs)
        with self._database.read() as connection:
            runs = list(dict.fromkeys(run for _, run in _oldest(connection, query, _batches.c.id, before)))
        for some in _pages(runs):
            with self._database.write() as connection:
                _write_counts(connection, some)
                for table in (_attempts, _batches):
                    connection.execute(sa.delete(table).where(table.c.run_id.in_(some)))
        return len(runs)

    def _forget_late(self, before: float) -> int:
        """Late answers that a ledger holds, and those to a segment that is gone."""
        epoch = sa.select(_ledgers.c.epoch).where(_ledgers.c.id == _late.c.ledger_id).scalar_subquery()
        gone = (_late.c.at <= before) & (_late.c.epoch < epoch)
        query = sa.select(_late.c.id).where(sa.or_(_late.c.folded_at <= before, gone))
        with self._database.read() as connection:
            ids = connection.execute(query.limit(PAGE)).scalars().all()
        if ids:
            with self._database.write() as connection:
                connection.execute(sa.delete(_late).where(_late.c.id.in_(ids)))
        return len(ids)

    def _delete(self, before: float) -> int:
        """Runs that nobody asks for any more."""
        query = sa.select(_runs.c.id, _runs.c.activation_id, _runs.c.state, _runs.c.started, _runs.c.ended)
        with self._database.read() as connection:
            old = list(_oldest(connection, query, _runs.c.id, before))
            needed = _needed(connection, old) if old else set()
        gone = [run for run, _ in old if run not in needed]
        for some in _pages(gone):
            with self._database.write() as connection:
                connection.execute(sa.delete(_runs).where(_runs.c.id.in_(some)))
        return len(gone)


def _oldest(
    connection: sa.Connection, query: sa.Select[Any], key: sa.Column[int], before: float
) -> Iterator[tuple[int, int]]:
    """Rows of runs that ended ``before``, in the order of ``key``, as far as runs had begun by then. ``query`` selects
    the key, another number, and the run's state, beginning and end.
    """
    last = 0
    for _ in range(MOST // PAGE):
        page = connection.execute(query.where(key > last).order_by(key).limit(PAGE)).all()
        for last, number, state, began, ended in page:
            if began > before:
                return
            if state in OVER and ended <= before:
                yield last, number
        if len(page) < PAGE:
            return


def _write_counts(connection: sa.Connection, runs: Sequence[int]) -> None:
    """``answers`` (HTTP status, or what happened instead -> requests) and ``batches`` (state -> how many)."""
    said = sa.case((_attempts.c.kind == "answered", sa.cast(_attempts.c.status, sa.Text)), else_=_attempts.c.kind)
    found: dict[int, dict[str, dict[str, int]]] = {run: {"answers": {}, "batches": {}} for run in runs}
    for name, table, what in (("answers", _attempts, said), ("batches", _batches, _batches.c.state)):
        counted = sa.select(table.c.run_id, what.label("what"), sa.func.count()).where(table.c.run_id.in_(runs))
        for run, key, number in connection.execute(counted.group_by(table.c.run_id, sa.text("what"))):
            found[run][name][key] = number
    for run, counts in found.items():
        plan = connection.execute(sa.select(_runs.c.plan).where(_runs.c.id == run)).scalar_one()
        connection.execute(sa.update(_runs).where(_runs.c.id == run).values(plan={**plan, **counts}))


def _needed(connection: sa.Connection, old: Sequence[tuple[int, int]]) -> set[int]:
    """Of these (run, activation): what is shown, what a promise waits for, and what still has batches."""
    targets, numbers = schema.receipt_targets, [run for run, _ in old]
    queries = [
        sa.select(targets.c.run_id).where(targets.c.answered_at.is_(None), targets.c.run_id.is_not(None)),
        sa.select(schema.activations.c.last_run).where(schema.activations.c.last_run.is_not(None)),
        sa.select(_batches.c.run_id).where(_batches.c.run_id.in_(numbers)).distinct(),
    ]
    for activation in {of for _, of in old}:
        of_it = sa.select(_runs.c.id).where(_runs.c.activation_id == activation).order_by(_runs.c.id.desc())
        queries += [of_it.limit(LATEST), of_it.where(*SYNCED).limit(1)]
    return {run for query in queries for run in connection.execute(query).scalars()}


def _pages(runs: Sequence[int]) -> Iterator[Sequence[int]]:
    yield from (runs[start : start + PAGE] for start in range(0, len(runs), PAGE))
