"""Administrator, Marketer and Analyst each follow every link there is for them: nothing that is refused is offered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from guestlist.core.permissions import Role, person
from guestlist.web.pages.table import PAGES
from tests.story.before import PEOPLE, contacts, newsletter
from tests.story.stage import Stage

if TYPE_CHECKING:
    from tests.story.person import Person

pytestmark = pytest.mark.slow
Somebody = Callable[..., "Person"]
LINKS = "all => all.map(each => each.href)"
FORMS = "all => all.map(each => each.action)"
ONLY_MARKETERS = {"/activate", "/audiences/new", "/privacy", "/activations/newsletter-to-acme/edit"}
ONLY_ADMINISTRATORS = {"/activity", "/destinations/connect", *(f"/settings/{each}" for each in (
    "users", "tokens", "keys", "notices", "linkedin", "encryption", "retention"))}  # fmt: skip
REFUSED = {Role.ANALYST: ONLY_MARKETERS | ONLY_ADMINISTRATORS, Role.MARKETER: ONLY_ADMINISTRATORS}


def walked(somebody: Person, address: str, role: Role) -> set[str]:
    """The paths of every page that links lead to, from Home on; each is shown, and none of its forms is refused."""
    page, seen, waiting = somebody.page, set[str](), {"/"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, (role, path, answer.status)
        for action in page.eval_on_selector_all("form[method=post]:has(button)", FORMS):
            assert allowed(urlsplit(action).path, role), (role, path, action)
        found = page.eval_on_selector_all("a[href]:not([download]):not([target])", LINKS)
        waiting |= {urlsplit(each).path for each in found if each.startswith(address)} - seen
    return seen


def allowed(path: str, role: Role) -> bool:
    """Whether the page that takes a form there is for that role."""
    takes = [
        each for each in PAGES if each.method == "POST" and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), path)
    ]
    assert takes, path
    return any(each.public or each.allows(person("them", role)) for each in takes)


@pytest.mark.parametrize("role", Role)
def test_every_role_walks_all_that_is_offered_and_is_refused_the_rest(
    stage: Stage, somebody: Somebody, role: Role
) -> None:
    """ADOBE-10."""
    newsletter(stage, [*contacts("ann", "bob"), {"contact_id": "C-cid", "email": "cid at example.com"}])
    with stage.serving():
        them = somebody().signs_in(stage.address, PEOPLE[role]).is_at("Home").sees(str(role))
        offered = walked(them, stage.address, role)
        assert {
            "/destinations/acme/delivery",
            "/audiences/newsletter",
            "/activations/newsletter-to-acme/runs",
        } <= offered
        refused = REFUSED.get(role, set())
        assert offered & refused == set()
        assert (ONLY_MARKETERS | ONLY_ADMINISTRATORS) - refused <= offered
        for path in sorted(refused):
            answer = them.page.goto(stage.address + path)
            assert answer is not None
            assert answer.status == 403, path
            them.is_at("You may not do this").sees("An Administrator can change the role")


def test_nobody_goes_back_to_what_was_seen_before_signing_out(stage: Stage, somebody: Somebody) -> None:
    newsletter(stage, contacts("ann", "bob"))
    with stage.serving():
        ben = somebody().signs_in(stage.address, "ben").is_at("Home").presses("Audiences").presses("newsletter")
        ben.sees("ann@example.com").presses("Sign out").is_at("Sign in")
        for _ in range(2):
            ben.page.go_back()
            ben.is_at("Sign in").sees_no("newsletter")
