"""People's wishes: forget."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from guestlist.cli import output, values
from guestlist.cli.doors import opened
from guestlist.cli.options import DEFAULT_FILE, File, Json
from guestlist.core import words

if TYPE_CHECKING:
    from guestlist.app.results import Receipt
    from guestlist.facade import Guestlist

_HEADING = "People's wishes"
_WAITS_FOR_LINKEDIN = 5


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    app.command(rich_help_panel=_HEADING)(forget)


def forget(
    who: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VALUE",
            help="Addresses, digests, Google ids, primaryId:VALUE; a file of them, one a line; - for standard input, "
            "where no shell history keeps them.",
            show_default=False,
        ),
    ] = None,
    file: File = DEFAULT_FILE,
    listed: Annotated[bool, typer.Option("--list", help="List all receipts instead.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Let these values be added again by their lists.")] = False,
    json: Json = False,
) -> None:
    """Remove somebody everywhere and never add them again.

    LinkedIn is told REMOVE for each people audience of this home, whether it knew them or not. The receipt stays
    incomplete (exit 5) until LinkedIn has answered for all of them.
    """
    if listed and (who or undo):
        raise typer.BadParameter("--list goes alone")
    asked = [] if listed else values.several(who or [])
    with opened(file) as door:
        if listed:
            _list(door.receipts(), json)
        elif undo:
            _undo(door, asked, json)
        else:
            _forget(door, asked, json)


def _forget(door: Guestlist, asked: list[str], json: bool) -> None:
    receipt = door.forget(asked)
    if json:
        output.write_json(receipt.json())
    else:
        from guestlist.cli.screens import people as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.receipt(receipt))
    if receipt.state == "incomplete":
        output.say("Not every audience has answered yet: `guestlist sync` goes on, `guestlist forget --list` shows it.")
        raise typer.Exit(_WAITS_FOR_LINKEDIN)


def _undo(door: Guestlist, asked: list[str], json: bool) -> None:
    count = door.unforget(asked)
    if json:
        output.write_json({"identifiers": count})
    else:
        output.say(f"{words.counted(count, 'identifier')} may be added again by their lists at the next sync.")


def _list(receipts: list[Receipt], json: bool) -> None:
    if json:
        output.write_json([receipt.json() for receipt in receipts])
    elif not receipts:
        output.say("Nobody was forgotten yet.")
    else:
        from guestlist.cli.screens import people as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.receipts(receipts, time.time()))
