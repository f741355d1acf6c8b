"""What is acknowledged is durable, what is refused was not kept, and many share one commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from guestlist.app.intake import LONGEST, Intake, Limits
from guestlist.app.keyring import Keyring
from guestlist.errors import StoreError, TryAgain
from guestlist.events.outcomes import Outcome
from guestlist.events.posting import Posting, decode
from guestlist.store import Store, open_store
from tests.clock import EARLY, Clock
from tests.postgres import database_url

__all__ = ["database_url"]

MiB = 1 << 20


@pytest.fixture
def clock() -> Clock:
    return Clock(EARLY)


@pytest.fixture
def store(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with open_store(database_url, tmp_path / "home", clock=clock) as opened:
        yield opened


@pytest.fixture
def taking(store: Store, clock: Clock) -> Iterator[Callable[..., Intake]]:
    made: list[Intake] = []

    def make(**limits: Any) -> Intake:
        made.append(Intake(store, clock, Limits(**limits)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def posting(*events: bytes, at: float = 1_000_000.0) -> Posting:
    return Posting("engage", "track", at, "", b"", events)


def kept(store: Store) -> list[bytes]:
    return [event for row in store.inbox.take(1 << 30) for each in decode(row.data) for event in each.events]


@contextmanager
def held(store: Store) -> Iterator[Callable[[], None]]:
    """No transaction ends before the block does, or before what it gives is called."""
    go = threading.Event()
    append = store.inbox.append

    def slow(*arguments: Any) -> int:
        assert go.wait(30)
        return append(*arguments)

    store.inbox.append = slow  # type: ignore[method-assign]
    try:
        yield go.set
    finally:
        go.set()
        store.inbox.append = append  # type: ignore[method-assign]


def test_when_the_future_is_done_it_is_kept(taking, store, tmp_path, database_url):
    whole = Posting("engage", "segment", 5.0, "2026-10-01T12:00:00Z", b'{"context":{}}', (b"{}", b'{"a":1}'))
    taking().submit(whole).result(30)
    with open_store(database_url, tmp_path / "home") as another:
        (row,) = another.inbox.take(1)
    assert (decode(row.data), row.events, row.received_at) == ((whole,), 2, 5.0)


def test_all_that_wait_share_one_commit(taking, store):
    intake = taking()
    with held(store) as go:
        first = intake.submit(posting(b"0"))
        while intake._waiting:  # the first is under way, alone
            threading.Event().wait(0.001)
        others = [intake.submit(posting(b"%d" % number, at=2_000_000.0 - number)) for number in range(1, 50)]
        assert not any(each.done() for each in (first, *others))
        go()
        for each in (first, *others):
            each.result(30)
    assert [row.events for row in store.inbox.take(MiB)] == [1, 49]
    assert store.inbox.take(MiB)[1].received_at == 2_000_000.0 - 49
    assert kept(store) == [b"%d" % number for number in range(50)]


def test_a_commit_is_no_larger_than_its_limit_unless_one_posting_is(taking, store):
    intake = taking(commit=100)
    with held(store) as go:
        futures = [intake.submit(posting(b"x" * size)) for size in (10, 60, 60, 500, 30, 30)]
        go()
        for each in futures:
            each.result(30)
    rows = [sum(len(event) for each in decode(row.data) for event in each.events) for row in store.inbox.take(MiB)]
    assert sum(rows) == 690
    assert sorted(rows)[-1] == 500
    assert all(size <= 100 or size == 500 for size in rows)
    assert len(rows) < 6


def test_what_failed_is_counted_in_the_commit_that_keeps_the_rest(taking, store, clock):
    intake = taking()
    intake.submit(posting(b"{}", at=600.0), {"too large": 2, "no type": 1}).result(30)
    intake.submit(posting(at=601.0), {"too large": 1}).result(30)
    assert store.inbox.backlog().events == 1
    assert store.event_counts.since(0) == {
        (0, 2, Outcome.FAILED_ON_INGEST, "too large"): 3,
        (0, 2, Outcome.FAILED_ON_INGEST, "no type"): 1,
    }


def test_what_the_database_refuses_is_told_to_everybody_who_waits(taking, store, monkeypatch):
    intake = taking()
    monkeypatch.setattr(store.event_counts, "add", lambda counts: (_ for _ in ()).throw(StoreError("full")))
    lost = intake.submit(posting(b"{}"), {"no type": 1})
    with pytest.raises(StoreError, match="full"):
        lost.result(30)
    assert kept(store) == []
    intake.submit(posting(b"{}")).result(30)
    assert kept(store) == [b"{}"]


def test_closing_keeps_what_waits_and_takes_nothing_more(taking, store):
    intake = taking()
    with held(store) as go:
        waiting = [intake.submit(posting(b"x")) for _ in range(3)]
        go()
        intake.close()
        assert all(each.done() for each in waiting)
    with pytest.raises(TryAgain):
        intake.submit(posting(b"y"))
    intake.close()
    assert kept(store) == [b"x"] * 3


def test_whoever_stops_waiting_undoes_nothing(taking, store):
    with held(store) as go:
        future = taking().submit(posting(b"x"))
        assert not future.cancel()
        go()
        future.result(30)
    assert kept(store) == [b"x"]


# ── too much ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_fold_that_is_late_closes_the_door_until_it_has_caught_up(taking, store, clock):
    intake = taking(lag=60.0)
    intake.submit(posting(b"x")).result(30)
    clock.time += 60.0
    intake.submit(posting(b"y", at=clock.time)).result(30)
    clock.time += 5.0
    with pytest.raises(TryAgain) as refused:
        intake.submit(posting(b"z")).result(30)
    assert refused.value.after == 5.0
    clock.time += 0.5
    with pytest.raises(TryAgain):
        intake.submit(posting(b"z"))  # at once, without looking again
    clock.time += 600.0
    with pytest.raises(TryAgain) as refused:
        intake.submit(posting(b"z")).result(30)
    assert refused.value.after == LONGEST
    assert kept(store) == [b"x", b"y"]
    store.inbox.delete([row.id for row in store.inbox.take(MiB)])
    clock.time += 1.0
    intake.submit(posting(b"z", at=clock.time)).result(30)
    assert kept(store) == [b"z"]


def test_a_backlog_that_is_too_large_closes_the_door(taking, store, clock):
    intake = taking(backlog=100)
    intake.submit(posting(b"x" * 101)).result(30)
    clock.time += 1.0
    with pytest.raises(TryAgain):
        intake.submit(posting(b"y")).result(30)
    store.inbox.delete([row.id for row in store.inbox.take(MiB)])
    clock.time += 1.0
    intake.submit(posting(b"y")).result(30)


def test_a_backlog_that_was_there_before_counts(taking, store, clock):
    store.inbox.append(b"x", 1, clock.time - 61.0)
    with pytest.raises(TryAgain):
        taking().submit(posting(b"y")).result(30)


def test_memory_is_bounded_while_the_disk_is_slow(taking, store):
    intake = taking(waiting=100)
    with held(store) as go:
        first = intake.submit(posting(b"x" * 500))
        while intake._waiting:
            threading.Event().wait(0.001)
        fits = [intake.submit(posting(b"y" * 50)) for _ in range(2)]
        with pytest.raises(TryAgain) as refused:
            intake.submit(posting(b"z"))
        assert refused.value.after == 1.0
        go()
        for each in (first, *fits):
            each.result(30)
    intake.submit(posting(b"z")).result(30)


# ── write keys ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_keyring_notices_new_keys_at_once_and_revoked_ones_soon(store, clock):
    old = store.write_keys.create("old", clock.now())
    ring = Keyring(store, clock)
    assert (ring.name_of(old), ring.due(old)) == ("old", False)
    new = store.write_keys.create("new", clock.now())
    assert (ring.name_of(new), ring.due(new)) == (None, False)
    clock.time += 1.0
    assert (ring.due(new), ring.due(new)) == (True, False)
    ring.refresh()
    assert ring.name_of(new) == "new"
    store.write_keys.revoke("old", clock.now())
    clock.time += 4.9
    assert (ring.name_of(old), ring.due(old)) == ("old", False)
    clock.time += 0.1
    assert ring.due(old)
    ring.refresh()
    assert ring.name_of(old) is None
