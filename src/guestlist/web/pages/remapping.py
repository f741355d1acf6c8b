"""The mapping and the trigger of an activation that is there: to look at, and to change as activating does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from guestlist.app import declared, drafts, event_trial, remapping, samples
from guestlist.app.drafts import Wanted
from guestlist.app.event_trial import Trial
from guestlist.core.identity import Kind
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.errors import ConfigError, Overtaken, UnknownName
from guestlist.web.pages import activation, meanwhile, pickers, triggers, unsaved
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form, beside
from guestlist.web.pages.pickers import Focus, Sources
from guestlist.web.pages.templates import path

book = Book()


# ── mapping ──────────────────────────────────────────────────────────────────────────────────────────────────────
@book.get("/activations/{name}/mapping", *LOOK)
def mapping(call: Call) -> Response:
    """As it counts now, or with rows that are not saved yet; pickers for whoever may change it."""
    found, kind = remapping.in_effect(call.app, call.config, call.part("name")), _kind(call)
    if (kept := unsaved.found(call)) is None:
        return call.show("activation_mapping.html", **_mapping(call, found, Focus()))
    focus, changed = pickers.focus_of(call.query, kind), kept["mapping"] != _lists(found)
    shown = _mapping(call, kept["mapping"], focus, changed=changed)
    return call.show("activation_mapping.html", **{**shown, "version": kept["version"]})


@book.post("/activations/{name}/mapping", *ACTIVATE)
def map_(call: Call) -> Response:
    """Only Save changes it; the other buttons lead to an address with what was chosen so far."""
    name, button, kind = call.part("name"), call.form["do"], _kind(call)
    before = _lists(remapping.in_effect(call.app, call.config, name))
    found = pickers.typed(call, kind, before)
    try:
        if pickers.is_help(button):
            found, focus = pickers.helped(call, kind, found, _suggested(call))
            return unsaved.shown(call, {"mapping": found, "version": call.form["version"]}, **focus.query)
        pickers.check_nothing_picked(call.form)
        if not found and not _of_events(call):
            raise ConfigError("Map at least one field that LinkedIn can find somebody by.", ("mapping",))
        if found != before:
            version = call.form.version
            remapping.change(call.app, call.desk.configuration, name, found, version, call.person)
    except Overtaken as error:
        values = _mapping(call, found, Focus(), changed=found != before) | {"version": _now(call)}
        return meanwhile.told(call, "activation_mapping.html", error, "activations", **values)
    except ConfigError as error:
        at, values = pickers.place_of(call, error, kind), _mapping(call, found, Focus(), changed=found != before)
        return call.again("activation_mapping.html", ConfigError(str(error)), at, **values)
    return call.go(path("activations", name, "mapping"), "The mapping was saved: it counts from the next run on.")


def _lists(mapping: Sources) -> dict[str, list[Any]]:
    return {field: list(sources) for field, sources in mapping.items()}


def _suggested(call: Call) -> Sources:
    return drafts.suggested(call.app, call.config, call.config.activations[call.part("name")].audience, call.person)


def _of_events(call: Call) -> bool:
    config = call.config
    return config.audiences[config.activations[call.part("name")].audience].source.events is not None


def _now(call: Call) -> str:
    """The version of what there is now."""
    return str(declared.get(call.app, call.desk.configuration, "activations", call.part("name")).version or "")


def _version(call: Call, shown: Mapping[str, Any]) -> str:
    """Of what was read before it was changed."""
    return call.form["version"] or str(shown["declaration"].version if shown["declaration"] else "")


def _kind(call: Call) -> Kind:
    config = call.config
    wanted = config.activations.get(call.part("name"))
    if wanted is None:
        raise UnknownName(f"There is no activation '{call.part('name')}' that has a mapping.")
    return config.audiences[wanted.audience].kind


def _mapping(call: Call, chosen: Sources, focus: Focus, *, changed: bool = False) -> dict[str, Any]:
    """Values of single rows, masked as they are, are for those who may see members. ``changed``: and not saved yet."""
    shown, kind = activation.shown(call), _kind(call)
    audience, of_events = shown["wanted"].audience, shown["of_events"]
    members = call.person.may(Permission.VIEW_PROFILES)
    seen = samples.of_mapping(call.app, call.config, audience, chosen, call.desk.latest, members=members)
    return {
        **shown,
        **pickers.shown(call, kind, chosen, seen, _suggested(call), focus, of_events=of_events),
        "version": _version(call, shown),
        "by_itself": shown["wanted"].mapping is None and not changed,
        "changed": changed,
    }


# ── trigger ──────────────────────────────────────────────────────────────────────────────────────────────────────
@book.get("/activations/{name}/trigger", *LOOK)
def trigger(call: Call) -> Response:
    """Which events count, and what they do; or with conditions that are not saved yet."""
    fields, found, form = triggers.filled_in(call, _kind(call), _wanted(call))
    shown, kept = _trigger(call, fields, found), unsaved.found(call)
    version = shown["version"] if kept is None else kept["version"]
    return call.show("activation_trigger.html", **{**shown, "version": version}, form=form)


@book.post("/activations/{name}/trigger", *ACTIVATE)
def change_trigger(call: Call) -> Response:
    """Only Save changes it; the other buttons help with filling in. The key is the audience's for ever."""
    name, kind, wanted = call.part("name"), _kind(call), _wanted(call)
    kept = triggers.fields_of(kind, wanted)
    fields = {**triggers.typed(call.form), **{key: kept[key] for key in ("audience_key", "segment_name", "enabled")}}
    try:
        found = triggers.helped(call, kind, wanted, fields)
        if call.form["do"] in triggers.HELPS:
            return triggers.addressed(call, kind, wanted, fields) or call.show(
                "activation_trigger.html", **_trigger(call, fields, found)
            )
        body, version = triggers.with_fields(wanted, fields).body, call.form.version
        declared.change(call.app, call.desk.configuration, "activations", name, body, version, call.person)
    except Overtaken as error:
        values = _trigger(call, fields) | {"version": _now(call)}
        return meanwhile.told(call, "activation_trigger.html", error, "activations", **values)
    except ConfigError as error:
        at = triggers.place_of(error, fields, "trigger")
        form = Form(call.form.fields, {at: beside(error)})
        return call.show("activation_trigger.html", 422, form=form, **_trigger(call, fields))
    return call.go(path("activations", name, "trigger"), "Saved: it counts for events from now on.")


def _wanted(call: Call) -> Wanted:
    name = call.part("name")
    wanted = call.config.activations.get(name)
    if wanted is None or call.config.audiences[wanted.audience].source.events is None:
        raise UnknownName(f"The activation '{name}' is not fed by events.")
    return Wanted(name, declared.get(call.app, call.desk.configuration, "activations", name).body)


def _trigger(call: Call, fields: dict[str, Any], found: Trial | None = None) -> dict[str, Any]:
    shown = activation.shown(call)
    pieces = triggers.pieces(fields, found, shown["members"])
    return {**shown, **pieces, "fql": event_trial.DEFAULT, "version": _version(call, shown)}
