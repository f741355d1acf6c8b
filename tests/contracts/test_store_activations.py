from __future__ import annotations

import pytest

from guestlist.core.identity import Kind
from guestlist.errors import ConfigError, StoreError
from guestlist.ports import Delta, SegmentStatus


def test_a_new_activation_has_an_empty_ledger_of_its_own(store, activate):
    made = activate()
    assert store.activations.get("newsletter") == made == store.activations.by_id(made.id)
    assert (made.members, made.mapping, made.segment_id, made.epoch, made.frozen) == (Kind.PEOPLE, None, None, 0, False)
    assert store.ledgers.parts(made.ledger_id) == (0, ())


def test_everything_that_update_may_set_comes_back(store, activate):
    made = activate()
    waiting = {"removals": 9, "known": 10, "samples": [[1, "a***@x.com"]]}
    identity = [["/lists/a.csv", 10, 20]]
    store.activations.update(made.id, mapping={"email": ("mail",)}, waiting=waiting, last_synced_identity=identity)
    store.activations.update(made.id, state="waiting", reason="why", wait_until=5.5, frozen=True, fails_in_row=2)
    found = store.activations.by_id(made.id)
    assert found.mapping == {"email": ["mail"]}
    assert (found.waiting, found.last_synced_identity, found.state, found.wait_until) == (
        waiting,
        identity,
        "waiting",
        5.5,
    )
    assert (found.frozen, found.fails_in_row, found.reason) == (True, 2, "why")
    store.activations.update(made.id, waiting=None)
    assert store.activations.by_id(made.id).waiting is None


def test_renaming_keeps_everything_and_names_are_never_given_again(store, activate):
    made = activate("old")
    renamed = store.activations.rename("old", "new")
    assert (renamed.id, renamed.ledger_id, renamed.name) == (made.id, made.ledger_id, "new")
    assert store.activations.get("old") is None
    with pytest.raises(ConfigError, match="'old'"):
        activate("old")
    assert store.activations.rename("new", "old").name == "old"  # its own former name
    with pytest.raises(ConfigError, match="no activation 'gone'"):
        store.activations.rename("gone", "x")


def test_a_removed_activation_keeps_its_name_and_its_ledger(store, activate):
    made = activate()
    store.activations.update(made.id, removed_at=3.0)
    with pytest.raises(ConfigError):
        activate()
    assert store.activations.all(removed=False) == []
    assert [each.id for each in store.activations.all()] == [made.id]
    assert [each.id for each in store.ledgers.all()] == [made.ledger_id]


def test_an_ended_activation_frees_its_name_but_not_its_source_segment_id(store, activate):
    old = activate()
    first = store.segments.begin(old.id, old.ledger_id, "guestlist-s-newsletter", "N", 1.0)
    store.activations.end(old.id, 5.0)
    store.activations.end(old.id, 6.0)  # once
    new = activate()
    assert new.ledger_id != old.ledger_id
    second = store.segments.begin(new.id, new.ledger_id, "guestlist-s-newsletter", "N", 7.0)
    assert (first.source_segment_id, second.source_segment_id) == ("guestlist-s-newsletter", "guestlist-s-newsletter~2")
    gone = store.activations.by_id(old.id)
    assert (gone.removed_at, gone.ledger_id, gone.segment_id) == (5.0, old.ledger_id, first.id)
    assert store.activations.all(removed=False) == [store.activations.by_id(new.id)]


def test_segment_of_shares_ledger_segment_and_epoch(store, activate):
    first = activate("first")
    other = activate("other", segment_of=first.id)
    segment = store.segments.begin(first.id, first.ledger_id, "guestlist-s-first", "First", 1.0)
    assert other.ledger_id == first.ledger_id
    assert [each.name for each in store.activations.of_ledger(first.ledger_id)] == ["first", "other"]
    assert store.activations.by_id(other.id).segment_id == segment.id
    assert store.activations.by_id(other.id).epoch == 1


def test_a_fresh_ledger_leaves_the_old_segment_alone_and_counts_epochs_on(store, activate):
    made = activate()
    before = store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0)
    store.segments.confirm(before.id, "77")
    store.activations.update(made.id, frozen=True)
    fresh = store.activations.fresh_ledger(made.id, 2.0)
    assert store.activations.by_id(made.id).ledger_id == made.ledger_id, "it was not taken yet"
    store.activations.take_ledger(made.id, fresh)
    now = store.activations.by_id(made.id)
    assert (now.ledger_id, now.segment_id, now.frozen) == (fresh, None, False)
    second = store.segments.begin(made.id, fresh, "guestlist-s-n", "N", 3.0)
    assert second.source_segment_id == "guestlist-s-n~2"
    assert [each.state for each in store.segments.all()] == ["live", "intent"]


def test_updating_what_is_not_there_is_an_error(store):
    with pytest.raises(StoreError):
        store.activations.update(99, reason="x")
    with pytest.raises(StoreError):
        store.activations.by_id(99)


# ── segments ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_segment_is_an_intent_until_linkedin_confirmed_it(store, activate):
    made = activate()
    assert store.segments.current(made.ledger_id) is None
    intent = store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 7.0)
    assert (intent.state, intent.linkedin_id, intent.created_at) == ("intent", None, 7.0)
    assert intent.source_segment_id == "guestlist-s-n"
    assert store.segments.confirm(intent.id, "77")
    assert not store.segments.confirm(intent.id, "78")
    current = store.segments.current(made.ledger_id)
    assert current is not None
    assert (current.state, current.linkedin_id) == ("live", "77")
    assert store.segments.all(live=True) == [current]
    assert store.segments.currents([made.ledger_id, activate("other").ledger_id]) == {made.ledger_id: current}


def test_a_new_segment_is_a_new_epoch_that_knows_nobody(store, activate):
    made = activate()
    first = store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0)
    store.segments.confirm(first.id, "77")
    store.ledgers.append(made.ledger_id, store.ledgers.get(made.ledger_id).version, Delta(2, 2, data=b"two"))
    store.segments.bury(first.id)
    assert store.segments.current(made.ledger_id).state == "dead"
    second = store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 2.0)
    (part,) = store.ledgers.parts(made.ledger_id)[1]
    assert (part.data, part.read_as) == (b"two", "not_told")
    assert (second.epoch, second.source_segment_id) == (2, "guestlist-s-n~2")


def test_no_new_segment_while_a_run_may_have_told_the_old_one(store, activate, plan):
    made = activate()
    store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0)
    run = plan(made)
    assert store.batches.claim(store.batches.of_run(run.id)[0].id, "me", 10.0, 5.0)
    with pytest.raises(StoreError, match="must be closed"):
        store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 2.0)
    assert store.activations.by_id(made.id).epoch == 1


def test_what_linkedin_says_of_a_segment_is_kept(store, activate):
    made = activate()
    segment = store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0)
    said = SegmentStatus("77", "N", "guestlist-s-n", "DIRECT_API", Kind.PEOPLE, "READY", 500, 320, None, "urn:x")
    store.segments.observed(segment.id, said, 9.0)
    found = store.segments.by_id(segment.id)
    assert (found.linkedin_status, found.input, found.matched, found.audience_size) == ("READY", 500, 320, None)
    assert (found.ad_segment, found.as_of) == ("urn:x", 9.0)
