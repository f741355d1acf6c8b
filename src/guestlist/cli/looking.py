"""Looking: status, runs, rejected, explain. Nothing here changes anything."""

from __future__ import annotations

import csv as csv_format
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guestlist.cli import output, values
from guestlist.cli.doors import nothing_there, opened
from guestlist.cli.options import DEFAULT_FILE, Activation, File, Json, MaybeActivation

if TYPE_CHECKING:
    from guestlist.app.results import RejectedRow

_HEADING = "Look"
_ROWS_SHOWN = 40


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    for command in (status, runs, rejected, explain):
        app.command(rich_help_panel=_HEADING)(command)


def status(
    activation: MaybeActivation = None,
    file: File = DEFAULT_FILE,
    live: Annotated[bool, typer.Option("--live", help="Ask LinkedIn now.")] = False,
    json: Json = False,
) -> None:
    """Show how every activation stands, here and at LinkedIn."""
    with opened(file) as door:
        rows = door.status(activation, live=live)
    if json:
        output.write_json([row.json() for row in rows])
    elif not rows:
        output.say(nothing_there(file))
    else:
        from guestlist.cli.screens import status as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.screen(rows, time.time()))


def runs(
    activation: MaybeActivation = None,
    file: File = DEFAULT_FILE,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """List the latest runs."""
    with opened(file) as door:
        rows = door.runs(activation, limit)
    if json:
        output.write_json([row.json() for row in rows])
    elif not rows:
        output.say("There was no run yet: `guestlist plan` shows what the first would do, `guestlist sync` does it.")
    else:
        from guestlist.cli.screens import sync as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.runs(rows, time.time()))


def rejected(
    activation: Activation,
    file: File = DEFAULT_FILE,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write all of them into a CSV file.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """List rows that were not sent, each with its reason."""
    with opened(file) as door:
        rows = door.rejected(activation)
        if csv is not None:
            count = _write_csv(csv, rows)
            output.say(f"{count:,} rejected rows written to {csv}")
            rows = iter(())
        if json:
            output.stream_json(row.json() for row in rows)
        elif csv is None:
            _show_rejected(activation, rows)


def _write_csv(file: Path, rows: Iterator[RejectedRow]) -> int:
    """Only its owner may read it: keys of a source are nobody else's business."""
    count = 0
    private = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(private, "w", encoding="utf-8", newline="") as opened_file:
        table = csv_format.writer(opened_file)
        table.writerow(("row", "key", "reason", "since"))
        for row in rows:
            table.writerow((row.row, row.key, row.reason, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row.since))))
            count += 1
    return count


def _show_rejected(activation: str, rows: Iterator[RejectedRow]) -> None:
    first: list[RejectedRow] = []
    reasons: Counter[str] = Counter()
    for row in rows:
        reasons[row.reason] += 1
        if len(first) < _ROWS_SHOWN:
            first.append(row)
    if not first:
        output.say(f"{activation} has no rejected rows.")
        return
    from guestlist.cli.screens import people as screens  # noqa: PLC0415 - Rich only where it is needed

    first.sort(key=lambda row: row.row or 0)
    output.show(screens.rejected(activation, first, reasons, time.time()))


def explain(
    activation: Activation,
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help="An address, a digest, a domain, ...; - reads it from standard input, out of the shell's history.",
            show_default=False,
        ),
    ],
    file: File = DEFAULT_FILE,
    show: Annotated[bool, typer.Option("--show", help="Show the value itself; otherwise it is masked.")] = False,
    json: Json = False,
) -> None:
    """Follow one value to what LinkedIn was told."""
    asked = values.one(value)
    with opened(file) as door:
        result = door.explain(activation, asked, show=show)
    if json:
        output.write_json(result.json())
        return
    from guestlist.cli.screens import people as screens  # noqa: PLC0415 - Rich only where it is needed

    output.show(screens.explained(result, time.time()))
