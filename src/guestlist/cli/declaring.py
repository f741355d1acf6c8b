"""The configuration of the pages as a file: out of them, and into them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from guestlist.cli import output
from guestlist.cli.doors import opened
from guestlist.cli.options import DEFAULT_FILE, File, Json

_HEADING = "Change"

config = typer.Typer(
    help="What was made on the pages or through the API, as a file.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    app.add_typer(config, name="config", rich_help_panel=_HEADING)


@config.command()
def export(file: File = DEFAULT_FILE) -> None:
    """Print what was made on the pages or through the API as a guestlist.yaml.

    What the file says itself is not in it. It is complete, so it holds the address of `notify`: keep it where secrets
    are kept.
    """
    with opened(file) as door:
        text = door.export_configuration()
    if text:
        output.write(text)
    else:
        output.say("Nothing was made on the pages or through the API yet.")


@config.command()
def apply(
    taken: Annotated[Path, typer.Argument(metavar="FILE", help="A guestlist.yaml.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    file: File = DEFAULT_FILE,
    json: Json = False,
) -> None:
    """Take a file over: what it names is edited on the pages and through the API from then on.

    All of it or nothing. What it does not name stays as it is; nothing is sent to LinkedIn before the next sync.
    """
    with opened(file) as door:
        differences = door.apply_configuration(taken, dry_run=dry_run)
    if json:
        output.write_json([asdict(each) for each in differences])
        return
    from guestlist.cli.screens import declared as screens  # noqa: PLC0415 - Rich only where it is needed

    output.show(screens.screen(differences, dry_run=dry_run))
