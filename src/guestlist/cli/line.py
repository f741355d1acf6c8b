"""The line itself: plan, sync, worker."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guestlist import garbage
from guestlist.cli import output, progress
from guestlist.cli.doors import nothing_there, opened
from guestlist.cli.failures import ending_gently
from guestlist.cli.options import DEFAULT_FILE, File, Json, MaybeActivation

if TYPE_CHECKING:
    from guestlist.app.results import PlanResult, SyncResult
    from guestlist.cli.companion import Companion
    from guestlist.facade import Guestlist
    from guestlist.ports import Lists

_HEADING = "Keep in step"


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    for command in (plan, sync, worker):
        app.command(rich_help_panel=_HEADING)(command)


def plan(
    activation: MaybeActivation = None,
    file: File = DEFAULT_FILE,
    linkedin_csv: Annotated[
        Path | None,
        typer.Option(
            "--linkedin-csv",
            metavar="DIR",
            help="Also write everyone wanted into DIR as LinkedIn's own list templates, e-mails as SHA-256, for an "
            "upload by hand; needs no connection.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show what a sync would do now; nothing is sent.

    Adds, removals, unchanged and rejected rows, requests and time at LinkedIn's limit, and what leaves in clear.
    Exits with 3 where a sync would wait for a person.
    """
    with opened(file) as door, progress.for_work(quiet=json) as report:
        results = door.plan(activation, report)
        lists = _lists(door, results, linkedin_csv)
    if json:
        listed = {n: {"files": [str(f) for f in each.files], "left_out": each.left_out} for n, each in lists.items()}
        output.write_json([{**result.json(), **listed.get(result.activation, {})} for result in results])
    elif not results:
        output.say(nothing_there(file))
    else:
        from guestlist.cli.screens import plan as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.screen(results), *([screens.written(lists)] if lists else []))
    asked = [result for result in results if result.activation not in lists]
    raise typer.Exit(_worst([result.exit_code() for result in asked]))


def _lists(door: Guestlist, results: list[PlanResult], folder: Path | None) -> dict[str, Lists]:
    """The lists of all that could be planned, written for an upload by hand."""
    made: dict[str, Lists] = {}
    for result in results if folder is not None else ():
        if folder is not None and result.state != "failed":
            made |= door.write_linkedin_csv(folder, result.activation)
    return made


def sync(
    activation: MaybeActivation = None,
    file: File = DEFAULT_FILE,
    allow_removals: Annotated[
        int | None,
        typer.Option(
            "--allow-removals",
            metavar="N",
            min=0,
            help="Let this one run remove up to N members of an activation, whatever max_removals says.",
            show_default=False,
        ),
    ] = None,
    resend: Annotated[bool, typer.Option("--resend", help="Tell LinkedIn of everybody again.")] = False,
    new_snapshot: Annotated[
        bool,
        typer.Option("--new-snapshot", help="Send a snapshot again, as a second LinkedIn audience."),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 4 when rows were rejected.")] = False,
    json: Json = False,
) -> None:
    """Plan, tell LinkedIn, and remember what it answered.

    Safe to interrupt at any moment and to run again. A second sync waits for the first, then plans anew.
    """
    with opened(file) as door, progress.for_work(quiet=json) as report:
        results = door.sync(
            activation,
            allow_removals=allow_removals,
            resend=resend,
            new_snapshot=new_snapshot,
            progress=report,
        )
    _report(results, file, json)
    raise typer.Exit(_worst([result.exit_code(strict) for result in results]))


def _report(results: list[SyncResult], file: Path, json: bool) -> None:
    if json:
        output.write_json([result.json() for result in results])
    elif not results:
        output.say(nothing_there(file))
    else:
        from guestlist.cli.screens import sync as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.screen(results))


def worker(
    file: File = DEFAULT_FILE,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True, help="Stop when standard input ends.")] = (
        False
    ),
    only_fold: Annotated[bool, typer.Option("--only-fold", hidden=True, help="Only fold events.")] = False,
) -> None:
    """Keep syncing on every activation's schedule."""
    if with_parent:
        threading.Thread(target=_stop_with_parent, daemon=True).start()
    with opened(file) as door, ending_gently(door.app.stop.set):
        door.configuration.may_be_empty = with_parent  # a server's: its pages are how one begins
        garbage.seldom()
        if only_fold:
            door.fold()
            return
        kept = [
            name
            for name, wanted in door.config.activations.items()
            if (wanted.schedule or wanted.mode == "stream") and wanted.enabled
        ]
        if kept:
            output.say(f"Keeping in step: {', '.join(kept)}. Ctrl-C stops.")
        else:
            where = door.config.where
            advice = ": write `schedule: {every: 1h}` beneath one" if where else ""
            output.say(f"No activation{where} has a schedule yet{advice}.")
        door.work(folds=_folding(file))


def _folding(file: Path) -> Companion:
    from guestlist.cli.companion import Companion  # noqa: PLC0415 - only for workers

    command = [sys.executable, "-m", "guestlist", "worker", "-f", str(file), "--only-fold", "--with-parent"]
    return Companion(command, lambda code, pause: None)


def _stop_with_parent() -> None:
    """The pipe ends when the parent does, however it dies."""
    os.read(0, 1)  # past the buffer: its lock would be missed when the interpreter ends
    os.kill(os.getpid(), signal.SIGTERM)


def _worst(codes: list[int]) -> int:
    from guestlist.app.results import worst_exit  # noqa: PLC0415 - only where there are results

    return worst_exit(codes)
