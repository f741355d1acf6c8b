"""The mapping of an activation that is there: as it counts now, and changed with the checks of activating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guestlist.app import declared, drafts
from guestlist.app.activations import entry
from guestlist.app.context import App
from guestlist.app.declared import Declaration
from guestlist.app.drafts import Wanted
from guestlist.config import Config
from guestlist.configuration import Configuration
from guestlist.core import mapping as mappings
from guestlist.core.permissions import Person


def chosen(app: App, config: Config, name: str) -> dict[str, tuple[Any, ...]]:
    """LinkedIn field -> source fields: as somebody chose them, else as the first run fixed them; else nothing: of a
    list they are guessed, of events they are where Segment and RudderStack have them. UnknownName.
    """
    wanted = entry(config, name)
    if wanted.mapping is not None:
        return dict(wanted.mapping)
    known = app.store.activations.get(name)
    fixed = known.mapping if known is not None and known.removed_at is None else None
    of_events = config.audiences[wanted.audience].source.events is not None
    return {} if of_events or fixed is None else {field: tuple(sources) for field, sources in fixed.items()}


def in_effect(app: App, config: Config, name: str) -> dict[str, tuple[Any, ...]]:
    """The same, guessed where nobody chose; empty where a list cannot be read. UnknownName."""
    wanted = entry(config, name)
    audience = config.audiences[wanted.audience]
    if found := chosen(app, config, name):
        return found
    if audience.source.events is not None:
        return {field: (path,) for field, path in drafts.PATHS[audience.kind].items()}
    columns, _ = drafts.columns_of(app, config, wanted.audience)
    return mappings.guess(audience.kind, columns)


def change(
    app: App, configuration: Configuration, name: str, mapping: Mapping[str, Sequence[Any]], version: int, by: Person
) -> Declaration:
    """Put it in place of what was read as ``version``; empty: by itself again. ConfigError: LinkedIn could find nobody
    by it, a required pair is missing, a column is not there. ChangedMeanwhile, PermissionMissing (primaryId).
    """
    found = declared.of_pages(app, configuration, "activations", name)
    kept = {field: list(sources) for field, sources in mapping.items() if sources}
    wanted = Wanted(name, found.body).with_(mapping=kept)
    config = configuration.tried({("activations", name): wanted.body})
    if kept:
        columns, problem = drafts.columns_of(app, config, wanted.audience)
        drafts.check_usable(config, wanted, None if problem else columns)
    return declared.change(app, configuration, "activations", name, wanted.body, version, by)
