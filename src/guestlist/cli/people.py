"""Who may use the pages and the API: users, and tokens of programs."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from guestlist.cli import output
from guestlist.cli.doors import opened
from guestlist.cli.options import Json
from guestlist.core.permissions import Permission, Role
from guestlist.errors import ConfigError

_HEADING = "Let people in"
_ADDRESS = "http://127.0.0.1:8000"  # where `guestlist serve` listens unless told otherwise
_DAY = 86_400.0

users = typer.Typer(help="Users of the pages.", no_args_is_help=True, rich_markup_mode=None)
tokens = typer.Typer(help="API tokens: programs that may act.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What they are called here.", show_default=False)]
RoleName = Annotated[
    str,
    typer.Option("--role", metavar="ROLE", help="Administrator, Marketer or Analyst.", show_default=False),
]


def add_to(app: typer.Typer) -> None:
    """The commands of this page."""
    app.add_typer(users, name="users", rich_help_panel=_HEADING)
    app.add_typer(tokens, name="tokens", rich_help_panel=_HEADING)


def _role(name: str) -> Role:
    found = next((each for each in Role if each.casefold() == name.casefold()), None)
    if found is None:
        raise ConfigError(f"There is no role '{name}': the roles are {', '.join(Role)}.")
    return found


# ── users ────────────────────────────────────────────────────────────────────────────────────────────────────────
@users.command(name="create")
def create_user(
    name: Name,
    role: RoleName,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read their password from standard input; no link is made.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a user and print the link that lets them choose a password, once, within a day."""
    from guestlist.app import users as people  # noqa: PLC0415 - slow to import

    chosen = _role(role)
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with opened(None) as door:
        row = people.create(door.app, name, chosen, password)
        token = None if password_stdin else people.invite(door.app, row.name)
        address = door.app.settings.public_url or _ADDRESS
    link = None if token is None else f"{address}/setup/{token}"
    if json:
        output.write_json({"name": row.name, "role": str(row.role), "link": link})
    elif link is None:
        output.sentence(f"{row.name} can sign in as {row.role}.")
    else:
        output.say(f"{row.name} is {row.role}. They choose a password here, once, within a day:")
        output.write(f"{link}\n")


@users.command(name="list")
def list_users(json: Json = False) -> None:
    """List users by name."""
    from guestlist.app import users as people  # noqa: PLC0415 - slow to import

    with opened(None) as door:
        rows = people.all_of(door.app)
    if json:
        output.write_json(
            [
                {"name": row.name, "role": str(row.role), "state": row.state, "created": row.created}
                | {"created_by": row.created_by, "signed_in": row.signed_in}
                for row in rows
            ]
        )
    elif not rows:
        output.say("There is no user yet: `guestlist serve` prints a link that makes the first.")
    else:
        from guestlist.cli.screens import access as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.users(rows, time.time()))


@users.command(name="disable")
def disable_user(name: Name) -> None:
    """Let a user sign in no more; they are signed out at once."""
    from guestlist.app import users as people  # noqa: PLC0415 - slow to import

    with opened(None) as door:
        row = people.disable(door.app, name)
    output.sentence(f"{row.name} cannot sign in any more.")


@users.command(name="enable")
def enable_user(name: Name) -> None:
    """Let a disabled user sign in again."""
    from guestlist.app import users as people  # noqa: PLC0415 - slow to import

    with opened(None) as door:
        row = people.disable(door.app, name, disabled=False)
    output.sentence(f"{row.name} can sign in again.")


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────
@tokens.command(name="create")
def create_token(
    name: Name,
    role: RoleName,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="PERMISSION",
            help="Only this of what the role may do; repeatable.",
            show_default=False,
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", metavar="N", min=1, max=3650, help="When it ends.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Make a token for the API and print it, this one time."""
    from guestlist.app import api_tokens  # noqa: PLC0415 - slow to import

    chosen, scopes = _role(role), _scopes(scope)
    with opened(None) as door:
        ends = None if days is None else door.app.clock.now() + days * _DAY
        token = api_tokens.create(door.app, name, chosen, scopes, ends)
    if json:
        output.write_json({"token": token})
    else:
        output.say(f"The token '{name}', shown only now:")
        output.write(f"{token}\n")


def _scopes(given: list[str] | None) -> list[Permission] | None:
    known = {each.casefold(): each for each in Permission}
    for each in given or ():
        if each.casefold() not in known:
            raise ConfigError(f"There is no permission '{each}': the permissions are {', '.join(Permission)}.")
    return [known[each.casefold()] for each in given] if given else None


@tokens.command(name="list")
def list_tokens(json: Json = False) -> None:
    """List tokens by name; the tokens themselves are not stored."""
    from guestlist.app import api_tokens  # noqa: PLC0415 - slow to import

    with opened(None) as door:
        rows = api_tokens.all_of(door.app)
    if json:
        output.write_json(
            [
                {"name": row.name, "role": str(row.role), "scopes": None if row.scopes is None else list(row.scopes)}
                | {"created": row.created, "created_by": row.created_by, "ends": row.ends, "seen": row.seen}
                | {"revoked": row.revoked}
                for row in rows
            ]
        )
    elif not rows:
        output.say("There is no token yet: `guestlist tokens create NAME --role ROLE` makes one.")
    else:
        from guestlist.cli.screens import access as screens  # noqa: PLC0415 - Rich only where it is needed

        output.show(screens.tokens(rows, time.time()))


@tokens.command(name="revoke")
def revoke_token(name: Name) -> None:
    """Let a token open nothing any more."""
    from guestlist.app import api_tokens  # noqa: PLC0415 - slow to import

    with opened(None) as door:
        output.sentence(api_tokens.revoke(door.app, name))
