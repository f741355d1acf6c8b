"""What is kept for how long: requests become counts, runs go, and nobody who still asks finds nothing."""

from __future__ import annotations

import pytest

from guestlist.core.delivery import Answer
from guestlist.ports import Changes, Counts, Delta
from guestlist.store import retention
from guestlist.store.batches import Piece
from guestlist.store.forgetting import Target
from guestlist.store.rows import Exceptions
from guestlist.store.runs import Planned

DAY = 86_400.0


@pytest.fixture
def activation(store, activate):
    made = activate()
    store.segments.confirm(store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0).id, "77")
    return store.activations.by_id(made.id)


@pytest.fixture
def told(store, activation, plan, clock):
    """A closed run of two batches, one of them split; four requests."""

    def make(kind: str = "sync"):
        run = store.runs.begin(activation.id, kind, clock.now())
        pieces = [Piece(0, 10, phase=1), Piece(10, 20, phase=2)]
        changes = Changes(10, 20, 0, data=b"arrow")
        store.runs.commit(run.id, Planned(Counts(added=20, removed=10), changes, pieces, plan={"notes": {"n": 1}}))
        first, second = store.batches.of_run(run.id)
        for batch, answers in ((first, ("unanswered", 200)), (second, (429, 400))):
            for said in answers:
                kind, status = ("answered", said) if isinstance(said, int) else (said, None)
                answer = Answer(kind, clock.now(), clock.now() + 1, status)
                store.attempts.add(run.id, batch.id, answer, batch.count, "Settle")
        store.batches.claim(first.id, "me", clock.now() + 60, clock.now())
        store.batches.settle(first.id, "me", Exceptions(), 5.0)
        store.batches.claim(second.id, "me", clock.now() + 60, clock.now())
        store.batches.split(second.id, "me", [Piece(10, 10), Piece(20, 10)])
        return run

    return make


def close(store, run, clock):
    store.runs.stop(run.id)
    assert store.runs.close(run.id, store.ledgers.get(run.ledger_id).version, Delta(0, 0), clock.now())


def details(store, run):
    return len(store.batches.of_run(run.id)), len(store.attempts.of_run(run.id))


def test_answers_and_batches_become_counts_after_two_weeks(store, told, clock):
    run = told()
    close(store, run, clock)
    clock.sleep(14 * DAY - 1)
    assert store.retention.sweep(clock.now()) == 0
    assert details(store, run) == (4, 4)
    clock.sleep(2)
    assert store.retention.sweep(clock.now()) == 1
    assert details(store, run) == (0, 0)
    kept = store.runs.get(run.id)
    assert kept.plan == {
        "notes": {"n": 1},
        "answers": {"unanswered": 1, "200": 1, "429": 1, "400": 1},
        "batches": {"settled": 1, "split": 1, "void": 2},
    }
    assert (kept.requests, kept.counts["added"], kept.counts["removed"]) == (4, 20, 10)
    assert store.batches.counts(run.id) == []
    assert store.retention.sweep(clock.now()) == 0, "counts are not counted again"
    assert store.runs.get(run.id) == kept


def test_what_is_open_stays_however_old(store, told, clock):
    """A snapshot that waits, and a run that was closed only now: its outcomes were needed until then."""
    waiting, late = told(), told()
    store.runs.wait(waiting.id, "for a person")
    clock.sleep(200 * DAY)
    close(store, late, clock)
    assert store.retention.sweep(clock.now()) == 0
    assert details(store, waiting) == details(store, late) == (4, 4)
    clock.sleep(15 * DAY)
    assert store.retention.sweep(clock.now()) == 1
    assert details(store, waiting) == (4, 4)
    assert details(store, late) == (0, 0)
    close(store, waiting, clock)


def test_runs_go_after_ninety_days_but_the_latest_of_each_activation(store, told, clock, monkeypatch):
    monkeypatch.setattr(retention, "LATEST", 2)
    runs = [told() for _ in range(4)]
    for run in runs:
        close(store, run, clock)
    given_up = store.runs.begin(runs[0].activation_id, "sync", clock.now())
    store.runs.give_up(given_up.id, "failed", "no list", clock.now())
    clock.sleep(90 * DAY - 1)
    store.retention.sweep(clock.now())
    assert len(store.runs.latest()) == 5
    clock.sleep(2)
    assert store.retention.sweep(clock.now()) == 3
    assert [run.id for run in store.runs.latest()] == [given_up.id, runs[3].id]
    assert store.activations.by_id(runs[0].activation_id).last_run == runs[3].id
    assert store.retention.sweep(clock.now()) == 0


def test_a_run_that_a_receipt_waits_for_stays(store, told, activation, clock, monkeypatch):
    monkeypatch.setattr(retention, "LATEST", 0)
    run, last = told("forget"), told()
    receipt = store.receipts.create([], [Target(activation.ledger_id, activation.name, "77")], clock.now())
    store.receipts.telling(receipt.id, activation.ledger_id, run.id)
    close(store, run, clock)
    close(store, last, clock)
    clock.sleep(100 * DAY)
    store.retention.sweep(clock.now())
    assert {each.id for each in store.runs.latest()} == {run.id, last.id}
    store.receipts.answered(receipt.id, activation.ledger_id, clock.now())
    store.retention.sweep(clock.now())
    assert {each.id for each in store.runs.latest()} == {last.id}


def test_late_answers_go_when_a_ledger_holds_them_or_their_segment_is_gone(store, told, activation, clock):
    run = told()
    for _ in range(2):
        store.attempts.late(run.id, 1, Changes(10, 0, 0, data=b"late rows"), clock.now())
    first, second = store.attempts.late_ones(activation.ledger_id)
    version, _ = store.ledgers.parts(activation.ledger_id)
    store.attempts.fold_late(activation.ledger_id, version, [first.id], Delta(1, 0, data=b"d"), None, clock.now())
    clock.sleep(15 * DAY)
    assert store.retention.sweep(clock.now()) == 1
    assert store.attempts.late_ones(activation.ledger_id) == [second], "nobody made it unsure yet"
    close(store, run, clock)
    store.segments.begin(activation.id, activation.ledger_id, "guestlist-s-n", "N", 2.0)
    assert store.retention.sweep(clock.now()) == 1


def test_a_long_history_is_swept_in_pages(store, told, clock, monkeypatch):
    monkeypatch.setattr(retention, "PAGE", 3)
    monkeypatch.setattr(retention, "LATEST", 1)
    runs = [told() for _ in range(7)]
    for run in runs:
        close(store, run, clock)
    clock.sleep(91 * DAY)
    assert store.retention.sweep(clock.now()) == 7 + 6
    assert [run.id for run in store.runs.latest()] == [runs[-1].id]


def test_only_one_sweeps_at_a_time(store, second, told, clock):
    close(store, told(), clock)
    clock.sleep(15 * DAY)
    with store.lock(retention.SWEEPING):
        assert second.retention.sweep(clock.now()) == 0
    assert second.retention.sweep(clock.now()) == 1


def test_collecting_sweeps(store, told, clock):
    run = told()
    close(store, run, clock)
    clock.sleep(15 * DAY)
    store.collect()
    assert details(store, run) == (0, 0)
