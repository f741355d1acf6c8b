"""The audit log: who did what, when. Nothing is ever taken out of it."""

from __future__ import annotations

from guestlist.app.context import App
from guestlist.store.audit import Entry

RENAMES = 1000  # that are looked through for the names an activation had
OF_ACTIVATIONS = (
    "create activation", "change activation", "take over activation", "delete activation", "rename", "remove",
    "allow removals", "run", "send everybody again", "new snapshot",
)  # fmt: skip


def entries(
    app: App,
    limit: int = 100,
    *,
    before: int | None = None,
    after: int | None = None,
    who: str | None = None,
    what: str | None = None,
    subject: str | None = None,
) -> list[Entry]:
    """Newest first; ``before``: only those of a lower number, so that one page follows another; ``after``: those of a
    higher number, the oldest first.
    """
    return app.store.audit.latest(limit, before=before, after=after, who=who, what=what, subject=subject)


def of_activation(
    app: App,
    name: str,
    limit: int = 100,
    *,
    before: int | None = None,
    after: int | None = None,
    who: str | None = None,
    what: str | None = None,
) -> list[Entry]:
    """The same of one activation, also under the names that it had before."""
    names, log = _names(app, name), app.store.audit
    return log.latest(limit, before=before, after=after, who=who, what=what, subjects=names, among=OF_ACTIVATIONS)


def _names(app: App, name: str) -> list[str]:
    """A name of now, and those before it."""
    names = [name]
    for entry in app.store.audit.latest(RENAMES, what="rename"):
        if entry.details["after"]["name"] == names[-1]:
            names.append(entry.subject)
    return names


def kinds(app: App) -> list[str]:
    """All that was ever done, by name."""
    return app.store.audit.kinds()
