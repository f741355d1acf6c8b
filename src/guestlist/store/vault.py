"""Encryption at rest: AES-GCM for blobs, MultiFernet for tokens, and where the keys come from.

A sealed blob is ``version(1) key id(4) nonce(12) ciphertext``: the id says which key opens it, so several keys live
side by side while they are rotated. Keys come from ``GUESTLIST_SECRET_KEY`` (several, separated by commas: the first
one writes, all of them open), else from a 0600 file under home that is made at first use.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from guestlist.errors import ConfigError, StoreError

KEY_FILE = "secret.key"
HEADER = 5  # version and key id
_LOOK_EVERY = 1.0  # seconds
_VERSION = b"\x01"


class _Key:
    """One secret and what is derived from it."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        root = root_of(secret)
        self.id = derive(root, b"guestlist key id", 4)
        self.blobs = AESGCM(derive(root, b"guestlist blobs"))
        self.tokens = Fernet(base64.urlsafe_b64encode(derive(root, b"guestlist tokens")))


class Vault:
    """Seals and opens; the first key writes, every key opens. Safe to share between threads."""

    def __init__(self, secrets_: Sequence[str], file: Path | None = None) -> None:
        self._file = file  # None: the keys come from the environment and cannot be changed here
        self._stamp: int | None = None
        self._look_again = 0.0
        self._load(secrets_)

    def seal(self, plain: bytes) -> bytes:
        """AES-GCM with a key id in front."""
        self._reload_if_changed()
        key, nonce = self._keys[0], os.urandom(12)
        header = _VERSION + key.id
        return header + nonce + key.blobs.encrypt(nonce, plain, header)

    def open(self, sealed: bytes) -> bytes:
        """The plain bytes; StoreError when no key fits or the bytes were changed."""
        self._reload_if_changed()
        header, nonce, ciphertext = sealed[:HEADER], sealed[HEADER : HEADER + 12], sealed[HEADER + 12 :]
        if header not in self._openers:
            self._reload_if_changed(at_once=True)
        opener = self._openers.get(header)
        if opener is None:
            raise StoreError("A sealed record was written with a key that is not here; add it to GUESTLIST_SECRET_KEY.")
        try:
            return opener.decrypt(nonce, ciphertext, header)
        except InvalidTag:
            raise StoreError("A sealed record is damaged: it does not open with its own key.") from None

    def seals_like(self, sealed: bytes) -> bool:
        """Whether ``seal`` uses the key that this was sealed with."""
        self._reload_if_changed()
        return sealed[:HEADER] == _VERSION + self._keys[0].id

    def seal_token(self, plain: bytes) -> bytes:
        """Fernet with the first key."""
        self._reload_if_changed()
        return self._fernet.encrypt(plain)

    def open_token(self, sealed: bytes) -> bytes:
        """StoreError when no key fits."""
        self._reload_if_changed()
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            self._reload_if_changed(at_once=True)
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise StoreError("A credential does not open with the keys that are here; connect again.") from None

    def seals_token(self, sealed: bytes) -> str:
        """The fingerprint of the key that sealed it; "": none that is here."""
        for key in self._keys:
            with suppress(InvalidToken):
                key.tokens.decrypt(sealed)
                return key.id.hex()
        return ""

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """What tells the keys apart and says nothing of them, the writing one first."""
        self._reload_if_changed(at_once=True)
        return tuple(key.id.hex() for key in self._keys)

    @property
    def header(self) -> bytes:
        """How everything sealed with the current key begins."""
        self._reload_if_changed(at_once=True)
        return _VERSION + self._keys[0].id

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets themselves, the writing one first; for backups only."""
        return tuple(key.secret for key in self._keys)

    @property
    def from_environment(self) -> bool:
        """Whether the keys are somebody else's to keep."""
        return self._file is None

    def add_key(self) -> None:
        """A fresh key becomes the writing one; older keys stay so that everything opens. ConfigError when the keys
        come from the environment: there one puts the new key in front and keeps the old one behind a comma.
        """
        if self._file is None:
            raise ConfigError("The keys come from GUESTLIST_SECRET_KEY: put a new one in front, separated by a comma.")
        write_key_file(self._file, (new_secret(), *self.secrets))
        self._look_again = 0.0
        self._reload_if_changed()

    def _load(self, secrets_: Sequence[str]) -> None:
        self._keys = tuple(_Key(secret) for secret in secrets_)
        self._openers = {_VERSION + key.id: key.blobs for key in reversed(self._keys)}
        self._fernet = MultiFernet([key.tokens for key in self._keys])

    def _reload_if_changed(self, *, at_once: bool = False) -> None:
        # Another process may have rotated the keys: whoever seals a moment afterwards uses the new one. Asking the file
        # for each of a million records would cost more than opening them.
        if self._file is None or not (at_once or time.monotonic() >= self._look_again):
            return
        stamp = self._file.stat().st_mtime_ns if self._file.exists() else None
        if stamp is not None and stamp != self._stamp:
            self._load(_read_key_file(self._file))
            self._stamp = stamp
        self._look_again = time.monotonic() + _LOOK_EVERY


def open_vault(home: Path, secret_key: str | None = None) -> Vault:
    """The vault of a store: ``secret_key`` is the value of GUESTLIST_SECRET_KEY, empty or None: the file under home."""
    if given := split_keys(secret_key):
        return Vault(given)
    file = home / KEY_FILE
    if not file.exists():
        write_key_file(file, (new_secret(),), replace=False)
    _keep_private(file)
    return Vault(_read_key_file(file), file)


def _keep_private(file: Path) -> None:
    """A copy or a careless chmod may have opened the key to others; who may not mend it reads it as it is."""
    with suppress(OSError):
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)


def split_keys(secret_key: str | None) -> tuple[str, ...]:
    """What GUESTLIST_SECRET_KEY holds."""
    return tuple(part.strip() for part in (secret_key or "").split(",") if part.strip())


def key_file_secrets(home: Path) -> tuple[str, ...]:
    """What the key file holds; () when there is none."""
    return _read_key_file(home / KEY_FILE) if (home / KEY_FILE).exists() else ()


def new_secret() -> str:
    """A fresh key: 32 random bytes, URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def root_of(secret: str) -> bytes:
    """32 bytes from a secret: 32 bytes in base64 or hex as they are, any other text through scrypt."""
    try:
        raw = bytes.fromhex(secret) if len(secret) == 64 else base64.b64decode(secret, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    return raw if len(raw) == 32 else stretch(secret, b"guestlist secret")


def stretch(passphrase: str, salt: bytes) -> bytes:
    """32 bytes from something a person typed."""
    return Scrypt(salt=salt, length=32, n=2**14, r=8, p=1).derive(passphrase.encode())


def derive(root: bytes, info: bytes, length: int = 32) -> bytes:
    """An independent key for one purpose."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(root)


def write_key_file(file: Path, secrets_: Sequence[str], *, replace: bool = True) -> None:
    """Write the key file whole and durably, 0600; without ``replace`` the file of whoever came first stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write("".join(f"{secret}\n" for secret in secrets_))
            out.flush()
            os.fsync(out.fileno())
        if replace:
            temporary.rename(file)
        elif not file.exists():
            os.link(temporary, file)  # link, not rename: two first starts must agree on one key
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_key_file(file: Path) -> tuple[str, ...]:
    try:
        found = tuple(line.strip() for line in file.read_text().splitlines() if line.strip())
    except OSError as error:
        raise StoreError(f"The key file {file} cannot be read: {error.strerror}.") from error
    if not found:
        raise StoreError(f"The key file {file} is empty; restore it from a backup.")
    return found
