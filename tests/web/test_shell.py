"""What holds for every page: its headers, what it loads, and that it needs no JavaScript."""

from __future__ import annotations

import gzip
import re

import pytest

from guestlist.app import overview
from guestlist.core.permissions import Role
from guestlist.errors import ConfigError
from guestlist.web import statics
from guestlist.web.pages import states
from guestlist.web.pages.forms import Form
from guestlist.web.pages.table import PAGES
from tests.web.installed import Installed, installed
from tests.web.kit import Site
from tests.world import World

LOOKS = [
    "/sign-in",
    *(page.path for page in PAGES if page.method == "GET" and "{" not in page.path),
    "/activations/main",
    "/nowhere",
]


def test_every_page_is_guarded_and_loads_only_what_is_ours(pages: Installed) -> None:
    browser = pages.signed_in()
    for path in LOOKS:
        browser.get(path)
        headers = browser.response.headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'self'", path
        assert "script-src" not in policy
        assert "style-src" not in policy
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        seen = browser.seen
        assert seen.inline == [], path
        assert all(each.startswith("/static/") for each in seen.loads), path
        assert all(form.method == "get" or form.fields[0][0] == "csrf" for form in seen.forms), path


def test_every_page_can_be_walked_by_a_keyboard_and_read_aloud(pages: Installed) -> None:
    browser = pages.signed_in()
    for path in LOOKS:
        html = browser.get(path).response.text
        assert html.count("<h1") == 1, path
        assert '<html lang="en"' in html
        assert 'href="#main"' in html
        assert 'id="main"' in html
        for each in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
            if not re.search('type="(hidden|checkbox|radio|submit)"', each):  # boxes stand inside of their labels
                (name,) = re.findall(r'\bid="([^"]+)"', each)
                assert f'for="{name}"' in html, (path, each)
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), path


def test_light_and_dark_are_remembered(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/password")
    token = browser.form("Dark").fields[0][1]
    assert "data-bs-theme" not in browser.response.text
    for theme in ("dark", "light"):
        browser.post("/theme", {"csrf": token, "theme": theme, "next": "/settings/password"})
        assert browser.location == "/settings/password"
        assert f'data-bs-theme="{theme}"' in browser.response.text
    browser.post("/theme", {"csrf": token, "theme": "", "next": "/"})
    assert "data-bs-theme" not in browser.response.text
    browser.post("/theme", {"csrf": token, "theme": 'x" onload="alert(1)', "next": "/"})
    assert browser.seen.inline == []


def test_files_are_kept_for_ever_under_the_address_of_their_content(pages: Installed) -> None:
    browser = pages.signed_in()
    for address in browser.seen.loads:
        answered = browser._once("GET", address, None, {"accept-encoding": "gzip"})
        assert answered.status_code == 200, address
        assert answered.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answered.headers["content-encoding"] == "gzip"
        stale = browser._once("GET", address.partition("?")[0] + "?v=other", None, {"accept-encoding": "identity"})
        assert stale.headers["cache-control"] == "no-cache"
        assert stale.content == answered.content
        again = browser._once("GET", address, None, {"if-none-match": answered.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "name",
    [
        "../desk.py",
        "vendor/../../desk.py",
        "package.json",
        "vendor/.made-from",
        "nothing.js",
        "vendor/",
        "",
        "a\\b.js",
        "%2e%2e/desk.py",
        "x/y.js",
        "a\x00.js",
    ],
)
def test_nothing_else_is_served(name: str) -> None:
    assert statics.find(name) is None


def test_compressed_is_what_it_is() -> None:
    found = statics.find("vendor/htmx.js")
    assert found is not None
    assert gzip.decompress(found.compressed) == found.content


def test_without_a_desk_there_are_only_the_doors_for_events(site: Site) -> None:
    assert site.get("/sign-in").status_code == 404
    assert site.get("/", accept="text/html").json()["code"] == "not_found"


def test_an_error_of_ours_is_a_page_that_says_nothing_of_it(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret ann@example.com")

    browser = pages.signed_in(Role.ANALYST)
    monkeypatch.setattr(overview, "status", broken)
    assert browser.get("/activations").status == 500
    assert "Something unexpected happened" in browser.text
    assert "secret" not in browser.response.text


def test_pages_are_no_part_of_the_api(pages: Installed) -> None:
    document = pages.browser().get("/openapi.json").response.json()
    assert all(
        path.startswith(("/v1/", "/api/", "/hooks/", "/healthz", "/readyz", "/metrics")) for path in document["paths"]
    )


def test_a_page_may_be_asked_for_its_head(pages: Installed) -> None:
    browser = pages.browser()
    assert browser.ask("HEAD", "/sign-in", None, {}).status == 200


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("run `guestlist sync`", "Press Run now."),
        ("nothing is sent; `guestlist remove` ends it for good", "Nothing is sent; Remove ends it for good."),
        (
            "Refresh Token Expired: the grant is gone: run `guestlist connect acme`",
            "Refresh Token Expired: the grant is gone: somebody has to authorize it again under Destinations.",
        ),
        (
            "it would remove 3 of 9. Nothing was sent. If that is right: `guestlist sync x`",
            "It would remove 3 of 9. Nothing was sent. If that is right, somebody has to let them leave.",
        ),
        ("There is no user 'x': `guestlist users list` shows all.", "There is no user 'x': Settings, Users shows all."),
        (
            "the token lacks a scope. Authorise again with all of them: `guestlist connect`",
            "The token lacks a scope. Somebody has to authorize it again with all of them, under Destinations.",
        ),
        (
            "LinkedIn refuses it. Check the client id and secret; else run `guestlist connect`",
            "LinkedIn refuses it. Check the client id and secret; else somebody has to authorize it again under "
            "Destinations.",
        ),
        (
            "there is no authorisation yet: run `guestlist connect`",
            "There is no authorisation yet: somebody has to authorize it again under Destinations.",
        ),
        ("LinkedIn says 426. Use another version", "LinkedIn says 426. Use another version."),
    ],
)
def test_reasons_are_told_without_command_lines(said: str, shown: str) -> None:
    assert states.plain(said) == shown


@pytest.mark.parametrize(
    ("said", "place", "shown"),
    [
        ("activation main: trigger: FQL, column 7: no", ("activations", "main", "trigger"), "FQL, column 7: no"),
        ("notify.url: the address is none", ("notify", "url"), "The address is none"),
        ("Give it a name: any.", ("trigger",), "Give it a name: any."),
    ],
)
def test_beside_a_field_nobody_is_told_where_it_stands_in_a_file(said: str, place: tuple[str, ...], shown: str) -> None:
    assert Form().refused(ConfigError(said, place), "at").faults == {"at": shown}


def test_an_audience_that_was_made_is_never_called_not_made() -> None:
    assert states.linkedin("").text == "Not made yet"
    assert states.linkedin("", "9821739").text == "Not looked at yet"
    assert states.linkedin("READY", "9821739") == states.linkedin("READY")


def test_the_name_of_whoever_may_not_is_written_as_it_is(pages: Installed) -> None:
    browser = pages.signed_in(Role.ANALYST, "dan@acme.example").get("/settings/users")
    assert browser.status == 403
    assert "dan@acme.example has no permission to do this" in browser.text


def test_what_is_not_there_is_not_said_to_be_missing_in_the_pages(world: World) -> None:
    world.open()
    world.yaml = {"destinations": {}, "audiences": {}, "activations": {}}
    made = installed(world)
    world.file.unlink()
    made.door.configuration.may_be_empty = True
    browser = made.signed_in().get("/destinations/acme")
    assert browser.status == 404
    assert "There is no destination 'acme'." in browser.text
    assert "in the pages" not in browser.text
    made.web.close()


@pytest.mark.parametrize("kind", ["destination", "activation"])
def test_what_is_not_there_is_told_without_the_file(pages: Installed, kind: str) -> None:
    browser = pages.signed_in().get(f"/{kind}s/nope")
    assert browser.status == 404
    assert f"There is no {kind} 'nope'." in browser.text
    assert ".yaml" not in browser.text
    assert "nown:" not in browser.text
