"""One activation as each of its tabs shows it: how it stands, and what may be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guestlist.app import connection, declared, overview, progress
from guestlist.app.declared import Declaration
from guestlist.app.results import StatusRow
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.web.pages import mending
from guestlist.web.pages.call import Call
from guestlist.web.pages.templates import path

if TYPE_CHECKING:
    from guestlist.config import ActivationConfig

LOOK = (Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS)


def shown(call: Call, **values: Any) -> dict[str, Any]:
    """What the frame around every tab needs, and ``values``. UnknownName."""
    name, config = call.part("name"), call.config
    (row,) = overview.status(call.app, config, (name,))
    wanted = config.activations.get(name)
    audience = config.audiences[wanted.audience] if wanted is not None else None
    declaration = _declaration(call, name)
    of_events = audience is not None and audience.source.events is not None
    return {
        "row": row,
        "wanted": wanted,
        "members": audience.members if audience is not None else "people",
        "of_events": of_events,
        "declaration": declaration,
        "may_act": call.person.may(*ACTIVATE),
        "tabs": _tabs(call, wanted, declaration, of_events=of_events),
        "reauthorize": _reauthorize(call, row),
        "mend": mending.of(call, name, row.mistake) if row.mistake is not None else None,
        "leaving": overview.leaving(call.app, name),
        "off": _off(call, wanted),
        "live": progress.of_activation(call.app, name),
        **values,
    }


def _reauthorize(call: Call, row: StatusRow) -> bool:
    """Whether all it waits for is that somebody authorises its destination anew."""
    there = row.destination in call.config.destinations
    return there and row.activation in connection.held_up(call.app, call.config, row.destination)


def _off(call: Call, wanted: ActivationConfig | None) -> str:
    """Its destination where that is switched off."""
    there = wanted is None or call.config.destinations[wanted.destination].enabled
    return "" if wanted is None or there else wanted.destination


def _declaration(call: Call, name: str) -> Declaration | None:
    """What the pages keep of it; None: a file describes it, or nobody does any more."""
    if not call.config.from_pages("activations", name):
        return None
    return declared.get(call.app, call.desk.configuration, "activations", name)


def _tabs(
    call: Call, wanted: ActivationConfig | None, declaration: Declaration | None, *, of_events: bool
) -> list[tuple[str, str]]:
    """(title, address) of those that lead somewhere for whoever asks."""
    name = call.part("name")
    there = {
        "Overview": ("", True),
        "Event Delivery": ("delivery", of_events),
        "Runs": ("runs", True),
        "Mapping": ("mapping", wanted is not None),
        "Trigger": ("trigger", of_events),
        "Settings": ("edit", declaration is not None and call.person.may(*ACTIVATE)),
        "Activity": ("activity", call.person.may(Permission.VIEW_USER_ACTIVITY_LOG)),
    }
    return [
        (title, path("activations", name, *filter(None, (step,)))) for title, (step, leads) in there.items() if leads
    ]
