"""What a file changes in the configuration of the pages, in the way of Terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guestlist.app.declared import Difference
from guestlist.cli.screens import parts

_SIGNS = {"create": ("+", parts.GOOD), "change": ("~", parts.WAITS), "same": ("=", parts.FAINT)}
_NOTHING = "–"


def screen(differences: Sequence[Difference], *, dry_run: bool) -> Group:
    """Each object with the keys that differ, before and after, and the sum."""
    return Group(*(piece for each in differences for piece in _one(each)), *_sum(differences, dry_run))


def _one(difference: Difference) -> Iterator[RenderableType]:
    sign, style = _SIGNS[difference.what]
    noun = difference.section.removesuffix("s")
    yield parts.text(f"{sign} {noun} {difference.name}", style)
    if difference.what != "same":
        yield _keys(difference)


def _keys(difference: Difference) -> Table:
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True, style=parts.FAINT)
    made.add_column(overflow="fold")
    if difference.what == "change":
        made.add_column(no_wrap=True)
        made.add_column(overflow="fold")
    for key in dict.fromkeys((*difference.before, *difference.after)):
        before, after = _shown(difference.before, key), _shown(difference.after, key)
        cells = [before, Text("→"), after] if difference.what == "change" else [after]
        made.add_row(parts.text(f"    {key}"), *cells)
    return made


def _shown(values: Mapping[str, Any], key: str) -> Text:
    """As JSON where it is more than a text."""
    if key not in values:
        return Text(_NOTHING, style=parts.FAINT)
    value = values[key]
    return parts.text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _sum(differences: Sequence[Difference], dry_run: bool) -> Iterator[RenderableType]:
    counts = {what: sum(each.what == what for each in differences) for what in _SIGNS}
    if dry_run:
        text = f"{counts['create']} to create, {counts['change']} to change, {counts['same']} the same."
        yield Text("Plan: ", style=parts.STRONG).append(text, style="not bold")
        yield Text("Nothing was changed.", style=parts.FAINT)
    else:
        yield parts.text(f"{counts['create']} created, {counts['change']} changed, {counts['same']} the same.")
