"""Drafts of wizards, on both databases."""

from __future__ import annotations

import sqlalchemy as sa

from guestlist.store import Store, schema


def user(store: Store, name: str) -> int:
    return store.users.create(name, "Marketer", None, "local", 1.0).id


def test_a_draft_is_kept_changed_and_deleted(store: Store, second: Store) -> None:
    ann, ben = user(store, "ann"), user(store, "ben")
    first = store.drafts.begin(ann, "activate", {"destination": "acme"}, 10.0)
    later = store.drafts.begin(ann, "activate", {}, 20.0)
    store.drafts.begin(ben, "activate", {}, 30.0)
    store.drafts.begin(ann, "connect", {}, 40.0)
    assert [each.id for each in second.drafts.of(ann, "activate")] == [later, first]
    assert second.drafts.save(first, {"destination": "ärger"}, 50.0)
    assert [each.id for each in store.drafts.of(ann, "activate")] == [first, later]
    found = store.drafts.get(first)
    assert found is not None
    assert (found.user_id, found.body, found.changed_at) == (ann, {"destination": "ärger"}, 50.0)
    assert store.drafts.delete(first)
    assert not store.drafts.delete(first)
    assert not store.drafts.save(first, {}, 60.0)
    assert store.drafts.get(first) is None


def test_what_somebody_chose_rests_sealed_also_after_a_rotation(store: Store) -> None:
    number = store.drafts.begin(user(store, "ann"), "activate", {"audience": "layoffs-2027"}, 10.0)
    with store.database.read() as connection:
        raw = connection.execute(sa.select(schema.drafts.c.body)).scalar_one()
    assert b"layoffs" not in raw
    store.rotate()
    found = store.drafts.get(number)
    assert found is not None
    assert found.body == {"audience": "layoffs-2027"}
