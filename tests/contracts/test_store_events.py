"""Write keys, the inbox and the counts of events."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from guestlist.core.identity import IdType, Kind
from guestlist.errors import ConfigError
from guestlist.events.outcomes import Outcome
from guestlist.events.touched import Told
from guestlist.ports import Backlog
from guestlist.store import schema
from guestlist.store.event_members import NEVER, EventMember


# ── write keys ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_write_key_is_known_by_its_digest_only(store, second, clock):
    key = store.write_keys.create("engage", clock.now())
    assert key.startswith("gl_")
    assert len(key) == 3 + 32
    assert second.write_keys.name_of(key) == "engage"
    assert [store.write_keys.name_of(each) for each in ("", key[:-1], key + "x", "engage", "\ud800")] == [None] * 5
    with store.database.read() as connection:
        (row,) = connection.execute(sa.select(schema.write_keys)).mappings().all()
    assert not [value for value in row.values() if key.encode() in (value if isinstance(value, bytes) else b"")]
    assert len(row["digest"]) == 32


def test_a_revoked_key_opens_nothing_and_its_name_is_free_again(store, clock):
    first = store.write_keys.create("engage", clock.now())
    with pytest.raises(ConfigError, match="a write key 'engage' already"):
        store.write_keys.create("engage", clock.now())
    assert store.write_keys.name_of(first) == "engage"
    assert store.write_keys.revoke("engage", 5.0)
    assert not store.write_keys.revoke("engage", 6.0)
    assert not store.write_keys.revoke("nobody", 6.0)
    assert (store.write_keys.name_of(first), store.write_keys.names()) == (None, {})
    assert [each.revoked_at for each in store.write_keys.all()] == [5.0]
    another = store.write_keys.create("engage", 7.0)
    assert (store.write_keys.name_of(another), store.write_keys.name_of(first)) == ("engage", None)
    assert [(each.name, each.created_at, each.revoked_at) for each in store.write_keys.all()] == [("engage", 7.0, None)]


# ── inbox ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_inbox_gives_the_oldest_first_and_keeps_them_until_deleted(store, second):
    assert store.inbox.take(1 << 20) == []
    assert store.inbox.delete([]) == 0
    numbers = [store.inbox.append(bytes([65 + each]) * 100, each + 1, 50.0 - each) for each in range(4)]
    assert numbers == sorted(numbers)
    taken = second.inbox.take(250)
    assert [(row.id, row.events, row.received_at, row.data[:1]) for row in taken] == [
        (numbers[0], 1, 50.0, b"A"),
        (numbers[1], 2, 49.0, b"B"),
    ]
    assert second.inbox.take(200) == taken
    assert [row.id for row in store.inbox.take(1)] == numbers[:1]
    assert store.inbox.delete([numbers[0], numbers[2], 999]) == 2
    assert [row.id for row in store.inbox.take(1 << 20)] == [numbers[1], numbers[3]]


def test_a_number_of_the_inbox_is_never_given_twice(store):
    first = store.inbox.append(b"x", 1, 1.0)
    store.inbox.delete([first])
    assert store.inbox.append(b"x", 1, 1.0) > first


def test_the_inbox_says_how_much_waits_and_since_when(store):
    assert store.inbox.backlog() == Backlog(0, 0, 0, None)
    for number, at in enumerate((9.0, 7.0, 8.0)):
        store.inbox.append(b"x" * 10, number, at)
    assert store.inbox.backlog() == Backlog(3, 3, 30, 7.0)


def test_the_inbox_is_small_and_sealed(store):
    store.inbox.append(b"ada@example.com" * 1_000, 1, 1.0)
    with store.database.read() as connection:
        sealed = connection.execute(sa.select(schema.inbox.c.data)).scalar_one()
    assert b"ada" not in sealed
    assert len(sealed) < 1_000
    assert store.inbox.take(1)[0].data == b"ada@example.com" * 1_000
    assert "ada" not in repr(store.inbox.take(100))


def test_folding_deletes_in_the_transaction_it_belongs_to(store):
    kept = store.inbox.append(b"x", 1, 1.0)

    def fold() -> None:
        with store.transaction():
            assert store.inbox.delete([kept]) == 1
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        fold()
    assert [row.id for row in store.inbox.take(10)] == [kept]


def test_a_row_that_appears_late_is_taken_the_next_time(store, second):
    """PostgreSQL gives numbers before it commits; SQLite lets one write after the other."""
    if store.database.is_sqlite:
        pytest.skip("one writer at a time")
    with store.transaction():
        early = store.inbox.append(b"early", 1, 1.0)
        late = second.inbox.append(b"late", 1, 2.0)
        (seen,) = second.inbox.take(100)
        assert (seen.id, early < late) == (late, True)
        second.inbox.delete([late])
    assert [row.data for row in second.inbox.take(100)] == [b"early"]


# ── counts ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_counts_add_up_whoever_counts(store, second):
    key, other = (0, 7, "failed on ingest", "too large"), (0, 8, "failed on ingest", "")

    def count(each) -> None:
        for _ in range(20):
            each.event_counts.add({key: 2, other: 1})

    threads = [threading.Thread(target=count, args=(each,)) for each in (store, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.event_counts.since(7) == {key: 80, other: 40}
    assert store.event_counts.since(8) == {other: 40}
    store.event_counts.add({})


# ── members ──────────────────────────────────────────────────────────────────────────────────────────────────────
def member(name: bytes, *ids: bytes) -> EventMember:
    found = EventMember(name, True, (1, 2, 3), b'{"t":{}}', (1, 2, 3))
    found.changed = True
    found.ids = {each: (IdType.SHA256_EMAIL, each * 2) for each in ids}
    found.fresh_ids = set(ids)
    return found


def test_counts_are_of_a_stretch_of_time(store):
    counts = store.event_counts
    counts.add({(1, five, "delivered", ""): 10 + five for five in range(10)} | {(2, 3, "delivered", ""): 99})
    counts.add({(1, 9, "failed", "x"): 1})
    assert counts.totals(300.0, 1, 900.0) == {(1, "delivered", ""): 11 + 12}
    assert counts.totals(300.0, 1, 901.0) == {(1, "delivered", ""): 11 + 12 + 13}
    found = counts.over_time(600.0, 3000.0, 1, 3)
    assert found == {
        (0, "delivered"): 12 + 13 + 14, (1, "delivered"): 15 + 16 + 17, (2, "delivered"): 18 + 19, (2, "failed"): 1,
    }  # fmt: skip
    counts.took(1, [(0.0, 1001.0), (1000.0, 1001.0)])
    assert sum(counts.latencies(0.0, 1).values()) == 2
    assert sum(counts.latencies(0.0, 1, 300.0).values()) == 1
    for at in (5.0, 7.0):
        counts.sample(1, Outcome.FAILED, "x", at, b"{}")
    assert [each.at for each in counts.samples(1, 0.0, 7.0)] == [5.0]


def test_how_many_are_in_is_counted_as_they_are_written(store, clock):
    names = [bytes([each]) * 16 for each in range(4)]
    key = store.event_members.claim_key("one", "people", Kind.PEOPLE, clock.now()).id
    assert store.event_members.counts(key) == (0, 0)

    def fold(changes: dict[bytes, bool]) -> tuple[int, int]:
        there = store.event_members.some(key, changes)
        members = [there.get(each) or EventMember(each) for each in changes]
        for each in members:
            each.wanted, each.changed = changes[each.member], True
        store.event_members.save(store.event_members.sealed(key, members), b"", 0, 0.0)
        return store.event_members.counts(key)

    assert fold(dict.fromkeys(names[:3], True)) == (3, 3)
    assert fold({names[0]: False, names[1]: True, names[3]: False}) == (2, 4)
    assert fold({names[0]: True, names[3]: False}) == (3, 4)
    store.event_members.erase(names)
    assert store.event_members.counts(key) == (3, 4)
    assert sum(1 for _ in store.event_members.wanted(key)) == 3
    with store.database.write() as connection:
        connection.execute(sa.update(schema.audience_keys).values(inside=99, heard=1))
    store.event_members.recount(key)
    assert store.event_members.counts(key) == (3, 4)


def test_traits_are_erased_of_whoever_carries_an_identifier_for_every_key(store, clock):
    a, b, mine, his = (bytes([each]) * 16 for each in range(4))
    keys = [store.event_members.claim_key(each, "people", Kind.PEOPLE, clock.now()).id for each in ("one", "two")]
    for key_id in keys:
        rows = store.event_members.sealed(key_id, [member(a, mine), member(b, his, mine), member(his)])
        store.event_members.save(rows, b"", 0, 0.0)
    store.event_members.erase([mine])
    for key_id in keys:
        found = store.event_members.some(key_id, [a, b, his])
        assert [(each.person, each.person_stamp) for each in found.values() if each.member != his] == [(b"", NEVER)] * 2
        assert (found[his].person, found[his].person_stamp) == (b'{"t":{}}', (1, 2, 3))
        assert all(each.wanted and each.stamp == (1, 2, 3) for each in found.values())
        assert set(found[b].ids) == {his, mine}
    store.event_members.erase([his])
    assert store.event_members.some(keys[0], [his])[his].person == b""


def test_whoever_forgets_waits_for_a_fold_that_has_read(store, second, clock):
    store.event_members.claim_key("one", "people", Kind.PEOPLE, clock.now())
    erased = threading.Event()
    forgetting = threading.Thread(target=lambda: (second.event_members.erase([b"x" * 16]), erased.set()))
    with store.transaction():
        assert len(store.event_members.hold()) == 1
        forgetting.start()
        assert not erased.wait(0.2)
    forgetting.join(30)
    assert erased.is_set()


def test_events_wait_until_they_are_dropped_and_are_found_by_their_members(store, second):
    ann, bob, cem = (bytes([n]) * 16 for n in range(3))
    store.waiting_events.add(1, [Told(7.0, ann), Told(6.0, bob, (), True), Told(5.0, ann)])
    store.waiting_events.add(1, [Told(5.0, ann), Told(6.0, bob)])
    store.waiting_events.add(1, [])
    store.waiting_events.add(2, [Told(8.0, cem)])
    waiting = [Told(5.0, ann)] * 2 + [Told(7.0, ann), Told(6.0, bob), Told(6.0, bob, (), True)]
    assert sorted(second.waiting_events.all(1), key=lambda told: (told.member, told.received, told.retried)) == waiting
    assert second.waiting_events.among(1, [ann, bob, cem]) == {ann, bob}
    assert second.waiting_events.among(1, []) == set()
    second.waiting_events.drop(1)
    assert store.waiting_events.all(1) == []
    assert store.waiting_events.all(2) == [Told(8.0, cem)]


def test_messages_are_kept_until_they_are_too_old(store, second):
    first = store.messages.add(b"12345678", 1, 0)
    later = store.messages.add(b"abcdefgh" * 2, 2, 0)
    assert [(each.messages, each.data) for each in second.messages.after(0)] == [(1, b"12345678"), (2, b"abcdefgh" * 2)]
    last = second.messages.add(b"ABCDEFGH", 1, first)
    assert [each.id for each in store.messages.after(0)] == [later, last]
    assert [each.id for each in store.messages.after(later)] == [last]
