"""The audit log says what changed by the names that the pages have for it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from guestlist.app import declared
from guestlist.store.audit import Entry
from guestlist.web.pages import entries
from guestlist.web.pages.changing import RENAMES
from tests.web.installed import Installed


def entry(**details: Any) -> Entry:
    return Entry(1, 0.0, "ann", "change activation", "main", details)


def said(**details: Any) -> list[tuple[str, str, str]]:
    return [(each.label, each.before, each.after) for each in entries.changes(entry(**details)) or ()]


@pytest.mark.parametrize(
    ("key", "before", "after", "row"),
    [
        ("ad_account", "urn:li:sponsoredAccount:1", "urn:li:sponsoredAccount:2", ("Account ID", "1", "2")),
        ("member", None, "urn:li:person:abc", ("LinkedIn sign-in", "–", "abc")),
        ("role", "CAMPAIGN_MANAGER", "VIEWER", ("Role", "Campaign Manager", "Viewer")),
        ("role", "Analyst", "Marketer", ("Role", "Analyst", "Marketer")),
        ("schedule", {"every": "6h"}, {"every": "1h"}, ("Runs every", "6h", "1h")),
        ("source", {"upload": "a"}, {"upload": "b"}, ("Uploaded list", "a", "b")),
        ("mapping", {"email": ["Mail", "E-Mail"]}, {"email": "Mail"}, ("Mapping of email", "Mail, E-Mail", "Mail")),
        ("mode", "add_only", "mirror", ("Sync mode", "add only", "mirror")),
        ("action", "auto", "add", ("DMP User Action", "Auto Detect", "Add")),
        ("rename", "keep", "propagate", ("When the LinkedIn name changes", *RENAMES.values())),
        ("enabled", True, False, ("Enabled", "yes", "no")),
        ("authorised", None, 0.0, ("Authorized", "–", "1970-01-01 00:00 UTC")),
        (
            "trigger",
            {"all": [{"on": "property", "path": "plan", "op": "is", "value": "pro"}]},
            'event = "A"',
            ("Trigger", "Events count whose property plan is pro.", "Events count whose name is A."),
        ),
        ("something_new", [{"a": True}], 12000, ("Something new", "a yes", "12,000")),
    ],
)  # fmt: skip
def test_a_change_is_said_by_its_label_and_in_words(
    key: str, before: Any, after: Any, row: tuple[str, str, str]
) -> None:
    assert said(before={key: before, "same": 1}, after={key: after, "same": 1}) == [row]


def test_all_is_said_of_what_began_or_ended() -> None:
    assert said(before=None, after={"name": "a", "scopes": []}) == [("Name", "–", "a"), ("Permissions", "–", "–")]
    assert said(before={"name": "a"}, after=None) == [("Name", "a", "–")]
    assert entries.changes(entry(before={"a": 1}, after={"a": 1})) == []
    assert entries.changes(entry(up_to=3)) is None
    assert entries.more(entry(up_to=3, list=None)) == [("Up to", "3")]


def test_no_urn_code_or_json_stands_on_the_page(pages: Installed) -> None:
    pages.world.activation(schedule={"every": "6h"}, mapping={"email": ["email"]}, max_removals="30%")
    pages.world.open()
    for section, name in (("destinations", "acme"), ("audiences", "people"), ("activations", "main")):
        declared.take_over(pages.app, pages.configuration, section, name)  # type: ignore[arg-type]
    page = html.unescape(
        re.sub(r"<[^>]*>", " ", pages.signed_in().get("/activity").response.text.partition("<tbody>")[2])
    )
    assert "Account ID" in page
    assert not re.search(r"urn:li|[{}]|\b[A-Z]+_[A-Z_]+\b|\b[a-z]+_[a-z_]+\b", page), page
