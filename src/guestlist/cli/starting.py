"""The first step: a yaml from a list."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from guestlist.cli import output
from guestlist.cli.options import DEFAULT_FILE
from guestlist.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """The command of this page."""
    app.command(rich_help_panel="Start")(init)


def init(
    source: Annotated[
        Path, typer.Argument(metavar="LIST", help="A csv, tsv, parquet, jsonl or xlsx file.", show_default=False)
    ],
    members: Annotated[
        Literal["people", "companies"] | None,
        typer.Option("--members", help="What it lists; default: guessed.", show_default=False),
    ] = None,
    written: Annotated[Path, typer.Option("--output", "-o", metavar="YAML", help="Where to write it.")] = DEFAULT_FILE,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a commented guestlist.yaml for a list."""
    if written.exists() and not force:
        raise ConfigError(f"{written} is there already; --force writes over it, -o names another file")
    from guestlist import bootstrap  # noqa: PLC0415 - a third of a second that --help does not pay

    text = bootstrap.starter(source, members, written.parent)
    _write(written, text)
    option = "" if written == DEFAULT_FILE else f" -f {written}"
    output.say(
        f"{written} is written. Next:\n"
        f"  guestlist plan{option}                          what would be sent (nothing is)\n"
        f"  guestlist plan{option} --linkedin-csv lists     a list to upload by hand\n"
        f"  guestlist connect acme{option}                  once LinkedIn has approved your app"
    )


def _write(file: Path, text: str) -> None:
    partial = file.with_name(f".{file.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, file)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None
