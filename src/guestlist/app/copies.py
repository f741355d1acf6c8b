"""A second activation like one that is there: the same choices under another name, off until it is switched on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from guestlist.app import declared, drafts, remapping
from guestlist.app.context import App
from guestlist.app.declared import Declaration
from guestlist.app.drafts import Draft, Wanted
from guestlist.configuration import Configuration
from guestlist.core.permissions import Permission, Person


def body_of(app: App, configuration: Configuration, name: str, by: Person) -> dict[str, Any]:
    """What a copy says, in the yaml's shape. ``primaryId`` is left out where whoever copies may not choose it.
    UnknownName.
    """
    body = dict(declared.get(app, configuration, "activations", name).body)
    mapping = {field: list(sources) for field, sources in remapping.chosen(app, configuration.current(), name).items()}
    if not by.may(Permission.VIEW_IDENTITY_GRAPH):
        mapping.pop("primaryId", None)
    body |= {"mapping": mapping} if mapping else {}
    return {"mode": "mirror", **body, **({} if body.get("mode") == "snapshot" else {"enabled": False})}


def begin(app: App, configuration: Configuration, name: str, by: Person) -> Draft:
    """A draft of one, at the first step of activating: for another ad account, under another name. UnknownName."""
    config, body = configuration.current(), body_of(app, configuration, name, by)
    draft = drafts.begin(app, by, body["destination"], config.audiences[body["audience"]].members)
    copy = Wanted(drafts.free_name(f"{name} (Copy)", set(config.activations)), body)
    draft = replace(draft, wanted=(copy,))
    drafts.save(app, by, draft)
    return draft


def make(
    app: App, configuration: Configuration, name: str, new: str, by: Person, destination: str | None = None
) -> Declaration:
    """One at once. Raises as ``declared.create``."""
    body = body_of(app, configuration, name, by) | ({"destination": destination} if destination else {})
    return declared.create(app, configuration, "activations", new, body, by)
