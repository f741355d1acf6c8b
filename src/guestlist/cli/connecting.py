"""Connecting a destination with LinkedIn, and checking that it still is."""

from __future__ import annotations

import json as json_format
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guestlist.cli import output
from guestlist.cli.doors import opened
from guestlist.cli.options import DEFAULT_FILE, File, Json
from guestlist.errors import ConfigError

if TYPE_CHECKING:
    from guestlist.app.results import CheckReport
    from guestlist.facade import Guestlist

_HEADING = "Start"
_REDIRECT = "http://127.0.0.1:8765/callback"
_PATIENCE = 300.0  # seconds for a person to consent
_BROWSER_AFTER = 0.3  # seconds: the listener comes first
_NEEDS_PERSON = 3


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    for command in (connect, check):
        app.command(rich_help_panel=_HEADING)(command)


def connect(
    destination: Annotated[
        str, typer.Argument(metavar="DESTINATION", help="Its name in the file.", show_default=False)
    ],
    file: File = DEFAULT_FILE,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="LinkedIn's token response (JSON) instead of a browser; - reads it from standard input.",
            show_default=False,
        ),
    ] = None,
    paste: Annotated[
        bool, typer.Option("--paste", help="Ask for the address the browser was sent to, instead of listening for it.")
    ] = False,
    redirect_url: Annotated[
        str, typer.Option("--redirect-url", metavar="URL", help="The redirect URL registered with your LinkedIn app.")
    ] = _REDIRECT,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address instead of opening it.")] = False,
    json: Json = False,
) -> None:
    """Let LinkedIn authorise this machine for an ad account.

    Token, scopes, ad account and role are checked at once. Authorising again, also as another member, keeps every
    audience and what LinkedIn was told.
    """
    with opened(file) as door:
        if token_file:
            report = door.connect_token(destination, _token_response(token_file))
        else:
            report = _consent(door, destination, redirect_url, paste=paste, browser=not (no_browser or paste))
    if token_file not in (None, "-") and not report.problems:
        output.say(f"The token is kept encrypted now: {token_file} is not needed any more.")
    _show([report], json, one=True)


def _consent(door: Guestlist, destination: str, redirect_url: str, *, paste: bool, browser: bool) -> CheckReport:
    from guestlist import bootstrap  # noqa: PLC0415 - a third of a second that --help does not pay

    address, state = door.authorization(destination, redirect_url)
    output.say(f"Allow Guestlist at LinkedIn:\n\n  {address}\n")
    if paste:
        code = bootstrap.parse_redirect(_pasted(), state)
    else:
        opener = _browser(address) if browser else None
        try:
            code = bootstrap.listen_for_code(redirect_url, state, _PATIENCE)
        finally:
            if opener:
                opener.cancel()
    return door.connect_code(destination, code, redirect_url)


def _browser(address: str) -> threading.Timer:
    import webbrowser  # noqa: PLC0415 - only where one is wanted

    opener = threading.Timer(_BROWSER_AFTER, webbrowser.open, (address,))
    opener.daemon = True
    opener.start()
    return opener


def _pasted() -> str:
    output.say("Paste the whole address the browser was sent to, and press Enter:")
    return sys.stdin.readline().strip()


def _token_response(name: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{name} is no UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}") from None
    try:
        response = json_format.loads(text)
    except ValueError:
        response = None
    if not isinstance(response, dict) or not isinstance(response.get("access_token"), str):
        raise ConfigError(f"{name} must hold LinkedIn's token response: JSON with access_token and expires_in")
    return response


def check(
    destination: Annotated[
        str | None, typer.Argument(metavar="DESTINATION", help="Only this one; default: all.", show_default=False)
    ] = None,
    file: File = DEFAULT_FILE,
    json: Json = False,
) -> None:
    """Check token, scopes, ad account, role and API version."""
    with opened(file) as door:
        reports = door.check(destination)
    if not reports and not json:
        output.say(f"There are no destinations in {file} yet: add one under `destinations:`.")
    _show(reports, json)


def _show(reports: Sequence[CheckReport], json: bool, one: bool = False) -> None:
    if json:
        shown = [report.json() for report in reports]
        output.write_json(shown[0] if one else shown)
    elif reports:
        from guestlist.cli.screens import connection as screens  # noqa: PLC0415 - Rich only where it is needed

        now = time.time()
        output.show(*(screens.screen(report, now) for report in reports))
    if any(report.problems for report in reports):
        raise typer.Exit(_NEEDS_PERSON)
