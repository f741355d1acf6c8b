"""Activating ends: what will be made, what a first sync would do exactly, and Finish."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import drafts, event_trial, jobs
from guestlist.app.drafts import Draft
from guestlist.errors import ConfigError, UnknownName
from guestlist.web.pages import triggers, wizard
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.sentences import for_people
from guestlist.web.pages.templates import path
from guestlist.web.pages.wizard import MAY

book = Book()


@book.get("/activate/{number}/review", *MAY)
def look(call: Call) -> Response:
    """What is wrong with it stands above all."""
    draft = wizard.going_on(call)
    return call.show("activate_review.html", **_shown(call, draft, _problem(call, draft)))


@book.post("/activate/{number}/review", *MAY)
def ask(call: Call) -> Response:
    """Let a worker find out."""
    draft = wizard.going_on(call)
    drafts.ask_plan(call.app, call.desk.configuration, call.person, draft)
    return call.go(wizard.at(draft, "review"))


@book.get("/activate/{number}/plan", *MAY)
def plan(call: Call) -> Response:
    """The part of the page that says how far it is, for looking again and again; nothing once the draft is over."""
    try:
        draft = wizard.going_on(call)
    except UnknownName:
        if "hx-request" not in call.request.headers:
            raise
        return Response(status_code=204)  # Finish was pressed while the page was still looking
    return call.show("activate_plan.html", draft=draft, to=wizard.at(draft, ""), **_plan(call, draft))


@book.post("/activate/{number}/finish", *MAY, form="/activate/{number}/review")
def finish(call: Call) -> Response:
    """All of it is made, or nothing."""
    draft = wizard.going_on(call)
    try:
        names = drafts.finish(call.app, call.desk.configuration, call.person, draft, run=call.form["run"] == "yes")
    except ConfigError as error:
        return call.show("activate_review.html", 422, **_shown(call, draft, error))
    if len(names) == 1:
        return call.go(path("activations", names[0]), f"{names[0]} is there.")
    return call.go("/activations", f"{len(names)} activations are there.")


def _problem(call: Call, draft: Draft) -> ConfigError | None:
    try:
        drafts.tried(call.desk.configuration, draft)
        for each in draft.wanted:
            drafts.check_mapping(call.config, each, None, call.person)
    except ConfigError as error:
        return error
    return None


def _shown(call: Call, draft: Draft, problem: ConfigError | None) -> dict[str, Any]:
    """``mend``: where what is wrong can be put right."""
    runnable = [each for each in draft.wanted if drafts.runs_at_once(call.app, each)]
    return wizard.shown(
        call,
        draft,
        "review",
        problem=for_people(str(problem)) if problem else "",
        mend=wizard.at(draft, _step(call, draft, problem)) if problem else "",
        runnable=runnable,
        in_words=triggers.in_words,
        as_fql=lambda trigger: event_trial.as_text(trigger or event_trial.DEFAULT),
        of_events=[wizard.is_of_events(call, each) for each in draft.wanted],
        **_plan(call, draft),
    )


def _plan(call: Call, draft: Draft) -> dict[str, Any]:
    return {"job": drafts.plan_of(call.app, draft), "is_worked": jobs.is_worked(call.app)}


def _step(call: Call, draft: Draft, problem: ConfigError) -> str:
    if not draft.wanted:
        return "audiences"
    names, place = [each.name for each in draft.wanted], problem.place
    n = names.index(place[1]) if len(place) > 1 and place[1] in names else 0
    if "mapping" in place:
        return f"mapping/{n + 1}"
    if {"audience_key", "trigger", "action"} & set(place) and wizard.is_of_events(call, draft.wanted[n]):
        return f"events/{n + 1}"
    return "" if "destination" in place else "sync"
