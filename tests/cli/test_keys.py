"""Write keys as a person keeps them."""

from __future__ import annotations

from guestlist.store import open_store
from tests.cli.conftest import Desk


def test_keys_are_made_listed_and_revoked(desk: Desk) -> None:
    assert desk("keys", "list").err.startswith("There is no write key yet")
    made = desk("keys", "create", "engage", "--json").json
    assert set(made) == {"name", "write_key"}
    plain = desk("keys", "create", "other")
    assert plain.out.startswith("gl_")
    assert "shown only now" in plain.err
    rows = desk("keys", "list", "--json").json
    assert [(row["name"], row["revoked"]) for row in rows] == [("engage", None), ("other", None)]
    assert desk("keys", "revoke", "engage").out.startswith("The write key 'engage' was revoked")
    shown = desk("keys", "list").out
    assert "revoked just now" in shown
    assert made["write_key"] not in shown + str(rows)
    with open_store(None, desk.environment["GUESTLIST_HOME"]) as store:
        assert [entry.what for entry in store.audit.latest()] == ["revoke key", "create key", "create key"]
        assert store.write_keys.name_of(plain.out.strip()) == "other"


def test_a_name_that_cannot_be(desk: Desk) -> None:
    desk("keys", "create", "engage")
    for words in (("create", "engage"), ("create", "no blanks"), ("create", ""), ("revoke", "nobody")):
        done = desk("keys", *words)
        assert (done.code, done.out) == (2, "")
        assert len(done.err.splitlines()) == 1
