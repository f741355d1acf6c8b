"""A list of people to be forgotten: taken in sealed, read by a worker, then forgotten as if each had been typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from guestlist.app import forget, uploads
from guestlist.app.context import App
from guestlist.app.explain import read_value
from guestlist.app.forget import Asked
from guestlist.core import mapping, words
from guestlist.core.identity import Kind
from guestlist.core.text import masked
from guestlist.errors import ConfigError, UnknownName
from guestlist.store.suppression_lists import SuppressionList

if TYPE_CHECKING:
    from guestlist.store.uploads import Arriving

KEPT = 86_400.0  # seconds that a list waits for somebody to go on with it
MOST = 200_000  # people of one list: what is told of them is held in memory
SAMPLES = 5  # cells that are shown of each reason, masked
NOTED_EVERY = 5_000  # rows


@dataclass(frozen=True)
class Survey:
    """What a column holds: cells that name somebody, the same once more, empty ones, and those that are understood by
    nobody, by reason with masked samples.
    """

    rows: int
    people: int
    twice: int
    empty: int
    refused: dict[str, int]
    samples: dict[str, list[str]]

    def json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


# ── taking in ────────────────────────────────────────────────────────────────────────────────────────────────────
def keep(app: App, arrived: Arriving, file_name: str) -> SuppressionList:
    """What arrived is a list to be forgotten. SourceError: it cannot be read."""
    base, kind = uploads.named(file_name)
    columns = app.look_at(app.store.uploads.looked_at(arrived.file_id, base, kind)).columns
    now = app.clock.now()
    with app.store.transaction():
        number = app.store.suppression_lists.keep(arrived.file_id, base, kind, columns, _likely(columns), app.who, now)
        after = {**_facts(base, columns), "bytes": arrived.size}
        app.store.audit.add(app.who, "upload suppression list", f"list {number}", now, before=None, after=after)
    return get(app, number)


def _likely(columns: tuple[str, ...]) -> str:
    """The column that most probably says who."""
    guessed = mapping.guess(Kind.PEOPLE, columns)
    return next((guessed[field][0] for field in ("email", "googleAdvertisingId") if guessed.get(field)), columns[0])


def get(app: App, number: int) -> SuppressionList:
    """UnknownName: there is none, or it is done with."""
    found = app.store.suppression_lists.get(number)
    if found is None:
        raise UnknownName(f"There is no suppression list {number}: it was done with, or came more than a day ago.")
    return found


def check_column(found: SuppressionList, column: str) -> None:
    """ConfigError: it has no such column."""
    if column not in found.columns:
        raise ConfigError("Choose one of the columns of the list.", ("column",))


def discard(app: App, number: int) -> None:
    """Nobody of it is forgotten. UnknownName."""
    found = get(app, number)
    with app.store.transaction():
        app.store.suppression_lists.delete(found.id)
        both = {"before": _facts(found.file_name, found.columns), "after": None}
        app.store.audit.add(app.who, "discard suppression list", f"list {number}", app.clock.now(), **both)


def _facts(file_name: str, columns: Sequence[str]) -> dict[str, Any]:
    """What the audit log tells of a list."""
    return {"file": masked(file_name), "columns": len(columns)}


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def survey(app: App, number: int, column: str) -> Survey:
    """What forgetting the people of a column would mean. UnknownName, SourceError."""
    seen, counts = set[bytes](), Counter[str]()
    refused, samples = Counter[str](), dict[str, list[str]]()
    for cell in _cells(app, get(app, number), column):
        counts["rows"] += 1
        if not cell.strip():
            counts["empty"] += 1
            continue
        identifiers, reason = read_value(Kind.PEOPLE, cell)
        if not identifiers:
            refused[reason] += 1
            if len(shown := samples.setdefault(reason, [])) < SAMPLES:
                shown.append(_hidden(cell))
        elif identifiers[0].key16 in seen:
            counts["twice"] += 1
        else:
            seen.add(identifiers[0].key16)
    return Survey(counts["rows"], len(seen), counts["twice"], counts["empty"], dict(refused.most_common()), samples)


def _hidden(cell: str) -> str:
    """Enough to find it by: it may be a name, where another column was meant."""
    text = cell.strip()
    return masked(text)[:80] if "@" in text else f"{text[:2]}***"


def _cells(app: App, found: SuppressionList, column: str) -> Iterator[str]:
    """With a note now and then of how many were read."""
    scan = app.look_at(app.store.suppression_lists.opened(found))
    for n, cell in enumerate(app.cells(scan, column)):
        if n % NOTED_EVERY == 0:
            app.progress("reading the list", n, 0)
        yield cell


# ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────
def forget_list(app: App, number: int, column: str) -> dict[str, Any]:
    """Everybody of a column is out of every LinkedIn audience of people and never added again; the list is gone then.
    The receipt as JSON. ConfigError: it names nobody, or more than ``MOST``; UnknownName, SourceError.
    """
    found = get(app, number)
    people: dict[bytes, Asked] = {}
    for cell in _cells(app, found, column):
        identifiers, _ = read_value(Kind.PEOPLE, cell)
        if identifiers:
            people.setdefault(identifiers[0].key16, Asked(masked(cell), identifiers))
    if not people:
        raise ConfigError(f'Nobody is named in the column "{column}" of {found.file_name}: nobody was forgotten.')
    if len(people) > MOST:
        raise ConfigError(
            f"{found.file_name} names {len(people):,} people, and {MOST:,} is the most at once: split it. Nobody was "
            "forgotten."
        )
    app.progress(f"forgetting {words.counted(len(people), 'person', 'people')}", 0, 0)
    receipt = forget.forget_all(app, list(people.values()), masked(found.file_name))
    app.store.suppression_lists.delete(number)
    return receipt.json()
