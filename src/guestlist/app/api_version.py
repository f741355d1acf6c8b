"""Which version of LinkedIn's API is spoken, and how long LinkedIn serves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from guestlist.app.context import App
from guestlist.core import versions


@dataclass(frozen=True)
class ApiVersion:
    """``ends``: epoch seconds, from when LinkedIn refuses it; ``days`` until then, 0 or less: it does already.
    ``announced``: LinkedIn said that day itself.
    """

    version: str
    ends: float
    days: int
    announced: bool


def spoken(app: App) -> ApiVersion:
    """That of every request of this installation."""
    version = app.settings.linkedin_version
    today = datetime.fromtimestamp(app.clock.now(), UTC).date()
    ends = datetime.combine(versions.sunset(version), time(), UTC).timestamp()
    return ApiVersion(version, ends, versions.days_left(version, today), versions.is_announced(version))
