"""How every activation stands, by our records and by what LinkedIn said last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from guestlist.app.results import StatusRow
from guestlist.cli.screens import connection, parts
from guestlist.core.words import NOTHING, ago, clean, number

MINIMUM = 300  # matched members; below, LinkedIn does not show an ad to the audience


def screen(rows: Sequence[StatusRow], now: float) -> Group:
    """A row for each activation, then what needs attention, then where to look at LinkedIn's side."""
    made = parts.Fitting(
        [_row(row, now) for row in rows],
        "Activation,State,Told,Input,Matched,Audience,LinkedIn,As of,Last run,Next run",
        "Activation,State,Told,Matched,Audience,LinkedIn,As of,Last run",
        "Activation,State,Matched,Audience,LinkedIn,As of",
        "Activation,State,LinkedIn,Audience",
        right="Told,Input,Matched,Audience",
    )
    return Group(made, *_remarks(rows), *_endings(rows, now), *_addresses(rows))


def _row(row: StatusRow, now: float) -> dict[str, RenderableType]:
    return {
        "Activation": parts.text(row.activation),
        "State": parts.state(row.state),
        "Told": number(row.told),
        "Input": number(row.input),
        "Matched": number(row.matched),
        "Audience": _size(row.audience_size),
        "LinkedIn": parts.state(row.linkedin_status or NOTHING),
        "As of": ago(row.as_of, now),
        "Last run": ago(row.last_run, now),
        "Next run": ago(row.next_run, now),
    }


def _size(size: int | None) -> str:
    return f"<{MINIMUM}" if size is not None and size < MINIMUM else number(size)


def _remarks(rows: Sequence[StatusRow]) -> Iterator[RenderableType]:
    for row in rows:
        if row.reason:
            yield Text()
            yield parts.text(f"{row.activation}: {row.reason}", parts.STYLES.get(row.state, ""))
            yield from parts.leaving(row.who)
        elif row.audience_size is not None and row.audience_size < MINIMUM:
            yield Text()
            yield parts.text(f"{row.activation}: too small for ads, LinkedIn needs {MINIMUM} matched members")


def _endings(rows: Sequence[StatusRow], now: float) -> Iterator[RenderableType]:
    """Once for each destination; one that is parked says already what it waits for."""
    for destination, works_until in {row.destination: row.works_until for row in rows if row.state != "parked"}.items():
        if countdown := connection.ending(destination, works_until, now):
            yield Text()
            yield parts.text(f"! {countdown}", parts.WAITS)


def _addresses(rows: Sequence[StatusRow]) -> Iterator[RenderableType]:
    """One for each ad account, on a line of its own: it is copied as a whole."""
    where: dict[str, list[str]] = {}
    for row in rows:
        if row.campaign_manager:
            where.setdefault(row.campaign_manager, []).append(row.activation)
    for address, activations in where.items():
        of = "" if len(where) == 1 else f": {', '.join(activations)}"
        yield Text()
        yield parts.text("In Campaign Manager", parts.STRONG).append(clean(of), style="not bold")
        yield parts.unbroken(address)
