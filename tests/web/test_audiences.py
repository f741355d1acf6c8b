"""Audiences on pages: what is shown, made, changed and deleted."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest

from guestlist.app import declared, forget, users, write_keys
from guestlist.app.fold import Fold
from guestlist.app.streams import listeners
from guestlist.core.permissions import Role
from tests.web.browser import Browser
from tests.web.installed import Installed
from tests.web.sending import token, upload
from tests.world import digest, emails

KEY = "high_intent"


def names(browser: Browser) -> list[str]:
    return [said for said, to in browser.seen.links if to.startswith("/audiences/") and to != "/audiences/new"]


def of_events(pages: Installed, **more: Any) -> None:
    write_keys.create(pages.app, "engage")
    body = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
    declared.create(pages.app, pages.configuration, "audiences", "intent", body)
    wanted = {"audience": "intent", "destination": "acme", "mode": "stream", "audience_key": KEY, **more}
    declared.create(pages.app, pages.configuration, "activations", "intent-to-acme", wanted)


def test_the_list_says_where_each_comes_from_and_how_many_are_in_it(pages: Installed) -> None:
    of_events(pages)
    pages.world.sync()
    browser = pages.signed_in(Role.ANALYST).get("/audiences")
    assert names(browser) == ["intent", "people"]
    rows = [" ".join(row.split()) for row in browser.text.partition("Used by")[2].split("main")]
    assert "people 2 2 file people.csv guestlist.yaml In use" in rows[0]
    assert "intent people 0 – events of engage made here No event yet" in rows[0]
    assert names(browser.get("/audiences?sort=-name")) == ["people", "intent"]
    assert names(browser.get("/audiences?q=engage")) == ["intent"]
    assert "New audience" not in browser.text


def test_one_shows_its_columns_what_uses_it_and_how_that_grew(pages: Installed) -> None:
    pages.world.sync()
    pages.door.status("main", live=True)
    pages.world.write(emails("ann", "bob", "cem"))
    pages.world.clock.sleep(90_000)
    pages.world.sync()
    pages.door.status("main", live=True)
    browser = pages.signed_in().get("/audiences/people")
    assert "Columns email" in browser.text
    assert "How main grew" in browser.text
    chart = json.loads(html.unescape(browser.response.text.partition('data-chart="')[2].partition('"')[0]))
    assert chart["series"]["Sent so far"] == [2, 3]
    assert not browser.seen.inline
    assert "When LinkedIn says Sent so far Matched in seven days Audience size" in browser.text
    assert browser.click("main").location == "/activations/main"


def test_the_first_rows_are_whole_for_those_who_may_see_members_and_masked_otherwise(
    pages: Installed, logged: list[Any]
) -> None:
    path = pages.world.folder / "people.csv"
    path.write_text("email,firstName,country,shoe size\nann@example.com,Annabel,DE,fortytwo\n")
    marketer = pages.signed_in(Role.MARKETER).get("/audiences/people")
    assert "Sample of people" in marketer.text
    assert "email firstName country shoe size ann@example.com Annabel DE fortytwo" in marketer.text
    assert "masked" not in marketer.text
    assert marketer.response.headers["cache-control"] == "no-store"
    analyst = pages.signed_in(Role.ANALYST).get("/audiences/people")
    assert "email firstName country shoe size a***@example.com A•••••• DE f••••••" in analyst.text
    assert "whole values are for those who hold View Profiles" in analyst.text
    for secret in ("ann@", "Annabel", "fortytwo"):
        assert secret not in analyst.response.text
        assert secret not in str(logged)
    path.write_text(f"email\n{'x' * 2_000}\n")
    assert f"{'x' * 1_000}…" in marketer.get("/audiences/people").text


def test_of_companies_stands_in_clear_what_they_are_known_by(pages: Installed) -> None:
    (pages.world.folder / "accounts.csv").write_text("companyName,website,contact\nAcme Corp,acme.com,Ann Smith\n")
    pages.world.yaml["audiences"]["accounts"] = {"members": "companies", "source": {"file": "accounts.csv"}}
    pages.world.open()
    browser = pages.signed_in(Role.ANALYST).get("/audiences/accounts")
    assert "Acme Corp acme.com A••••••" in browser.text
    assert "Ann Smith" not in browser.response.text


def test_a_list_that_cannot_be_read_waits_for_somebody(pages: Installed) -> None:
    (pages.world.folder / "people.csv").unlink()
    browser = pages.signed_in().get("/audiences/people")
    assert browser.status == 200
    assert "Waiting for you:" in browser.text
    assert "people.csv does not exist" in browser.text


def test_events_show_their_key_their_addresses_and_a_live_count(pages: Installed) -> None:
    of_events(pages)
    browser = pages.signed_in(Role.MARKETER).get("/audiences/intent")
    shown = browser.response.text
    for value in (KEY, "http://guestlist", "http://guestlist/hooks/segment", "http://guestlist/hooks/rudderstack"):
        assert f'value="{value}"' in shown
    assert 'hx-get="/audiences/intent/live"' in shown
    event = {"type": "track", "event": "Audience Entered", "userId": "u1", "properties": {"audience_key": KEY}}
    event["context"] = {"traits": {"email": "u1@example.com"}}
    _received(pages, event)
    assert "1 event" in browser.get("/audiences/intent/live").text
    Fold(pages.app).step(lambda: listeners(pages.app, pages.configuration.current()))
    browser.get("/audiences/intent/live")
    assert f"{KEY} 1 in it now, 1 ever heard of" in browser.text
    assert "<html" not in browser.response.text
    sample = browser.get("/audiences/intent").response.text.partition('id="sample"')[2].partition("</section>")[0]
    whole = digest("u1@example.com").rpartition(":")[2]
    assert f'<td class="slim">{whole}</td>' in sample
    masked = pages.signed_in(Role.ANALYST).get("/audiences/intent").response.text
    assert f'<td class="slim">{whole[:8]}…{whole[-4:]}</td>' in masked
    assert whole not in masked


def _received(pages: Installed, event: dict[str, Any]) -> None:
    file = pages.world.folder / "events.jsonl"
    file.write_text(json.dumps(event) + "\n")
    pages.door.ingest(file)


def test_an_audience_of_events_is_made_in_one_form(pages: Installed) -> None:
    write_keys.create(pages.app, "engage")
    browser = pages.signed_in(Role.MARKETER).get("/audiences/new")
    fields = {"csrf": token(browser), "how": "events", "name": "intent", "members": "companies", "write_keys": "engage"}
    assert browser.post("/audiences/new", fields).location == "/audiences/intent"
    assert "Its Audience Key is chosen when it is activated" in browser.text
    made = pages.configuration.current().audiences["intent"]
    assert made.members == "companies"
    assert made.source.events is not None
    assert made.source.events.write_keys == ("engage",)
    assert "already" in browser.post("/audiences/new", fields).text
    assert browser.status == 422
    nothing = {**fields, "name": "other", "write_keys": ""}
    assert browser.post("/audiences/new", {k: v for k, v in nothing.items() if v}).status == 422
    assert 'id="new-fault"' in browser.response.text


def test_a_file_on_the_server_is_an_administrators_to_name(pages: Installed) -> None:
    marketer = pages.signed_in(Role.MARKETER).get("/audiences/new")
    fields = {"csrf": token(marketer), "how": "file", "name": "more", "members": "people", "path": "people.csv"}
    assert "A file on the server" not in marketer.text
    assert marketer.post("/audiences/new", fields).status == 403
    browser = pages.signed_in().get("/audiences/new")
    fields["csrf"] = token(browser)
    assert browser.post("/audiences/new", {**fields, "path": "gone.csv"}).status == 422
    assert "gone.csv does not exist" in browser.text
    assert 'is-invalid" id="f-path"' in browser.response.text
    assert "more" not in pages.configuration.current().audiences
    assert browser.post("/audiences/new", fields).location == "/audiences/more"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "next.csv does not exist"),
        (b"", "next.csv is empty (0 bytes)"),
        (b"ann@example.com\nbob@example.com\n", "seems to have no header"),
        (b"email,email\nann@example.com,x\n", "names &#34;email&#34; twice"),
    ],
)
def test_another_file_has_to_be_one_that_can_be_read(pages: Installed, content: bytes | None, sentence: str) -> None:
    browser = pages.signed_in().get("/audiences/people")
    form = browser.submit("take it over").get("/audiences/people/edit").form("Save")
    following = pages.world.folder / "next.csv"
    if content is not None:
        following.write_bytes(content)
    values = {**dict(form.fields), "file": str(following)}
    assert browser.post(form.action, values).status == 422
    assert sentence in browser.response.text
    assert 'is-invalid" id="f-file"' in browser.response.text
    assert pages.configuration.current().audiences["people"].source.file != str(following)
    following.write_bytes(b"email\nann@example.com\n")
    assert browser.post(form.action, values).location == "/audiences/people"


def test_what_else_is_said_of_a_file_that_is_gone_can_be_changed(pages: Installed) -> None:
    browser = pages.signed_in().get("/audiences/people")
    form = browser.submit("take it over").get("/audiences/people/edit").form("Save")
    (pages.world.folder / "people.csv").unlink()
    assert browser.post(form.action, {**dict(form.fields), "max_age": "26h"}).location == "/audiences/people"


def test_it_is_edited_unless_somebody_was_faster(pages: Installed) -> None:
    browser = upload(pages.signed_in(), b"email,country\nann@example.com,DE\n").get("/audiences/customers/edit")
    form = browser.form("Save")
    values = {**dict(form.fields), "filter": "country = 'DE'", "max_age": "26h"}
    assert browser.post(form.action, {**values, "max_age": "soon"}).status == 422
    assert "is no duration" in browser.text
    assert browser.post(form.action, values).location == "/audiences/customers"
    made = pages.configuration.current().audiences["customers"]
    assert (made.filter, made.source.max_age, made.source.upload) == ("country = 'DE'", 93_600.0, "customers")
    assert browser.post(form.action, {**values, "filter": "", "max_age": ""}).status == 409
    assert "changed by ann meanwhile" in browser.text
    assert "Changed meanwhile: the filter, where it comes from." in browser.text
    again = browser.form("Save")
    assert dict(again.fields)["filter"] == "", "what was typed stands there still"
    browser.post(again.action, again.fields)
    assert pages.configuration.current().audiences["customers"].filter is None


def test_what_a_file_says_is_read_only_until_it_is_taken_over(pages: Installed) -> None:
    browser = pages.signed_in().get("/audiences/people")
    assert "Edit" not in [said for said, _ in browser.seen.links]
    assert browser.get("/audiences/people/edit").status == 422
    assert "managed by guestlist.yaml" in browser.text
    marketer = pages.signed_in(Role.MARKETER).get("/audiences/people")
    assert marketer.post("/audiences/people/take-over", {"csrf": token(marketer)}).status == 403
    browser.get("/audiences/people").submit("take it over")
    assert "Origin made here" in browser.text
    assert pages.configuration.current().from_pages("audiences", "people")


def test_it_is_deleted_with_its_list_when_nothing_uses_it(pages: Installed) -> None:
    browser = upload(pages.signed_in(), b"email\nann@example.com\n")
    body = {"audience": "customers", "destination": "acme"}
    made = declared.create(pages.app, pages.configuration, "activations", "used", body)
    version = declared.get(pages.app, pages.configuration, "audiences", "customers").version
    fields = {"csrf": token(browser), "version": str(version)}
    assert browser.post("/audiences/customers/delete", fields).status == 422
    assert "is used by used" in browser.text
    declared.delete(pages.app, pages.configuration, "activations", "used", made.version or 0)
    browser.get("/audiences/customers").submit("Delete customers")
    assert browser.location == "/audiences"
    assert "customers is gone" in browser.text
    assert pages.app.store.uploads.all() == []


@pytest.mark.parametrize("path", ["/audiences/nobody", "/audiences/nobody/live", "/audiences/nobody/edit"])
def test_there_is_no_such_audience(pages: Installed, path: str) -> None:
    assert pages.signed_in().get(path).status == 404


def test_nothing_yet_says_what_to_do(pages: Installed) -> None:
    users.create(pages.app, "eve", Role.MARKETER, "four words that nobody guesses")
    browser = pages.signed_in(Role.MARKETER, "eve").get("/audiences?q=nothing-like-it")
    assert "No audience is called that." in browser.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("country = ", "The filter must be exactly one expression"),
        ("drop table x", "The filter must be exactly one expression"),
        ("contry = 'DE'", "names a column that the list does not have: contry"),
        ("country", "must be something that is true or false"),
        ("(" * 5_000 + "true" + ")" * 5_000, "The filter"),
    ],
)
def test_a_filter_is_tried_on_the_list_before_it_is_saved(pages: Installed, wrong: str, sentence: str) -> None:
    browser = upload(pages.signed_in(), b"email,country\nann@example.com,DE\n").get("/audiences/customers/edit")
    form = browser.form("Save")
    assert browser.post(form.action, {**dict(form.fields), "filter": wrong}).status == 422
    assert 'is-invalid" id="f-filter"' in browser.response.text
    assert sentence in browser.text
    assert pages.configuration.current().audiences["customers"].filter is None


def test_a_filter_cannot_be_tried_on_a_list_that_is_gone(pages: Installed) -> None:
    browser = pages.signed_in().get("/audiences/people")
    form = browser.submit("take it over").get("/audiences/people/edit").form("Save")
    (pages.world.folder / "people.csv").unlink()
    assert browser.post(form.action, {**dict(form.fields), "filter": "email <> ''"}).status == 422
    assert 'is-invalid" id="f-filter"' in browser.response.text
    assert "people.csv does not exist" in browser.text


def test_the_sample_holds_only_who_is_in_it(pages: Installed) -> None:
    rows = b"contact,email,country\n,ann@example.com,US\n,bob@example.com,DE\ncem@example.com,c@example.com,DE\n"
    browser = upload(pages.signed_in(), rows + b",dan@example.com,DE\n").get("/audiences/customers/edit")
    browser.submit("Save", filter="country = 'DE'")
    sample = browser.get("/audiences/customers").response.text.partition('id="sample"')[2]
    assert "ann@example.com" not in sample
    assert "bob@example.com" in sample
    forget.forget(pages.app, ["bob@example.com", "cem@example.com"])
    sample = browser.get("/audiences/customers").response.text.partition('id="sample"')[2]
    assert "dan@example.com" in sample
    for gone in ("bob@example.com", "cem@example.com", "c@example.com"):
        assert gone not in sample
    forget.forget(pages.app, ["dan@example.com"])
    assert "None of the first rows" in browser.get("/audiences/customers").text


def test_an_audience_of_events_needs_a_write_key_and_the_only_one_is_ticked(pages: Installed) -> None:
    of_events(pages)
    browser = pages.signed_in().get("/audiences/intent/edit")
    form = browser.form("Save")
    unticked = {name: value for name, value in form.fields if name != "write_keys"}
    assert browser.post(form.action, unticked).status == 422
    assert "Tick at least one write key." in browser.text
    browser.get("/audiences/new")
    (new,) = [each for each in browser.seen.forms if ("how", "events") in each.fields]
    assert ("write_keys", "engage") in new.fields, "it is the only one"
    fields = {name: value for name, value in new.fields if name != "write_keys"}
    assert browser.post(new.action, {**fields, "name": "trial users"}).status == 422
    assert "Tick at least one write key." in browser.text
    assert "write_keys must" not in browser.text
    assert 'value="engage" checked' not in browser.response.text, "as it was sent"
    write_keys.create(pages.app, "second")
    assert "checked" not in browser.get("/audiences/new").response.text


def test_a_name_that_cannot_be_is_told_without_where_a_file_has_it(pages: Installed) -> None:
    browser = pages.signed_in().get("/audiences/new")
    fields = {"csrf": token(browser), "how": "file", "members": "people", "path": "people.csv"}
    for wrong, said in {" ": "A name has 1 to 100", "..": "A name is more", "ann@example.com/b": "A name has"}.items():
        assert browser.post("/audiences/new", {**fields, "name": wrong}).status == 422
        assert said in browser.text
        assert "audiences." not in browser.text
        assert "a***" not in browser.text


def test_an_uploaded_list_says_how_many_rows_it_has_before_its_first_run(pages: Installed) -> None:
    browser = upload(pages.signed_in(), b"email\nann@example.com\nann@example.com\n")
    assert "People wanted – 2 rows in the list, counted at the first run" in browser.get("/audiences/customers").text
    assert "customers people 2 rows – uploaded list" in " ".join(browser.get("/audiences").text.split())
