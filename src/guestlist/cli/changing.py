"""Changing what is there: remove, rename."""

from __future__ import annotations

from typing import Annotated

import typer

from guestlist.cli import output
from guestlist.cli.doors import opened
from guestlist.cli.options import DEFAULT_FILE, File

_HEADING = "Change"


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    for command in (remove, rename):
        app.command(rich_help_panel=_HEADING)(command)


def remove(
    activation: Annotated[
        str, typer.Argument(metavar="ACTIVATION", help="Its name, in the file or not.", show_default=False)
    ],
    file: File = DEFAULT_FILE,
    delete_segment: Annotated[
        bool | None,
        typer.Option(
            "--delete-segment/--keep-segment",
            help="Whether the LinkedIn audience goes too; default: what the file's on_delete says.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop an activation for good. Its LinkedIn audience stays unless you say otherwise."""
    if delete_segment and not yes and output.is_terminal():
        typer.confirm(f"Delete the LinkedIn audience of {activation}? It cannot be brought back", abort=True, err=True)
    with opened(file) as door:
        output.sentence(door.remove(activation, delete_segment=delete_segment))


def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help="Its name until now.", show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its name from now on.", show_default=False)],
    file: File = DEFAULT_FILE,
) -> None:
    """Give an activation another name; everything else stays."""
    with opened(file) as door:
        output.sentence(door.rename(old, new))
