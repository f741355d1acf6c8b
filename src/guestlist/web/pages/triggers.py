"""Activating an audience of events, with Segment's labels: its key, its action, which events count, and a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from guestlist.app import audiences, drafts, event_trial, last_events
from guestlist.app.drafts import Draft, Wanted
from guestlist.app.event_trial import Conditions, Trial
from guestlist.core.identity import Kind
from guestlist.errors import ConfigError, UnknownName
from guestlist.events.incoming import Event
from guestlist.web.pages import unsaved, wizard
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form, beside
from guestlist.web.pages.wizard import MAY

book = Book()
ACTIONS = {"auto": "Auto Detect", "add": "Add", "remove": "Remove"}
_ON_PATHS = ("property", "trait", "context")
_LINE = ("on", "op", "path", "value")
HELPS = ("conditions", "more", "real", "sample", "test")
_ROWS = ("conditions", "more")
_FEWEST = 2  # rows for conditions
_MOST = 20


@book.get("/activate/{number}/events/{place}", *MAY)
def one(call: Call) -> Response:
    """As it was left, or with what is not kept in the draft yet."""
    draft, place, wanted = _chosen(call)
    fields, found, form = filled_in(call, draft.kind, wanted)
    return call.show("activate_events.html", **_shown(call, draft, place, fields, found), form=form)


@book.post("/activate/{number}/events/{place}", *MAY)
def choose(call: Call) -> Response:
    """Only ``next`` and ``back`` keep it; the other buttons help with filling in."""
    draft, place, wanted = _chosen(call)
    fields, button = typed(call.form), call.form["do"]
    try:
        found = helped(call, draft.kind, wanted, fields)
        if button in HELPS:
            return addressed(call, draft.kind, wanted, fields) or call.show(
                "activate_events.html", **_shown(call, draft, place, fields, found)
            )
        return _kept(call, draft.with_one(place, with_fields(wanted, fields)), place, button)
    except ConfigError as error:
        return _refused(call, draft, place, fields, error)


def _kept(call: Call, draft: Draft, place: int, button: str) -> Response:
    wanted = draft.wanted[place]
    if button != "back":
        drafts.check_key(call.app, wanted)
        drafts.tried(call.desk.configuration, Draft(draft.id, draft.destination, draft.members, (wanted,)))
    drafts.save(call.app, call.person, draft)
    return wizard.onward(call, draft, f"events/{place + 1}")


def _refused(call: Call, draft: Draft, place: int, fields: dict[str, Any], error: ConfigError) -> Response:
    form = Form(call.form.fields, {place_of(error, fields, "audience_key"): beside(error)})
    return call.show("activate_events.html", 422, form=form, **_shown(call, draft, place, fields))


def _chosen(call: Call) -> tuple[Draft, int, Wanted]:
    draft = wizard.going_on(call)
    place, wanted = wizard.one_of(call, draft)
    if not wizard.is_of_events(call, wanted):
        raise UnknownName(f"The audience '{wanted.audience}' comes from a list, not from events.")
    return draft, place, wanted


# ── fields and bodies ────────────────────────────────────────────────────────────────────────────────────────────
def fields_of(kind: Kind, wanted: Wanted) -> dict[str, Any]:
    """What the form shows of an activation."""
    body = wanted.body
    trigger = body.get("trigger") or event_trial.DEFAULT
    rows = event_trial.as_conditions(trigger) or {"all": []}
    [(word, lines)] = rows.items()
    return {
        "audience_key": body.get("audience_key", ""),
        "segment_name": body.get("segment_name", ""),
        "action": body.get("action", "auto"),
        "trigger": event_trial.as_text(trigger),
        "group": word,
        "lines": [{key: str(line.get(key, "")) for key in _LINE} for line in lines],
        "enabled": body.get("enabled", True),
        "event": event_trial.sample(kind, body.get("audience_key", "")),
    }


def in_words(trigger: str | Conditions | None) -> str:
    """Which events count, as a sentence; "" where only FQL says it. ``trigger``: as an activation has it; None: the one
    that is not written.
    """
    rows = event_trial.as_conditions(trigger or event_trial.DEFAULT)
    if not rows:
        return ""
    [(word, lines)] = rows.items()
    return f"Events count {(' or ' if word == 'any' else ' and ').join(map(_condition, lines))}."


def _condition(line: Mapping[str, Any]) -> str:
    on = (
        f"{line['on']} {line.get('path', '')}".strip()
        if line["on"] in _ON_PATHS
        else str(line["on"]).rpartition("_")[2]
    )
    op = str(line["op"]).replace("_", " ")
    said = f"is {op}" if op.startswith(("less", "greater")) else op
    return f"whose {on} {said} {line.get('value', '')}".strip()


def typed(form: Form) -> dict[str, Any]:
    """The same as somebody left it."""
    columns = [form.all(each) for each in _LINE]
    return {
        "audience_key": form["audience_key"].strip(),
        "segment_name": form["segment_name"].strip(),
        "action": form["action"] if form["action"] in ACTIONS else "auto",
        "trigger": form["trigger"].strip().replace("\r\n", "\n"),
        "group": "any" if form["group"] == "any" else "all",
        "lines": [dict(zip(_LINE, line, strict=True)) for line in zip(*columns, strict=False)][:_MOST],
        "enabled": form["enabled"] == "yes",
        "event": event_trial.with_key(form["event"], form["audience_key"].strip()),
    }


def with_fields(wanted: Wanted, fields: dict[str, Any]) -> Wanted:
    """The trigger is kept as conditions where they say the same: so it can be edited as such again."""
    trigger: Any = fields["trigger"]
    try:
        rows = event_trial.joined(fields["group"], fields["lines"])
    except ConfigError:
        rows = {}
    if rows and event_trial.same(trigger, rows):
        trigger = rows
    if event_trial.same(event_trial.DEFAULT, trigger) if trigger else True:
        trigger = None
    return wanted.with_(
        audience_key=fields["audience_key"],
        segment_name=fields["segment_name"],
        action=None if fields["action"] == "auto" else fields["action"],
        trigger=trigger,
        enabled=None if fields["enabled"] else False,
    )


def helped(call: Call, kind: Kind, wanted: Wanted, fields: dict[str, Any]) -> Trial | None:
    """What a button does that only helps with filling in, done to ``fields``; what came of a test. ConfigError."""
    match call.form["do"]:
        case "conditions":
            fields["trigger"] = event_trial.as_text(event_trial.joined(fields["group"], fields["lines"]))
        case "more":
            fields["lines"] = [*fields["lines"], dict.fromkeys(_LINE, "")][:_MOST]
        case "real":
            fields["event"] = event_trial.written(_last(call, wanted))
        case "sample":
            fields["event"] = event_trial.sample(kind, fields["audience_key"])
        case "test":
            return event_trial.trial(kind, with_fields(wanted, fields).body, fields["event"])
    return None


def addressed(call: Call, kind: Kind, wanted: Wanted, fields: Mapping[str, Any]) -> Response | None:
    """On to where what a button did stands as it is now, tested or not; None: an event that somebody brought is kept
    nowhere, and has no address.
    """
    event = _event_of(call, kind, wanted, fields)
    if event is None:
        return None
    button, kept = call.form["do"], {key: value for key, value in fields.items() if key != "event"}
    body = {"fields": kept, "version": call.form["version"], "event": event, "tested": button == "test"}
    return unsaved.shown(call, body, "#trigger" if button in _ROWS else "#test")


def _event_of(call: Call, kind: Kind, wanted: Wanted, fields: Mapping[str, Any]) -> str | None:
    """What is kept of an event instead of itself: "" of a sample, a digest of the last one that came; None: nothing,
    for it is neither.
    """
    event = fields["event"]
    if not event.strip() or event_trial.is_sample(event, kind, fields["audience_key"]):
        return ""
    came = _came(call, wanted)
    return event_trial.digest(came) if came and event_trial.is_same(event, came) else None


def _came(call: Call, wanted: Wanted) -> str:
    """The last event that came, as JSON; "": none."""
    try:
        return event_trial.written(_last(call, wanted))
    except ConfigError:
        return ""


def _last(call: Call, wanted: Wanted) -> Event:
    """ConfigError: there is none to look at."""
    keys = audiences.write_keys_of(call.config, wanted.audience)
    return last_events.last(call.app, call.config, wanted.audience, keys, call.desk.latest)


def filled_in(call: Call, kind: Kind, wanted: Wanted) -> tuple[dict[str, Any], Trial | None, Form]:
    """What stands at the address that was asked for: fields, what came of a test, and what is wrong with them now."""
    fields, kept = fields_of(kind, wanted), unsaved.found(call)
    if kept is None:
        return fields, None, Form()
    fields |= kept["fields"]
    fields["event"] = event_trial.sample(kind, fields["audience_key"])
    if kept["event"]:
        fields["event"] = came = _came(call, wanted)
        if not came or event_trial.digest(came) != kept["event"]:
            return {**fields, "event": ""}, None, Form(faults={"event": _ANOTHER})
    try:
        found = event_trial.trial(kind, with_fields(wanted, fields).body, fields["event"]) if kept["tested"] else None
    except ConfigError as error:
        return fields, None, Form(faults={place_of(error, fields, "event"): beside(error)})
    return fields, found, Form()


_ANOTHER = "The event that stood here is not kept any more: only the last one that came is."


def place_of(error: ConfigError, fields: dict[str, Any], otherwise: str) -> str:
    """The field that an error is about."""
    return next((each for each in reversed(error.place) if each in fields or each == "event"), otherwise)


def pieces(fields: dict[str, Any], found: Trial | None, members: str) -> dict[str, Any]:
    """What the template needs of it."""
    missing = _FEWEST - len(fields["lines"])
    lines = [*fields["lines"], *(dict.fromkeys(_LINE, "") for _ in range(missing))]
    return {
        "fields": {**fields, "lines": lines}, "found": found, "actions": ACTIONS, "ons": event_trial.ON,
        "ops": event_trial.OPS, "heading": wizard.EVENTS[members], "in_words": in_words,
    }  # fmt: skip


def _shown(call: Call, draft: Draft, place: int, fields: dict[str, Any], found: Trial | None = None) -> dict[str, Any]:
    values = pieces(fields, found, draft.members)
    return wizard.shown(call, draft, f"events/{place + 1}", wanted=draft.wanted[place], **values)
