from __future__ import annotations

from pathlib import Path

import pytest

from guestlist.errors import StoreError
from guestlist.ports import Delta
from guestlist.store import Store
from guestlist.store.ledgers import MERGE_SHARE_OF_STREAMS


def blob(rows: int = 3, data: bytes = b"rows") -> Delta:
    return Delta(rows, rows, data=data)


def append(store: Store, ledger: int, delta: Delta, file_id: int | None = None) -> None:
    assert store.ledgers.append(ledger, store.ledgers.get(ledger).version, delta, file_id)


def published(store: Store, content: bytes = b"parquet", rows: int = 10_000) -> int:
    file_id = store.files.reserve("ledgers", "test")
    with store.files.workspace("test") as folder:
        (folder / "new").write_bytes(content)
        store.files.publish(file_id, folder / "new", rows)
    return file_id


@pytest.fixture
def ledger(activate) -> int:
    return activate().ledger_id


def states(store: Store, ledger: int) -> list[str]:
    return [part.read_as for part in store.ledgers.parts(ledger)[1]]


def test_parts_come_back_in_order_blobs_opened_and_files_local(store, ledger):
    append(store, ledger, blob(3, b"one"))
    append(store, ledger, Delta(10_000, 9_000, path="ignored"), published(store, b"two"))
    append(store, ledger, blob(5, b"three"))
    version, parts = store.ledgers.parts(ledger)
    assert version == 3
    assert [(part.seq, part.rows, part.data) for part in parts] == [(1, 3, b"one"), (2, 10_000, None), (3, 5, b"three")]
    assert Path(parts[1].path).read_bytes() == b"two"
    assert store.ledgers.size(ledger) == 10_008


def test_of_two_writers_one_wins_and_the_other_is_told(store, second, ledger):
    version, _ = store.ledgers.parts(ledger)
    assert second.ledgers.append(ledger, version, blob(1, b"winner"))
    assert not store.ledgers.append(ledger, version, blob(1, b"loser"))
    assert [part.data for part in store.ledgers.parts(ledger)[1]] == [b"winner"]


def test_the_losers_file_is_dead(store, ledger):
    file_id = published(store)
    assert not store.ledgers.append(ledger, 5, Delta(10_000, 1, path="x"), file_id)
    assert store.files.get(file_id).state == "dead"


def test_a_delta_without_rows_moves_the_version_only(store, ledger):
    assert store.ledgers.append(ledger, 0, Delta(0, 0))
    assert store.ledgers.parts(ledger) == (1, ())


def counted(store: Store, ledger: int) -> int | None:
    return store.ledgers.members_in([ledger]).get(ledger)


def test_how_many_are_in_is_the_sum_of_what_the_parts_bring(store, ledger):
    assert counted(store, ledger) == 0
    append(store, ledger, Delta(10_000, 9_000, path="x"), published(store))
    append(store, ledger, Delta(8, -5, data=b"left"))
    assert counted(store, ledger) == 8_995
    assert not store.ledgers.append(ledger, 1, blob(7))
    assert counted(store, ledger) == 8_995


def test_telling_everybody_again_takes_nobody_out_and_a_new_segment_everybody(store, ledger):
    append(store, ledger, blob(3))
    store.ledgers.overlay(ledger, "again")
    assert counted(store, ledger) == 3
    store.ledgers.next_epoch(ledger)
    assert counted(store, ledger) == 0


def test_what_a_restore_left_uncounted_a_merge_of_all_parts_counts(store, ledger):
    append(store, ledger, blob(3, b"one"))
    assert not store.ledgers.merge_due(ledger)
    store.ledgers.overlay(ledger, "unsure")
    append(store, ledger, blob(2, b"two"))
    assert counted(store, ledger) is None
    assert store.ledgers.merge_due(ledger)
    parts = store.ledgers.parts(ledger)[1]
    append(store, ledger, blob(1, b"meanwhile"))
    assert store.ledgers.replace(ledger, parts, Delta(5, 4, data=b"merged"))
    assert counted(store, ledger) is None, "another part came meanwhile"
    assert store.ledgers.replace(ledger, store.ledgers.parts(ledger)[1], Delta(6, 5, data=b"all"))
    assert (counted(store, ledger), store.ledgers.merge_due(ledger)) == (5, False)


def test_a_part_is_data_or_a_file(store, ledger):
    with pytest.raises(ValueError, match="either"):
        store.ledgers.append(ledger, 0, Delta(1, 1))
    assert store.ledgers.parts(ledger) == (0, ())


def test_nothing_in_the_database_is_readable(store, ledger):
    append(store, ledger, blob(1, b"jane@example.com"))
    with store.database.read() as connection:
        raw = connection.exec_driver_sql("select data from ledger_parts").scalar()
    assert b"jane" not in bytes(raw)


@pytest.mark.parametrize(
    ("before", "overlay", "after"),
    [
        ("as_is", "not_told", "not_told"),
        ("again", "not_told", "not_told"),
        ("unsure", "not_told", "not_told"),
        ("as_is", "unsure", "unsure"),
        ("again", "unsure", "unsure"),
        ("not_told", "unsure", "unsure"),
        ("as_is", "again", "again"),
        ("not_told", "again", "not_told"),
        ("unsure", "again", "unsure"),
    ],
)
def test_overlays_compose(store, ledger, before, overlay, after):
    append(store, ledger, blob())
    if before != "as_is":
        store.ledgers.overlay(ledger, before)
    store.ledgers.overlay(ledger, overlay)
    append(store, ledger, blob())
    assert states(store, ledger) == [after, "as_is"]


def test_an_overlay_outdates_a_delta_that_was_made_before_it(store, ledger):
    append(store, ledger, blob())
    version, _ = store.ledgers.parts(ledger)
    store.ledgers.overlay(ledger, "again")
    assert not store.ledgers.append(ledger, version, blob())


def test_a_new_base_replaces_all_parts_and_their_files_die(store, ledger):
    old = published(store)
    append(store, ledger, Delta(10_000, 1, path="x"), old)
    append(store, ledger, blob())
    store.ledgers.overlay(ledger, "again")
    new = published(store, b"base")
    version, parts = store.ledgers.parts(ledger)
    assert store.ledgers.replace(ledger, parts, Delta(10_003, 1, path="x"), new)
    assert store.ledgers.get(ledger).version == version
    (part,) = store.ledgers.parts(ledger)[1]
    assert (part.rows, part.read_as) == (10_003, "as_is")
    assert store.files.get(old).state == "dead"
    append(store, ledger, blob(1, b"later"))
    assert [part.rows for part in store.ledgers.parts(ledger)[1]] == [10_003, 1]


def test_parts_that_came_while_others_were_merged_stay_behind_them(store, ledger):
    append(store, ledger, blob(3, b"first"))
    append(store, ledger, blob(3, b"second"))
    _, parts = store.ledgers.parts(ledger)
    append(store, ledger, blob(1, b"meanwhile"))
    assert store.ledgers.replace(ledger, parts, blob(5, b"merged"))
    append(store, ledger, blob(1, b"later"))
    assert [part.data for part in store.ledgers.parts(ledger)[1]] == [b"merged", b"meanwhile", b"later"]


@pytest.mark.parametrize("meanwhile", ["merged", "overlaid"])
def test_merging_what_is_another_by_now_is_refused(store, ledger, meanwhile):
    append(store, ledger, blob())
    append(store, ledger, blob())
    _, parts = store.ledgers.parts(ledger)
    if meanwhile == "merged":
        assert store.ledgers.replace(ledger, parts, blob(4, b"theirs"))
    else:
        store.ledgers.overlay(ledger, "unsure")
    before = store.ledgers.parts(ledger)
    unnamed = published(store, b"ours")
    assert not store.ledgers.replace(ledger, parts, Delta(6_000, 1, path="x"), unnamed)
    assert store.ledgers.parts(ledger) == before
    assert store.files.get(unnamed).state == "dead"


def test_pouring_replaces_only_the_blobs_at_the_end(store, ledger):
    append(store, ledger, Delta(1_000_000, 1, path="x"), published(store))
    for _ in range(17):
        append(store, ledger, blob(2))
    assert not store.ledgers.merge_due(ledger)
    seqs = store.ledgers.pour_due(ledger)
    assert len(seqs) == 17
    poured = [part for part in store.ledgers.parts(ledger)[1] if part.seq in seqs]
    assert store.ledgers.replace(ledger, poured, blob(30, b"poured"))
    assert [part.rows for part in store.ledgers.parts(ledger)[1]] == [1_000_000, 30]
    assert store.ledgers.pour_due(ledger) == ()


def test_pouring_is_due_beyond_64k_identifiers(store, ledger):
    append(store, ledger, blob(65_536))
    assert store.ledgers.pour_due(ledger) == ()
    append(store, ledger, blob(1))
    assert len(store.ledgers.pour_due(ledger)) == 2


def test_merging_is_due_when_deltas_hold_a_tenth_of_the_base(store, ledger):
    append(store, ledger, Delta(100_000, 1, path="x"), published(store))
    append(store, ledger, Delta(10_000, 1, path="x"), published(store))
    assert not store.ledgers.merge_due(ledger)
    append(store, ledger, blob(1))
    assert store.ledgers.merge_due(ledger)


def test_a_share_of_its_own_may_be_given(store, ledger):
    append(store, ledger, Delta(100_000, 1, path="x"), published(store))
    append(store, ledger, Delta(25_000, 1, path="x"), published(store))
    assert not store.ledgers.merge_due(ledger, share=MERGE_SHARE_OF_STREAMS)
    append(store, ledger, blob(1))
    assert store.ledgers.merge_due(ledger, share=MERGE_SHARE_OF_STREAMS)


def test_merging_is_due_when_more_than_16_files_follow_the_base(store, ledger):
    append(store, ledger, Delta(10_000_000, 1, path="x"), published(store))
    for _ in range(16):
        append(store, ledger, Delta(6_000, 1, path="x"), published(store))
    assert not store.ledgers.merge_due(ledger)
    append(store, ledger, Delta(6_000, 1, path="x"), published(store))
    assert store.ledgers.merge_due(ledger)


def test_a_small_ledger_is_never_merged(store, ledger):
    assert not store.ledgers.merge_due(ledger)
    append(store, ledger, blob(10))
    append(store, ledger, blob(10))
    assert not store.ledgers.merge_due(ledger)


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_a_damaged_ledger_is_an_error_never_empty(store, ledger, damage):
    file_id = published(store, b"0123456789")
    append(store, ledger, Delta(10_000, 1, path="x"), file_id)
    path = store.files.open(file_id)
    path.unlink() if damage == "missing" else path.write_bytes(b"0123")
    with pytest.raises(StoreError, match="missing" if damage == "missing" else "4 bytes instead of 10"):
        store.ledgers.parts(ledger)


def test_a_ledger_that_is_not_there_is_an_error(store):
    for call in (store.ledgers.get, store.ledgers.parts):
        with pytest.raises(StoreError):
            call(99)
    with pytest.raises(StoreError):
        store.ledgers.overlay(99, "again")
