"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FILE = Path("guestlist.yaml")

File = Annotated[Path, typer.Option("--file", "-f", metavar="YAML", help="The file that says who goes where.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output, and nothing else there.")]
Activation = Annotated[str, typer.Argument(metavar="ACTIVATION", help="Its name in the file.", show_default=False)]
MaybeActivation = Annotated[
    str | None, typer.Argument(metavar="ACTIVATION", help="Only this one; default: all.", show_default=False)
]
