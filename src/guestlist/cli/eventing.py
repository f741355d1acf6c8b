"""Events: what became of them, taking in files of them, and what Segment knows of a destination."""

from __future__ import annotations

import json as json_format
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guestlist.cli import output, progress
from guestlist.cli.doors import opened
from guestlist.cli.options import DEFAULT_FILE, File, Json
from guestlist.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from guestlist.facade import Guestlist

_HEADING = "Events"
_FOLLOW = 2.0  # seconds between two looks
_STDIN = Path("/dev/stdin")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    app.command(rich_help_panel=_HEADING)(events)
    app.command(rich_help_panel=_HEADING)(ingest)
    app.command("import-segment", rich_help_panel=_HEADING)(import_segment)


def events(
    activation: Annotated[
        str | None, typer.Option("--activation", metavar="A", help="Only of this one.", show_default=False)
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="How far back: 10m, 1h, 7d.")] = "1h",
    follow: Annotated[bool, typer.Option("--follow", help="Keep looking, until interrupted.")] = False,
    file: File = DEFAULT_FILE,
    json: Json = False,
) -> None:
    """Show what became of every event."""
    back = _seconds(since)
    with opened(file if file != DEFAULT_FILE or file.exists() else None) as door:
        _look(door, activation, time.time() - back, json)
        while follow:
            door.app.clock.sleep(_FOLLOW)
            if door.app.stop.is_set():
                return
            _look(door, activation, time.time() - back, json, again=True)


def _look(door: Guestlist, activation: str | None, since: float, json: bool, *, again: bool = False) -> None:
    report = door.events(activation, since)
    if json:
        output.write(json_format.dumps(report.json()) + "\n") if again else output.write_json(report.json())
        return
    from guestlist.cli.screens import events as screens  # noqa: PLC0415 - Rich only where it is needed

    output.show(screens.screen(report, time.time()))


def _seconds(text: str) -> float:
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    if not match:
        raise ConfigError("--since is a time like 10m, 1h or 7d")
    return float(int(match[1]) * _UNITS[match[2]])


def ingest(
    events_file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON lines, one event each; - is stdin.", show_default=False),
    ],
    write_key: Annotated[
        str | None,
        typer.Option("--write-key", metavar="NAME", help="Whose events they are; default: the only one of the file."),
    ] = None,
    file: File = DEFAULT_FILE,
    json: Json = False,
) -> None:
    """Take in events from a file: a replay, a backfill."""
    with opened(file) as door, progress.for_work(quiet=json) as report:
        taken, faults = door.ingest(_STDIN if str(events_file) == "-" else events_file, write_key, report)
    if json:
        output.write_json({"taken": taken, "failed": faults})
    else:
        rest = f", {faults:,} could not be read as events (`guestlist events` says why)" if faults else ""
        output.sentence(f"{taken:,} events were taken in{rest}. A worker decides on them: `guestlist worker`.")


def import_segment(
    reply: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The JSON of GET /destinations/ID/subscriptions.", show_default=False),
    ],
    destination: Annotated[
        str, typer.Option("--destination", metavar="NAME", help="Which destination they feed.")
    ] = "acme",
    write_key: Annotated[str, typer.Option("--write-key", metavar="NAME", help="Whose events count.")] = "segment",
) -> None:
    """Print Segment's subscriptions as activations in yaml."""
    import yaml  # noqa: PLC0415

    from guestlist.events.segment_import import from_subscriptions  # noqa: PLC0415 - parsers

    made = from_subscriptions(_json_of(reply), destination=destination, write_keys=[write_key])
    notes = made.pop("notes")
    output.write(yaml.safe_dump(made, sort_keys=False, allow_unicode=True))
    for note in notes:
        output.say(note)


def _json_of(file: Path) -> Any:
    try:
        return json_format.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError):
        raise SourceError(f"{file} is no JSON.") from None
