"""What is known of one value, which rows were rejected, receipts of forgetting, write keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guestlist.app.results import Explanation, KeyRow, Receipt, RejectedRow, Told
from guestlist.cli.screens import parts
from guestlist.cli.screens.plan import quoted
from guestlist.core.words import ago, number

_ANSWERS = {"unknown": "nobody known there"}


def rejected(activation: str, shown: Sequence[RejectedRow], reasons: Mapping[str, int], now: float) -> Group:
    """The first rows, and how many there are of each reason."""
    rows = parts.table(["Row", "Key", "Since", "Reason"], ["Row"], wide="Reason")
    for row in shown:
        rows.add_row(number(row.row), parts.text(row.key or "–"), ago(row.since, now), parts.text(row.reason))
    counts = parts.table(["Rows", "Reason"], ["Rows"], wide="Reason")
    for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
        counts.add_row(number(count), parts.text(reason))
    more = sum(reasons.values()) - len(shown)
    hint = f"… and {number(more)} more: guestlist rejected {quoted(activation)} --csv FILE"
    where = Text("Row 1 is the first below the header.", style=parts.FAINT)
    return Group(rows, where, *([parts.unbroken(hint, parts.FAINT)] if more else []), Text(), counts)


def explained(result: Explanation, now: float) -> Group:
    """Each step from the value to its digest, then what LinkedIn was told."""
    steps = Table.grid(padding=(0, 2, 0, 0))
    steps.add_column(style=parts.FAINT, no_wrap=True)
    steps.add_column(overflow="fold")
    for what, value in result.steps:
        steps.add_row(what, parts.text(value))
    return Group(steps, *_verdict(result), *_told(result, now))


def _verdict(result: Explanation) -> Iterator[RenderableType]:
    if result.reason:
        yield parts.text(f"It cannot be used: {result.reason}.", parts.WAITS)
    if result.instead:
        yield parts.text(result.instead, parts.WAITS)
    if result.forgotten:
        yield parts.text("It is forgotten: removed everywhere and never added again.", parts.WAITS)


def _told(result: Explanation, now: float) -> Iterator[RenderableType]:
    yield Text()
    if not result.told:
        yield parts.text(f"LinkedIn was told nothing of it for {result.activation}.")
        return
    yield parts.text(f"What LinkedIn was told for {result.activation}", parts.STRONG)
    made = parts.table(["State", "Type", "When", "Run", "Value"], ["Run"], wide="Value")
    for one in result.told:
        made.add_row(*_told_row(one, now))
    yield made


def _told_row(one: Told, now: float) -> tuple[RenderableType, ...]:
    refused = f" (refused: {one.refused})" if one.refused else ""
    run = "–" if one.run is None else str(one.run)
    return parts.state(one.state), one.id_type, ago(one.at, now), run, parts.text(one.value + refused)


def receipt(result: Receipt) -> Group:
    """What came of forgetting, audience by audience."""
    made = parts.table(["Activation", "LinkedIn audience", "Answer"])
    for activation, segment, answer in result.segments:
        made.add_row(parts.text(activation), segment, parts.state(_ANSWERS.get(answer, answer)))
    title = Text(f"Receipt {result.id}: ", style=parts.STRONG).append_text(parts.state(result.state))
    forgotten = parts.facts([("Forgotten", ", ".join(result.values))], indent=0)
    audiences = made if result.segments else Text("No audience was ever told of people.")
    return Group(title, forgotten, audiences, *_unknown(result))


def _unknown(result: Receipt) -> Iterator[RenderableType]:
    if result.unknown:
        said = "no identifier is known for it, so LinkedIn was told nothing of it. Rows that carry it are never added."
        yield parts.text(f"{', '.join(result.unknown)}: {said}", parts.WAITS)


def receipts(results: Sequence[Receipt], now: float) -> RenderableType:
    """All receipts, newest first."""
    made = parts.table(
        ["Receipt", "When", "State", "Audiences", "Forgotten"], ["Receipt", "Audiences"], wide="Forgotten"
    )
    for one in results:
        values = ", ".join(one.values[:3]) + (f" and {len(one.values) - 3} more" if len(one.values) > 3 else "")
        audiences = number(len(one.segments))
        made.add_row(str(one.id), ago(one.created, now), parts.state(one.state), audiences, parts.text(values))
    return made


def keys(results: Sequence[KeyRow], now: float) -> RenderableType:
    """Write keys by name."""
    made = parts.table(["Write key", "Made", "State"])
    for one in results:
        state = "in use" if one.revoked is None else f"revoked {ago(one.revoked, now)}"
        made.add_row(parts.text(one.name), ago(one.created, now), state)
    return made
