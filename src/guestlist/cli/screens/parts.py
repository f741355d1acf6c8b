"""Pieces that screens share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestlist.core.words import clean

GOOD, BAD, WAITS, FAINT, STRONG = "green", "red", "yellow", "dim", "bold"
_ENDLESS = 10_000  # columns: wide enough to learn how wide a table would like to be
STYLES = {
    "done": GOOD,
    "in step": GOOD,
    "frozen": GOOD,
    "complete": GOOD,
    "answered": GOOD,
    "READY": GOOD,
    "waiting": WAITS,
    "parked": WAITS,
    "pending": WAITS,
    "incomplete": WAITS,
    "failed": BAD,
    "lost": BAD,
    "FAILED": BAD,
    "EXPIRED": BAD,
    "ERROR": BAD,
}


def text(value: str, style: str = "") -> Text:
    """Somebody's words: no markup, no control characters."""
    return Text(clean(value), style=style)


def state(value: str) -> Text:
    """A state in its colour."""
    return text(value, STYLES.get(value, ""))


def indented(shown: Text, by: int = 2) -> Padding:
    """A paragraph that stays indented where it folds."""
    return Padding(shown, (0, 0, 0, by))


def unbroken(line: str, style: str = "") -> Text:
    """A line that is copied as a whole (an address, a command): never folded, never cut."""
    return Text(clean(line), style=style, no_wrap=True, overflow="ignore")


def leaving(who: Sequence[str]) -> Iterator[Text]:
    """Some of those whose removal waits for a person; nothing where none does."""
    if who:
        yield text(f"  Among those who would leave: {', '.join(who)}", WAITS)


def table(columns: Sequence[str], right: Iterable[str] = (), wide: str = "") -> Table:
    """An aligned table without lines; ``right`` columns hold numbers, ``wide`` takes what is left and folds."""
    numbers = set(right)
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=STRONG)
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in numbers else "left",
            no_wrap=column in numbers,
            overflow="fold",
            ratio=1 if column == wide else None,
        )
    return made


class Fitting:
    """Rows as the first of several choices of columns that fits the width; the last one when none does."""

    def __init__(self, rows: Sequence[Mapping[str, RenderableType]], *choices: str, right: str) -> None:
        self._tables = [self._table(rows, choice.split(","), right.split(",")) for choice in choices]

    @staticmethod
    def _table(rows: Sequence[Mapping[str, RenderableType]], columns: list[str], right: list[str]) -> Table:
        made = table(columns, right)
        for row in rows:
            made.add_row(*(row[column] for column in columns))
        return made

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Measured when shown: only then the width is known."""
        endless = options.update(width=_ENDLESS)
        fits = (one for one in self._tables if console.measure(one, options=endless).maximum <= options.max_width)
        yield next(fits, self._tables[-1])


def facts(pairs: Iterable[tuple[str, str | Text]], indent: int = 2) -> Table:
    """``name   what it is``, one below the other, long ones folded under themselves."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True, style=FAINT)
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(" " * indent + name, text(value) if isinstance(value, str) else value)
    return made
