"""Changing an activation: its schedule and rules, its name, and its end."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import copies, declared, ending
from guestlist.app.declared import Declaration
from guestlist.core.permissions import ACTIVATE
from guestlist.errors import ConfigError, Overtaken
from guestlist.web.pages import activation, meanwhile, wizard
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.sentences import NO_SCHEDULE
from guestlist.web.pages.templates import path

book = Book()
KINDS = ("manual", "every", "cron")
USUAL = "keep"  # what counts where nothing is said, and so it is not said
RENAMES = {USUAL: "Keep the name at LinkedIn", "propagate": "Rename at LinkedIn too"}
ENDS = {USUAL: "Keep the LinkedIn audience", "delete": "Delete the LinkedIn audience too"}


@book.get("/activations/{name}/edit", *ACTIVATE)
def edit(call: Call) -> Response:
    """What can change while its LinkedIn audience stays."""
    return call.show("activation_edit.html", **_shown(call))


@book.post("/activations/{name}/edit", *ACTIVATE)
def save(call: Call) -> Response:
    """Put what was typed in place of what there was; what the form does not speak of stays."""
    name, configuration = call.part("name"), call.desk.configuration
    found = _mine(call)
    try:
        body = {key: value for key, value in {**found.body, **_typed(call)}.items() if value not in (None, "")}
        declared.change(call.app, configuration, "activations", name, body, call.form.version, call.person)
    except Overtaken as error:
        return meanwhile.told(call, "activation_edit.html", error, "activations", **_shown(call))
    except ConfigError as error:
        return call.again("activation_edit.html", error, "max_removals", **_shown(call))
    return call.go(path("activations", name, "edit"), f"{name} was saved.")


@book.post("/activations/{name}/rename", *ACTIVATE, form="/activations/{name}/edit")
def rename(call: Call) -> Response:
    """Its LinkedIn audience and all that is known of it stay."""
    name, propagate = call.part("name"), bool(call.form["propagate"])
    try:
        found = declared.rename(
            call.app, call.desk.configuration, name, call.form["new"].strip(), propagate=propagate, check=_as_read(call)
        )
    except Overtaken as error:
        return meanwhile.told(call, "activation_edit.html", error, "activations", **_shown(call))
    except ConfigError as error:
        return call.again("activation_edit.html", ConfigError(str(error), ("new",)), "new", **_shown(call))
    return call.go(path("activations", found.name), f"{name} is called {found.name} now.")


@book.post("/activations/{name}/remove", *ACTIVATE, form="/activations/{name}/edit")
def remove(call: Call) -> Response:
    """Stop it for good; the LinkedIn audience is kept, or deleted where that was ticked."""
    name, delete = call.part("name"), bool(call.form["delete_segment"])
    wanted = call.config.activations.get(name)
    version = None if wanted is None else call.form.version
    try:
        text = ending.withdraw(call.app, call.desk.configuration, name, version, delete_segment=delete)
    except Overtaken as error:
        return meanwhile.told(call, "activation_edit.html", error, "activations", **_shown(call))
    return call.go("/activations", text)


@book.post("/activations/{name}/duplicate", *ACTIVATE)
def duplicate(call: Call) -> Response:
    """A draft with the same choices: for another ad account, or under another name."""
    draft = copies.begin(call.app, call.desk.configuration, call.part("name"), call.person)
    return call.go(wizard.at(draft, ""), "A copy with the same choices: nothing is made before Finish.")


def _as_read(call: Call) -> declared.Check:
    """Overtaken where it is another by now."""
    return lambda there: declared.unchanged(there, call.form.version)


def _typed(call: Call) -> dict[str, Any]:
    """What is left empty, or as usual, is not said. ConfigError: a first day of no schedule, or one
    that does not say how often.
    """
    kind = call.form["schedule"]
    schedule: dict[str, str] | None = None
    start, zone = call.form["start"].strip(), {"timezone": call.form["timezone"].strip() or "UTC"}
    begins = {"start": start} if start else {}
    if kind == "every":
        if not call.form["every"].strip():
            raise ConfigError("Say how often, like 1h.", ("every",))
        schedule = {"every": call.form["every"].strip(), **begins, **(zone if begins else {})}
    elif kind == "cron":
        schedule = {"cron": call.form["cron"].strip(), **zone, **begins}
    elif start:
        raise ConfigError(NO_SCHEDULE, ("start",))
    return {
        **({"schedule": schedule} if kind else {}),
        "max_removals": call.form["max_removals"].strip(),
        "segment_name": call.form["segment_name"].strip(),
        "rename": call.form["rename"].replace(USUAL, ""),
        "on_delete": call.form["on_delete"].replace(USUAL, ""),
        "keep_alive": bool(call.form["keep_alive"]) or None,
    }


def _shown(call: Call) -> dict[str, Any]:
    found = _mine(call)
    schedule = found.body.get("schedule") or {}
    kind = next((each for each in ("every", "cron") if each in schedule), "manual")
    return {
        **activation.shown(call), "body": found.body, "version": found.version, "schedule": schedule, "kind": kind,
        "kinds": KINDS, "renames": RENAMES, "ends": ENDS,
    }  # fmt: skip


def _mine(call: Call) -> Declaration:
    """What the pages keep of it; ConfigError where a file describes it."""
    return declared.of_pages(call.app, call.desk.configuration, "activations", call.part("name"))
