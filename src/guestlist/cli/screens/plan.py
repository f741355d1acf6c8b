"""A plan, in the way of Terraform: what would be added, removed and left, and what it would cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guestlist.app.results import Guard, PlanResult
from guestlist.cli.screens import parts
from guestlist.core.guard import who as named
from guestlist.core.words import counted, duration, number
from guestlist.ports import Lists

_REASONS_SHOWN = 8


def screen(results: Sequence[PlanResult]) -> Group:
    """All activations one after the other, and the sum."""
    pieces = [piece for result in results for piece in _activation(result)]
    return Group(*pieces, _sum(results), Text("Nothing was sent.", style=parts.FAINT))


def _activation(result: PlanResult) -> Iterator[RenderableType]:
    title = parts.text(result.activation, parts.STRONG)
    if result.state != "done":
        title.append("  ").append_text(parts.state(result.state))
    yield title
    if result.reason and not (result.guard and result.guard.trips):
        yield parts.indented(parts.text(result.reason, parts.STYLES.get(result.state, "")))
    if result.state != "failed":
        yield _changes(result)
        yield parts.facts(_facts(result))
    if result.guard and result.guard.trips:
        yield _guard(result.activation, result.guard)
    yield Text()


def _changes(result: PlanResult) -> Table:
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(justify="right", no_wrap=True)
    made.add_column()
    for sign, count, what, style in (
        ("+", result.adds, "to add", parts.GOOD),
        ("-", result.removes, "to remove", parts.BAD),
        ("=", result.unchanged, "unchanged", ""),
        ("!", result.rejected, "rejected", parts.WAITS),
    ):
        shown = style if count else parts.FAINT
        made.add_row(f"  {sign}", number(count), what, style=shown)
    for reason, count in _largest(result.rejected_by_reason):
        made.add_row("", "", parts.text(f"{number(count)}  {reason}", parts.FAINT))
    return made


def _largest(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ordered[_REASONS_SHOWN:])
    return ordered[:_REASONS_SHOWN] + ([("for other reasons", rest)] if rest else [])


def _facts(result: PlanResult) -> Iterator[tuple[str, str | Text]]:
    if result.duplicates:
        yield "Duplicates", f"{counted(result.duplicates, 'row')} of a member that is there already"
    if result.requests:
        yield "Requests", f"{number(result.requests)}, {duration(result.seconds_at_limit)} at LinkedIn's limit"
    if result.mapping:
        yield "Mapping", ", ".join(f"{field} ← {' + '.join(sources)}" for field, sources in result.mapping.items())
    if result.in_clear:
        hashed = "; e-mails only as digests" if "email" in result.mapping else ""
        leave = "leaves as it is" if len(result.in_clear) == 1 else "leave as they are"
        yield "In clear", f"{', '.join(result.in_clear)} {leave}{hashed}"
    for note, count in result.notes.items():
        yield "Note", f"{note} ({number(count)})"
    if result.advice:
        yield "Advice", result.advice


def _guard(activation: str, guard: Guard) -> Group:
    removals, known, allowed = number(guard.removals), number(guard.known), number(guard.allowed)
    reason = guard.reason or f"it would remove {removals} of {known}; {allowed} are allowed"
    reason += f" (who: {named(guard.who, guard.removals)})" if guard.who else ""
    command = f"guestlist sync {quoted(activation)} --allow-removals {guard.removals}"
    return Group(
        parts.indented(parts.text(f"Stopped: {reason}. A sync sends nothing until a person allows it:", parts.WAITS)),
        parts.unbroken(f"    {command}"),
    )


def quoted(name: str) -> str:
    """A name as a shell takes it."""
    return name if name.replace("-", "").replace("_", "").isalnum() else "'" + name.replace("'", "'\\''") + "'"


def _sum(results: Sequence[PlanResult]) -> Text:
    counts = (
        f"{number(sum(r.adds for r in results))} to add, {number(sum(r.removes for r in results))} to remove, "
        f"{number(sum(r.unchanged for r in results))} unchanged, {number(sum(r.rejected for r in results))} rejected."
    )
    return Text("Plan: ", style=parts.STRONG).append(counts, style="not bold")


def written(lists: Mapping[str, Lists]) -> Group:
    """Which lists were written for an upload by hand, and who is on none of them."""
    lines = [line for name, made in lists.items() for line in _written(name, made)]
    how = "Upload them in Campaign Manager: Plan > Audiences > Create audience > Upload a list."
    return Group(*lines, *([Text(how, style=parts.FAINT)] if any(made.files for made in lists.values()) else []))


def _written(name: str, made: Lists) -> Iterator[RenderableType]:
    yield from (parts.unbroken(f"{name}: {path}") for path in made.files)
    if not made.files:
        yield parts.text(f"{name}: no list was written, since it would have no rows", parts.WAITS)
    if made.left_out:
        members = counted(made.left_out, "member")
        yield parts.text(f"{name}: {members} could not be written: LinkedIn's lists take no SHA-512", parts.WAITS)
