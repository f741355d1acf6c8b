"""What the pages and the API keep beside their objects: repeated requests, consents under way."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.consents import Consent
from guestlist.store.repeats import KEPT, STUCK, Earlier

DAY = 86_400.0


# ── repeats ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_key_is_worked_on_once_and_then_has_its_answer(store, second):
    assert store.repeats.begin(b"key", b"asked", 0.0) is None
    assert second.repeats.begin(b"key", b"asked", 1.0) == Earlier(same=True, answer=None)
    store.repeats.end(b"key", {"status": 201, "body": "glt_secret"})
    assert second.repeats.begin(b"key", b"asked", 2.0) == Earlier(True, {"status": 201, "body": "glt_secret"})
    assert not second.repeats.begin(b"key", b"another", 2.0).same
    assert second.repeats.begin(b"another key", b"asked", 2.0) is None


def test_answers_rest_sealed(store):
    store.repeats.begin(b"key", b"asked", 0.0)
    store.repeats.end(b"key", {"body": "glt_secret"})
    with store.database.read() as connection:
        row = connection.execute(sa.select(schema.repeats)).one()
    assert not [value for value in row if isinstance(value, bytes) and b"glt_secret" in value]
    store.rotate()
    assert store.repeats.begin(b"key", b"asked", 1.0).answer == {"body": "glt_secret"}


def test_answers_are_kept_for_a_day_and_no_work_for_ever(store):
    store.repeats.begin(b"done", b"asked", 0.0)
    store.repeats.end(b"done", {})
    store.repeats.begin(b"died", b"asked", 0.0)
    assert store.repeats.begin(b"died", b"asked", STUCK - 1) is not None
    assert store.repeats.begin(b"died", b"asked", STUCK) is None
    assert store.repeats.begin(b"done", b"asked", KEPT - 1) is not None
    assert store.repeats.begin(b"done", b"asked", KEPT) is None


def test_what_made_nothing_may_be_tried_again(store):
    store.repeats.begin(b"key", b"asked", 0.0)
    store.repeats.drop(b"key")
    assert store.repeats.begin(b"key", b"another", 0.0) is None


def test_of_two_at_once_one_works(store, second):
    found = []

    def begin(one) -> None:
        found.append(one.repeats.begin(b"key", b"asked", 0.0))

    both = [threading.Thread(target=begin, args=(each,)) for each in (store, second)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(each is None for each in found) == [False, True]


# ── consents ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_state_comes_back_once(store, second):
    consent = Consent("acme", "https://example.com/back", "ann", 600.0)
    store.consents.begin("state", consent, 0.0)
    assert second.consents.take("stat", 1.0) is None
    assert second.consents.take("state", 1.0) == consent
    assert store.consents.take("state", 1.0) is None


def test_a_state_is_over_after_its_time_and_goes(store):
    store.consents.begin("late", Consent("acme", "https://a", "ann", 600.0), 0.0)
    store.consents.begin("gone", Consent("acme", "https://a", "ann", 600.0), 0.0)
    assert store.consents.take("late", 600.0) is None
    store.consents.begin("new", Consent("acme", "https://a", "ann", 1_200.0), 601.0)
    with store.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.consents)).scalar() == 1


# ── pages of the log ─────────────────────────────────────────────────────────────────────────────────────────────
def test_the_log_is_read_a_page_at_a_time(store):
    for number in range(5):
        store.audit.add("ann" if number % 2 else "bob", "do", f"thing {number}", float(number))
    first = store.audit.latest(2)
    assert [each.subject for each in first] == ["thing 4", "thing 3"]
    assert [each.subject for each in store.audit.latest(2, beyond=first[-1].id)] == ["thing 2", "thing 1"]
    assert [each.subject for each in store.audit.latest(9, who="ann")] == ["thing 3", "thing 1"]
    assert [each.subject for each in store.audit.latest(9, subjects=["thing 0"])] == ["thing 0"]
    assert [each.subject for each in store.audit.latest(9, period=(1.0, 3.0))] == ["thing 2", "thing 1"]
    assert [each.subject for each in store.audit.latest(9, period=(None, 1.0))] == ["thing 0"]


@pytest.mark.parametrize("sort", ["who", "-who", "what", "-what", "subject", "-subject", "at", "-at"])
def test_the_log_is_sorted_and_no_page_loses_an_entry(store, sort):
    for number in range(7):
        store.audit.add(f"p{number % 3}", f"do {number % 2}", f"thing {number % 4}", float(number))
    whole, found = store.audit.latest(99, sort=sort), []
    while page := store.audit.latest(2, sort=sort, beyond=found[-1].id if found else None):
        found += page
    assert found == whole
    name = sort.removeprefix("-")
    values = [getattr(each, name) for each in whole]
    assert values == sorted(values, reverse=sort.startswith("-"))
    assert len({each.id for each in whole}) == 7
    assert [each.subject for each in store.audit.latest(1, sort=sort, who="p1", beyond=whole[-1].id)] == []


def test_jobs_are_read_a_page_at_a_time(store):
    numbers = [store.jobs.ask("sync" if n % 2 else "forget", f"a{n % 3}", {}, "ann", 0.0) for n in range(6)]
    assert [each.id for each in store.jobs.newest(2)] == numbers[:3:-1]
    assert [each.id for each in store.jobs.newest(9, before=numbers[2])] == numbers[1::-1]
    assert [each.id for each in store.jobs.newest(9, subject="a0")] == [numbers[3], numbers[0]]
    assert [each.id for each in store.jobs.newest(9, without=("forget",))] == numbers[5::-2]
