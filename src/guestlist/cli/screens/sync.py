"""What a sync, or earlier runs, did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from guestlist.app.results import RunRow, SyncResult
from guestlist.cli.screens import parts
from guestlist.cli.screens.plan import quoted
from guestlist.core.words import ago, counted, duration, number

_RIGHT = "Pending,Parked,Added,Removed,Changed,Unchanged,Rejected,Requests,Time,Run"


def screen(results: Sequence[SyncResult]) -> Group:
    """A row for each activation, then what some of them wait for."""
    open_ones = "".join(f",{each.title()}" for each in ("pending", "parked") if any(getattr(r, each) for r in results))
    made = parts.Fitting(
        [_row(result) for result in results],
        f"Activation,State,Added,Removed,Changed{open_ones},Unchanged,Rejected,Requests,Time",
        f"Activation,State,Added,Removed,Changed{open_ones},Unchanged,Rejected",
        f"Activation,State,Added,Removed{open_ones},Requests,Time",
        f"Activation,State,Added{open_ones},Requests,Time",
        f"Activation,State,Added{open_ones},Time",
        f"Activation,State,Added,Removed{open_ones}",
        right=_RIGHT,
    )
    return Group(made, *(line for result in results for line in _open_ends(result)))


def _row(result: SyncResult) -> dict[str, RenderableType]:
    return {
        "Activation": parts.text(result.activation),
        "State": parts.state(result.state),
        "Added": number(result.added),
        "Removed": number(result.removed),
        "Changed": number(result.changed),
        "Pending": number(result.pending),
        "Parked": number(result.parked),
        "Unchanged": number(result.unchanged),
        "Rejected": number(result.rejected),
        "Requests": number(result.requests),
        "Time": duration(result.seconds),
    }


def _open_ends(result: SyncResult) -> Iterator[RenderableType]:
    name = quoted(result.activation)
    if result.reason:
        yield Text()
        yield parts.text(f"{result.activation}: {result.reason}", parts.STYLES.get(result.state, ""))
        yield from parts.leaving(result.who)
    if result.state == "waiting":
        yield parts.unbroken(f"  See what would change: guestlist plan {name}")
    if result.continued:
        yield parts.text(
            f"{result.activation}: {counted(result.continued, 'member')} told whom an earlier sync had left"
        )
    if result.pending:
        yield Text(f"  {number(result.pending)} of these members are not told yet: they go on by themselves")
    if result.parked:
        yield Text(f"  {number(result.parked)} of these members are not told: they wait for a person")
    if result.rejected:
        yield parts.unbroken(f"  Rejected rows and why: guestlist rejected {name}", parts.FAINT)


def runs(rows: Sequence[RunRow], now: float) -> RenderableType:
    """Earlier runs, newest first."""
    return parts.Fitting(
        [{"Run": str(row.run), "Started": ago(row.started, now), **_row(row.result)} for row in rows],
        "Run,Started,Activation,State,Added,Removed,Changed,Unchanged,Rejected,Requests,Time",
        "Run,Started,Activation,State,Added,Removed,Changed,Rejected",
        "Run,Started,Activation,State,Added,Removed",
        right=_RIGHT,
    )
