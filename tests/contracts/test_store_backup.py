"""A backup opens on either database, and a restored store is sure of nothing."""

from __future__ import annotations

import os
import threading

import pytest

from guestlist.core.identity import IdType
from guestlist.errors import ConfigError, StoreError
from guestlist.ports import Delta, Outcome, Token
from guestlist.store import open_store, open_vault
from guestlist.store.batches import Piece
from guestlist.store.destinations import Credential
from guestlist.store.forgetting import Blocked
from guestlist.store.restore import restore
from guestlist.store.rows import Exceptions
from guestlist.store.vault import new_secret

CONTENT = os.urandom(2_500_000)
on_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)  # the file is the same whoever wrote it


@pytest.fixture
def filled(store, activate, plan):
    """A store with two ledger parts, a half delivered run, a credential and a forgotten identifier."""
    made = activate()
    segment = store.segments.begin(made.id, made.ledger_id, "guestlist-s-n", "N", 1.0)
    store.segments.confirm(segment.id, "77")
    file_id = store.files.reserve("ledgers", "test")
    with store.files.workspace("test") as folder:
        (folder / "base").write_bytes(CONTENT)
        store.files.publish(file_id, folder / "base", 10_000)
    version, _ = store.ledgers.parts(made.ledger_id)
    store.ledgers.append(made.ledger_id, version, Delta(10_000, 9_000, path="x"), file_id)
    store.ledgers.append(made.ledger_id, version + 1, Delta(2, 2, data=b"delta"))
    run = plan(made, Piece(0, 10, phase=1), Piece(10, 10, phase=2), Piece(20, 10, phase=2))
    first, second, _ = store.batches.of_run(run.id)
    store.batches.claim(first.id, "me", 100.0, 5.0)
    store.batches.settle(first.id, "me", Exceptions({1: store.reasons.number("BAD", "no")}), 5.0)
    store.batches.claim(second.id, "me", 100.0, 5.0)
    store.destinations.ensure("acme", "urn:1")
    store.destinations.connect("acme", Credential(Token("token", 1.0, 2.0), "id", "hush"), 3.0)
    store.suppressions.add(
        store.receipts.create(["ab"], [], 4.0).id, [Blocked(b"k" * 16, IdType.SHA256_EMAIL, b"k" * 16)], 4.0
    )
    store.activations.update(made.id, waiting={"removals": 5}, last_synced_identity=[["a.csv", 1, 2]])
    return made


@pytest.fixture
def backup(store, filled, tmp_path):
    store.backup(tmp_path / "backup", "correct horse")
    return tmp_path / "backup"


def checked(restored, store, made, read_as="unsure"):
    """What must be the same in every restored store."""
    assert restored.names_key() == store.names_key()
    assert restored.suppressions.keys() == {b"k" * 16}
    assert restored.destinations.credential("acme") == store.destinations.credential("acme")
    found = restored.activations.by_id(made.id)
    assert (found.waiting, found.last_synced_identity) == ({"removals": 5}, [["a.csv", 1, 2]])
    parts = restored.ledgers.parts(made.ledger_id)[1]
    assert [(part.rows, part.read_as) for part in parts] == [(10_000, read_as), (2, read_as)]
    with open(parts[0].path, "rb") as file:
        assert file.read() == CONTENT
    assert parts[1].data == b"delta"
    assert restored.runs.changes(1).data == b"arrow"


def test_a_move_keeps_its_identity_and_is_sure_of_nothing(store, filled, backup, tmp_path, clock):
    with restore(backup, tmp_path / "new", "move", passphrase="correct horse", clock=clock) as restored:
        checked(restored, store, filled)
        assert restored.store_id == store.store_id
        assert restored.segments.current(filled.ledger_id).state == "live"
        (run,) = restored.runs.open_runs()
        assert run.state == "closing"
        assert restored.runs.outcomes(run.id) == tuple(Outcome("unsure", first, 10) for first in (0, 10, 20))
        version, _ = restored.ledgers.parts(filled.ledger_id)
        assert restored.runs.close(run.id, version, Delta(30, 0, data=b"unsure"), clock.now())
        assert restored.runs.begin(filled.id, "sync", 1.0).id == run.id + 1
        assert restored.audit.latest()[0].what == "restore"


def test_a_copy_is_another_store_without_segments_in_which_nobody_is(store, filled, backup, tmp_path, clock):
    with restore(backup, tmp_path / "new", "copy", passphrase="correct horse", clock=clock) as restored:
        checked(restored, store, filled, "not_told")
        assert restored.store_id != store.store_id
        assert restored.activations.by_id(filled.id).segment_id is None
        assert restored.segments.all(live=True) == []
        (run,) = restored.runs.open_runs()
        assert restored.runs.close(run.id, restored.ledgers.get(filled.ledger_id).version, Delta(1, 0, data=b"x"), 1.0)
        restored.segments.begin(filled.id, filled.ledger_id, "guestlist-other-n", "N", 2.0)
        assert {part.read_as for part in restored.ledgers.parts(filled.ledger_id)[1]} == {"not_told"}


def test_a_backup_moves_between_databases(store, filled, backup, tmp_path, clock, database_url):
    home = tmp_path / "new"
    with restore(backup, home, "move", passphrase="correct horse", database_url=database_url, clock=clock) as restored:
        checked(restored, store, filled)
        assert restored.activations.fresh_ledger(filled.id, 5.0) == filled.ledger_id + 1  # numbers go on
        with open_store(database_url, home) as again:
            assert again.store_id == store.store_id


@on_sqlite
def test_nothing_in_it_is_readable_and_a_wrong_passphrase_says_so(backup, tmp_path):
    content = backup.read_bytes()
    assert all(word not in content for word in (b"newsletter", b"manifest", CONTENT[:50]))
    with pytest.raises(ConfigError, match="another passphrase"):
        restore(backup, tmp_path / "new", "move", passphrase="wrong horse")
    with pytest.raises(ConfigError, match="give it"):
        restore(backup, tmp_path / "new", "move")


@on_sqlite
@pytest.mark.parametrize("damage", ["cut", "changed", "other"])
def test_a_damaged_backup_restores_nothing(backup, tmp_path, damage, clock):
    content = bytearray(backup.read_bytes())
    if damage == "cut":
        content = content[:-10]
    elif damage == "changed":
        content[len(content) // 2] ^= 1
    else:
        content = bytearray(b"something else")
    backup.write_bytes(content)
    with pytest.raises(StoreError):
        restore(backup, tmp_path / "new", "move", passphrase="correct horse")
    with open_store(None, tmp_path / "new", clock=clock) as store:
        assert store.activations.all() == []


def test_a_store_in_use_is_not_overwritten(store, backup, tmp_path, store_url):
    with pytest.raises(StoreError, match="not empty"):
        restore(backup, tmp_path / "home", "move", passphrase="correct horse", database_url=store_url)
    assert len(store.activations.all()) == 1


@on_sqlite
def test_an_empty_store_may_be_restored_into(store, filled, backup, tmp_path, clock):
    open_store(None, tmp_path / "new").close()
    with restore(backup, tmp_path / "new", "move", passphrase="correct horse", clock=clock) as restored:
        checked(restored, store, filled)


@on_sqlite
def test_without_a_passphrase_the_stores_own_key_opens_it(store, filled, tmp_path, clock):
    store.backup(tmp_path / "backup")
    with pytest.raises(ConfigError, match="GUESTLIST_SECRET_KEY"):
        restore(tmp_path / "backup", tmp_path / "new", "move")
    key = store.vault.secrets[0]
    with restore(tmp_path / "backup", tmp_path / "new", "move", secret_key=key, clock=clock) as restored:
        checked(restored, store, filled)


@on_sqlite
def test_keys_from_a_file_give_way_to_those_of_the_environment(store, filled, backup, tmp_path, clock):
    key = new_secret()
    new = tmp_path / "new"
    with restore(backup, new, "move", passphrase="correct horse", secret_key=key, clock=clock) as restored:
        checked(restored, store, filled)
    with open_store(None, new, vault=open_vault(new, key), clock=clock) as restored:
        checked(restored, store, filled)
    assert not (new / "secret.key").exists()


def test_a_backup_is_of_one_moment_while_others_write(store, second, filled, tmp_path, clock):
    stop, version = threading.Event(), second.ledgers.get(filled.ledger_id).version

    def write() -> None:
        number = version
        while not stop.is_set():
            assert second.ledgers.append(filled.ledger_id, number, Delta(1, 1, data=b"x"))
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        store.backup(tmp_path / "backup", "correct horse")
    finally:
        stop.set()
        thread.join()
    with restore(tmp_path / "backup", tmp_path / "new", "move", passphrase="correct horse", clock=clock) as restored:
        found, parts = restored.ledgers.parts(filled.ledger_id)
        assert len(parts) - 2 == found - 1 - version  # one part a version; restoring itself adds one version


@on_sqlite
def test_a_backup_is_replaced_whole_or_not_at_all(store, backup, tmp_path):
    before = backup.read_bytes()
    path = store.files.open(1 if store.files.live()[0].id == 1 else store.files.live()[0].id)
    path.unlink()
    with pytest.raises(StoreError, match="missing"):
        store.backup(backup, "correct horse")
    assert backup.read_bytes() == before
    assert sorted(file.name for file in tmp_path.glob("*backup*")) == ["backup"]
