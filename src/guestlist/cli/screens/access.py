"""Users and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from guestlist.app.api_tokens import TokenRow
from guestlist.app.users import UserRow
from guestlist.cli.screens import parts
from guestlist.core.words import ago, days_left


def users(rows: Sequence[UserRow], now: float) -> RenderableType:
    """By name."""
    made = parts.table(["User", "Role", "State", "Signed in", "Made"])
    for row in rows:
        who = parts.text(f"{ago(row.created, now)} by {row.created_by}")
        made.add_row(parts.text(row.name), str(row.role), row.state, ago(row.signed_in, now), who)
    return made


def tokens(rows: Sequence[TokenRow], now: float) -> RenderableType:
    """By name."""
    made = parts.table(["Token", "Role", "Scopes", "Used", "State"], wide="Scopes")
    for row in rows:
        scopes = "all of the role" if row.scopes is None else ", ".join(row.scopes)
        made.add_row(parts.text(row.name), str(row.role), scopes, ago(row.seen, now), _state(row, now))
    return made


def _state(row: TokenRow, now: float) -> str:
    if row.revoked is not None:
        return f"revoked {ago(row.revoked, now)}"
    return "in use" if row.ends is None else days_left(row.ends, now)
