"""Changing what is there: remove, rename."""

from __future__ import annotations

from typing import Annotated

import typer

from guestlist.cli import output
from guestlist.cli.doors import opened
from guestlist.cli.options import DEFAULT_FILE, File
from guestlist.errors import ConfigError

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
    """Stop an activation for good. Its LinkedIn audience stays unless you or the file's on_delete say otherwise.

    Asks first on a terminal. Where nobody can be asked, deleting the LinkedIn audience needs --yes.
    """
    with opened(file) as door:
        deletes = door.deletes_segment(activation, delete_segment)
        if not yes:
            _agreed(activation, deletes)
        output.sentence(door.remove(activation, delete_segment=deletes))


def _agreed(activation: str, deletes: bool) -> None:
    """Whoever may answer has answered; what cannot be brought back is never done unasked."""
    if output.is_terminal():
        whole = f"Remove {activation} and delete its LinkedIn audience? Neither can be brought back"
        typer.confirm(whole if deletes else f"Remove {activation}? Its LinkedIn audience stays", abort=True, err=True)
    elif deletes:
        raise ConfigError(
            f"Removing '{activation}' would delete its LinkedIn audience, and nobody can be asked here: say --yes, or "
            "--keep-segment to leave it there. Nothing was removed."
        )


def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help="Its name until now.", show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its name from now on.", show_default=False)],
    file: File = DEFAULT_FILE,
    destination: Annotated[bool, typer.Option("--destination", help="It is a destination, not an activation.")] = False,
) -> None:
    """Give an activation or destination another name."""
    with opened(file) as door:
        output.sentence(door.rename_destination(old, new) if destination else door.rename(old, new))
