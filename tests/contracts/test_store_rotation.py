from __future__ import annotations

import pytest

from guestlist.errors import ConfigError
from guestlist.ports import Changes, Delta, Token
from guestlist.store import open_store, open_vault
from guestlist.store.destinations import Credential
from guestlist.store.vault import Vault, new_secret


@pytest.fixture
def filled(store, activate, plan):
    made = activate()
    run = plan(made)
    for version in range(250):
        assert store.ledgers.append(made.ledger_id, version, Delta(1, 1, data=b"%d" % version))
    store.attempts.late(run.id, 1, Changes(1, 0, 0, data=b"late"), 5.0)
    store.destinations.ensure("acme", "urn:1")
    store.destinations.connect("acme", Credential(Token("token", 1.0, 2.0)), 3.0)
    return made, run


def readable(store, made, run):
    parts = store.ledgers.parts(made.ledger_id)[1]
    return (
        [part.data for part in parts] == [b"%d" % version for version in range(250)]
        and store.runs.changes(run.id).data == b"arrow"
        and store.attempts.late_ones(made.ledger_id)[0].changes.data == b"late"
        and store.destinations.credential("acme")[0].token.access_token == "token"
        and len(store.names_key()) == 32
    )


def test_after_a_rotation_the_new_key_alone_opens_everything(store, filled, store_url, tmp_path):
    assert store.rotate() == 250 + 1 + 1 + 1 + 1  # parts, changes, late answer, names key, credential
    assert readable(store, *filled)
    with open_store(store_url, tmp_path / "home", vault=Vault(store.vault.secrets[:1])) as again:
        assert readable(again, *filled)


def test_a_rotation_that_was_interrupted_goes_on(store, filled, monkeypatch):
    seal, left = Vault.seal, 130

    def failing(self: Vault, plain: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return seal(self, plain)

    monkeypatch.setattr(Vault, "seal", failing)
    with pytest.raises(KeyboardInterrupt):
        store.rotate()
    assert readable(store, *filled)
    monkeypatch.setattr(Vault, "seal", seal)
    assert store.rotate() >= 250
    assert readable(store, *filled)


def test_other_processes_go_on_with_the_new_key(store, second, filled):
    store.rotate()
    made, run = filled
    assert readable(second, made, run)
    assert second.ledgers.append(made.ledger_id, second.ledgers.get(made.ledger_id).version, Delta(1, 1, data=b"new"))
    assert store.ledgers.parts(made.ledger_id)[1][-1].data == b"new"


def test_keys_of_the_environment_are_rotated_by_putting_one_in_front(store_url, store, filled, tmp_path):
    new = new_secret()
    keys = ",".join((new, *store.vault.secrets))
    with open_store(store_url, tmp_path / "home", vault=open_vault(tmp_path, keys)) as opened:
        assert opened.rotate() == 254
        assert opened.rotate() == 0  # what the first key sealed is left alone
        assert opened.sealed_with() == {opened.vault.fingerprints[0]: 254}
    with open_store(store_url, tmp_path / "home", vault=open_vault(tmp_path, new)) as opened:
        assert readable(opened, *filled)


def test_one_key_of_the_environment_cannot_be_changed(store_url, tmp_path):
    with (
        open_store(store_url, tmp_path / "home", vault=Vault([new_secret()])) as opened,
        pytest.raises(ConfigError, match="NEW,OLD"),
    ):
        opened.rotate()
