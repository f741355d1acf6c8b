"""Runs: made durable, carried to their end, closed into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any

from guestlist.app.context import App
from guestlist.app.results import RunState
from guestlist.core.delivery import BATCH_SIZE
from guestlist.errors import StoreError
from guestlist.ports import Changes, Delta, FoldRequest, Known, LedgerPart, Outcome, Plan, Refusals, Rejected
from guestlist.store.batches import ADD_PHASE, REMOVE_PHASE, Piece
from guestlist.store.ledgers import MERGE_SHARE, MERGE_SHARE_OF_STREAMS
from guestlist.store.rejected import RejectedRows
from guestlist.store.runs import ANSWERED, Planned, Run

TOO_OLD = 86_400.0  # a run that waited longer is closed and planned anew (a snapshot's waits however long)
CLOSE_TRIES = 5
ENDED_AS = "ended_as"  # in what people see of a run: a state of results.SyncResult


@dataclass(frozen=True)
class Answers:
    """What became of the elements of a run: ``skipped`` ones were never sent, since somebody was forgotten meanwhile;
    ``unanswered``: not sent, or sent and never answered. ``new`` and ``changed``: of those that LinkedIn refused.
    """

    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    unanswered: int = 0
    new: int = 0
    changed: int = 0


def answers(outcomes: Iterable[Outcome], skip: Collection[int]) -> Answers:
    """Every position of a run counted once."""
    accepted = refused = skipped = unanswered = 0
    left_out = frozenset(skip)
    for each in outcomes:
        positions: Collection[int] = each.positions or range(each.first, each.first + each.count)
        if each.result != "accepted":
            without = sum(position in positions for position in left_out) if each.result == "void" else 0
            skipped += without
            unanswered += len(positions) - without
            continue
        no = sum(position in positions for position in each.refused)
        never = sum(position in positions for position in each.open)
        accepted, refused, unanswered = accepted + len(positions) - no - never, refused + no, unanswered + never
    return Answers(accepted, refused, skipped, unanswered)


def pieces(changes: Changes, most: int | None = None) -> list[Piece]:
    """The batches of a run: REMOVE rows, then ADD rows, at most so many (as LinkedIn takes) at a time."""
    most = most or BATCH_SIZE
    return [
        Piece(start, min(most, end - start), phase=phase)
        for phase, first, end in (
            (REMOVE_PHASE, 0, changes.removes),
            (ADD_PHASE, changes.removes, changes.removes + changes.adds),
        )
        for start in range(first, end, most)
    ]


def commit(
    app: App,
    run: Run,
    plan: Plan,
    mapping: Mapping[str, tuple[str, ...]],
    *,
    most: int | None = None,
    sealed: bool = False,
    allow_removals: int | None = None,
    also: Callable[[], None] | None = None,
) -> Run:
    """The durable border: changes, batches (of ``most`` elements) and rejected rows (and what ``also`` writes), in one
    transaction after their files are synced.
    """
    store, changes = app.store, plan.changes
    file_id = None
    if changes.path is not None:
        file_id = store.files.reserve("changes", f"changes of run {run.id}", run.id)
        rows = changes.removes + changes.adds + changes.labels
        store.files.publish(file_id, changes.path, rows, seal=sealed)
    rejected_id = _publish_rejected(app, run, plan.rejected)
    shown = {
        "by_reason": dict(plan.rejected.by_reason),
        "notes": dict(plan.notes),
        "in_clear": list(plan.traits_in_clear),
    }
    with store.transaction():
        store.rejected.put(_rejected_rows(app, run, plan.rejected, rejected_id))
        store.runs.commit(
            run.id,
            Planned(
                plan.counts,
                changes,
                pieces(changes, most),
                file_id,
                shown,
                {field: tuple(sources) for field, sources in mapping.items()},
                sealed=sealed,
                allow_removals=allow_removals,
            ),
        )
        if also is not None:
            also()
    return store.runs.get(run.id)


def _rejected_rows(app: App, run: Run, rejected: Rejected, file_id: int | None) -> RejectedRows:
    samples = {reason: [list(each) for each in found] for reason, found in rejected.samples.items()}
    return RejectedRows(run.activation_id, run.id, app.clock.now(), dict(rejected.by_reason), samples, file_id)


def _publish_rejected(app: App, run: Run, rejected: Rejected) -> int | None:
    if rejected.path is None:
        return None
    file_id = app.store.files.reserve("rejected", f"rejected rows of run {run.id}", run.id)
    app.store.files.publish(file_id, rejected.path, sum(rejected.by_reason.values()))
    return file_id


def ended_as(app: App, run_id: int, state: RunState, reason: str | None = None) -> None:
    """Note how the sync ended that carried a run, in the words people read: what is open says only that it is."""
    app.store.runs.update(run_id, plan={**app.store.runs.get(run_id).plan, ENDED_AS: state}, reason=reason)


@contextmanager
def opened_changes(app: App, run: Run) -> Iterator[Changes]:
    """The changes of a run, readable while the block runs; those of a snapshot are unsealed for that long."""
    if run.sealed and run.changes_file_id is not None:
        with app.store.files.opened(run.changes_file_id) as path:
            yield replace(app.store.runs.changes(run.id), path=str(path))
    else:
        yield app.store.runs.changes(run.id)


def close(app: App, run: Run, *, tidies: bool = True, **activation_changes: Any) -> Refusals:
    """Close a run, never drop it: what was answered counts, what was claimed without an answer becomes unsure, the
    rest was never sent. Writes one ledger delta. Safe to repeat after a crash at any point. ``tidies`` False: somebody
    else does, unless they are far behind.
    """
    store = app.store
    if not store.runs.stop(run.id) and store.runs.get(run.id).state == "closed":
        return Refusals()  # somebody went on with it when our claim was lost
    outcomes = store.runs.outcomes(run.id)
    texts = refusal_texts(app)
    refused = {position: texts.get(number, "") for each in outcomes for position, number in each.refused.items()}
    small = run.kind == "flush"  # whose delta is data
    space = nullcontext("") if small else store.files.workspace(f"close of run {run.id}")
    with opened_changes(app, run) as changes, space as folder:
        refusals = app.elements.refusals(changes, refused) if refused else Refusals()
        found = replace(answers(outcomes, changes.skip), new=refusals.added, changed=refusals.changed)
        for _ in range(CLOSE_TRIES):
            version, parts = store.ledgers.parts(run.ledger_id)
            delta = None
            if changes.removes + changes.adds + changes.labels:
                request = FoldRequest(changes, outcomes, run.id, app.clock.now(), str(folder), ledger=parts)
                delta = (app.flusher if small else app.planner).fold(request)
            file_id = publish_delta(app, delta, run.id)
            done = store.runs.close(
                run.id, version, delta, app.clock.now(), file_id, asdict(found), **activation_changes
            )
            if done or store.runs.get(run.id).state == "closed":
                break
        else:
            raise StoreError(
                f"Run {run.id} cannot be closed: what LinkedIn was told keeps changing; run `guestlist sync` again."
            )
    if run.changes_file_id is not None:
        store.files.shred(run.changes_file_id)  # it holds names in clear
    if refusals.rows:
        _add_refusals(app, run, refusals)
    if run.kind == "forget":
        store.streams.fall_behind(run.ledger_id, "somebody was forgotten")
        answer_receipts(app)
    if tidies or store.ledgers.crowded(run.ledger_id):
        tidy(app, run.ledger_id)
    return refusals


def answers_of(app: App, run: Run) -> Answers:
    """What was noted at its end; of a run that is still open, as far as it is: what waits has no answer."""
    noted = run.plan.get(ANSWERED)
    if noted is not None:
        return Answers(**noted)
    if run.ended is not None or not run.removes + run.adds:
        return Answers()
    return replace(answers(app.store.runs.outcomes(run.id), ()), unanswered=0)


def answer_receipts(app: App) -> None:
    """Runs that told a receipt's removals and came to their end, also when nobody lived to write that down."""
    for receipt in app.store.receipts.incomplete():
        for target in receipt.targets:
            if target.run_id is None or target.answered_at is not None:
                continue
            if app.store.runs.get(target.run_id).state == "closed":
                app.store.receipts.answered(receipt.id, target.ledger_id, app.clock.now())


def publish_delta(app: App, delta: Delta | None, run_id: int | None) -> int | None:
    """A large delta becomes a file of the store; None: it is small enough for SQL."""
    if delta is None or delta.path is None:
        return None
    file_id = app.store.files.reserve("ledgers", "a ledger's delta", None)
    app.store.files.publish(file_id, delta.path, delta.rows)
    return file_id


def refusal_texts(app: App) -> dict[int, str]:
    """LinkedIn's reasons by number, as people read them beside our own."""
    return {number: f"refused by LinkedIn: {text}" for number, text in app.store.reasons.texts().items()}


def lacks_rows(refusals: Refusals) -> bool:
    """Whether a refused addition's place in the list is not known; a removal (they come first) has none."""
    return any(row is None for row, _, _ in refusals.rows[refusals.removed :])


def reject_anew(app: App, run: Run, rejected: Rejected, refusals: Refusals) -> None:
    """A second look at the list found the rejected rows of a run with their places; refused removals have none."""
    app.store.rejected.put(_rejected_rows(app, run, rejected, _publish_rejected(app, run, rejected)))
    removals = replace(refusals, rows=refusals.rows[: refusals.removed])
    if removals.rows:
        _add_refusals(app, run, removals)


def _add_refusals(app: App, run: Run, refusals: Refusals) -> None:
    """Rows that LinkedIn refused join the rejected rows of the activation."""
    store = app.store
    current = store.rejected.get(run.activation_id)
    if current is None or current.run_id != run.id:
        current = RejectedRows(run.activation_id, run.id, app.clock.now(), {}, {}, None)
    by_reason, samples = dict(current.by_reason), {key: list(found) for key, found in current.samples.items()}
    for row, key, reason in refusals.rows:
        by_reason[reason] = by_reason.get(reason, 0) + 1
        if len(samples.setdefault(reason, [])) < 10:
            samples[reason].append([row, key])
    with store.files.workspace(f"rejected rows of run {run.id}") as folder:
        before = None if current.file_id is None else str(store.files.open(current.file_id))
        path = app.elements.add_rejected(before, refusals, run.started, folder)
        file_id = store.files.reserve("rejected", f"rejected rows of run {run.id}", None)
        store.files.publish(file_id, path, sum(by_reason.values()))
        store.rejected.put(replace(current, by_reason=by_reason, samples=samples, file_id=file_id))


def fold_late(app: App, ledger_id: int) -> int:
    """Answers of stopped workers that came after somebody else went on: what they told is unsure. How many it were."""
    store = app.store
    late = store.attempts.late_ones(ledger_id)
    if late:
        store.streams.fall_behind(ledger_id, "a late answer left somebody in doubt")
    for each in late:
        with store.files.workspace("late answers") as folder:
            version, parts = store.ledgers.parts(ledger_id)
            sent = (Outcome("unsure", 0, each.changes.removes + each.changes.adds),)
            request = FoldRequest(
                each.changes, sent, each.run_id, app.clock.now(), str(folder), late=True, ledger=parts
            )
            delta = app.planner.fold(request)
            file_id = publish_delta(app, delta, None)
            store.attempts.fold_late(ledger_id, version, [each.id], delta, file_id, app.clock.now())
    return len(late)


def doubt(app: App, ledger_id: int, version: int, parts: tuple[LedgerPart, ...], known: Sequence[Known]) -> None:
    """Make these identifiers unsure, so that the next plan tells them again, whichever way they are wanted then."""
    if not known:
        return
    changes = app.elements.removals((), known)
    app.store.streams.fall_behind(ledger_id, "somebody is in doubt")
    with app.store.files.workspace("doubt") as folder:
        request = FoldRequest(changes, (), 0, app.clock.now(), str(folder), ledger=parts)
        delta = app.planner.fold(request)
        app.store.ledgers.append(ledger_id, version, delta, publish_delta(app, delta, None))


def tidy(app: App, ledger_id: int, *, streams: bool = False) -> None:
    """Pour small deltas together, merge many into a new base. Others may add to the ledger meanwhile. ``streams``: it
    is tidied all the time, and the next flush of this process finds the new part in memory already.
    """
    store, share = app.store, MERGE_SHARE_OF_STREAMS if streams else MERGE_SHARE
    merges, poured = store.ledgers.merge_due(ledger_id, share), store.ledgers.pour_due(ledger_id)
    if not merges and not poured:
        return
    _, parts = store.ledgers.parts(ledger_id)
    if not merges:
        parts = tuple(part for part in parts if part.seq in poured)
    with store.files.workspace("merging a ledger") as folder:
        merged = (app.planner.merge if merges else app.flusher.pour)(parts, str(folder))
        file_id = publish_delta(app, merged, None)
    new = [] if file_id is None else [LedgerPart(0, merged.rows, path=str(store.files.open(file_id)))]
    if streams and new:
        app.flusher.relatives(new, ())
    app.flusher.forget(parts if store.ledgers.replace(ledger_id, parts, merged, file_id) else new)
