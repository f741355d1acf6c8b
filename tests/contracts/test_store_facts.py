"""The smaller repositories."""

from __future__ import annotations

import threading

import pytest

from guestlist.core.identity import IdType
from guestlist.errors import StoreError
from guestlist.ports import Token
from guestlist.store.destinations import Credential
from guestlist.store.forgetting import Blocked, Target
from guestlist.store.rejected import RejectedRows

DAY = 86_400.0


# ── the store itself ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_store_has_one_identity_for_good(store, second):
    assert len(store.store_id) == 8
    assert store.store_id == store.store_id.lower() == second.store_id
    assert len(store.names_key()) == 32
    assert store.names_key() == second.names_key()
    store.meta.set("colour", "blue")
    store.meta.set("colour", "red")
    assert (second.meta.get("colour"), second.meta.get("size")) == ("red", None)


def blocked(letter: bytes, kind: IdType = IdType.SHA256_EMAIL) -> Blocked:
    return Blocked(letter * 16, kind, letter * 16)


def test_several_calls_can_be_one_transaction(store, second):
    def fail() -> None:
        with store.transaction():
            store.meta.set("colour", "blue")
            assert store.meta.get("colour") == "blue"
            assert second.meta.get("colour") is None
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        fail()
    assert store.meta.get("colour") is None


def test_what_fails_inside_a_transaction_is_undone_alone(store):
    with store.transaction():
        store.meta.set("colour", "blue")
        with pytest.raises(StoreError):
            store.activations.update(99, reason="x")
    assert store.meta.get("colour") == "blue"


def test_a_snapshot_sees_one_state_and_writes_nothing(store, second):
    store.meta.set("colour", "blue")
    with store.snapshot():
        assert store.meta.get("colour") == "blue"
        second.meta.set("colour", "red")
        assert store.meta.get("colour") == "blue"
        with pytest.raises(RuntimeError, match="must not write"):
            store.meta.set("colour", "green")
    assert store.meta.get("colour") == "red"


# ── destinations ─────────────────────────────────────────────────────────────────────────────────────────────────
def token(text: str = "secret-token") -> Token:
    return Token(text, 10.0, 5.0, refresh_token="r", first_consent_at=4.0)


@pytest.fixture
def acme(store):
    store.destinations.ensure("acme", "urn:li:sponsoredAccount:1")
    store.destinations.connect("acme", Credential(token(), "client", "hush"), 7.0)
    return "acme"


def test_a_destination_is_made_once_and_keeps_its_account(store):
    assert store.destinations.get("acme") is None
    assert store.destinations.credential("acme") == (None, 0)
    made = store.destinations.ensure("acme", "urn:1")
    assert store.destinations.ensure("acme", "urn:2") == made
    store.destinations.update("acme", member="urn:li:person:X", role="CAMPAIGN_MANAGER")
    assert store.destinations.all()[0].member == "urn:li:person:X"
    with pytest.raises(StoreError, match="'other'"):
        store.destinations.update("other", role="x")


def test_a_credential_comes_back_and_is_not_readable_at_rest(store, acme):
    assert store.destinations.credential(acme) == (Credential(token(), "client", "hush"), 1)
    found = store.destinations.get(acme)
    assert (found.authorised_at, found.first_consent_at) == (7.0, 4.0)
    with store.database.read() as connection:
        raw = bytes(connection.exec_driver_sql("select credential from destinations").scalar())
    assert b"secret" not in raw
    assert b"hush" not in raw


def test_two_refreshers_cannot_overwrite_one_another(store, second, acme):
    _, version = store.destinations.credential(acme)
    assert second.destinations.save_token(acme, token("first"), version)
    assert not store.destinations.save_token(acme, token("second"), version)
    assert store.destinations.credential(acme) == (Credential(token("first"), "client", "hush"), 2)


def test_connecting_again_unparks(store, acme):
    store.destinations.park(acme, "Refresh Token Expired", "authorise again")
    assert store.destinations.get(acme).state == "Refresh Token Expired"
    store.destinations.connect(acme, Credential(token("new")), 9.0)
    assert (store.destinations.get(acme).state, store.destinations.get(acme).reason) == ("", "")


def test_day_limits_are_kept_by_endpoint(store, acme):
    store.destinations.wait(acme, "users", 50.0)
    store.destinations.wait(acme, "companies", 60.0)
    store.destinations.wait(acme, "users", None)
    assert store.destinations.get(acme).waits == {"companies": 60.0}


# ── reasons, rejected rows ───────────────────────────────────────────────────────────────────────────────────────
def test_a_reason_has_one_number_for_good(store, second):
    number = store.reasons.number("BAD", "It  is\nnot valid\0")
    assert second.reasons.number("BAD", "It is not valid") == number
    assert store.reasons.number("BAD", "other") != number
    other = store.reasons.number("", "only text")
    assert store.reasons.texts()[number] == "BAD: It is not valid"
    assert store.reasons.texts()[other] == "only text"


def test_rejected_rows_are_those_of_the_last_run(store, activate):
    made = activate()
    assert store.rejected.get(made.id) is None
    old = store.files.reserve("rejected", "test")
    store.rejected.put(RejectedRows(made.id, 1, 5.0, {"no e-mail": 3}, {"no e-mail": [[1, None]]}, old))
    current = RejectedRows(made.id, 2, 6.0, {}, {}, None)
    store.rejected.put(current)
    assert store.rejected.get(made.id) == current
    assert store.files.get(old).state == "dead"


# ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_receipt_is_complete_when_every_segment_answered(store, activate):
    one, two = activate("one"), activate("two")
    targets = [Target(one.ledger_id, "one", "77"), Target(two.ledger_id, "two", "78")]
    receipt = store.receipts.create(["ab12"], targets, 5.0)
    assert (receipt.state, receipt.targets, receipt.asked) == ("incomplete", tuple(targets), ["ab12"])
    store.receipts.telling(receipt.id, one.ledger_id, 3)
    store.receipts.answered(receipt.id, one.ledger_id, 6.0)
    assert [each.id for each in store.receipts.incomplete()] == [receipt.id]
    store.receipts.answered(receipt.id, two.ledger_id, 7.0)
    done = store.receipts.get(receipt.id)
    assert (done.state, done.completed, [each.answered_at for each in done.targets]) == ("complete", 7.0, [6.0, 7.0])
    assert store.receipts.incomplete() == []


def test_a_receipt_that_reaches_nobody_is_complete(store):
    receipt = store.receipts.create([], [], 5.0)
    assert receipt.state == "complete"
    assert store.receipts.all() == [receipt]
    with pytest.raises(StoreError):
        store.receipts.answered(receipt.id, 1, 5.0)
    with pytest.raises(StoreError):
        store.receipts.get(99)


def test_the_forgotten_stay_blocked_until_each_receipt_is_undone(store):
    first, second = store.receipts.create([], [], 1.0), store.receipts.create([], [], 2.0)
    store.suppressions.add(
        first.id,
        [blocked(b"a"), blocked(b"b", IdType.GOOGLE_AID)],
        1.0,
    )
    store.suppressions.add(second.id, [blocked(b"a")], 2.0)
    assert store.suppressions.active() == (b"a" * 16, b"b" * 16)
    assert store.suppressions.undo(first.id, 3.0) == 2
    assert store.suppressions.keys() == {b"a" * 16}
    assert store.suppressions.undo(first.id, 3.0) == 0


def test_every_change_of_the_forgotten_is_another_version(store, second):
    seen = [store.suppressions.version()]
    receipt = store.receipts.create(["ab"], [], 1.0).id
    for change in (
        lambda: second.suppressions.add(receipt, [blocked(b"a")], 1.0),
        lambda: second.suppressions.add(receipt, [blocked(b"a")], 2.0),
        lambda: second.suppressions.unblock([b"a" * 16], 3.0),
        lambda: second.suppressions.add(receipt, [blocked(b"a")], 4.0),
        lambda: second.suppressions.undo(receipt, 5.0),
    ):
        change()
        seen.append(store.suppressions.version())
    assert len(set(seen)) == len(seen)


def test_identifiers_can_be_unblocked_whoever_blocked_them(store):
    first, second = store.receipts.create([], [], 1.0), store.receipts.create([], [], 2.0)
    for receipt in (first, second):
        store.suppressions.add(receipt.id, [blocked(b"a")], 1.0)
    assert not store.suppressions.undone(first.id)
    assert store.suppressions.unblock([b"a" * 16, b"z" * 16], 3.0) == 1
    assert store.suppressions.undone(first.id)
    assert store.suppressions.keys() == frozenset()
    assert not store.suppressions.undone(store.receipts.create([], [], 4.0).id)  # it blocked nothing


# ── notices, pace, audit ─────────────────────────────────────────────────────────────────────────────────────────
def test_the_same_notice_is_sent_once_a_day(store):
    assert store.notices.begin("parked:acme", 0.0)
    assert not store.notices.begin("parked:acme", DAY - 1)
    assert store.notices.heard() == ["parked:acme"]
    assert store.notices.begin("parked:acme", DAY)
    assert store.notices.over("parked:acme")
    assert not store.notices.over("parked:acme")
    assert not store.notices.begin("parked:acme", DAY + 5)  # again within the day: nobody is told,
    assert not store.notices.over("parked:acme")  # so nobody is told that it is over either
    assert not store.notices.over("never")


def test_a_notice_that_could_not_be_sent_is_sent_next_time(store):
    assert store.notices.begin("stale", 1000.0)
    store.notices.unsent("stale")
    assert store.notices.begin("stale", DAY + 1000.0)


def test_all_workers_share_one_pace(store, second):
    waits = [each.pace.reserve("me:users", 601, 100.0) for each in (store, second, store)]
    assert waits == pytest.approx([0.0, 0.1, 0.2])
    assert second.pace.reserve("me:companies", 301, 100.0) == 0.0


def test_after_a_429_nobody_goes(store, second):
    store.pace.penalise("me:users", 160.0)
    assert second.pace.closed("me:users", 100.0) == 60.0
    assert second.pace.reserve("me:users", 601, 100.0) == 60.0
    assert second.pace.reserve("me:users", 601, 100.0) == pytest.approx(60.1)
    assert second.pace.closed("other", 100.0) == 0.0


def test_slots_are_never_given_twice(store):
    found: list[float] = []

    def take() -> None:
        found.extend(store.pace.reserve("me:users", 601, 100.0) for _ in range(10))

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == pytest.approx([i * 0.1 for i in range(30)])


def test_the_audit_log_only_grows(store):
    store.audit.add("root", "connect", "acme", 5.0, member="urn:li:person:X")
    store.audit.add("root", "forget", "receipt 1", 6.0)
    newest, oldest = store.audit.latest()
    assert (newest.what, oldest.subject, oldest.details) == ("forget", "acme", {"member": "urn:li:person:X"})
