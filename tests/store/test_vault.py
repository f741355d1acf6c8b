from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from guestlist.errors import ConfigError, StoreError
from guestlist.store.vault import Vault, new_secret, open_vault, root_of


@pytest.mark.parametrize(
    "secret",
    [new_secret(), Fernet.generate_key().decode(), os.urandom(32).hex(), "correct horse battery staple", "ü" * 64],
    ids=["ours", "fernet", "hex", "words", "not hex"],
)
def test_any_text_is_a_key(secret):
    vault = open_vault("unused", secret)
    assert vault.open(vault.seal(b"plain")) == b"plain"
    assert vault.open_token(vault.seal_token(b"plain")) == b"plain"
    assert b"plain" not in vault.seal(b"plain")
    assert len(root_of(secret)) == 32


def test_the_first_key_writes_and_all_of_them_open():
    old, new = new_secret(), new_secret()
    before, after = Vault((old,)), open_vault("unused", f"{new}, {old}")
    sealed, token = before.seal(b"plain"), before.seal_token(b"plain")
    assert after.open(sealed) == b"plain"
    assert after.open_token(token) == b"plain"
    with pytest.raises(StoreError, match="key that is not here"):
        before.open(after.seal(b"plain"))
    with pytest.raises(StoreError, match="connect again"):
        before.open_token(after.seal_token(b"plain"))


@pytest.mark.parametrize("position", [0, 3, 9, 20, -1])
def test_a_changed_byte_is_noticed(position):
    vault = Vault((new_secret(),))
    sealed = bytearray(vault.seal(b"plain text"))
    sealed[position] ^= 1
    with pytest.raises(StoreError):
        vault.open(bytes(sealed))
    with pytest.raises(StoreError):
        vault.open(b"")


def test_the_key_file_is_made_once_and_private(home):
    before = os.umask(0)
    try:
        first, second = open_vault(home), open_vault(home)
    finally:
        os.umask(before)
    assert second.open(first.seal(b"plain")) == b"plain"
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in home.iterdir()] == ["secret.key"]


def test_a_key_added_elsewhere_is_used_from_then_on(home):
    here, there = open_vault(home), open_vault(home)
    old = here.seal(b"old")
    there.add_key()
    assert here.header == there.header != old[:5]
    assert here.open(old) == b"old"
    assert there.open(here.seal(b"new")) == b"new"


def test_what_was_sealed_elsewhere_with_a_newer_key_opens_at_once(home):
    here, there = open_vault(home), open_vault(home)
    here.seal(b"the file was just looked at")
    there.add_key()
    assert here.open(there.seal(b"new")) == b"new"
    assert here.open_token(there.seal_token(b"newer")) == b"newer"


def test_keys_of_the_environment_are_not_ours_to_change():
    with pytest.raises(ConfigError, match="separated by a comma"):
        open_vault("unused", new_secret()).add_key()


def test_a_key_file_that_was_emptied_is_an_error(home):
    open_vault(home)
    (home / "secret.key").write_text("\n")
    with pytest.raises(StoreError, match="empty"):
        open_vault(home)


def test_a_key_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    open_vault(tmp_path)
    (tmp_path / "secret.key").chmod(0o644)
    open_vault(tmp_path)
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
