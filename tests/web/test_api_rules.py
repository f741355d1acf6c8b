"""What holds for every operation: tokens, versions, keys for repeating, pages, bodies, names, sentences."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest

from guestlist.app import declared
from guestlist.core.permissions import Role
from guestlist.errors import UnknownName
from guestlist.web.api import paging
from tests.web.apikit import EVENTS, STREAM, Api, problem
from tests.world import World

NEW = {"name": "leads", "settings": EVENTS}


# ── who asks ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "given", [None, "Bearer", "Bearer ", "Basic YTpi", "glt_x", "Bearer glt_nobody", "Bearer \xe9"]
)
def test_without_a_token_nothing_is_said(api: Api, given: str | None) -> None:
    headers: dict[str, Any] = {} if given is None else {"authorization": given.encode("latin-1")}
    done = api("POST", "/audiences", {"no": "body is looked at"}, token=None, **headers)
    problem(done, 401)
    assert done.headers["www-authenticate"].startswith("Bearer ")
    assert api.get("/audiences")["items"][0]["name"] == "people"


def test_a_revoked_token_opens_nothing(api: Api) -> None:
    token = api.make_token("nightly", Role.ANALYST)
    assert api("GET", "/audiences", token=token).status_code == 200
    assert api("DELETE", "/tokens/nightly").status_code == 204
    problem(api("GET", "/audiences", token=token), 401)


def test_the_log_names_the_token(api: Api) -> None:
    api.make("audiences", "leads", EVENTS)
    entry = api.get("/audit?limit=1")["items"][0]
    assert (entry["who"], entry["what"], entry["subject"]) == ("token admin", "create audience", "leads")


@pytest.mark.parametrize("path", ["/audiences", "/audiences/nobody", "/configuration/export"])
def test_answers_are_kept_by_nobody_on_the_way(api: Api, path: str) -> None:
    headers = api("GET", path).headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_edit_needs_what_was_read(api: Api, method: str) -> None:
    read = api.make("audiences", "leads", EVENTS).headers["etag"]
    body = None if method == "DELETE" else {"settings": EVENTS}
    assert "If-Match" in problem(api(method, "/audiences/leads", body), 428)["detail"]
    written = api("PUT", "/audiences/leads", {"settings": {**EVENTS, "members": "companies"}}, if_match=read)
    now = written.headers["etag"]
    assert now == api.tag("/audiences/leads") != read
    for stale in (read, f"W/{now}", "no tag", '""', now.strip('"')):
        problem(api(method, "/audiences/leads", body, if_match=stale), 412)
    assert api.get("/audiences/leads")["settings"]["members"] == "companies"
    assert api(method, "/audiences/leads", body, if_match=f'"other", {now}').is_success


def test_any_version_is_a_wish_too(api: Api) -> None:
    api.make("audiences", "leads", EVENTS)
    assert api("DELETE", "/audiences/leads", if_match="*").status_code == 204
    problem(api("DELETE", "/audiences/leads", if_match="*"), 404)


def test_a_change_that_came_between_is_not_overwritten(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    read = api.make("audiences", "leads", EVENTS).headers["etag"]
    change = declared.change

    def slower(app: Any, configuration: Any, section: Any, name: str, body: Any, version: int, by: Any) -> Any:
        monkeypatch.setattr(declared, "change", change)
        change(app, configuration, section, name, {**EVENTS, "members": "companies"}, version, by)
        return change(app, configuration, section, name, body, version, by)

    monkeypatch.setattr(declared, "change", slower)
    problem(api("PUT", "/audiences/leads", {"settings": EVENTS}, if_match=read), 412)
    assert api.get("/audiences/leads")["settings"]["members"] == "companies"


# ── the same request twice ───────────────────────────────────────────────────────────────────────────────────────
def test_the_same_key_and_request_have_the_same_answer(api: Api) -> None:
    first = api("POST", "/tokens", {"name": "nightly", "role": "Analyst"}, idempotency_key="k-1")
    again = api("POST", "/tokens", {"name": "nightly", "role": "Analyst"}, idempotency_key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len([each for each in api.get("/tokens")["items"] if each["name"] == "nightly"]) == 1


def test_where_it_was_made_is_said_again(api: Api) -> None:
    first, again = (api("POST", "/audiences", NEW, idempotency_key="k") for _ in range(2))
    for header in ("location", "etag", "content-type"):
        assert first.headers[header] == again.headers[header]
    jobs = [api("POST", "/activations/main/plans", idempotency_key="j").json()["id"] for _ in range(2)]
    assert jobs[0] == jobs[1]


def test_another_request_with_a_key_is_refused(api: Api) -> None:
    api("POST", "/audiences", NEW, idempotency_key="k")
    for path, body in (("/audiences", {**NEW, "name": "other"}), ("/destinations", NEW)):
        assert "Idempotency-Key" in problem(api("POST", path, body, idempotency_key="k"), 422)["detail"]
    assert api("POST", "/audiences", {**NEW, "name": "other"}, idempotency_key="k2").status_code == 201


def test_keys_are_ones_own_and_for_a_day(api: Api) -> None:
    api("POST", "/audiences", NEW, idempotency_key="k")
    other = api.make_token("other", Role.ADMINISTRATOR)
    problem(api("POST", "/audiences", NEW, token=other, idempotency_key="k"), 409)
    api.world.clock.sleep(86_401)
    problem(api("POST", "/audiences", NEW, idempotency_key="k"), 409)


def test_what_failed_may_be_tried_again(api: Api) -> None:
    wrong = {"name": "l", "settings": STREAM}
    problem(api("POST", "/activations", wrong, idempotency_key="k"), 422)
    api.make("audiences", "leads", EVENTS)
    assert api("POST", "/activations", wrong, idempotency_key="k").status_code == 201


def test_of_two_at_once_the_second_waits_outside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go, create, answers = threading.Event(), threading.Event(), declared.create, []

    def slow(*given: Any) -> Any:
        inside.set()
        assert go.wait(20)
        return create(*given)

    monkeypatch.setattr(declared, "create", slow)
    first = threading.Thread(target=lambda: answers.append(api("POST", "/audiences", NEW, idempotency_key="k")))
    first.start()
    assert inside.wait(20)
    second = api("POST", "/audiences", NEW, idempotency_key="k")
    go.set()
    first.join()
    problem(second, 409)
    assert answers[0].status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "\xe9".encode()])
def test_a_key_that_is_none(api: Api, key: Any) -> None:
    problem(api("POST", "/audiences", NEW, idempotency_key=key), 400)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
def pages(api: Api, path: str, limit: int) -> list[list[Any]]:
    found, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{f'&cursor={cursor}' if cursor else ''}")
        found.append(page["items"])
        cursor = page["next"]
    return found


def test_lists_come_in_pages(api: Api) -> None:
    for number in range(4):
        api.make("audiences", f"é {number}", EVENTS)
        api("POST", "/activations/main/plans")
        api("POST", "/write-keys", {"name": f"key-{number}"})
        api("POST", "/users", {"name": f"user-{number}", "role": "Analyst"})
    for path, key in (
        ("/audiences", "name"),
        ("/write-keys", "name"),
        ("/users", "name"),
        ("/jobs", "id"),
        ("/audit", "id"),
    ):
        (whole,) = pages(api, path, 200)
        some = pages(api, path, 3)
        assert [each for page in some for each in page] == whole
        assert [len(page) for page in some[:-1]] == [3] * (len(some) - 1)
        assert 1 <= len(some[-1]) <= 3
        assert [each[key] for each in whole] == sorted((each[key] for each in whole), reverse=key == "id")


def test_runs_come_in_pages(api: Api) -> None:
    for number in range(3):
        api.world.write([{"email": f"{n}@example.com"} for n in range(number + 1)])
        api.world.sync()
    for path in ("/runs", "/activations/main/runs"):
        (whole,) = pages(api, path, 10)
        assert [each["run"] for page in pages(api, path, 2) for each in page] == [each["run"] for each in whole]
        assert len(whole) == 3


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=%FF", "cursor=", "cursor=bnVsbA=="]
)
def test_a_page_that_is_none(api: Api, query: str) -> None:
    for path in ("/audiences", "/jobs", "/activations/main/rejected"):
        problem(api("GET", f"{path}?{query}"), 422)


def test_a_cursor_of_another_list(api: Api) -> None:
    problem(api("GET", f"/jobs?cursor={paging.next_cursor('people')}"), 422)
    problem(api("GET", f"/jobs?cursor={paging.next_cursor(1 << 63)}"), 422)
    problem(api("GET", f"/audiences?cursor={paging.next_cursor(3)}"), 422)


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"name": "\\ud800", "settings": {}}', "application/json", 400),
        (b'{"name": "a\\u0000", "settings": {}}', "application/json", 400),
        (b'{"name": "a", "settings": {"x": NaN}}', "application/json", 400),
        (b'{"name": "a", "settings": {"x": 1e999}}', "application/json", 400),
        (b'{"name":"a","settings":' + b'{"x":' * 5_000 + b"1" + b"}" * 5_001, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"name=a", "application/x-www-form-urlencoded", 415),
        (b"{}", "application/json", 422),
        (b"", "application/json", 422),
        (b"[]", "application/json; charset=utf-8", 422),
        (b" " * (5 << 20), "application/json", 413),
    ],
)
def test_a_body_that_cannot_be(api: Api, body: bytes, kind: str, status: int) -> None:
    problem(api("POST", "/audiences", body, content_type=kind), status)


def test_a_body_may_be_packed(api: Api) -> None:
    packed = gzip.compress(json.dumps(NEW).encode())
    done = api("POST", "/audiences", packed, content_type="application/json", content_encoding="gzip")
    assert done.status_code == 201
    bomb = gzip.compress(b" " * (64 << 20))
    problem(api("POST", "/audiences", bomb, content_type="application/json", content_encoding="gzip"), 413)


def test_a_body_that_nobody_may_send_is_not_read(api: Api) -> None:
    async def never() -> dict[str, Any]:
        raise AssertionError("it was read")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/audiences", "raw_path": b"", "query_string": b"",
        "headers": [(b"authorization", b"Bearer x")], "http_version": "1.1", "scheme": "http", "root_path": "",
        "server": ("guestlist", 80), "client": ("client", 1), "asgi": {"version": "3.0"},
    }  # fmt: skip
    asyncio.run(api.web.asgi(scope, never, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 401


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────
ODD = [
    "..",
    ".",
    "a'; drop table declared; --",
    "<script>alert(1)</script>",
    "${HOME}",
    "{{7*7}}",
    "é 漢",
    "%2e%2e",
    "a\\b",
]


@pytest.mark.parametrize("name", ODD)
def test_names_lead_nowhere_else(api: Api, name: str) -> None:
    made = api("POST", "/audiences", {"name": name, "settings": EVENTS})
    if "/" in name or "\\" in name or name in ("..", "."):  # clients take those out of a path
        assert problem(made, 422)["place"] == ["audiences", name]
        return
    assert made.json()["name"] == name
    where = made.headers["location"].removeprefix("/api/v1")
    assert api.get(where)["name"] == name
    assert name in {each["name"] for each in api.get("/audiences")["items"]}
    assert made.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", ["..%2Fconfiguration%2Fexport", "%00", "..%2f..%2fetc%2fpasswd", "x" * 3_000])
def test_paths_lead_nowhere_else(api: Api, name: str) -> None:
    for section in ("audiences", "users", "activations"):
        problem(api("GET", f"/{section}/{name}"), 404)
    problem(api("GET", f"/activations/{name}/rejected"), 404)


def test_a_query_with_a_nul(api: Api) -> None:
    problem(api("GET", "/audit?who=%00"), 422)


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sign-ins/reuse", {"destination": "nobody"}),
        ("/destinations/acme/authorization/reuse", {"destination": "nobody"}),
        ("/activations/main/duplicates", {"name": "x", "destination": "nobody"}),
        ("/activations", {"name": "x", "settings": {"audience": "nobody", "destination": "acme"}}),
        ("/plans", {"name": "x", "settings": {"audience": "people", "destination": "nobody"}}),
    ],
)
def test_what_a_body_names_in_vain_is_a_mistake_in_it(api: Api, path: str, body: Any) -> None:
    assert "nobody" in problem(api("POST", path, body), 422)["detail"]


def test_no_address_that_is_always_there_says_that_it_is_not(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise UnknownName("There is no such thing.")

    monkeypatch.setattr(declared, "create", unknown)
    problem(api("POST", "/activations", {"name": "x", "settings": STREAM}), 422)


# ── sentences ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("GET", "/activations/mian", None, 404, "There is no activation 'mian' (did you mean \"main\"?)."),
        ("POST", "/activations/mian/syncs", None, 404, "There is no activation 'mian'"),
        ("GET", "/destinations/nobody", None, 404, "There is no destination 'nobody'."),
        ("POST", "/audiences", {"name": "people", "settings": EVENTS}, 409, "The audience 'people' is there already"),
        ("POST", "/activations/main/explain", {"value": "a@example.com"}, 404, "Activation 'main' was never synced"),
        ("POST", "/receipts", {"values": ["x"]}, 422, "'x' cannot be forgotten"),
        ("POST", "/tokens", {"name": "a b", "role": "Analyst"}, 422, "A token's name is 1 to 64 letters"),
        ("POST", "/tokens", {"name": "a", "role": "Boss"}, 422, "Role in the body: input should be 'Administrator'"),
        ("POST", "/users", {"name": "a", "rule": "Analyst"}, 422, "Role in the body: field required."),
        ("PUT", "/settings/colour", {"settings": {}}, 404, "There is nothing of this name or number here."),
        ("GET", "/jobs/7", None, 404, "There is no job 7; what ended is kept for a week."),
        ("GET", "/jobs/x", None, 404, "There is nothing of this name or number here."),
        ("GET", "/nothing", None, 404, "There is nothing under this path"),
        ("DELETE", "/audit", None, 405, "This path is not used with this method."),
    ],
)
def test_a_mistake_gets_a_sentence(api: Api, method: str, path: str, body: Any, status: int, sentence: str) -> None:
    assert problem(api(method, path, body), status)["detail"].startswith(sentence)


def test_no_refusal_holds_an_address(api: Api) -> None:
    for method, path, body in (
        ("POST", "/receipts", {"values": ["ada.example.com", "not@an@address"]}),
        ("POST", "/audiences", {"name": "ada@example.com", "settings": {"ada@example.com": 1}}),
        ("GET", "/activations/ada@example.com", None),
        ("POST", "/activations/ada@example.com/syncs", None),
        ("POST", "/tokens", {"name": "t", "role": "Analyst", "ada@example.com": 1}),
    ):
        refused = api(method, path, body)
        assert refused.status_code in (404, 422)
        assert "ada@" not in json.dumps({**refused.json(), "instance": ""})


def test_a_fault_of_ours_says_nothing(api: Api, monkeypatch: pytest.MonkeyPatch, logged: list[Any]) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("someone@example.com")

    monkeypatch.setattr(declared, "all_of", broken)
    found = problem(api("GET", "/audiences"), 500)
    assert "someone" not in json.dumps([found, logged])


def test_what_the_database_says_is_not_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from guestlist.errors import StoreError  # noqa: PLC0415

    def gone(*_: Any) -> Any:
        raise StoreError("connection to postgres.internal failed")

    monkeypatch.setattr(declared, "all_of", gone)
    done = api("GET", "/audiences")
    assert "internal" not in problem(done, 503)["detail"]
    assert done.headers["retry-after"] == "5"


def test_events_are_taken_as_before(api: Api) -> None:
    """The plain way in is a write key's, and answers in its own way."""

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(api.web.asgi)
        async with httpx2.AsyncClient(transport=transport, base_url="http://guestlist") as client:
            return await client.post("/api/v1/audiences/people/members", json={"add": []})

    done = asyncio.run(ask())
    assert (done.status_code, done.json()["code"]) == (401, "unauthorized")


# ── on both databases ────────────────────────────────────────────────────────────────────────────────────────────
def test_of_changes_at_once_one_counts(database_url: str, tmp_path: Path, logged: list[Any]) -> None:
    world = World(tmp_path, database_url)
    world.connect()
    api = Api(world)
    try:
        for _ in range(3):
            api("DELETE", "/audiences/leads", if_match="*")
            made = at_once(api, 2, "POST", "/audiences", NEW)
            assert sorted(made) == [201, 409]
            tag = api.tag("/audiences/leads")
            change = {"settings": {**EVENTS, "members": "companies"}}
            changed = at_once(api, 3, "PUT", "/audiences/leads", change, if_match=tag)
            assert sorted(changed) == [200, 412, 412]
        keyed = at_once(api, 3, "POST", "/write-keys", {"name": "k"}, idempotency_key="k")
        assert set(keyed) <= {201, 409}
        assert 201 in keyed
        assert api.finished(api("POST", "/activations/main/plans"))["state"] == "failed"  # there is no list
        assert len(api.get("/audit?limit=200")["items"]) == 11
        problem(api("GET", "/audiences/%00"), 404)
    finally:
        api.close()
        world.close()


def at_once(api: Api, times: int, *asked: Any, **headers: str) -> list[int]:
    ready, found = threading.Barrier(times), []

    def ask() -> None:
        ready.wait()
        found.append(api(*asked, **headers).status_code)

    threads = [threading.Thread(target=ask) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_nothing_runs_more_often_than_every_minute(api: Api) -> None:
    wanted = {"audience": "people", "destination": "acme", "schedule": {"every": "59s"}}
    refused = problem(api("POST", "/activations", {"name": "often", "settings": wanted}), 422)
    assert refused["place"] == ["activations", "often", "schedule", "every"]
    assert "it must be 1m or longer" in refused["detail"]
    api.make("activations", "often", {**wanted, "schedule": {"every": "1m"}})
