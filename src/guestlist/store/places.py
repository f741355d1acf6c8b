"""Where the bytes of files are: a local folder. (An object store is ``objects``: the same contract.)"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from guestlist.errors import StoreError
from guestlist.store.vault import sync_folder

_MISSING = (
    ": restore it from a backup; or, if another machine wrote it, set GUESTLIST_DATA_URL on both to a place that both "
    "reach."
)


class Place(Protocol):
    """Keeps immutable files under relative names."""

    def put(self, source: Path, name: str) -> Path:
        """Move the finished file there, durably and at once under its final name; where it can be read locally."""

    def get(self, name: str, size: int) -> Path:
        """A local path to it; StoreError when it is missing or not ``size`` bytes long."""

    def delete(self, name: str) -> None:
        """Delete it; it may be gone already."""


class FolderPlace:
    """A folder tree: folders 0700, files 0600, whatever the umask."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, source: Path, name: str) -> Path:
        """fsync, rename, fsync the folder; on another file system it is copied beside its final name first."""
        target = self._root / name
        private_folder(target.parent)
        try:
            if source.stat().st_dev != target.parent.stat().st_dev:
                source = _moved(source, _part(target))
            sync_file(source)
            source.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise StoreError(f"The file {target} could not be written: {error.strerror}.") from error
        return target

    def get(self, name: str, size: int) -> Path:
        """Checked by its size."""
        path = self._root / name
        check_size(path, size)
        return path

    def delete(self, name: str) -> None:
        """Its folder stays."""
        (self._root / name).unlink(missing_ok=True)
        _part(self._root / name).unlink(missing_ok=True)


def private_folder(folder: Path) -> Path:
    """Make the folder and what is missing above it, each 0700 and durable."""
    if not folder.is_dir():
        private_folder(folder.parent)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return folder
        except OSError as error:
            raise StoreError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        folder.chmod(0o700)
        sync_folder(folder.parent)
    return folder


def closed_to_others(folder: Path, ours: Collection[str]) -> str | None:
    """Make a folder that was there before 0700, where it is ours alone: holds nothing but ``ours`` and belongs to us.

    Returns a sentence for a person, when something was changed or should be; None when it was closed already.
    """
    found = folder.stat()
    if not found.st_mode & 0o077:
        return None
    if all(each.name in ours for each in folder.iterdir()):
        with suppress(OSError):
            folder.chmod(0o700)
            return f"{folder} was open to other users of this machine; it is closed to them now (mode 0700)."
        return f"{folder} is open to other users of this machine and belongs to somebody else: have it made 0700."
    return (
        f"{folder} is open to other users of this machine and holds more than Guestlist's files, so it was left as it "
        "is; what Guestlist writes there is closed to them, but set GUESTLIST_HOME to a folder of its own."
    )


def sync_file(path: Path) -> None:
    """0600, and every byte on disk."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_size(path: Path, size: int) -> None:
    """StoreError unless the file is there and whole."""
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        raise StoreError(f"The file {path} is missing{_MISSING}") from None
    if found != size:
        raise StoreError(f"The file {path} has {found} bytes instead of {size}; restore it from a backup.")


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


def _moved(source: Path, target: Path) -> Path:
    descriptor = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with source.open("rb") as plain, os.fdopen(descriptor, "wb") as out:
        shutil.copyfileobj(plain, out, 1 << 20)
    source.unlink()
    return target
