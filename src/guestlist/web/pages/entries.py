"""Entries of the audit log as people read them: what each key is called on the pages, and its value in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guestlist.core import words
from guestlist.web.pages.changing import ENDS, RENAMES
from guestlist.web.pages.templates import moment
from guestlist.web.pages.triggers import ACTIONS, in_words

if TYPE_CHECKING:
    from guestlist.store.audit import Entry

_LABELS = {
    "action": "DMP User Action",
    "ad_account": "Account ID",
    "answers": "LinkedIn's answers are kept",
    "audience": "Audience",
    "audience_key": "Segment Engage Audience Key",
    "authorised": "Authorized",
    "batch.max_size": "Most at once",
    "batch.max_wait": "Waits at most",
    "derive": "Made from other fields",
    "destination": "Destination",
    "ends": "Expires",
    "file": "File",
    "identifiers": "Identifiers",
    "keep_alive": "Keep it alive",
    "linkedin_audience": "LinkedIn audience",
    "mappings_per_destination": "Activations that may feed one destination",
    "max_removals": "Most that may leave at once",
    "member": "LinkedIn sign-in",
    "members": "Of",
    "mode": "Sync mode",
    "on_delete": "When it is removed",
    "refresh": "Everybody is sent again every",
    "rename": "When the LinkedIn name changes",
    "runs": "Runs are kept",
    "samples": "Samples of events are kept",
    "schedule.cron": "Runs at",
    "schedule.every": "Runs every",
    "schedule.start": "Start date",
    "schedule.timezone": "Time zone",
    "scopes": "Permissions",
    "segment_name": "Name of the LinkedIn audience",
    "segment_of": "Removes from",
    "send_email": "Send Email",
    "send_google_advertising_id": "Send Google Advertising ID",
    "source.events.write_keys": "Write keys",
    "source.file": "File on the server",
    "source.max_age": "Oldest that the list may be",
    "source.upload": "Uploaded list",
    "state": "Status",
    "url": "Address",
}
_TIMES = ("until", "ends", "authorised")
_CHOICES: Mapping[str, Mapping[str, str]] = {"action": ACTIONS, "on_delete": ENDS, "rename": RENAMES}
_WHOLE = ("trigger",)  # has keys, and is one value


@dataclass(frozen=True)
class Change:
    """One thing that was said: what it is called, and what was and is said; a dash for nothing."""

    label: str
    before: str
    after: str


def changes(entry: Entry) -> list[Change] | None:
    """What differs; all there is of what began or ended. None: there is no before and after of it."""
    before, after = (entry.details.get(side) for side in ("before", "after"))
    if not isinstance(before, Mapping) and not isinstance(after, Mapping):
        return None
    left, right = dict(_flat(before or {})), dict(_flat(after or {}))
    differ = [key for key in {**left, **right} if left.get(key) != right.get(key) or not (left and right)]
    return [Change(_label(key), *(_said(key, side.get(key)) for side in (left, right))) for key in differ]


def more(entry: Entry) -> list[tuple[str, str]]:
    """What else is known of it: (what it is called, what it is)."""
    sides = ("before", "after", "version") if changes(entry) is not None else ()
    found = sorted(_flat({key: value for key, value in entry.details.items() if key not in sides}))
    return [(_label(key), _said(key, value)) for key, value in found if value is not None]


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """By dotted keys."""
    for key, each in value.items():
        if isinstance(each, Mapping) and each and key not in _WHOLE:
            yield from _flat(each, f"{above}{key}.")
        else:
            yield f"{above}{key}", each


def _label(key: str) -> str:
    if key in _LABELS:
        return _LABELS[key]
    of, _, name = key.partition(".")
    if of == "mapping":
        return f"Mapping of {name}"
    said = key.replace("_", " ").replace(".", ", ")
    return f"{said[:1].upper()}{said[1:]}"


def _said(key: str, value: Any) -> str:
    if value is None or value == "":
        return words.NOTHING
    if key in _TIMES and isinstance(value, int | float):
        return moment(value)
    if key == "trigger":
        return in_words(value) or str(value)
    if key in _CHOICES:
        return _CHOICES[key].get(str(value), str(value))
    if key == "role":
        return words.role(str(value))
    if key == "mode":
        return str(value).replace("_", " ")
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return words.number(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(each)}" for key, each in value.items()) or words.NOTHING
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_text, value)) or words.NOTHING
    text = str(value)
    return text.rpartition(":")[2] if text.startswith("urn:li:") else text
