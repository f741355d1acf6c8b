"""How things stand, in plain words: what a person should know and do, not what we call it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from guestlist.core import words
from guestlist.web.pages.commands import on_pages

Colour = Literal["green", "blue", "yellow", "red", "grey"]


@dataclass(frozen=True)
class Shown:
    """``text`` stands beside a dot of that colour; ``meaning`` says more."""

    text: str
    colour: Colour
    meaning: str = ""


_STATES = {
    "in step": Shown("In step", "green", "LinkedIn was told everything the list says."),
    "never synced": Shown("Not sent yet", "grey", "Nothing was sent yet: run it when you are ready."),
    "waiting": Shown("Waiting for you", "yellow", "More would leave than a run may remove by itself."),
    "parked": Shown("Waiting for you", "yellow"),
    "pending": Shown("Waiting for LinkedIn", "blue", "It goes on by itself."),
    "failed": Shown("Failed", "red", "The next run tries again."),
    "mistaken": Shown("Failed", "red", "No run can begin before somebody mends it."),
    "lost": Shown("Lost at LinkedIn", "red", "The next run makes another LinkedIn audience and fills it."),
    "frozen": Shown("Sent once", "green", "The snapshot was sent; its list is read again only for a new snapshot."),
    "syncing": Shown("Sending now", "blue"),
    "disabled": Shown("Paused", "grey", "Nothing is sent, nothing is lost."),
    "not in the file": Shown(
        "Taken out", "grey", "It is described nowhere any more: nothing is sent, nothing deleted."
    ),
    "done": Shown("Done", "green"),
    "working": Shown("Working", "blue"),
    "works": Shown("Works", "green"),
    "invited": Shown("Invited", "blue", "They have not chosen a password yet."),
    "disabled user": Shown("Disabled", "grey", "They cannot sign in."),
    "locked": Shown("Locked", "yellow", "Too many wrong passwords; it opens by itself within 15 minutes."),
}
_AUDIENCES = {
    "in use": Shown("In use", "green"),
    "listening": Shown("Listening", "green"),
    "no events yet": Shown("No event yet", "grey"),
    "not activated": Shown("Not activated", "grey"),
    "no list": Shown("Waiting for you: no list", "yellow"),
}
_DESTINATIONS = {
    "in order": Shown("Works", "green"),
    "disabled": Shown("Switched off", "grey"),
    "not connected": Shown("Not connected yet", "grey"),
}
_RECEIPTS = {"complete": Shown("Complete", "green"), "undone": Shown("Undone", "grey")}
_LINKEDIN = {
    "BUILDING": Shown("Building", "blue", "LinkedIn is matching who was sent; that takes up to 48 hours."),
    "READY": Shown("Ready", "green", "Campaigns can use it."),
    "UPDATING": Shown(
        "Updating", "blue", "Campaigns can use it; LinkedIn takes in changes, which takes up to 48 hours."
    ),
    "FAILED": Shown("Failed", "red", "LinkedIn could not build it; the next run makes another."),
    "ERROR": Shown("Error", "red", "LinkedIn could not build it; the next run makes another."),
    "EXPIRED": Shown(
        "Expired",
        "red",
        "Nobody used or changed it for 90 days and nobody is in it any more; the next run makes another.",
    ),
    "ARCHIVED": Shown(
        "Archived",
        "yellow",
        "Nobody used or changed it for 30 days; a change or a campaign brings it back within 48 hours.",
    ),
    "DELETED": Shown("Deleted", "red", "Somebody deleted it at LinkedIn; the next run makes another."),
}

OUTCOMES = {
    "delivered": "Delivered",
    "failed": "Refused by LinkedIn",
    "rejected": "Names nobody",
    "filtered": "Filtered",
    "duplicate": "Came twice",
    "superseded": "A later one counted",
    "in step already": "Nothing to say",
    "pending": "On its way",
    "pending retry": "Sent again soon",
    "failed on ingest": "Could not be read",
}  # of an event

_ID_TYPES = {"SHA256_EMAIL": "hashed e-mail", "SHA512_EMAIL": "hashed e-mail", "GOOGLE_AID": "Google advertising id"}
_CLAUSE = re.compile(r"(?<=[.;:])\s+")


def plain(text: str) -> str:
    """A reason as a sentence: what can be done on the pages, without what is only of use on a command line."""
    clauses = [each for each in _CLAUSE.split(on_pages(text)) if "`guestlist" not in each]
    said = " ".join(clauses).rstrip(" ;:")
    if not said:
        return ""
    return f"{said[0].upper()}{said[1:]}{'' if said.endswith(('.', '!', '?')) else '.'}"


def some(count: int, members: str) -> str:
    """``1 person``, ``39 people``, ``2 companies``."""
    return words.counted(count, *(("company", "companies") if members == "companies" else ("person", "people")))


def id_type(name: str) -> str:
    """What LinkedIn finds a person by; what is a field's name stays that."""
    return _ID_TYPES.get(name.upper(), name)


def state(name: str) -> Shown:
    """Of an activation, a run, a job, a user."""
    return _STATES.get(name) or Shown(name.capitalize(), "grey")


def audience(name: str) -> Shown:
    """Of an audience."""
    return _AUDIENCES[name]


def destination(name: str, *, soon: bool = False) -> Shown:
    """Of a destination; ``soon``: its authorization ends before long."""
    if name == "in order" and soon:
        return Shown("Authorize again soon", "yellow")
    return _DESTINATIONS.get(name) or Shown(f"Waiting for you: {name}", "yellow")


def receipt(name: str) -> Shown:
    """Of a wish to be forgotten."""
    return _RECEIPTS.get(name) or Shown("Waiting for LinkedIn", "yellow")


def key(revoked: float | None) -> Shown:
    """Of a write key."""
    return Shown("In use", "green") if revoked is None else Shown("Revoked", "grey")


def linkedin(status: str, made: object = None, *, once: bool = False) -> Shown:
    """Of a LinkedIn audience, as LinkedIn says it. ``made``: there is one, if LinkedIn said nothing yet; ``once``: a
    snapshot's, which no run makes again.
    """
    if made and not status:
        return Shown("Not looked at yet", "grey", "Guestlist asks LinkedIn every quarter of an hour.")
    if once and status in _LINKEDIN:
        shown = _LINKEDIN[status]
        return replace(shown, meaning=shown.meaning.replace("the next run makes another", "New snapshot makes another"))
    return _LINKEDIN.get(status) or Shown(status.capitalize() or "Not made yet", "grey")
