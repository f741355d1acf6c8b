"""Lists of people to be forgotten: looked at first, sealed while they are there, undone by their receipt."""

from __future__ import annotations

from pathlib import Path

import pytest

from guestlist.app import suppression
from guestlist.core.permissions import Role
from tests.web.apikit import Api, problem
from tests.web.browser import Browser
from tests.web.installed import Installed
from tests.web.sending import multipart, send, token
from tests.world import digest, emails

LIST = b"""id,who,name
1,ANN@example.com ,Ann Archer
2,%s,Cem
3,nonsense,Dora
4,,Eve
5,ann@example.com,Ann
""" % digest("cem@example.com").split(":")[1].encode()
WHERE = "/suppression-lists?file_name=gone.csv"


def uploaded(browser: Browser, content: bytes | None = LIST, file_name: str = "gone.csv", **more: str) -> Browser:
    proof = token(browser.get("/privacy"))
    return send(browser, "/privacy/lists", multipart([("csrf", proof)], content, file_name), **more)


def test_a_list_is_looked_at_then_everybody_of_it_is_forgotten(pages: Installed) -> None:
    pages.world.write(emails("ann", "bob", "cem"))
    pages.world.sync()
    browser = uploaded(pages.signed_in(Role.MARKETER))
    assert browser.location == "/privacy/lists/1"
    assert "Reading the list" in browser.text or "Waiting for its turn" in browser.text
    browser.submit("Look at this column", column="who")
    pages.work()
    browser.get("/privacy/lists/1")
    assert "Forget 2 people" in {button for form in browser.seen.forms for button in form.buttons}
    assert "like no***" in browser.text
    assert "nonsense" not in browser.text
    assert "ann@example.com" not in browser.response.text.lower()
    browser.submit("Forget 2 people")
    pages.work()
    browser.get(browser.location)
    assert "Receipt 1 says where" in browser.text
    assert pages.world.told() == {digest("bob@example.com")}
    assert "gone.csv: 2 people" in browser.get("/privacy").text
    assert browser.get("/privacy/lists/1").status == 404
    assert pages.world.sync().added == 0
    browser.get("/privacy").submit(lambda form: form.action.endswith("/receipts/1/undo"))
    assert "3 identifiers may be added again" in browser.text
    assert pages.world.sync().added == 2


def test_one_person_is_one_person(pages: Installed) -> None:
    browser = uploaded(pages.signed_in(), b"who\nann@example.com\n").submit("Look at this column", column="who")
    pages.work()
    browser.get("/privacy/lists/1").submit("Forget 1 person")
    pages.work()
    assert "Done: 1 person in 1 row." in browser.get("/jobs/1").text
    assert "gone.csv: 1 person" in browser.get("/privacy").text


def test_the_column_is_chosen_and_a_wrong_one_names_nobody(pages: Installed) -> None:
    browser = uploaded(pages.signed_in())
    browser.submit("Look at this column", column="name")
    pages.work()
    browser.get("/privacy/lists/1")
    assert "Nobody is named in this column" in browser.text
    assert "Ann Archer" not in browser.response.text
    assert "no***" not in browser.text
    browser.submit("Look at this column", column="elsewhere")
    assert browser.status == 422
    assert "Choose one of the columns" in browser.text


@pytest.mark.parametrize(
    ("content", "file_name", "sentence"),
    [
        (None, "", "Choose a file."),
        (b"\x89PNG", "picture.png", "no known format"),
        (b"", "list.csv", "empty"),
        (b"not a workbook", "list.xlsx", "xlsx"),
    ],
)
def test_what_is_no_list_is_said_at_the_form(
    pages: Installed, content: bytes | None, file_name: str, sentence: str
) -> None:
    browser = uploaded(pages.signed_in(), content, file_name)
    assert browser.status == 422
    assert sentence in browser.text
    uploaded(browser, content, file_name, accept="application/json")
    assert sentence in browser.response.json()["fault"]
    assert pages.app.store.jobs.open() == []


def test_a_list_is_sealed_and_is_thrown_away(pages: Installed, world_folder: Path) -> None:
    browser = uploaded(pages.signed_in(), b"email\n" + b"ann@example.com\n" * 100_000)
    pages.work()
    files = [each for each in world_folder.rglob("*") if each.is_file() and each.name != "people.csv"]
    assert any(each.stat().st_size > 1_000_000 for each in files)
    assert not [each for each in files if b"ann@example.com" in each.read_bytes()]
    browser.get("/privacy/lists/1").submit("Throw the list away")
    assert "nobody of it was forgotten" in browser.text
    uploaded(browser, file_name="ann@example.com.csv")
    pages.app.store.suppression_lists.forget_before(pages.app.clock.now())
    assert browser.get("/privacy/lists/2").status == 200
    pages.app.store.suppression_lists.forget_before(pages.app.clock.now() + 1)
    assert browser.get("/privacy/lists/2").status == 404
    noted = pages.app.store.audit.latest(1)[0]
    assert (noted.what, noted.details["after"]["file"]) == ("upload suppression list", "a***@example.com.csv")


def test_a_list_that_breaks_off_forgets_nobody(pages: Installed) -> None:
    broken = b"id,email\n" + b"1,ann@example.com\n" * 200_000 + b"2\n"
    browser = uploaded(pages.signed_in(), broken)
    pages.work()
    assert (
        "one.csv cannot be read at line 200002: that line has another number of fields"
        in browser.get("/privacy/lists/1").text
    )
    proof = token(browser)
    browser.post("/privacy/lists/1/forget", {"csrf": proof, "column": "email"})
    pages.work()
    assert (
        "one.csv cannot be read at line 200002: that line has another number of fields"
        in browser.get(browser.location).text
    )
    assert pages.app.store.suppressions.keys() == frozenset()


def test_too_many_at_once_are_refused(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "MOST", 1)
    browser = uploaded(pages.signed_in())
    browser.submit("Look at this column", column="who")
    pages.work()
    assert "At most 1 people can be forgotten at once" in browser.get("/privacy/lists/1").text
    browser.post("/privacy/lists/1/forget", {"csrf": token(browser), "column": "who"})
    pages.work()
    assert "1 is the most at once: split it" in browser.get(browser.location).text
    assert pages.app.store.suppressions.keys() == frozenset()


def test_lists_are_for_those_who_may_forget(pages: Installed) -> None:
    uploaded(pages.signed_in())
    analyst = pages.signed_in(Role.ANALYST)
    assert analyst.get("/privacy/lists/1").status == 403
    assert analyst.get("/jobs/1").status == 403
    assert pages.signed_in().get("/privacy/lists/x").status == 404


# ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_same_through_the_api(api: Api) -> None:
    api.world.write(emails("ann", "bob", "cem"))
    api.finished(api("POST", "/activations/main/syncs"))
    made = api("POST", WHERE, LIST)
    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/suppression-lists/1")
    assert (made.json()["columns"], made.json()["job"]) == (["id", "who", "name"], None)
    found = api.finished(api("POST", "/suppression-lists/1/survey", {"column": "who"}))["result"]
    assert (found["rows"], found["people"], found["twice"], found["empty"]) == (5, 2, 1, 1)
    assert found["samples"] == {reason: ["no***"] for reason in found["refused"]}
    analyst = api.make_token("ana", Role.ANALYST)
    assert api.get("/jobs", token=analyst)["items"] == [api.get("/jobs/1", token=analyst)]
    problem(api("POST", "/suppression-lists/1/forget", {"column": "elsewhere"}), 422)
    receipt = api.finished(api("POST", "/suppression-lists/1/forget", {"column": "who"}))["result"]
    assert (receipt["state"], receipt["values"]) == ("complete", ["gone.csv: 2 people"])
    assert api.world.told() == {digest("bob@example.com")}
    problem(api("GET", "/suppression-lists/1"), 404)
    assert api("POST", "/receipts/1/undo").json() == {"identifiers": 3}
    assert api.get("/receipts/1")["state"] == "undone"
    problem(api("POST", "/receipts/9/undo"), 404)
    api("POST", WHERE, LIST)
    assert api("DELETE", "/suppression-lists/2").status_code == 204
    problem(api("DELETE", "/suppression-lists/2"), 404)
    problem(api("POST", WHERE.replace("csv", "exe"), LIST), 422)


def test_who_a_primary_id_led_to_comes_back_with_it(api: Api) -> None:
    """ADOBE: a primaryId is never sent; those it labels are told by what they were told by."""
    api.world.activation(mapping={"email": "email", "primaryId": "key"})
    api.world.write([{"email": f"{name}@example.com", "key": f"K {name}"} for name in ("ann", "bob", "cem")])
    api.world.open()
    api.finished(api("POST", "/activations/main/syncs"))
    api("POST", WHERE, b"who\nprimaryId:K ann\nprimaryId:K cem\nprimaryId:K nobody\n")
    api.finished(api("POST", "/suppression-lists/1/forget", {"column": "who"}))
    assert api.world.told() == {digest("bob@example.com")}
    assert api("POST", "/receipts/undo", {"values": ["primaryId:K ann"]}).json()["identifiers"] >= 2
    api.finished(api("POST", "/activations/main/syncs"))
    assert api.world.told() == {digest("ann@example.com"), digest("bob@example.com")}
