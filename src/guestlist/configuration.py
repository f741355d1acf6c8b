"""The configuration as it is now: the file, and what was made on the pages or through the API.

An object of the pages takes the place of one of the same name in the file (it was taken over). Nothing is judged apart:
whatever is to be changed is judged as part of the whole, as if all of it stood in one file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from guestlist import config as configs
from guestlist.config import Config, Parts
from guestlist.document import Document
from guestlist.errors import ConfigError

_KINDS = (*configs.SECTIONS, "settings")


class Part(Protocol):
    """One object of the pages."""

    @property
    def kind(self) -> str:
        """destinations, audiences, activations or settings."""

    @property
    def name(self) -> str:
        """Its name; of settings: the key of the file."""

    @property
    def body(self) -> Mapping[str, Any]:
        """In the yaml's shape."""


class PartsKept(Protocol):
    """Where the pages keep what they made (``store.declared``)."""

    def all(self) -> Sequence[Part]:
        """In the order they were made."""

    def stamp(self) -> tuple[int, int]:
        """Changes whenever anything does."""


class Configuration:
    """``current`` reads anew only when the file or the parts changed. May be used from several threads.

    ``file`` None: there is only what the pages made. A file that is not there counts as None when ``may_be_missing``
    and the pages made something; else reading it raises ConfigError, which says how to write one. Where
    ``may_be_empty`` is set (a server: its pages are how one begins), one that nobody began has nothing in it.
    """

    may_be_empty = False

    def __init__(
        self, file: Path | None, environ: Mapping[str, str], kept: PartsKept, *, may_be_missing: bool = False
    ) -> None:
        self.file = file
        self._environ, self._kept, self._may_be_missing = environ, kept, may_be_missing
        self._lock = Lock()
        self._seen: tuple[object, ...] | None = None
        self._config: Config | None = None
        self._raw: tuple[int | None, Mapping[str, Any]] | None = None

    def current(self) -> Config:
        """As it is now. ConfigError while the whole cannot be carried out."""
        with self._lock:
            seen = (self._mtime(), *self._kept.stamp())
            if self._config is None or seen != self._seen:
                self._config, self._seen = None, seen
                self._config = self._load(self._parts())
            return self._config

    def current_or_empty(self) -> Config:
        """The same, with nothing in it where there is neither a file nor anything of the pages yet."""
        gone = self.file is None or (self._may_be_missing and not self.file.exists())
        if gone and not self._kept.stamp()[0]:
            return configs.load(None, self._environ, {})
        return self.current()

    def tried(self, changes: Mapping[tuple[str, str], Mapping[str, Any] | None]) -> Config:
        """As it would be with objects in place of what is there, or (None) without them. ConfigError says why not."""
        parts = self._parts()
        for key, body in changes.items():
            parts.pop(key, None)
            if body is not None:
                parts[key] = body
        return configs.load(self._file(any_parts=True), self._environ, parts)

    def judged(self, read: Document) -> Config:
        """What somebody wrote into a file, with all there is that it does not name. ConfigError with file and line."""
        there = {(section, name): body for section in _KINDS for name, body in self.of_file(section).items()}
        beside = {key: body for key, body in {**there, **self._parts()}.items() if not _names(read, *key)}
        return configs.judged(read, beside)

    def of_file(self, section: str) -> Mapping[str, Mapping[str, Any]]:
        """The file's own objects in the yaml's shape, taken over or not; settings: keys of the file."""
        file = self._file(any_parts=True)
        data: Mapping[str, Any] = {} if file is None else self._read(file)
        found = {name: data.get(name) for name in configs.SETTINGS} if section == "settings" else data.get(section)
        if not isinstance(found, dict):  # nothing, or a mistake that ``current`` tells
            return {}
        return {name: body for name, body in found.items() if isinstance(body, dict)}

    def _read(self, file: Path) -> Mapping[str, Any]:
        """What the file says; it is read anew only when it changed."""
        with self._lock:
            mtime = self._mtime()
            if self._raw is None or mtime is None or self._raw[0] != mtime:
                self._raw = None
                self._raw = mtime, configs.raw(file, self._environ)
            return self._raw[1]

    def _parts(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return {(part.kind, part.name): part.body for part in self._kept.all()}

    def _load(self, parts: Parts) -> Config:
        return configs.load(self._file(any_parts=bool(parts)), self._environ, parts)

    def _file(self, *, any_parts: bool) -> Path | None:
        any_parts = any_parts or self.may_be_empty
        if self.file is None and not any_parts:
            raise ConfigError("This needs a guestlist.yaml: give its path.")
        gone = self.file is not None and self._may_be_missing and not self.file.exists()
        return None if gone and any_parts else self.file

    def _mtime(self) -> int | None:
        try:
            return self.file.stat().st_mtime_ns if self.file is not None else None
        except OSError:
            return None


def _names(read: Document, section: str, name: str) -> bool:
    named = read.data if section == "settings" else read.data.get(section)
    return isinstance(named, dict) and name in named
