"""Renaming a destination: whatever refers to it by its name follows, in one transaction.

What is under way goes by its number (``store.destinations``), and whoever read the configuration before still means it
by the former name. The audit log stays as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guestlist.app import connection, declared, drafts, jobs, notices
from guestlist.app.context import App
from guestlist.app.declared import Check, Declaration
from guestlist.configuration import Configuration
from guestlist.core.permissions import LOCAL, Person
from guestlist.core.text import masked
from guestlist.errors import ConfigError

NAME = ("name",)  # the field that a refusal is about


def destination(
    app: App, configuration: Configuration, old: str, new: str, *, check: Check = lambda found: None
) -> Declaration:
    """Give a destination of the pages another name: credential, activations and all that LinkedIn was told stay.

    ``check`` is given what is there at that moment; nothing is changed when it raises. ConfigError where it, or an
    activation that feeds it, is the file's, where nobody has signed in for it, and where the name cannot be one or was
    another's; ChangedMeanwhile: it is taken; UnknownName.
    """
    with declared.changing(app):
        check(declared.get(app, configuration, "destinations", old))
        found = declared.of_pages(app, configuration, "destinations", old)
        connection.refuse_unauthorised(app, declared.described_now(configuration), old)
        declared.refuse_named(configuration, "destinations", old)
        declared.refuse_taken(app, configuration, "destinations", new)
        _refuse_of_file(app, configuration, old)
        feeding = {name: {**body, "destination": new} for name, body in _feeding(app, old).items()}
        _tried(configuration, old, new, found.body, feeding)
        now = app.clock.now()
        app.store.declared.delete("destinations", old)
        version = app.store.declared.put("destinations", new, found.body, app.who, now)
        for name, body in feeding.items():
            app.store.declared.put("activations", name, body, app.who, now)
        in_store(app, old, new)
    return Declaration("destinations", new, found.body, version, now, app.who)


def saved(
    app: App,
    configuration: Configuration,
    old: str,
    new: str,
    body: Mapping[str, Any],
    version: int,
    by: Person = LOCAL,
) -> Declaration:
    """What a form says of a destination, its name too, in place of what was read as ``version``; all or nothing.
    Another ad account is tried first, as connecting does. Raises as ``declared.change``, ``destination`` and
    ``connection.judged``.
    """
    declared.expect(app, configuration, "destinations", old, version)
    there = declared.described_now(configuration)
    connection.refuse_unauthorised(app, there, old)
    tried = declared.check_change(app, configuration, "destinations", old, body, version, by)
    ad_account = tried.destinations[old].ad_account
    is_another = old not in there or there[old].ad_account != ad_account
    judged = connection.judged(app, there, old, ad_account) if is_another else None
    with declared.changing(app):
        before = declared.expect(app, configuration, "destinations", old, version)
        if new == old or body != before.body:
            before = declared.change(app, configuration, "destinations", old, body, version, by)
        if judged is not None:
            connection.took(app, judged)
        return before if new == old else destination(app, configuration, old, new)


def of_file(app: App, configuration: Configuration, old: str, new: str) -> None:
    """What the store keeps of a destination of the file, which says the new name already or is to say it next.
    ConfigError where the name cannot be one, or where an activation of the pages names the destination;
    ChangedMeanwhile: it is another's.
    """
    with declared.changing(app):
        there = configuration.current().destinations
        if new in there and (old in there or app.store.declared.get("destinations", new) is not None):
            declared.refuse_taken(app, configuration, "destinations", new)
        if new not in there:
            found = app.store.destinations.get(old)
            known = {"ad_account": found.ad_account} if found is not None else {}
            _tried(configuration, None, new, configuration.of_file("destinations").get(old, known), {})
        for name in _feeding(app, old):
            raise ConfigError(
                f"The activation '{masked(name)}' is changed on the pages and names this destination: take that over "
                "there too, then rename it there.",
                NAME,
            )
        in_store(app, old, new)


def in_store(app: App, old: str, new: str) -> None:
    """What the store keeps under the name; of a destination of the file all there is. ConfigError: ``new`` is taken."""
    with app.store.transaction():
        app.store.destinations.rename(old, new)
        app.store.consents.rename(old, new)
        drafts.follow(app, old, new)
        jobs.follow(app, old, new)
        notices.follow(app, old, new)
        both = {"before": {"name": masked(old)}, "after": {"name": masked(new)}}
        app.store.audit.add(app.who, "rename destination", old, app.clock.now(), **both)


def _feeding(app: App, destination: str) -> dict[str, Mapping[str, Any]]:
    """What the pages' activations that name it say."""
    parts = (part for part in app.store.declared.all() if part.kind == "activations")
    return {part.name: part.body for part in parts if part.body.get("destination") == destination}


def _tried(
    configuration: Configuration,
    old: str | None,
    new: str,
    body: Mapping[str, Any],
    feeding: Mapping[str, Mapping[str, Any]],
) -> None:
    """ConfigError at the name, which is all that is new. ``old`` None: it stays."""
    bodies: dict[tuple[str, str], Mapping[str, Any] | None] = {
        ("activations", name): each for name, each in feeding.items()
    }
    if old is not None:
        bodies["destinations", old] = None
    try:
        configuration.tried({**bodies, ("destinations", new): body})
    except ConfigError as error:
        raise ConfigError(str(error), NAME) from None


def _refuse_of_file(app: App, configuration: Configuration, old: str) -> None:
    """A file that names it would name nothing any more."""
    of_file = configuration.of_file("activations")
    mine = {part.name for part in app.store.declared.all() if part.kind == "activations"}
    for name, body in of_file.items():
        if name not in mine and body.get("destination") == old:
            raise ConfigError(
                f"The activation '{masked(name)}' is managed by {configuration.current().path} and names this "
                "destination: take it over first.",
                NAME,
            )
