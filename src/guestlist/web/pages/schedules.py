"""Activating: how each audience is kept in step, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from guestlist.app import drafts, jobs
from guestlist.app.drafts import Draft, Wanted
from guestlist.app.jobs import JobRow
from guestlist.errors import ConfigError
from guestlist.web.pages import wizard
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form, beside
from guestlist.web.pages.sentences import NO_SCHEDULE
from guestlist.web.pages.wizard import MAY

book = Book()
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
ZONES = (
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Paris", "America/New_York", "America/Chicago",
    "America/Los_Angeles", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
)  # fmt: skip
_LIST = ("mirror", "snapshot", "add_only", "remove_only")
_EVENTS = ("stream", "mirror", "add_only")
_KEYS = ("name", "segment_name", "mode", "segment_of", "when", "number", "unit", "cron", "timezone", "start")
_AT = {"every": "number", "audience_key": "mode"}  # keys of the yaml -> fields of the form, where they differ


@book.get("/activate/{number}/sync", *MAY)
def look(call: Call) -> Response:
    """One block for each audience."""
    return call.show("activate_sync.html", **_shown(call, wizard.going_on(call)))


@book.post("/activate/{number}/sync", *MAY)
def choose(call: Call) -> Response:
    """Judged as a part of the whole configuration; going back keeps what was typed, whatever it is."""
    draft = wizard.going_on(call)
    draft = replace(draft, wanted=tuple(_typed(call.form, n, each) for n, each in enumerate(draft.wanted)))
    if call.form["do"] != "back":
        try:
            _check(call, draft)
        except ConfigError as error:
            return _refused(call, draft, error)
    drafts.save(call.app, call.person, draft)
    return wizard.onward(call, draft, "sync")


def _check(call: Call, draft: Draft) -> None:
    for n, each in enumerate(draft.wanted):
        if each.body["mode"] not in (_EVENTS if wizard.is_of_events(call, each) else _LIST):
            raise ConfigError("Choose how it is kept in step.", ("activations", each.name, "mode"))
        if call.form[f"when-{n}"] == "every" and not re.fullmatch(r"[1-9][0-9]{0,4}", call.form[f"number-{n}"].strip()):
            raise ConfigError("Say how often, as a whole number.", ("activations", each.name, "schedule", "every"))
        if _begins_never(call.form, n, each):
            raise ConfigError(NO_SCHEDULE, ("activations", each.name, "schedule", "start"))
    drafts.check_names(call.desk.configuration, draft.wanted)
    ready = tuple(each for each in draft.wanted if "audience_key" in each.body or not wizard.is_of_events(call, each))
    drafts.check_left(call.app, drafts.tried(call.desk.configuration, replace(draft, wanted=ready)), ready)


def _begins_never(form: Form, n: int, wanted: Wanted) -> bool:
    """A first day of nothing; where a mode needs no schedule, nobody is asked for one."""
    scheduled = wanted.body["mode"] in ("stream", "snapshot") or "schedule" in wanted.body
    return bool(form[f"start-{n}"].strip()) and not scheduled


def _refused(call: Call, draft: Draft, error: ConfigError) -> Response:
    """At the field of the audience that it is about."""
    names = [each.name for each in draft.wanted]
    place = names.index(error.place[1]) if len(error.place) > 1 and error.place[1] in names else 0
    key = next((each for each in reversed(error.place[2:]) if _AT.get(each, each) in _KEYS), "name")
    form = Form(call.form.fields, {f"{_AT.get(key, key)}-{place}": beside(error)})
    return call.show("activate_sync.html", 422, form=form, **_shown(call, draft))


def _typed(form: Form, n: int, wanted: Wanted) -> Wanted:
    mode = form[f"mode-{n}"]
    schedule: dict[str, str] | None = None
    if mode not in ("stream", "snapshot"):
        schedule = _schedule(form, n)
    return wanted.with_(
        form[f"name-{n}"].strip(),
        mode=mode,
        segment_name=form[f"segment_name-{n}"].strip()
        if f"segment_name-{n}" in dict(form.fields)
        else wanted.body.get("segment_name"),
        segment_of=form[f"segment_of-{n}"] if mode == "remove_only" else None,
        schedule=schedule,
        enabled=None if mode == "snapshot" else wanted.body.get("enabled"),
    )


def _schedule(form: Form, n: int) -> dict[str, str] | None:
    start, zone = form[f"start-{n}"].strip(), form[f"timezone-{n}"].strip()
    begins = {"start": start} if start else {}
    zoned = {"timezone": zone} if zone not in ("", "UTC") else {}
    match form[f"when-{n}"]:
        case "every":
            unit = form[f"unit-{n}"] if form[f"unit-{n}"] in UNITS else "h"
            return {"every": f"{form[f'number-{n}'].strip()}{unit}", **begins, **(zoned if begins else {})}
        case "cron":
            return {"cron": form[f"cron-{n}"].strip(), **begins, **zoned}
    return None


def _shown(call: Call, draft: Draft) -> dict[str, Any]:
    blocks, job = [], drafts.plan_of(call.app, draft)
    for n, each in enumerate(draft.wanted):
        of_events = wizard.is_of_events(call, each)
        values = {key: call.form[f"{key}-{n}"] for key in _KEYS} if call.form.fields else _values(each)
        blocks.append({
            "wanted": each,
            "of_events": of_events,
            "modes": _EVENTS if of_events else _LIST,
            "number_of_members": _counted(job, n),
            **values,
        })  # fmt: skip
    others = [
        name
        for name, each in call.config.activations.items()
        if each.destination == draft.destination
        and each.segment_of is None
        and each.mode != "stream"
        and call.config.audiences[each.audience].members == draft.members
    ]
    counting = _COUNTING if job is not None and job.state in jobs.OPEN else _NOT_COUNTED
    return wizard.shown(call, draft, "sync", blocks=blocks, units=UNITS, zones=ZONES, others=others, counting=counting)


def _values(wanted: Wanted) -> dict[str, str]:
    """A body as the fields of the form show it."""
    schedule: Mapping[str, str] = wanted.body.get("schedule") or {}
    every = re.fullmatch(r"([0-9]+)([mhd])", schedule.get("every", "")) or re.fullmatch("()()", "")
    return {
        "name": wanted.name,
        "segment_name": wanted.body.get("segment_name", ""),
        "mode": wanted.body["mode"],
        "segment_of": wanted.body.get("segment_of", ""),
        "when": "every" if "every" in schedule else "cron" if "cron" in schedule else "manual",
        "number": every[1] if every else "",
        "unit": every[2] if every else "",
        "cron": schedule.get("cron", ""),
        "timezone": schedule.get("timezone", "UTC"),
        "start": schedule.get("start", ""),
    }


_COUNTING = "are being counted; Review says how many there are."
_NOT_COUNTED = "are counted for Review, which is the last step."


def _counted(job: JobRow | None, n: int) -> int | None:
    """How many the list has, once a worker has counted."""
    if job is None or job.state != "done":
        return None
    found = list(job.result.values())[n]
    return found["adds"] + found["unchanged"] if "adds" in found else None
