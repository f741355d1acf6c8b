"""Sealed files: AES-GCM in frames, so that size does not matter and neither cutting nor reordering goes unnoticed."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guestlist.errors import StoreError

FRAME = 1 << 20
_TAG = 16


class SealedWriter:
    """Write with ``write``, end with ``finish``: a file without its last frame does not open."""

    def __init__(self, out: BinaryIO, key: bytes) -> None:
        self._out, self._cipher, self._count, self._buffer = out, AESGCM(key), 0, bytearray()

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._buffer += data
        while len(self._buffer) > FRAME:
            self._frame(bytes(self._buffer[:FRAME]), last=False)
            del self._buffer[:FRAME]

    def finish(self) -> None:
        """Write what is left as the last frame."""
        self._frame(bytes(self._buffer), last=True)

    def _frame(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._count, last=last), plain, None))
        self._count += 1


def opened_frames(source: BinaryIO, key: bytes) -> Iterator[bytes]:
    """The plain content; StoreError at the first frame that is damaged, cut off or not of this key."""
    cipher, count = AESGCM(key), 0
    block = source.read(FRAME + _TAG)
    while True:
        following = source.read(FRAME + _TAG)
        yield _opened(cipher, count, block, last=not following)
        if not following:
            return
        block, count = following, count + 1


class SealedReader:
    """Opens single frames of a sealed file (a descriptor, which stays the caller's). ``size``: bytes of its plain
    content. It is known to be whole from the start: its last frame opens as the last. StoreError as ``opened_frames``.
    """

    def __init__(self, descriptor: int, key: bytes) -> None:
        self._descriptor, self._cipher = descriptor, AESGCM(key)
        sealed = os.fstat(descriptor).st_size
        self._last = max(-(-sealed // (FRAME + _TAG)) - 1, 0)
        self.size = sealed - (self._last + 1) * _TAG
        self.frame(self._last)

    def frame(self, number: int) -> bytes:
        """The plain content from ``number * FRAME`` on."""
        block = os.pread(self._descriptor, FRAME + _TAG, number * (FRAME + _TAG))
        return _opened(self._cipher, number, block, last=number == self._last)


def _opened(cipher: AESGCM, number: int, block: bytes, *, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last=last), block, None)
    except (InvalidTag, ValueError):
        raise StoreError("A sealed file is damaged, cut off, or was sealed with another key.") from None


def seal_file(source: Path, target: Path) -> bytes:
    """Encrypt the file; the fresh key that opens it. One key seals one file, so frames are simply counted."""
    key = AESGCM.generate_key(256)
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with source.open("rb") as plain, os.fdopen(descriptor, "wb") as out:
        writer = SealedWriter(out, key)
        while block := plain.read(FRAME):
            writer.write(block)
        writer.finish()
    return key


def open_file(source: Path, target: Path, key: bytes) -> None:
    """Decrypt the file into a new one, 0600."""
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with source.open("rb") as sealed, os.fdopen(descriptor, "wb") as out:
        for block in opened_frames(sealed, key):
            out.write(block)


def _nonce(count: int, *, last: bool) -> bytes:
    return struct.pack(">Q3x?", count, last)
