from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from guestlist.core.delivery import Answer
from guestlist.errors import StoreError
from guestlist.ports import Changes, Counts, Delta, Outcome
from guestlist.store import Store
from guestlist.store.batches import ADD_PHASE, REMOVE_PHASE, Batch, BatchCount, Piece
from guestlist.store.rows import Exceptions
from guestlist.store.runs import Planned

NOW = 100.0


def claimed(store: Store, run: int, phase: int, token: str = "me") -> Batch:
    batch = store.batches.next_due(run, phase, NOW)
    assert batch is not None
    assert store.batches.claim(batch.id, token, NOW + 60, NOW)
    return store.batches.get(batch.id)


@pytest.fixture
def activation(store, activate):
    made = activate()
    store.segments.confirm(store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0).id, "77")
    return store.activations.by_id(made.id)


@pytest.fixture
def run(activation, plan):
    return plan(activation)


# ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_run_is_durable_with_its_batches_or_not_at_all(store, activation):
    run = store.runs.begin(activation.id, "sync", NOW)
    assert (run.state, run.segment_id, run.epoch) == ("planning", activation.segment_id, 1)
    assert store.runs.open_run(activation.id) is None
    counts = Counts(rows=30, added=20, removed=10)
    changes = Changes(10, 20, 5, data=b"arrow", skip=(12, 15))
    planned = Planned(counts, changes, [Piece(0, 10, phase=1)], plan={"rejected": {}}, mapping={"email": ("a",)})
    store.runs.commit(run.id, planned)
    found = store.runs.open_run(activation.id)
    assert (found.state, found.counts["added"], found.mapping) == ("planned", 20, {"email": ["a"]})
    assert store.runs.changes(run.id) == changes
    with pytest.raises(StoreError, match="given up"):
        store.runs.commit(run.id, planned)
    assert len(store.batches.of_run(run.id)) == 1


def test_runs_come_newest_first_a_page_at_a_time(store, activation, activate):
    other, nobody = activate("other"), activate("nobody")
    numbers = [store.runs.begin(each.id, "sync", NOW).id for each in (activation, other, activation, other, activation)]
    assert [each.id for each in store.runs.newest(first=2)] == numbers[::-1]
    assert [each.id for each in store.runs.newest([activation.id], first=1)] == [numbers[4], numbers[2], numbers[0]]
    assert list(store.runs.newest([nobody.id])) == list(store.runs.newest([])) == []
    assert [each.id for each in store.runs.newest(first=1, before=numbers[2])] == [numbers[1], numbers[0]]
    last = store.runs.last_of_each([activation.id, other.id, nobody.id])
    assert {of: run.id for of, run in last.items()} == {activation.id: numbers[4], other.id: numbers[3]}
    assert store.runs.last_of_each([]) == {}


def test_the_first_flush_of_each_activation_since_a_number(store, activation, activate):
    other = activate("other")
    kinds = [(activation, "flush"), (other, "flush"), (other, "sync"), (other, "flush"), (activation, "flush")]
    numbers = [store.runs.begin(each.id, kind, NOW).id for each, kind in kinds]
    first = {each.id for each in store.runs.first_flushes(None, numbers[1])}
    assert first == {numbers[1], numbers[4]}
    assert {each.id for each in store.runs.first_flushes([other.id], numbers[2])} == {numbers[3]}


def test_what_a_killed_process_was_planning_is_void(store, activation):
    run = store.runs.begin(activation.id, "sync", NOW)
    store.runs.sweep(activation.id, NOW + 1)
    assert store.runs.get(run.id).state == "void"
    with pytest.raises(StoreError):
        store.runs.commit(run.id, Planned(Counts(), Changes(0, 0, 0), []))


def test_run_numbers_only_grow(store, activation):
    first = store.runs.begin(activation.id, "sync", NOW)
    assert store.runs.give_up(first.id, "failed", "no", NOW)
    assert not store.runs.give_up(first.id, "void", "no", NOW)
    second = store.runs.begin(activation.id, "sync", NOW)
    assert second.id > first.id
    assert [run.id for run in store.runs.latest(activation.id)] == [second.id, first.id]


def test_a_run_may_be_of_a_ledger_the_activation_had_before(store, activation):
    before = activation.ledger_id
    store.activations.take_ledger(activation.id, store.activations.fresh_ledger(activation.id, NOW))
    run = store.runs.begin(activation.id, "forget", NOW, before)
    assert (run.ledger_id, run.segment_id) == (before, activation.segment_id)
    assert store.runs.begin(activation.id, "sync", NOW).segment_id is None


def test_changes_in_a_file_are_opened_and_die_with_the_run(store, activation):
    run = store.runs.begin(activation.id, "sync", NOW)
    file_id = store.files.reserve("changes", "run", run.id)
    with store.files.workspace("plan", run.id) as folder:
        (folder / "changes").write_bytes(b"parquet")
        store.files.publish(file_id, folder / "changes", 10_000)
    store.runs.commit(run.id, Planned(Counts(), Changes(0, 10_000, 0), [], file_id=file_id))
    path = store.runs.changes(run.id).path
    assert path is not None
    with open(path, "rb") as file:
        assert file.read() == b"parquet"
    assert store.runs.stop(run.id)
    assert store.runs.close(run.id, store.ledgers.parts(activation.ledger_id)[0], None, NOW)
    assert store.files.get(file_id).state == "dead"
    assert store.runs.changes(run.id).path is None


def test_a_segment_may_be_attached_until_the_first_claim(store, activate, plan):
    made = activate()
    run = plan(made)
    assert (run.segment_id, run.epoch) == (None, 0)
    segment = store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0)
    store.runs.attach(run.id, segment.id, segment.epoch)
    claimed(store, run.id, REMOVE_PHASE)
    with pytest.raises(StoreError, match="has begun"):
        store.runs.attach(run.id, segment.id, segment.epoch)


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_only_one_claims_a_batch(store, second, run):
    batch = store.batches.next_due(run.id, REMOVE_PHASE, NOW)
    assert second.batches.claim(batch.id, "theirs", NOW + 60, NOW)
    assert not store.batches.claim(batch.id, "mine", NOW + 60, NOW)
    assert store.batches.next_due(run.id, REMOVE_PHASE, NOW) is None
    assert store.batches.next_at(run.id, REMOVE_PHASE) == NOW + 60
    assert store.runs.get(run.id).state == "delivering"
    assert not store.batches.settle(batch.id, "mine", Exceptions(), 5.0)
    assert second.batches.settle(batch.id, "theirs", Exceptions(), 5.0)


def test_a_claim_that_ran_out_is_free_and_unsure_and_its_holder_is_told(store, run):
    batch = claimed(store, run.id, REMOVE_PHASE, "slow")
    assert not batch.unsure
    later = NOW + 60
    assert store.batches.next_due(run.id, REMOVE_PHASE, later).id == batch.id
    assert store.batches.claim(batch.id, "next", later + 60, later)
    assert store.batches.get(batch.id).unsure
    for late in (
        store.batches.settle(batch.id, "slow", Exceptions(), 5.0),
        store.batches.retry(batch.id, "slow", later),
        store.batches.split(batch.id, "slow", [Piece(0, 5)]),
        store.batches.park(batch.id, "slow"),
    ):
        assert not late
    assert store.batches.settle(batch.id, "next", Exceptions(), 5.0)
    assert not store.batches.get(batch.id).unsure


def test_a_dead_holders_claim_is_taken_over_at_once(store, run):
    batch = claimed(store, run.id, REMOVE_PHASE, "dead")
    assert [each.claim for each in store.batches.claimed(run.id)] == ["dead"]
    assert not store.batches.take_over(batch.id, "other", "me", NOW + 61, NOW + 1)
    assert store.batches.take_over(batch.id, "dead", "me", NOW + 61, NOW + 1)
    assert store.batches.get(batch.id).unsure


def test_a_retry_waits_and_counts(store, run):
    batch = claimed(store, run.id, ADD_PHASE)
    assert store.batches.retry(batch.id, "me", NOW + 5, unsure=True)
    assert store.batches.next_due(run.id, ADD_PHASE, NOW) is None
    assert store.batches.next_at(run.id, ADD_PHASE) == NOW + 5
    again = store.batches.next_due(run.id, ADD_PHASE, NOW + 5)
    assert (again.tries, again.unsure, again.claim) == (1, True, None)
    assert store.batches.claim(again.id, "me", NOW + 60, NOW + 5)
    assert store.batches.retry(again.id, "me", 0.0, burn=False)
    assert store.batches.get(again.id).tries == 1
    assert store.batches.get(again.id).unsure


def test_parked_batches_wait_for_a_person(store, run):
    batch = claimed(store, run.id, ADD_PHASE)
    assert store.batches.park(batch.id, "me")
    assert store.batches.next_due(run.id, ADD_PHASE, NOW) is None
    assert store.batches.next_at(run.id, ADD_PHASE) is None
    assert store.batches.unpark(run.id) == 1
    assert store.batches.get(batch.id).tries == 0
    assert store.batches.next_due(run.id, ADD_PHASE, NOW).id == batch.id


def test_a_split_hands_all_positions_to_its_children(store, run):
    batch = claimed(store, run.id, ADD_PHASE)
    assert store.batches.split(batch.id, "me", [Piece(10, 10), Piece(positions=(20, 25, 29))])
    first, other = (each for each in store.batches.of_run(run.id) if each.parent_id == batch.id)
    assert (first.phase, first.splits, list(first.covers())) == (ADD_PHASE, 1, list(range(10, 20)))
    assert (other.first, other.count, other.covers()) == (20, 3, (20, 25, 29))
    assert store.batches.get(batch.id).state == "split"


def test_outcomes_speak_of_each_position_once(store, run):
    removals = claimed(store, run.id, REMOVE_PHASE)
    reason = store.reasons.number("BAD", "It is not valid")
    told = Exceptions({3: reason}, void=(5,))
    assert store.batches.settle(removals.id, "me", told, 5.0, [Piece(positions=(7, 8))])
    assert store.batches.get(removals.id).outcome == told
    additions = claimed(store, run.id, ADD_PHASE)
    assert store.batches.split(additions.id, "me", [Piece(10, 10), Piece(20, 10)])
    half = claimed(store, run.id, ADD_PHASE)
    assert store.batches.settle(half.id, "me", Exceptions(open=(12,)), 5.0)
    assert store.runs.outcomes(run.id) == (
        Outcome("void", positions=(5,)),
        Outcome("accepted", positions=(0, 1, 2, 3, 4, 6, 9), refused={3: reason}, at=5.0),
        Outcome("unsure", positions=(7, 8)),
        Outcome("accepted", 10, 10, open=(12,), at=5.0),
        Outcome("void", 20, 10),
    )
    assert store.batches.counts(run.id) == [
        BatchCount(REMOVE_PHASE, "ready", 1, 2, 1),
        BatchCount(REMOVE_PHASE, "settled", 1, 8, 0),
        BatchCount(ADD_PHASE, "ready", 1, 10, 0),
        BatchCount(ADD_PHASE, "settled", 1, 10, 0),
    ]


def test_what_nobody_claimed_can_be_void_while_the_rest_flies(store, run):
    removals = claimed(store, run.id, REMOVE_PHASE)
    assert store.batches.void_unclaimed(run.id) == 1
    assert [each.state for each in store.batches.of_run(run.id)] == ["claimed", "void"]
    assert store.batches.settle(removals.id, "me", Exceptions(), 5.0)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_c1_a_claimed_batch_without_an_answer_is_unsure_when_its_run_stops(store, run):
    removals = claimed(store, run.id, REMOVE_PHASE)
    assert store.runs.stop(run.id)
    assert not store.runs.stop(run.id)
    assert not store.batches.settle(removals.id, "me", Exceptions(), 5.0)
    assert store.runs.outcomes(run.id) == (Outcome("unsure", 0, 10), Outcome("void", 10, 20))
    assert store.runs.open_run(run.activation_id).state == "closing"


def test_a_batch_that_waits_after_an_unanswered_attempt_is_unsure_too(store, run):
    additions = claimed(store, run.id, ADD_PHASE)
    assert store.batches.retry(additions.id, "me", NOW + 9, unsure=True)
    store.runs.stop(run.id)
    assert store.runs.outcomes(run.id) == (Outcome("void", 0, 10), Outcome("unsure", 10, 20))


def test_closing_is_one_transaction(store, run, activation):
    for phase in (REMOVE_PHASE, ADD_PHASE):
        store.batches.settle(claimed(store, run.id, phase).id, "me", Exceptions(), 5.0)
    store.runs.stop(run.id)
    version, _ = store.ledgers.parts(activation.ledger_id)
    assert store.runs.close(
        run.id, version, Delta(30, 20, data=b"delta"), NOW + 9, state="", last_told_at=NOW, frozen=True
    )
    closed = store.runs.get(run.id)
    assert (closed.state, closed.ended) == ("closed", NOW + 9)
    assert store.runs.changes(run.id).data is None
    assert [part.data for part in store.ledgers.parts(activation.ledger_id)[1]] == [b"delta"]
    after = store.activations.by_id(activation.id)
    assert (after.last_run, after.last_told_at, after.frozen) == (run.id, NOW, True)
    assert store.runs.open_run(activation.id) is None


def test_what_a_segment_was_told_lately_is_known(store, run, activation):
    segment, began = activation.segment_id, run.started
    assert (store.runs.told_since(segment, began), store.runs.told_since(segment, began + 1)) == (
        run.removes + run.adds,
        0,
    )
    assert store.runs.last_sent(segment) is None
    batch = claimed(store, run.id, REMOVE_PHASE)
    store.attempts.add(run.id, batch.id, Answer("answered", NOW, NOW, status=200), 1, "Settle")
    assert store.runs.last_sent(segment) == run.started
    assert store.runs.largest_told(segment, 0.0, began + 9) == 0  # it is still open
    store.runs.stop(run.id)
    answered = {"accepted": run.removes + run.adds - 1}
    assert store.runs.close(run.id, store.ledgers.parts(run.ledger_id)[0], None, began + 5, answered=answered)
    assert store.runs.largest_told(segment, 0.0, began + 9) == run.adds - 1
    assert store.runs.largest_told(segment, 0.0, began + 4) == store.runs.largest_told(segment + 1, 0.0, began + 9) == 0


def test_h4_a_close_that_lost_the_race_changes_nothing(store, run, activation):
    store.runs.stop(run.id)
    version, _ = store.ledgers.parts(activation.ledger_id)
    assert store.ledgers.append(activation.ledger_id, version, Delta(1, 1, data=b"other"))
    file_id = store.files.reserve("ledgers", "delta", run.id)
    with store.files.workspace("fold", run.id) as folder:
        (folder / "delta").write_bytes(b"delta")
        store.files.publish(file_id, folder / "delta", 30)
    assert not store.runs.close(run.id, version, Delta(30, 20, path="x"), NOW, file_id, frozen=True)
    assert store.runs.get(run.id).state == "closing"
    assert store.runs.changes(run.id).data == b"arrow"
    assert not store.activations.by_id(activation.id).frozen
    assert store.files.get(file_id).state == "dead"
    assert store.runs.close(run.id, version + 1, Delta(30, 20, data=b"delta"), NOW)
    assert not store.runs.close(run.id, version + 2, Delta(30, 20, data=b"delta"), NOW)
    assert len(store.ledgers.parts(activation.ledger_id)[1]) == 2


def test_c3_what_an_old_segment_was_told_is_not_known_of_the_new_one(store, activate, plan):
    made = activate()
    run = plan(made)  # nobody was told yet, so a segment may still be made
    store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0)
    store.runs.stop(run.id)
    version, _ = store.ledgers.parts(made.ledger_id)
    assert store.runs.close(run.id, version, Delta(30, 20, data=b"delta"), NOW)
    assert store.ledgers.parts(made.ledger_id)[1] == ()


def test_waiting_and_going_on(store, run):
    assert store.runs.wait(run.id, "Refresh Token Expired")
    assert store.runs.open_run(run.activation_id).state == "waiting"
    claimed(store, run.id, REMOVE_PHASE)
    assert store.runs.get(run.id).state == "delivering"
    assert store.runs.get(run.id).reason == ""


KILLED = """
import os, signal, sys
from guestlist.ports import Delta
from guestlist.store import open_store
store = open_store(*sys.argv[1:3])
run = store.runs.get(int(sys.argv[3]))
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
store.runs._update_activation = die
store.runs.close(run.id, store.ledgers.parts(run.ledger_id)[0], Delta(30, 20, data=b"delta"), 9.0)
"""


def test_a_close_that_is_killed_before_its_commit_never_happened(store, run, store_url, tmp_path):
    store.runs.stop(run.id)
    before = store.ledgers.parts(run.ledger_id)
    command = [sys.executable, "-c", KILLED, store_url, str(tmp_path / "home"), str(run.id)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert store.runs.get(run.id).state == "closing"
    assert store.runs.changes(run.id).data == b"arrow"
    assert store.ledgers.parts(run.ledger_id) == before
    assert store.runs.close(run.id, before[0], Delta(30, 20, data=b"delta"), 9.0)


def test_many_workers_settle_each_batch_once(store, second, activation, plan):
    run = plan(activation, *(Piece(i, 1, phase=1) for i in range(40)))
    settled: list[int] = []

    def work(mine: Store, token: str) -> None:
        while (batch := mine.batches.next_due(run.id, REMOVE_PHASE, NOW)) is not None:
            if mine.batches.claim(batch.id, token, NOW + 60, NOW):
                assert mine.batches.settle(batch.id, token, Exceptions(), 5.0)
                settled.append(batch.id)

    threads = [threading.Thread(target=work, args=(each, f"t{i}")) for i, each in enumerate((store, second, store))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(settled) == [each.id for each in store.batches.of_run(run.id)]


# ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────
def answer(kind: str, ended: float = NOW, **more: object) -> Answer:
    return Answer(kind, NOW - 1, ended, **more)  # type: ignore[arg-type]


def test_attempts_are_kept_and_requests_counted(store, run):
    batch = claimed(store, run.id, REMOVE_PHASE)
    store.attempts.add(run.id, batch.id, answer("answered", status=200, text="x\0" * 300), 10, "settle")
    store.attempts.add(run.id, batch.id, answer("not_sent"), 10, "again")
    assert store.runs.get(run.id).requests == 1
    newest, oldest = store.attempts.of_run(run.id)
    assert (newest.kind, newest.decision, oldest.status, len(oldest.text)) == ("not_sent", "again", 200, 300)
    assert store.attempts.of_batch(batch.id) == [newest, oldest]


def test_answered_elements_are_counted_by_the_hour_in_which_the_answer_came(store, run):
    batch, hour = claimed(store, run.id, REMOVE_PHASE), 1_795_000_000 // 3600 * 3600.0
    for ended in (hour - 0.25, hour, hour + 1799.5, hour + 1800, hour + 1801, hour + 3599.75, hour + 3600):
        store.attempts.add(run.id, batch.id, answer("answered", ended), 10, "Settle")
    store.attempts.add(run.id, batch.id, answer("answered", hour), 10, "Again")
    store.attempts.add(run.id, batch.id, answer("unanswered", hour), 10, "Settle")
    assert store.attempts.answered_per_hour(hour) == {hour: 50, hour + 3600: 10}
    assert store.attempts.answered_per_hour(hour - 1) == {hour - 3600: 10, hour: 50, hour + 3600: 10}


def test_the_last_unanswered_attempt_says_how_long_to_be_quiet(store, run, activation):
    batch = claimed(store, run.id, REMOVE_PHASE)
    assert store.attempts.last_unanswered(activation.ledger_id) is None
    store.attempts.add(run.id, batch.id, answer("unanswered", NOW + 1), 10, "again")
    assert store.attempts.last_unanswered(activation.ledger_id) == NOW + 1
    assert store.attempts.last_unanswered(activation.ledger_id, other_than=REMOVE_PHASE) is None
    assert store.attempts.last_unanswered(activation.ledger_id, other_than=ADD_PHASE) == NOW + 1
    store.runs.stop(run.id)
    store.runs.close(run.id, store.ledgers.get(activation.ledger_id).version, None, NOW)
    assert store.attempts.last_unanswered(activation.ledger_id, other_than=REMOVE_PHASE) == NOW + 1


def test_c2_a_late_answer_is_kept_until_it_is_folded(store, run, activation):
    batch = claimed(store, run.id, REMOVE_PHASE)
    store.attempts.late(run.id, batch.id, Changes(10, 0, 0, data=b"late rows"), NOW)
    (late,) = store.attempts.late_ones(activation.ledger_id)
    assert (late.changes, late.epoch, late.batch_id) == (Changes(10, 0, 0, data=b"late rows"), 1, batch.id)
    version, _ = store.ledgers.parts(activation.ledger_id)
    assert not store.attempts.fold_late(activation.ledger_id, version + 5, [late.id], Delta(1, 0, data=b"d"), None, NOW)
    assert len(store.attempts.late_ones(activation.ledger_id)) == 1
    assert store.attempts.fold_late(activation.ledger_id, version, [late.id], Delta(1, 0, data=b"d"), None, NOW)
    assert store.attempts.late_ones(activation.ledger_id) == []
    assert store.rotate() >= 1


def test_late_answers_of_a_segment_that_is_gone_do_not_matter(store, run, activation):
    store.attempts.late(run.id, 1, Changes(10, 0, 0, data=b"late rows"), NOW)
    store.segments.begin(activation.id, activation.ledger_id, "guestlist-s-n", "N", 2.0)
    assert store.attempts.late_ones(activation.ledger_id) == []
