"""Keeping the store safe: backup, restore, secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from guestlist.cli import output
from guestlist.cli.doors import opened
from guestlist.cli.options import DEFAULT_FILE, File
from guestlist.errors import ConfigError

_HEADING = "Keep safe"
_VARIABLE = "GUESTLIST_BACKUP_PASSPHRASE"
_MOVE_OR_COPY = """Is this a move or a copy?
  move  the machine this backup comes from is gone or will not sync again: its audiences are taken over
  copy  it goes on: this one gets audiences of its own at LinkedIn"""

secrets = typer.Typer(
    help="The key that encrypts tokens and client secrets.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    for command in (backup, restore):
        app.command(rich_help_panel=_HEADING)(command)
    app.add_typer(secrets, name="secrets", rich_help_panel=_HEADING)


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.", show_default=False)],
    file: File = DEFAULT_FILE,
) -> None:
    """Write everything into one encrypted file.

    Syncs may go on meanwhile. LinkedIn cannot list members: what this home knows is the only record. The passphrase
    comes from GUESTLIST_BACKUP_PASSPHRASE, or you are asked for it. Without one, where nobody can be asked, the key in
    GUESTLIST_SECRET_KEY seals it; a key that only this home has does not.
    """
    passphrase = _passphrase(twice=True)
    with opened(file) as door:
        output.sentence(door.backup(target, passphrase))


def restore(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `guestlist backup` wrote.", show_default=False)
    ],
    what: Annotated[
        Literal["move", "copy"] | None,
        typer.Option(
            "--as",
            help="move: the other machine will not sync again; copy: it goes on, this one gets its own audiences.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Bring a backup back into an empty home.

    Whatever happened since the backup is unknown, so everything is told to LinkedIn again.
    """
    chosen: Literal["move", "copy"] = what or _asked()
    passphrase = _passphrase(twice=False)
    from guestlist import bootstrap  # noqa: PLC0415 - a third of a second that --help does not pay

    output.sentence(bootstrap.restore(source, chosen, passphrase))


def _asked() -> Literal["move", "copy"]:
    if not output.is_terminal():
        raise ConfigError("say whether this is a move or a copy: --as move or --as copy")
    output.say(_MOVE_OR_COPY)
    while True:
        match str(typer.prompt("move or copy", err=True)).strip().lower():
            case "move":
                return "move"
            case "copy":
                return "copy"


def _passphrase(twice: bool) -> str | None:
    """The environment's, else what the person types; None where nobody can be asked. Never an argument."""
    given = os.environ.get(_VARIABLE)
    if given or not output.is_terminal():
        return given or None
    return str(typer.prompt("Passphrase of the backup", hide_input=True, confirmation_prompt=twice, err=True))


@secrets.command()
def rotate() -> None:
    """Make a new key and seal everything again with it."""
    with opened(None) as door:
        output.sentence(door.rotate_secrets())
