"""The LinkedIn app that people sign in through: entered on a page, sealed, and noticed by who is at work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guestlist.app import linkedin_app
from guestlist.core.permissions import Role
from guestlist.ports import Token
from guestlist.store.destinations import Credential
from guestlist.store.linkedin_app import Registered
from tests.web.apikit import Api, problem
from tests.web.browser import Browser
from tests.web.installed import Installed, installed
from tests.world import World, emails

SECRET = "emulator-secret"
DAY = 86_400.0


class Bare(World):
    """Nobody told the environment of a LinkedIn app."""

    def environ(self) -> dict[str, str]:
        return {name: value for name, value in super().environ().items() if "LINKEDIN_CLIENT" not in name}


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[World]:
    made = Bare(tmp_path)
    made.write(emails("ann", "bob"))
    yield made
    made.close()


@pytest.fixture
def pages(bare: World, logged: list[Any]) -> Iterator[Installed]:
    made = installed(bare, "http://127.0.0.1:8000")
    yield made
    made.web.close()


def entered(browser: Browser, client_id: str = "86emulator", secret: str = SECRET) -> Browser:
    return browser.get("/settings/linkedin").submit("Save", client_id=client_id, client_secret=secret)


def connected(pages: Installed, browser: Browser, name: str) -> Browser:
    """Through LinkedIn's own page."""
    browser.get("/destinations/connect").submit("Sign in to LinkedIn")
    back = pages.world.consent(browser.response.headers["location"])
    browser.get("/linkedin/callback?code={code}&state={state}".format(**back))
    return browser.submit("Review", name=name, ad_account="516848833").submit("Connect")


def test_an_account_is_connected_through_the_app_of_the_page(pages: Installed) -> None:
    browser = pages.signed_in().get("/destinations/connect")
    assert "Waiting for you: there is no LinkedIn app yet" in browser.text
    assert "Sign in to LinkedIn" not in {button for form in browser.seen.forms for button in form.buttons}
    browser.click("LinkedIn app")
    assert "http://127.0.0.1:8000/linkedin/callback" in browser.response.text
    assert "rw_dmp_segments" in browser.text
    entered(browser)
    assert "The LinkedIn app was saved" in browser.text
    assert "EMEA is connected to" in connected(pages, browser, "EMEA").text
    pages.world.yaml["activations"]["main"]["destination"] = "EMEA"
    pages.world.open()
    assert pages.world.sync().added == 2


def test_it_is_an_administrators(pages: Installed) -> None:
    assert pages.signed_in(Role.MARKETER).get("/settings/linkedin").status == 403


def test_the_secret_rests_sealed_and_is_shown_nowhere(pages: Installed, world_folder: Path) -> None:
    browser = entered(pages.signed_in(), secret="a-secret-of-linkedins")
    assert "a-secret-of-linkedins" not in browser.response.text
    entered(browser, "no blanks", "a-secret-of-linkedins")
    assert browser.status == 422
    assert "a-secret-of-linkedins" not in browser.response.text
    assert all("a-secret-of" not in str(each.details) for each in pages.app.store.audit.latest(9))
    files = [each for each in world_folder.rglob("*") if each.is_file()]
    assert not [each for each in files if b"a-secret-of-linkedins" in each.read_bytes()]
    assert "a-secret-of" not in repr(pages.app.store.linkedin_app.get())


def test_an_empty_secret_keeps_the_one_that_is_there_but_not_that_of_another_app(pages: Installed) -> None:
    browser = entered(pages.signed_in())
    entered(browser, secret="")
    assert pages.app.store.linkedin_app.get() == Registered("86emulator", SECRET)
    entered(browser, "another", "")
    assert browser.status == 422
    assert "Enter the Client Secret" in browser.text


def test_whoever_is_at_work_notices_another_secret(pages: Installed) -> None:
    """The access token is renewed with the secret of now; nothing is opened anew in between."""
    browser = entered(pages.signed_in())
    connected(pages, browser, "EMEA")
    pages.world.yaml["activations"]["main"]["destination"] = "EMEA"
    pages.world.open()
    assert pages.world.sync().state == "done"
    entered(browser, secret="not-the-secret")
    pages.world.clock.sleep(61 * DAY)
    assert pages.world.sync().state == "parked"
    entered(pages.signed_in())
    pages.app.store.destinations.unpark("EMEA")
    assert pages.world.sync().state == "done"


def test_without_an_app_nobody_is_sent_to_linkedin(pages: Installed) -> None:
    browser = entered(pages.signed_in())
    browser.submit("Take it out")
    assert "Nobody can sign in to LinkedIn yet" in browser.text
    proof = next(value for form in browser.seen.forms for name, value in form.fields if name == "csrf")
    assert browser.post("/destinations/connect", {"csrf": proof}).status == 422
    assert "enter one under Settings, LinkedIn app" in browser.text


def test_the_environment_is_asked_first_and_cannot_be_changed_here(api: Api) -> None:
    made = installed(api.world)
    browser = made.signed_in().get("/settings/linkedin")
    assert "The environment of this server says it" in browser.text
    assert "Save" not in {button for form in browser.seen.forms for button in form.buttons}
    assert api.get("/linkedin-app")["origin"] == "environment"
    body = {"client_id": "x", "client_secret": "y"}
    assert "GUESTLIST_LINKEDIN_CLIENT_ID" in problem(api("PUT", "/linkedin-app", body, if_match="*"), 422)["detail"]
    problem(api("DELETE", "/linkedin-app"), 422)
    made.web.close()


def test_the_same_through_the_api(bare: World, logged: list[Any]) -> None:
    api = Api(bare)
    blank = api.get("/linkedin-app")
    assert (blank["client_id"], blank["origin"]) == (None, None)
    assert blank["redirect_url"] == "https://guests.example/linkedin/callback"
    problem(api("DELETE", "/linkedin-app"), 404)
    tag, body = api.tag("/linkedin-app"), {"client_id": "86emulator", "client_secret": SECRET}
    half = problem(api("PUT", "/linkedin-app", {"client_id": "86emulator"}, if_match=tag), 422)
    assert half["place"] == ["client_secret"]
    problem(api("PUT", "/linkedin-app", body), 428)
    done = api("PUT", "/linkedin-app", body, if_match=tag)
    assert done.headers["etag"] == api.tag("/linkedin-app")
    problem(api("PUT", "/linkedin-app", body, if_match=tag), 412)
    assert (done.json()["client_id"], SECRET in done.text) == ("86emulator", False)
    read = done.headers["etag"]
    renewed = api("PUT", "/linkedin-app", {**body, "client_secret": "another"}, if_match=read)
    assert renewed.headers["etag"] != read
    problem(api("PUT", "/linkedin-app", body, if_match=read), 412)
    back = api("PUT", "/linkedin-app", body, if_match=renewed.headers["etag"])
    assert back.headers["etag"] not in (read, renewed.headers["etag"])  # nothing of the secret is in it
    begun = api("POST", "/destinations/acme/authorization", {"redirect_url": "http://127.0.0.1:8000/x"})
    assert "client_id=86emulator" in begun.json()["address"]
    assert [entry["what"] for entry in api.get("/audit?subject=86emulator")["items"]] == ["change LinkedIn app"] * 3
    problem(api("DELETE", "/linkedin-app"), 428)
    problem(api("DELETE", "/linkedin-app", if_match=read), 412)
    assert api("DELETE", "/linkedin-app", if_match=api.tag("/linkedin-app")).status_code == 204
    assert (
        "LinkedIn app"
        in problem(api("POST", "/destinations/acme/authorization", {"redirect_url": "http://127.0.0.1:8000/x"}), 422)[
            "detail"
        ]
    )
    api.close()


GIVEN, KEPT, OLD = Registered("env", "e"), Registered("page", "new"), Registered("old", "o")
TOKEN = Token("a", 1.0, 0.0)


@pytest.mark.parametrize(
    ("given", "kept", "credential", "speaks"),
    [
        (GIVEN, KEPT, Credential(TOKEN, "old", "o"), GIVEN),
        (None, KEPT, Credential(TOKEN, "old", "o"), OLD),
        (None, KEPT, Credential(TOKEN, "page", "before"), KEPT),
        (None, KEPT, Credential(TOKEN), KEPT),
        (None, KEPT, None, KEPT),
        (None, None, Credential(TOKEN, "old", "o"), OLD),
        (None, None, None, None),
    ],
)
def test_which_app_speaks_for_a_credential(
    given: Registered | None, kept: Registered | None, credential: Credential | None, speaks: Registered | None
) -> None:
    assert linkedin_app.speaks_for(given, kept, credential) == speaks
