"""What a person does on the pages about an activation that no run can begin of."""

from __future__ import annotations

from dataclasses import dataclass

from guestlist.app.results import Mistake
from guestlist.core.permissions import ACTIVATE, CONNECT, Permission, whom_to_ask
from guestlist.web.pages.call import Call
from guestlist.web.pages.templates import path

_MADE = {
    "audience": "Its LinkedIn audience is made of the audience {was}, and now the audience is {now}",
    "destination": "Its LinkedIn audience is at the destination {was}, and now the destination is {now}",
    "members": "Its LinkedIn audience is of {was}, and now its audience is of {now}",
    "ad_account": "Its LinkedIn audience is in the ad account {was}, and now {destination} has the Account ID {now}",
    "audience_key": "Its LinkedIn audience is made of the key {was}, and now the key is {now}",
    "mode": "Its sync mode was {was} and is {now} now: a snapshot stays one, and nothing else becomes one",
}


@dataclass(frozen=True)
class Mending:
    """``text``: sentences; ``to``: where whoever asks mends it, behind a link called ``label``; "": others have to."""

    text: str
    to: str = ""
    label: str = ""


def of(call: Call, name: str, mistake: Mistake) -> Mending:
    """What is wrong with an activation of the configuration, and what to do."""
    destination = call.config.activations[name].destination
    was, now = (each.replace("_", " ") if mistake.what == "mode" else each for each in (mistake.was, mistake.now))
    wrong = _MADE[mistake.what].format(was=was, now=now, destination=destination)
    needs: tuple[Permission, ...]
    if mistake.what == "ad_account":
        do, needs = f"give {destination} the Account ID {was} again", CONNECT
        to, label = path("destinations", destination), f"Settings of {destination}"
    elif call.config.from_pages("activations", name):
        do, needs = _removed(call, name), ACTIVATE
        to, label = path("activations", name, "edit"), f"Settings of {name}"
    else:
        return Mending(f"{wrong}: nothing is sent. Somebody has to write {was} again in {call.config.path.name}.")
    if not call.person.may(*needs):
        return Mending(f"{wrong}: nothing is sent. Ask {whom_to_ask(*needs)} to {do}.")
    return Mending(f"{wrong}: nothing is sent. {do[0].upper()}{do[1:]}.", to, label)


def _removed(call: Call, name: str) -> str:
    """A file that still names it would bring it back."""
    first = (
        f"take it out of {call.config.path.name}, " if name in call.desk.configuration.of_file("activations") else ""
    )
    return f"{first}remove it under its Settings and activate it anew"
