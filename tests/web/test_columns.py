"""Every list of every page is sorted by each of its columns, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

import guestlist.web
from guestlist.app import api_tokens, connection, declared, users
from guestlist.core.permissions import Permission, Role
from guestlist.web.pages.table import PAGES
from tests.app.kit import Source, entered
from tests.web.browser import Browser
from tests.web.installed import PASSWORD, Installed, installed
from tests.web.test_activating import begun, step
from tests.world import World, digest

TEMPLATES = Path(guestlist.web.__file__).parent / "templates"
NO_LISTS = {  # pieces of other pages, files and ways on
    "/jobs/{number}/events", "/activations/{name}/live", "/audiences/{name}/live", "/privacy/lists/{number}/survey",
    "/activate/{number}/plan", "/activations/{name}/rejected.csv", "/linkedin/callback", "/settings", "/theme",
    "/setup/{token}", "/sign-in", "/settings/{name}/take-over",
}  # fmt: skip
IN_A_CELL = {  # column -> why nothing can be sorted by it
    "What can be done": "it holds buttons",
    "Chosen": "it holds boxes to tick",
    "Take it out": "it holds buttons",
    "Details": "each kind of entry has others",
}
NOT_SORTED = {  # (what the heading above or the first column says) -> why the whole table has an order of its own
    "Day": "the numbers of a chart, which goes from left to right",
    "Hour (UTC)": "the numbers of a chart",
    "From (UTC)": "the numbers of a chart",
    "What changed": "what changed within one entry",
    "sample": "the first of somebody's list, with its own columns",
    "mapping": "one form: a line for each LinkedIn field, the required ones first",
    "LinkedIn field": "the mapping of a draft",
}
ALIKE = {  # (end of the path, column) -> a single line stands there, or its values do not differ here
    ("activate", "Audiences"), ("activate", "Destination"), ("activate", "Left"), ("activations", "Audience size"),
    ("activations", "Last run"), ("destinations", "Account ID"), ("destinations", "Expiration date"),
    ("destinations", "Status"), ("encryption", "Fingerprint"), ("encryption", "Records"), ("encryption", "Use"),
    ("home", "Changed"), ("privacy", "Asked for"), ("privacy", "LinkedIn audiences"), ("privacy", "State"),
    ("rejected", "Since"), ("runs", "Changed"), ("tokens", "Used"), ("users", "Signed in"),
    ("{name}", "Audience size"), ("{name}", "Matched in seven days"), ("{name}", "Rows"), ("{name}", "Received"),
    ("{name}", "P95 Latency"), ("delivery", "Of those received"),
}  # fmt: skip


@dataclass
class Head:
    text: str = ""
    to: str = ""
    button: bool = False
    order: str = ""


@dataclass
class Table:
    """``under``: the id of the heading it stands under."""

    under: str
    heads: list[Head] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


class Tables(HTMLParser):
    """All tables of a page, those within others as well."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Table] = []
        self._open: list[Table] = []
        self._cells: list[list[Any]] = []  # [head or None, text], the innermost last
        self._under = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "h2":
            self._under = got.get("id", "")
        if tag == "table":
            self._open.append(Table(self._under))
            self.found.append(self._open[-1])
        if tag == "tr" and self._open:
            self._open[-1].rows.append([])
        if tag in ("th", "td"):
            head = Head(order=got.get("aria-sort", "")) if got.get("scope") == "col" else None
            self._cells.append([head, ""])
        head = self._cells[-1][0] if self._cells else None
        if head is not None and got.get("class") == "sort":
            head.to, head.button = got.get("href", ""), tag == "button"

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            table = self._open.pop()
            table.rows = [row for row in table.rows if row]
        if tag in ("th", "td"):
            head, text = self._cells.pop()
            if head is None:
                self._open[-1].rows[-1].append(" ".join(text.split()))
            else:
                head.text = " ".join(text.split())
                self._open[-1].heads.append(head)

    def handle_data(self, data: str) -> None:
        if self._cells:
            self._cells[-1][1] += data


def tables(browser: Browser, address: str) -> list[Table]:
    browser.get(address)
    assert browser.status == 200, (address, browser.text[:300])
    return Tables(browser.response.text).found


# ── an installation in which every list has several lines ────────────────────────────────────────────────────────
@pytest.fixture
def made(world: World, logged: list[Any]) -> Iterator[Installed]:
    source = Source(world)
    world.yaml["audiences"]["file"] = {"members": "people", "source": {"file": "people.csv"}}
    listed = {"audience": "file", "destination": "acme", "mapping": {"email": "email", "primaryId": "crm"}}
    world.yaml["activations"] |= {"list": listed, "never": {**listed, "segment_name": "never"}}
    rows = [{"email": f"p{n}@example.com", "crm": f"K{n}"} for n in range(100)]
    world.write([*rows, {"email": "x", "crm": "A"}, {"email": "y", "crm": "B"}, {"email": "", "crm": "C"}])
    installation = installed(world, "http://127.0.0.1:8000")
    _events(source, world)
    _runs(world)
    _people(installation)
    world.emulator.control.clock(advance=340 * 86_400.0)  # the permission soon ends
    for n, key in enumerate(("high_intent", "other", "other")):
        source.post(entered(f"v{n}", source.now(), key, email=f"v{n}@example.com"))
        source.post({"type": "track", "event": "Viewed", "properties": {"audience_key": key}})
    source.fold()
    yield installation
    installation.web.close()


def _events(source: Source, world: World) -> None:
    body = {"audience": "people", "destination": "acme", "mode": "stream", "audience_key": "other"}
    world.activation("other", **body)
    for n in range(3):
        source.post(entered(f"u{n}", source.now(), email=f"u{n}@example.com"))
        source.post({"type": "track", "event": "Viewed", "properties": {"audience_key": "high_intent"}})
        source.settle()
    source.post(entered("", source.now(), key="other", email="eve@example.com"))
    source.post(entered("z", source.now(), phone="1"))
    source.settle()
    source.settle("other")


def _runs(world: World) -> None:
    refuse = {"kind": "refuse_elements", "identifiers": [digest("p1@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    world.sync("list")
    world.clock.sleep(90_000.0)
    world.open().status(live=True)
    world.write([*({"email": f"p{n}@example.com", "crm": f"K{n}"} for n in range(95)), {"email": "x", "crm": "A"}])
    world.sync("list", allow_removals=10)
    world.clock.sleep(90_000.0)
    world.open().status(live=True)
    world.write([{"email": "x", "crm": "A"}, {"email": "", "crm": "C"}, {"email": "z", "crm": "D"}])
    world.sync("list")  # more would leave than may


def _people(pages: Installed) -> None:
    app, configuration = pages.app, pages.configuration
    declared.create(app, configuration, "destinations", "second", {"ad_account": 516848833})
    connection.connect_again(app, configuration.current(), "second", "acme")
    declared.create(
        app, configuration, "audiences", "firms", {"members": "companies", "source": {"file": "people.csv"}}
    )
    for name in ("u0@example.com", "nobody@example.com"):
        pages.door.forget([name])
    for n, scopes in enumerate((None, [Permission.VIEW_SEGMENTS])):
        pages.door.create_key(f"key{n}")
        api_tokens.create(app, f"token{n}", (Role.ADMINISTRATOR, Role.ANALYST)[n], scopes, app.clock.now() + n + 1)
        pages.world.clock.sleep(60.0)
    pages.door.revoke_key("key0")
    users.create(app, "zoe", Role.ANALYST, PASSWORD)
    users.disable(app, "zoe")
    users.create(app, "yan", Role.MARKETER, PASSWORD)


def addresses(draft: int) -> dict[str, list[str]]:
    """Every page to look at, and where."""
    names = {"destinations": ["acme"], "audiences": ["people", "file"], "activations": ["main", "list"]}
    found: dict[str, list[str]] = {}
    for page in PAGES:
        if page.method == "GET" and page.path not in NO_LISTS:
            at = page.path.replace("{number}", str(draft) if "activate" in page.path else "1").replace("{place}", "1")
            section = page.path.split("/")[1]
            found[page.path] = [at.replace("{name}", name) for name in names.get(section, ["main"])]
    return found


def test_each_column_of_each_list_sorts_it_both_ways(made: Installed) -> None:
    browser = made.signed_in()
    draft = int(begun(browser, "people", "people").location.split("/")[2])
    step(begun(browser, "people", "people"), audiences="file")
    without: list[tuple[str, str, str]] = []
    stuck: list[tuple[str, str]] = []
    changed: set[tuple[str, str]] = set()
    same: set[tuple[str, str]] = set()
    seen: set[str] = set()
    for path, places in addresses(draft).items():
        for at in places:
            if browser.get(at).status in (404, 422):  # it is of another kind
                continue
            for nth, table in enumerate(Tables(browser.response.text).found):
                if {table.under, table.heads[0].text} & {*NOT_SORTED}:
                    continue
                for place, head in enumerate(table.heads):
                    seen.add(head.text)
                    if head.text not in IN_A_CELL and not (head.to or head.button):
                        without.append((path, table.under, head.text))
                    if head.to:
                        found = turned(browser, urljoin(at, head.to), nth, place)
                        key = (path.rsplit("/", 1)[-1] or "home", head.text)
                        stuck += [(at, head.text)] if found is False else []
                        (changed if found else same).add(key)
    assert not without
    assert not stuck
    assert same - changed <= ALIKE
    texts = [each.read_text() for each in TEMPLATES.glob("*.html")]
    written = {label for text in texts for label in re.findall(r'heading\(\w+, "\w+", "([^"]+)"', text)}
    assert written - seen == {"LinkedIn was told", "Now"}, "what Explain answers has no address"


def turned(browser: Browser, address: str, nth: int, place: int) -> bool | None:
    """Whether the heading turns the order round; None: the column shows nothing that differs."""
    table = tables(browser, address)[nth]
    again = tables(browser, urljoin(address, table.heads[place].to))[nth]
    assert {table.heads[place].order, again.heads[place].order} == {"ascending", "descending"}, address
    there, back = ([row for row in each.rows if len(row) == len(table.heads)] for each in (table, again))
    return True if there != back else False if len({row[place] for row in there} - {"–", ""}) > 1 else None


def test_what_explain_answers_is_sorted_without_an_address(pages: Installed) -> None:
    pages.world.write([{"email": "ann@example.com", "crm": "A"}])
    pages.world.activation("main", mapping={"email": "email", "primaryId": "crm"})
    pages.world.sync()
    browser = pages.signed_in().get("/privacy").submit("Explain", activation="main", value="ann@example.com")
    (told,) = [each for each in Tables(browser.response.text).found if each.heads[0].text == "LinkedIn was told"]
    assert all(head.button for head in told.heads)
    for wanted, order in (("-what", "descending"), ("at", "ascending")):
        form = browser.form(lambda form: "LinkedIn was told" in form.buttons)
        browser.post(form.action, [*form.fields, ("sort_by", wanted)])
        (again,) = [each for each in Tables(browser.response.text).found if each.heads[0].text == "LinkedIn was told"]
        assert order in {head.order for head in again.heads}
        assert sorted(again.rows) == sorted(told.rows)
        assert "ann" not in browser.location
