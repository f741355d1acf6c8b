"""All commands as one program, and what becomes of errors, signals and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated

import typer
from typer.main import get_command

from guestlist import __version__
from guestlist.cli import (
    changing,
    connecting,
    declaring,
    eventing,
    keeping,
    line,
    looking,
    output,
    people,
    serving,
    starting,
    wishes,
)
from guestlist.cli.failures import Signals, told
from guestlist.cli.groups import Grouped

HELP = """Keep lists of people and companies in step with LinkedIn Matched Audiences.

Start with `guestlist init LIST`, look with `guestlist plan`, and let it happen with `guestlist sync`.
"""
EPILOG = (
    "Exit codes: 0 done, 1 failed, 2 usage, 3 waits for a person, 4 some rows rejected (sync --strict), "
    "5 waits for LinkedIn."
)

app = typer.Typer(
    name="guestlist",
    cls=Grouped,
    no_args_is_help=False,
    rich_markup_mode=None,  # Rich would double the time of --help
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (starting, connecting, line, serving, people, eventing, looking, wishes, changing, declaring, keeping):
    group.add_to(app)


def _version(asked: bool) -> None:
    if asked:
        output.write(f"guestlist {__version__}\n")
        raise typer.Exit


@app.callback(invoke_without_command=True, help=HELP, epilog=EPILOG)
def everywhere(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", envvar="GUESTLIST_DEBUG", help="Show the traceback of an error.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """What goes before the command."""
    if context.invoked_subcommand is None:
        output.write(context.get_help() + "\n")
        raise typer.Exit(2)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; the exit code. Whatever goes wrong is one sentence on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter is no failure
    signals = Signals()
    try:
        with signals.heard():
            code = get_command(app).main(list(arguments), prog_name="guestlist", standalone_mode=False)
    except output.Gone:
        return 0
    except KeyboardInterrupt:  # a signal while the command was still being imported
        return signals.exit_code
    except Exception as error:
        return told(error, debug="--debug" in arguments or bool(os.environ.get("GUESTLIST_DEBUG")))
    return signals.exit_code or int(code or 0)


def leave(code: int) -> None:
    """End the process now: threads that still wait for an answer are not waited for, the store knows what is open."""
    output.flush()
    os._exit(code)
