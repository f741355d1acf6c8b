"""Ending and renaming activations."""

from __future__ import annotations

from guestlist.app import runs
from guestlist.app.context import App
from guestlist.app.overview import known
from guestlist.app.patience import Patient
from guestlist.config import Config


def remove(app: App, config: Config | None, name: str, *, delete_segment: bool | None = None) -> str:
    """Stop an activation for good. Its ledger outlives it, since forgetting must reach its LinkedIn audience.

    ``delete_segment`` None: what the file's ``on_delete`` says. Raises what ``Destination`` raises when LinkedIn is to
    delete the audience and cannot; nothing is removed then.
    """
    activation = known(app, name)
    wanted = config.activations.get(name) if config is not None else None
    delete = delete_segment if delete_segment is not None else wanted is not None and wanted.on_delete == "delete"
    with app.store.lock(f"ledger-{activation.ledger_id}"):
        segment = app.store.segments.current(activation.ledger_id)
        deleted = False
        if delete and segment is not None and segment.linkedin_id and activation.segment_of is None:
            Patient(app, app.door.destination(activation.destination)).delete_segment(segment.linkedin_id)
            app.store.segments.bury(segment.id)
            deleted = True
        for run in app.store.runs.open_runs(activation.ledger_id):
            if run.activation_id == activation.id:
                runs.close(app, run)
        app.store.activations.end(activation.id, app.clock.now())
        app.store.audit.add("local", "remove", name, app.clock.now(), deleted=deleted)
    stays = "its LinkedIn audience was deleted" if deleted else "its LinkedIn audience stays as it is"
    return f"Activation '{name}' was removed; {stays}."


def rename(app: App, old: str, new: str) -> str:
    """Give an activation another name; segment, ledger and history stay."""
    known(app, old)
    app.store.activations.rename(old, new)
    app.store.audit.add("local", "rename", old, app.clock.now(), new=new)
    return f"Activation '{old}' is now '{new}': write the new name in the file too."
