"""Ending and renaming."""

from __future__ import annotations

from typing import Any

from guestlist.app import declared, renaming, runs
from guestlist.app.context import App
from guestlist.app.overview import known
from guestlist.app.patience import Patient
from guestlist.app.turn import turn
from guestlist.config import Config
from guestlist.configuration import Configuration
from guestlist.core.text import masked
from guestlist.errors import GuestlistError, UnknownName
from guestlist.store.activations import Activation


def deletes_segment(app: App, config: Config | None, name: str, asked: bool | None = None) -> bool:
    """Whether removing an activation deletes an audience at LinkedIn; ``asked`` None: as the file's ``on_delete`` says.
    Only the activation whose segment it is can. ConfigError when the activation is not known.
    """
    activation = known(app, name)
    wanted = config.activations.get(name) if config is not None else None
    delete = asked if asked is not None else wanted is not None and wanted.on_delete == "delete"
    segment = app.store.segments.current(activation.ledger_id)
    return delete and segment is not None and segment.linkedin_id is not None and activation.segment_of is None


def remove(app: App, config: Config | None, name: str, *, delete_segment: bool | None = None) -> str:
    """Stop an activation for good. Its ledger outlives it, since forgetting must reach its LinkedIn audience.

    ``delete_segment`` None: what the file's ``on_delete`` says. Raises what ``Destination`` raises when LinkedIn is to
    delete the audience and cannot; nothing is removed then.
    """
    with turn(app, known(app, name)) as mine:
        activation = mine.activation
        before, deleted = _facts(app, activation), deletes_segment(app, config, name, delete_segment)
        if deleted:
            _delete(app, activation)
        for run in app.store.runs.open_runs(activation.ledger_id):
            if run.activation_id == activation.id:
                runs.close(app, run)
        app.store.activations.end(activation.id, app.clock.now())
        app.store.waiting_events.drop(activation.id)
        after = {**before, "state": "removed", **({"linkedin_audience": "deleted"} if deleted else {})}
        app.store.audit.add(app.who, "remove", name, app.clock.now(), before=before, after=after)
    stays = "its LinkedIn audience was deleted" if deleted else "its LinkedIn audience stays as it is"
    return f"Activation '{name}' was removed; {stays}.{_still_named(config, name)}"


def withdraw(
    app: App, configuration: Configuration, name: str, version: int | None, *, delete_segment: bool | None = None
) -> str:
    """The same with an activation that the pages made: it is taken out of the configuration too. ``version`` (of
    ``declared``) None: nothing describes it any more. Raises as both do; nothing is removed then.
    """
    config = configuration.current_or_empty()
    if version is None:
        if name in config.activations:
            raise declared.managed(configuration, "activations", name)
        return remove(app, config, name, delete_segment=delete_segment)
    found = declared.get(app, configuration, "activations", name)
    declared.delete(app, configuration, "activations", name, version)  # first, so that no worker begins it anew
    known = app.store.activations.get(name)
    if known is None or known.removed_at is not None:
        return f"Activation '{name}' was removed; it was never synced."
    try:
        deletes = deletes_segment(app, config, name, delete_segment)
        return remove(app, None, name, delete_segment=deletes)
    except UnknownName:  # somebody else removed it meanwhile
        raise
    except GuestlistError:
        declared.create(app, configuration, "activations", name, found.body)
        raise


def _facts(app: App, activation: Activation) -> dict[str, Any]:
    """What the audit log tells of an activation that is there."""
    segment = app.store.segments.current(activation.ledger_id)
    audience = None if segment is None else segment.name
    return {"state": "there", "destination": activation.destination, "linkedin_audience": audience}


def _delete(app: App, activation: Activation) -> None:
    segment = app.store.segments.current(activation.ledger_id)
    if segment is not None and segment.linkedin_id is not None:
        Patient(app, app.door.destination(activation.destination_id)).delete_segment(segment.linkedin_id)
        app.store.segments.bury(segment.id)


def _still_named(config: Config | None, name: str) -> str:
    """What the file would do to it next."""
    wanted = config.activations.get(name) if config is not None else None
    if config is None or wanted is None:
        return ""
    anew = "starts it anew" if wanted.segment_of else "makes a new LinkedIn audience of it and tells everybody again"
    return f" {config.path} still names it: take it out there too, or the next sync {anew}."


def rename(app: App, configuration: Configuration, old: str, new: str) -> str:
    """Give an activation another name; segment, ledger and history stay."""
    if app.store.declared.get("activations", old) is not None:
        declared.rename(app, configuration, old, new)
        return f"Activation '{old}' is now '{new}'."
    known(app, old)
    app.store.activations.rename(old, new)
    both = {"before": {"name": old}, "after": {"name": new}}
    app.store.audit.add(app.who, "rename", old, app.clock.now(), **both)
    return f"Activation '{old}' is now '{new}': write the new name in the file too."


def rename_destination(app: App, configuration: Configuration, old: str, new: str) -> str:
    """Give a destination another name; its credential, and all that its activations told LinkedIn, stay."""
    if app.store.declared.get("destinations", old) is not None:
        renaming.destination(app, configuration, old, new)
        return f"Destination '{old}' is now '{new}'."
    if app.store.destinations.get(old) is None:
        raise UnknownName(
            f"Destination '{masked(old)}' was never connected, nor synced to: write its name in the file."
        )
    renaming.of_file(app, configuration, old, new)
    return f"Destination '{old}' is now '{new}': write the new name in the file too, also where activations name it."
