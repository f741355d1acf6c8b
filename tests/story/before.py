"""What happened before a story begins: people may sign in, an ad account is connected, lists were sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guestlist.app import audiences, declared, uploads, users
from guestlist.core.permissions import LOCAL, Role
from guestlist.facade import Guestlist
from tests.story.person import PASSWORD
from tests.story.stage import ACCOUNT, DAY, Stage

PEOPLE = {Role.ADMINISTRATOR: "ann", Role.MARKETER: "ben", Role.ANALYST: "cleo"}
Rows = Sequence[Mapping[str, str]]


def contacts(*names: str) -> list[dict[str, str]]:
    return [{"contact_id": f"C-{name}", "email": f"{name}@example.com"} for name in names]


def crowd(count: int) -> list[dict[str, str]]:
    return contacts(*(f"guest{n}" for n in range(count)))


def begun(stage: Stage) -> Guestlist:
    """Everybody may sign in, and LinkedIn has allowed it, a day ago: a younger token is not believed to be lost."""
    door = stage.opened(DAY)
    for role, name in PEOPLE.items():
        users.create(door.app, name, role, PASSWORD)
    declared.create(door.app, door.configuration, "destinations", "acme", {"ad_account": ACCOUNT})
    door.connect_token("acme", stage.linkedin.control("tokens"))
    return door


def uploaded(door: Guestlist, stage: Stage, name: str, rows: Rows, members: str = "people") -> None:
    with uploads.arriving(door.app) as arriving:
        arriving.write(stage.written(rows, f"{name}.csv").read_bytes())
    audiences.take_in(door.app, door.configuration, arriving, name, f"{name}.csv", members, LOCAL)


def activated(door: Guestlist, name: str, audience: str, **body: Any) -> None:
    """Made on the pages; nothing was sent yet."""
    described = {"audience": audience, "destination": "acme", **body}
    declared.create(door.app, door.configuration, "activations", name, described)


def ran(stage: Stage, name: str) -> None:
    """One run more."""
    with stage.opened() as door:
        door.sync(name)


def newsletter(stage: Stage, rows: Rows) -> None:
    """One list of people in step with one LinkedIn audience."""
    with begun(stage) as door:
        uploaded(door, stage, "newsletter", rows)
        activated(door, "newsletter-to-acme", "newsletter")
    ran(stage, "newsletter-to-acme")
