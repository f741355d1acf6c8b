"""The audit log: who did what, when. Nothing is ever taken out of it."""

from __future__ import annotations

from guestlist.app.context import App
from guestlist.store.audit import ALWAYS, SORTED, Entry, Period

COLUMNS = SORTED
RENAMES = 1000  # that are looked through for the names an activation had
OF_ACTIVATIONS = (
    "create activation", "change activation", "take over activation", "delete activation", "rename", "remove",
    "allow removals", "run", "send everybody again", "new snapshot",
)  # fmt: skip


def entries(
    app: App,
    limit: int = 100,
    *,
    sort: str = "-at",
    beyond: int | None = None,
    who: str | None = None,
    what: str | None = None,
    subject: str | None = None,
    period: Period = ALWAYS,
) -> list[Entry]:
    """Newest first, or by one of SORTED ("-": the other way round). ``beyond``: the number of the last one of the
    page before. ``period``: since, and before (epoch seconds).
    """
    subjects = None if subject is None else [subject]
    return app.store.audit.latest(limit, sort=sort, beyond=beyond, who=who, what=what, subjects=subjects, period=period)


def of_activation(
    app: App,
    name: str,
    limit: int = 100,
    *,
    sort: str = "-at",
    beyond: int | None = None,
    who: str | None = None,
    what: str | None = None,
    period: Period = ALWAYS,
) -> list[Entry]:
    """The same of one activation, also under the names that it had before."""
    return app.store.audit.latest(
        limit,
        sort=sort,
        beyond=beyond,
        who=who,
        what=what,
        subjects=_names(app, name),
        among=OF_ACTIVATIONS,
        period=period,
    )


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
