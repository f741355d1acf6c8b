"""The planner in DuckDB, in this process."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import duckdb

from guestlist.core.identity import Kind, Reason
from guestlist.errors import ConfigError, GuestlistError
from guestlist.planner import changes, counts, draft, exclusion, folding, rejected, scan, staging
from guestlist.planner.compare import Task, compare, compare_first, compare_removals
from guestlist.planner.connection import TOO_LITTLE, Session, connect, reading_ledger
from guestlist.planner.ledger import now_kind, open_ledger, paths
from guestlist.ports import Delta, FoldRequest, Known, LedgerPart, Plan, PlanRequest, Progress


class DuckDBPlanner:
    """Implements ``ports.Planner``. Every call has a database of its own, in memory."""

    def plan(self, request: PlanRequest, progress: Progress | None = None) -> Plan:
        """See ``ports.Planner``."""
        started = time.monotonic()
        _check_mapping(request)
        before = [request.rejected_before] if request.rejected_before else []
        scans = [request.scan, *(each.scan for each in request.excluded)]
        readable = [*(path for each in scans for path in each.paths), *paths(request.ledger), *before]
        guessed = any(each.format in scan.OF_UNKNOWN_LENGTH for each in scans)
        opened = connect(request.folder, readable, request.memory_limit, joins_as_written=guessed)
        with _sound(), opened as session:
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
    with reading_ledger():
        known = open_ledger(session, request.ledger)
    progress("reading the list", 0, 0)
    rows = staging.opened(session, request, exclusion.keep_out(session, request))
    first = not known and request.mode != "remove_only"
    request = rows.request
    task = Task(request, rows.shape, now_kind(session), first, draft=first and draft.worth_it(request, rows))
    with scan.unchanged(request.scan):
        staging.stage(session, rows, task.draft)
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
        notes=found.notes | ({str(Reason.ENTRIES_DROPPED): rows.cut_short} if rows.cut_short else {}),
        traits_in_clear=_in_clear(request),
        identity=request.scan.identity,
        leaving=found.leaving,
    )


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
