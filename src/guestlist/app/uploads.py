"""Lists that people upload: taken in sealed, looked at, then kept under a name that audiences can name as a source."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from guestlist.app.context import App
from guestlist.configuration import Configuration
from guestlist.core import mapping
from guestlist.core.identity import Kind
from guestlist.core.text import masked
from guestlist.errors import ConfigError, SourceError, UnknownName
from guestlist.ports import Scan
from guestlist.store.uploads import Arriving, Upload

LARGEST = 1 << 30  # bytes

_NAME = re.compile(r"[^\W_](?:[\w .-]{0,98}[^\W_])?")
_FORMATS = {"csv": "csv", "tsv": "tsv", "tab": "tsv", "parquet": "parquet", "jsonl": "jsonl", "ndjson": "jsonl",
            "xlsx": "xlsx"}  # fmt: skip


@dataclass(frozen=True)
class UploadRow:
    """A list somebody uploaded. ``size``: bytes; ``rows`` without its header; ``columns``: how many; ``uploaded``:
    epoch seconds.
    """

    name: str
    file_name: str
    format: str
    size: int
    rows: int
    columns: int
    uploaded: float
    uploaded_by: str


@dataclass(frozen=True)
class Looked:
    """What a list looks like: its columns, what its rows are probably about, and how they would be mapped."""

    columns: tuple[str, ...]
    members: Kind
    mapping: dict[str, tuple[str, ...]]


def arriving(app: App) -> AbstractContextManager[Arriving]:
    """A sealed file to write into, bytes as they come; ``keep`` it afterwards. Whoever writes stops at LARGEST."""
    return app.store.uploads.arriving(app.who)


def keep(
    app: App,
    arrived: Arriving,
    name: str,
    file_name: str,
    check: Callable[[UploadRow | None], None] = lambda row: None,
    fits: Callable[[tuple[str, ...]], None] = lambda columns: None,
) -> Looked:
    """Make what arrived the list of this name, in place of one of the same name. SourceError when it is no list that
    can be read, ConfigError when the name cannot be one: what was there before stays then, as when ``check`` raises,
    which is given what is there at that moment, or ``fits``, which is given the columns of what arrived.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "A list's name is 1 to 100 letters, digits, blanks, '_', '.' or '-', like customers.", ("name",)
        )
    base, kind = named(file_name)
    scan = app.look_at(app.store.uploads.looked_at(arrived.file_id, base, kind))
    fits(scan.columns)
    counts = arrived.size, app.length(scan, app.store.files.plain(arrived.file_id)), len(scan.columns)
    now = app.clock.now()
    with app.store.transaction():
        before = named_list(app, name)
        check(before)
        app.store.uploads.keep(arrived.file_id, name, base, kind, counts, app.who, now)
        both = {"before": _facts(before), "after": _facts(named_list(app, name))}
        app.store.audit.add(app.who, "upload list", name, now, **both)
    return _looked(scan)


def named(file_name: str) -> tuple[str, str]:
    """What a file is called, without folders, and its format. SourceError: it is of none that is known."""
    base = PurePath(file_name.replace("\\", "/")).name[:200]
    kind = _FORMATS.get(base.rpartition(".")[2].lower())
    if kind is None:
        raise SourceError(f"{base or 'This'} is of no known format; lists are csv, tsv, parquet, jsonl or xlsx files.")
    return base, kind


def look(app: App, name: str) -> Looked:
    """An uploaded list as it is now. UnknownName, SourceError."""
    return _looked(app.look_at(app.store.uploads.begun(name)))


def named_list(app: App, name: str) -> UploadRow | None:
    """The list of this name; None: there is none."""
    return next((each for each in all_of(app) if each.name == name), None)


def all_of(app: App) -> list[UploadRow]:
    """By name."""
    return [_row(each) for each in app.store.uploads.all()]


def delete(
    app: App, configuration: Configuration, name: str, check: Callable[[UploadRow], None] = lambda row: None
) -> None:
    """ConfigError while an audience has it as its source; UnknownName: there is none. ``check`` is given what is there
    at that moment; nothing is deleted when it raises.
    """
    users = [each for each, audience in configuration.current().audiences.items() if audience.source.upload == name]
    if users:
        raise ConfigError(f"The list '{name}' is the source of {', '.join(users)}: give that another source first.")
    drop(app, name, check)


def drop(app: App, name: str, check: Callable[[UploadRow], None] = lambda row: None) -> None:
    """As ``delete``, whatever has it as its source: for whoever knows that nothing will."""
    with app.store.transaction():
        found = named_list(app, name)
        if found is None:
            raise UnknownName(f"There is no uploaded list '{name}'.")
        check(found)
        app.store.uploads.delete(name)
        app.store.audit.add(app.who, "delete list", name, app.clock.now(), before=_facts(found), after=None)


def _looked(scan: Scan) -> Looked:
    members = mapping.guess_kind(scan.columns)
    return Looked(scan.columns, members, mapping.guess(members, scan.columns))


def _facts(row: UploadRow | None) -> dict[str, Any] | None:
    """What the audit log tells of a list."""
    if row is None:
        return None
    return {"file": masked(row.file_name), "bytes": row.size, "rows": row.rows, "columns": row.columns}


def _row(each: Upload) -> UploadRow:
    return UploadRow(
        each.name, each.file_name, each.format, each.size, each.rows, each.columns, each.uploaded_at, each.uploaded_by
    )
