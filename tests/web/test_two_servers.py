"""Two servers on one store, as behind a load balancer: whatever one is told the other knows, on both databases."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from guestlist.app import api_tokens, declared, drafts, users, write_keys
from guestlist.core.permissions import Role
from tests.web.browser import Browser
from tests.web.installed import PASSWORD, Installed, installed
from tests.web.sending import multipart, send, token, upload
from tests.web.served import Command, until
from tests.web.test_activating import _of, begun, entered, step, track
from tests.world import World, digest, emails

Pair = tuple[Installed, Installed]
HERE = "http://127.0.0.1:8000"
NEW = {"name": "leads", "settings": {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}}


@pytest.fixture
def servers(store_url: str, tmp_path: Path, logged: list[Any]) -> Iterator[Pair]:
    """Each with connections, locks, caches and threads of its own."""
    one = World(tmp_path, store_url)
    one.connect()
    one.write(emails("ann", "bob"))
    other = World(tmp_path, store_url, emulator=one.emulator)
    made = installed(one, HERE), installed(other, HERE)  # behind one address, as GUESTLIST_PUBLIC_URL says
    yield made
    for each in made:
        each.web.close()
        each.world.close()


def moved(browser: Browser, to: Installed) -> Browser:
    """The next request of the same person is answered by another server."""
    browser.web = to.web
    return browser


def signs_in(browser: Browser, password: str = PASSWORD, name: str = "ann") -> Browser:
    return browser.get("/sign-in").submit("Sign in", name=name, password=password)


def is_in(browser: Browser) -> bool:
    return not browser.get("/settings/password").location.startswith("/sign-in")


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_who_signed_in_at_one_is_known_to_the_other_until_they_sign_out(servers: Pair) -> None:
    one, other = servers
    browser = one.signed_in()
    assert is_in(moved(browser, other))
    kept = dict(browser.cookies)
    browser.get("/").submit("Sign out")
    assert not is_in(browser)
    browser.cookies = kept
    assert not is_in(moved(browser, one))


def test_a_form_of_one_is_taken_by_the_other(servers: Pair) -> None:
    one, other = servers
    one.user(Role.ADMINISTRATOR)
    browser = one.browser().get("/sign-in")
    assert is_in(moved(browser, other).submit("Sign in", name="ann", password=PASSWORD))
    moved(browser, one).get("/settings/keys")
    moved(browser, other).submit("Create and show the key", name="site")
    assert [each.name for each in one.app.store.write_keys.all()] == ["site"]


def test_a_link_for_a_password_works_once_over_both(servers: Pair) -> None:
    one, other = servers
    link = users.setup_link(one.app)
    first, second = one.browser().get(f"/setup/{link}"), other.browser().get(f"/setup/{link}")
    first.submit("Begin", name="ann", password=PASSWORD)
    second.submit("Begin", name="mallory", password=PASSWORD)
    assert [each.name for each in other.app.store.users.all()] == ["ann"]
    assert (is_in(first), is_in(second)) == (True, False)


def test_who_is_disabled_at_one_is_out_at_the_other(servers: Pair) -> None:
    one, other = servers
    browser = moved(one.signed_in(Role.MARKETER), other)
    assert is_in(browser)
    users.change_role(one.app, "ben", Role.ANALYST)
    assert browser.get("/activate").status == 403
    users.disable(one.app, "ben")
    assert not is_in(browser)


def test_wrong_passwords_count_over_both(servers: Pair) -> None:
    one, other = servers
    one.user(Role.ADMINISTRATOR)
    for server in (one, other, one, other):
        assert signs_in(server.browser(), "wrong, and long enough").status == 422
    assert is_in(signs_in(one.browser()))  # which forgets them
    for server in (one, other, one, other, one):
        signs_in(server.browser(), "wrong, and long enough")
    for server in servers:
        assert "try again in 15 minutes" in signs_in(server.browser()).text
        assert not is_in(signs_in(server.browser()))
    one.world.clock.sleep(15 * 60.0 + 1.0)
    assert is_in(signs_in(other.browser()))


# ── what they make ───────────────────────────────────────────────────────────────────────────────────────────────
def test_a_draft_begun_at_one_is_finished_at_the_other(servers: Pair) -> None:
    one, other = servers
    one.world.write([{"email": "ann@example.com", "role": "CEO"}], "more.csv")
    more = {"members": "people", "source": {"file": "more.csv"}}
    declared.create(one.app, one.configuration, "audiences", "more", more)
    browser = begun(moved(one.signed_in(), other), "people", "more")
    step(moved(browser, one), "select", source="role", target="title")
    step(moved(browser, other), "remove-title")
    step(moved(browser, one))
    step(moved(browser, other), **{"name-0": "more-to-acme", "mode-0": "mirror"})
    one.work()
    assert "Would be added 1" in moved(browser, one).get(browser.location).text
    moved(browser, other).submit("Finish")
    assert browser.location == "/activations/more-to-acme"
    one.work()
    assert one.world.told("more-to-acme") == {digest("ann@example.com")}
    for server in servers:
        assert server.configuration.current().activations["more-to-acme"].mapping == {"email": ("email",)}
        assert drafts.mine(server.app, _of("ann", server)) == []


def returned(browser: Browser, at: Installed, answers: Installed) -> Browser:
    """Allowed at LinkedIn, which sends the browser to whichever server has its turn."""
    came = at.world.consent(browser.response.headers["location"])
    return moved(browser, answers).get("/linkedin/callback?code={code}&state={state}".format(**came))


def test_whom_one_sent_to_linkedin_comes_back_to_the_other(servers: Pair) -> None:
    one, other = servers
    browser = one.signed_in().get("/destinations/acme").submit("Reauthorize")
    came = one.world.consent(browser.response.headers["location"])
    back = "/linkedin/callback?code={code}&state={state}".format(**came)
    stranger = other.signed_in(Role.ADMINISTRATOR, "zoe")
    assert "was not begun here by you" in stranger.get(back.replace(came["state"], "made-up")).text
    assert moved(browser, other).get(back).location == "/destinations/acme"
    assert "acme is authorized again" in browser.text
    assert "was used already" in moved(browser, one).get(back).text  # once over both


def test_whoever_is_sent_from_another_address_has_to_come_back_to_it(servers: Pair) -> None:
    """LinkedIn sends browsers to the address that was named: servers that print their own are not behind one."""
    one, other = servers
    elsewhere = installed(other.world, "http://127.0.0.1:8001")
    browser = one.signed_in().get("/destinations/acme").submit("Reauthorize")
    assert "was not begun here by you" in returned(browser, one, elsewhere).text
    elsewhere.web.close()


def test_connecting_goes_from_server_to_server(servers: Pair) -> None:
    one, other = servers
    browser = one.signed_in().get("/destinations/connect").submit("Sign in to LinkedIn")
    returned(browser, one, other)
    assert "516848833" in browser.text
    moved(browser, one).get(browser.location).submit("Review", name="EMEA", ad_account="516848833")
    moved(browser, other).get(browser.location).submit("Connect")
    assert browser.location == "/destinations/EMEA"
    for server in servers:
        assert "EMEA" in server.configuration.current().destinations
        assert "Works" in moved(browser, server).get("/destinations/EMEA").text


def test_a_list_uploaded_at_one_is_looked_at_activated_replaced_and_sent_by_the_other(servers: Pair) -> None:
    one, other = servers
    browser = upload(one.signed_in(), b"email,role\nann@example.com,CEO\nbob@example.com,CFO\n", "guests")
    assert "uploaded list list.csv" in moved(browser, other).get("/audiences/guests").text
    assert "bob@example.com" in browser.text
    begun(browser, "people", "guests")
    step(moved(browser, one))
    step(moved(browser, other), **{"name-0": "guests-to-acme"})
    other.work()
    assert "Would be added 2" in moved(browser, one).get(browser.location).text
    browser.submit("Finish")
    other.work()
    assert other.world.told("guests-to-acme") == {digest(f"{name}@example.com") for name in ("ann", "bob")}
    moved(browser, other).get("/audiences/guests")
    fresh = multipart([("csrf", token(browser))], b"email\nann@example.com\ncem@example.com\n")
    send(browser, "/audiences/guests/upload", fresh)
    assert "The list is replaced" in browser.text
    one.door.sync("guests-to-acme", allow_removals=1)
    assert one.world.told("guests-to-acme") == {digest(f"{name}@example.com") for name in ("ann", "cem")}


def test_an_event_that_one_took_is_tried_at_the_other(servers: Pair) -> None:
    one, other = servers
    key = write_keys.create(other.app, "engage")
    body = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
    declared.create(other.app, other.configuration, "audiences", "intent", body)
    browser = begun(other.signed_in(), "people", "intent")
    assert track(one, key, entered()) == 200
    until(lambda: other.app.store.last_events.newest(["engage"]) is not None)
    assert "a***@example.com" in browser.get(browser.location).text
    step(browser)
    step(browser, **{"name-0": "intent-to-acme"})
    step(browser, "real", audience_key="high_intent")
    assert "They enter: LinkedIn is told to add them." in step(browser, "test").text
    one.door.forget(["ann@example.com"])
    assert step(browser, "real").status == 422


def test_a_token_made_at_one_is_good_at_the_other_and_revoked_likewise(servers: Pair) -> None:
    one, other = servers
    browser = one.signed_in()
    token = api_tokens.create(one.app, "nightly", Role.ANALYST)
    for server in servers:
        assert asked(server, "/audiences", token) == 200
        assert asked(server, "/users", token) == 403
    moved(browser, other).get("/settings/tokens").submit("Revoke")
    for server in servers:
        assert asked(server, "/audiences", token) == 401


def test_a_request_that_is_repeated_at_the_other_is_answered_as_before(servers: Pair) -> None:
    one, other = servers
    secret = api_tokens.create(one.app, "nightly", Role.ADMINISTRATOR)
    first, again = (posted(server, secret, key="k-1") for server in servers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert [each.headers.get("idempotency-replayed") for each in (first, again)] == [None, "true"]
    assert posted(other, secret, key="k-2").status_code == 409


def test_of_two_at_once_the_second_waits_outside_whichever_is_asked(
    servers: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = servers
    secret, create = api_tokens.create(one.app, "nightly", Role.ADMINISTRATOR), declared.create
    meanwhile: list[httpx2.Response] = []

    def slow(*given: Any) -> Any:
        monkeypatch.setattr(declared, "create", create)
        thread = threading.Thread(target=lambda: meanwhile.append(posted(other, secret, key="k")))
        thread.start()
        thread.join(30)
        return create(*given)

    monkeypatch.setattr(declared, "create", slow)
    assert posted(one, secret, key="k").status_code == 201
    assert meanwhile[0].status_code == 409
    assert "is being worked on" in meanwhile[0].json()["detail"]


def posted(server: Installed, secret: str, key: str) -> httpx2.Response:
    headers = {"authorization": f"Bearer {secret}", "idempotency-key": key, "content-type": "application/json"}

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(server.web.asgi)
        async with httpx2.AsyncClient(transport=transport, base_url=HERE) as client:
            return await client.post("/api/v1/audiences", content=json.dumps(NEW), headers=headers)

    return asyncio.run(ask())


def asked(server: Installed, path: str, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return server.browser()._once("GET", f"/api/v1{path}", None, headers).status_code


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_processes_know_the_same_event_token_and_key(store_url: str, tmp_path: Path) -> None:
    command = Command(tmp_path, store_url)
    (tmp_path / "guestlist.yaml").write_text(
        "destinations: {}\n"
        "audiences:\n  leads: {members: people, source: {events: {write_keys: [site]}}}\n"
        "activations: {}\n"
    )
    token = made(command, "tokens", "create", "look", "--role", "Administrator")["token"]
    key = made(command, "keys", "create", "site")["write_key"]
    with command.serving("--no-worker") as (_, one), command.serving("--no-worker") as (_, other):
        assert one != other
        basic = base64.b64encode(f"{key}:".encode()).decode()
        sent = httpx2.post(f"{one}/v1/track", content=entered(), headers={"authorization": f"Basic {basic}"})
        assert sent.status_code == 200

        def found() -> httpx2.Response:
            where = f"{other}/api/v1/audiences/leads/last-event"
            return httpx2.get(where, headers={"authorization": f"Bearer {token}"})

        until(lambda: found().status_code == 200)
        assert found().json()["event"]["event"] == "Audience Entered"
        assert command.run("tokens", "revoke", "look").returncode == 0
        assert found().status_code == 401


def made(command: Command, *words: str) -> Any:
    done = command.run(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
