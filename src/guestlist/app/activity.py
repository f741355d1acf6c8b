"""The audit log: who did what, when. Nothing is ever taken out of it."""

from __future__ import annotations

from guestlist.app.context import App
from guestlist.store.audit import Entry


def entries(
    app: App,
    limit: int = 100,
    *,
    before: int | None = None,
    who: str | None = None,
    what: str | None = None,
    subject: str | None = None,
) -> list[Entry]:
    """Newest first; ``before``: only those of a lower number, so that one page follows another."""
    return app.store.audit.latest(limit, before=before, who=who, what=what, subject=subject)


def kinds(app: App) -> list[str]:
    """All that was ever done, by name."""
    return app.store.audit.kinds()
