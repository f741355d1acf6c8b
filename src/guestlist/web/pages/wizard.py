"""The steps of activating: which there are for a draft, in which order, and where each is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from guestlist.app import drafts
from guestlist.app.drafts import Draft, Wanted
from guestlist.core.permissions import ACTIVATE
from guestlist.errors import ConfigError, UnknownName
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole
from guestlist.web.pages.templates import path

MAY = ACTIVATE
EVENTS = {  # Segment's names of the actions
    "people": "Sync To LinkedIn DMP Segment",
    "companies": "Sync To LinkedIn DMP Company Segment",
}


@dataclass(frozen=True)
class Step:
    """``key``: what stands behind the draft's number; ``here``: it is shown now."""

    title: str
    key: str
    to: str
    here: bool


def draft_of(call: Call) -> Draft:
    """The draft of the path, if it is theirs, without audiences that are gone by now. UnknownName."""
    draft = drafts.get(call.app, call.person, whole(call.part("number")) or 0)
    there = call.config.audiences
    return replace(draft, wanted=tuple(each for each in draft.wanted if each.audience in there))


def going_on(call: Call) -> Draft:
    """The same for every step but the first. ConfigError: its destination is gone."""
    draft = draft_of(call)
    if draft.destination not in call.config.destinations:
        raise ConfigError(f"The destination '{draft.destination}' is gone: choose another in the draft's first step.")
    return draft


def one_of(call: Call, draft: Draft) -> tuple[int, Wanted]:
    """Which activation of it the path is about, from 0. UnknownName."""
    place = call.part("place")
    if not place.isdecimal() or not 1 <= int(place[:6]) <= len(draft.wanted):
        raise UnknownName("This draft has no such step: an audience was taken out of it.")
    return int(place) - 1, draft.wanted[int(place) - 1]


def is_of_events(call: Call, wanted: Wanted) -> bool:
    """Whether its audience comes from events."""
    return call.config.audiences[wanted.audience].source.events is not None


def keys(call: Call, draft: Draft) -> list[tuple[str, str]]:
    """(title, key) of every step in order; the first has an empty key."""
    found = [("Destination", ""), ("Audiences", "audiences")]
    found += [("Mapping", f"mapping/{n}") for n in range(1, len(draft.wanted) + 1)]
    if draft.wanted:
        found.append(("Sync mode and schedule", "sync"))
    for n, each in enumerate(draft.wanted, 1):
        if is_of_events(call, each):
            found.append((EVENTS[draft.members], f"events/{n}"))
    return [*found, ("Review", "review")] if draft.wanted else found


def at(draft: Draft, key: str) -> str:
    """Where a step is."""
    return path("activate", draft.id) + (f"/{key}" if key else "")


def onward(call: Call, draft: Draft, key: str) -> Response:
    """To the step that follows, or the one before, as the form's button says. Review is asked for its plan."""
    names = [each for _, each in keys(call, draft)]
    step = -1 if call.form["do"] == "back" else 1
    to = names[min(max(names.index(key) + step, 0), len(names) - 1)]
    if to in ("review", "sync") and step == 1:
        _ask(call, draft)
    return call.go(at(draft, to))


def _ask(call: Call, draft: Draft) -> None:
    """A plan takes longer than a step: it is asked for as soon as can be."""
    try:
        drafts.ask_plan(call.app, call.desk.configuration, call.person, draft)
    except ConfigError:  # something is missing still; review says what
        return


def shown(call: Call, draft: Draft, key: str, **values: Any) -> dict[str, Any]:
    """What every step shows."""
    steps: list[Step] = []
    for title, each in keys(call, draft):
        if steps and steps[-1].title == title:
            steps[-1] = Step(title, steps[-1].key, steps[-1].to, steps[-1].here or each == key)
        else:
            steps.append(Step(title, each, at(draft, each), each == key))
    return {"draft": draft, "steps": steps, "to": at(draft, key), "config": call.config, **values}
