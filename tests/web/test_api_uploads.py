"""Lists that are uploaded through the API: whole or not at all, never readable on a disk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from guestlist.core.permissions import Role
from guestlist.web.api import uploads
from tests.web.apikit import Api, problem
from tests.world import digest

CSV = b"email,firstName\nada@example.com,Ada\nbob@example.com,Bob\n"
WHERE = "/uploads/customers?file_name=customers.csv"


def test_a_list_is_uploaded_used_replaced_and_deleted(api: Api) -> None:
    moe = api.make_token("moe", Role.MARKETER)
    done = api("PUT", WHERE, CSV, token=moe)
    assert done.status_code == 200, done.text
    assert done.json()["looks"] == {
        "columns": ["email", "firstName"],
        "members": "people",
        "mapping": {"email": ["email"], "firstName": ["firstName"]},
    }
    assert (done.json()["upload"]["size"], done.json()["upload"]["uploaded_by"]) == (len(CSV), "token moe")
    assert api.get("/uploads")["items"] == [done.json()["upload"]]
    api.make("audiences", "customers", {"members": "people", "source": {"upload": "customers"}}, token=moe)
    api.make("activations", "customers", {"audience": "customers", "destination": "acme"}, token=moe)
    assert api.finished(api("POST", "/activations/customers/syncs", token=moe))["result"]["added"] == 2
    assert digest("ada@example.com") in api.world.told("customers")

    problem(api("PUT", WHERE, CSV.replace(b"bob", b"cem")), 428)
    assert done.headers["etag"] == api.tag("/uploads/customers")
    other = api("PUT", WHERE, CSV + CSV, if_match=done.headers["etag"])
    problem(api("PUT", WHERE, CSV.replace(b"bob", b"cem"), if_match=done.headers["etag"]), 412)
    assert api("PUT", WHERE, CSV.replace(b"bob", b"cem"), if_match=other.headers["etag"]).is_success
    assert api.finished(api("POST", "/activations/customers/plans"))["result"]["adds"] == 1
    assert "the source of customers" in problem(api("DELETE", "/uploads/customers"), 422)["detail"]
    assert api("DELETE", "/activations/customers", if_match="*").status_code == 204
    events = {"members": "people", "source": {"events": {"write_keys": ["site"]}}}
    change = {"settings": {**events, "source": {**events["source"], "upload": None}}}
    assert api("PATCH", "/audiences/customers", change, if_match="*").is_success, "it has another source now"
    tag = api.tag("/uploads/customers")
    assert api("DELETE", "/uploads/customers", if_match=tag).status_code == 204
    problem(api("GET", "/uploads/customers"), 404)
    problem(api("DELETE", "/uploads/customers"), 404)


def sealed(api: Api) -> list[Path]:
    """What of lists is on disk."""
    return list((api.world.folder / "home").rglob("uploads/*"))


def test_an_uploaded_list_goes_with_the_last_audience_of_it(api: Api) -> None:
    api("PUT", WHERE, CSV)
    for name in ("customers", "twins"):
        api.make("audiences", name, {"members": "people", "source": {"upload": "customers"}})
    assert api("DELETE", "/audiences/customers", if_match="*").status_code == 204
    assert api.get("/uploads/customers")["upload"]["rows"] == 2, "another audience has it as its source"
    api.make("activations", "twins", {"audience": "twins", "destination": "acme"})
    assert "used by twins" in problem(api("DELETE", "/audiences/twins", if_match="*"), 422)["detail"]
    api("DELETE", "/activations/twins", if_match="*")
    assert len(sealed(api)) == 1
    assert api("DELETE", "/audiences/twins", if_match="*").status_code == 204
    problem(api("GET", "/uploads/customers"), 404)
    api.world.clock.sleep(3_601.0)
    api.door.app.store.files.collect()
    assert sealed(api) == []
    assert [each["what"] for each in api.get("/audit?limit=2")["items"]] == ["delete list", "delete audience"]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        (WHERE, b"", {}, 422),
        (WHERE.replace(".csv", ".exe"), CSV, {}, 422),
        (WHERE.replace(".csv", ".xlsx"), CSV, {}, 422),
        (WHERE.replace("customers?", "..%20?"), CSV, {}, 422),
        ("/uploads/customers", CSV, {}, 422),
        (WHERE, CSV, {"content_encoding": "gzip"}, 415),
        (WHERE, CSV, {"content_length": str(2 << 30)}, 413),
    ],
)
def test_what_is_no_list_leaves_what_was_there(
    api: Api, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    api("PUT", WHERE, CSV)
    before = api.get("/uploads")
    problem(api("PUT", path, body, if_match="*", **headers), status)
    assert api.get("/uploads") == before


def test_a_name_with_a_path_in_it_is_only_a_name(api: Api) -> None:
    done = api("PUT", "/uploads/customers?file_name=..%2F..%2Fetc%2Fpasswd.csv", CSV)
    assert done.json()["upload"]["file_name"] == "passwd.csv"


def test_a_list_is_never_readable_on_a_disk(api: Api, tmp_path: Path) -> None:
    api("PUT", WHERE, CSV)
    found = [each for each in tmp_path.rglob("*") if each.is_file() and b"ada@example.com" in each.read_bytes()]
    assert found == []


def test_too_large_a_list_is_stopped_on_its_way(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 1_000)
    taken = 0

    async def endless() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    assert asyncio.run(_asked(api, endless)) == 413
    assert taken == 11
    assert api.get("/uploads")["items"] == []


def test_whoever_leaves_has_uploaded_nothing(api: Api) -> None:
    parts = iter([{"type": "http.request", "body": CSV, "more_body": True}, {"type": "http.disconnect"}])

    async def leaving() -> dict[str, Any]:
        return next(parts)

    assert asyncio.run(_asked(api, leaving)) is None
    assert api.get("/uploads")["items"] == []


async def _asked(api: Api, receive: Any) -> int | None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "PUT", "path": "/api/v1/uploads/customers", "raw_path": b"",
        "query_string": b"file_name=customers.csv", "headers": [(b"authorization", f"Bearer {api.token}".encode())],
        "http_version": "1.1", "scheme": "http", "root_path": "", "server": ("guestlist", 80), "client": ("client", 1),
        "asgi": {"version": "3.0"},
    }  # fmt: skip
    await api.web.asgi(scope, receive, send)
    return sent[0]["status"] if sent else None


def test_a_list_of_companies_takes_no_place_of_one_of_people(api: Api) -> None:
    at = "/uploads/customers"
    assert api("PUT", f"{at}?file_name=a.csv", b"email\nann@example.com\n").status_code == 200
    api.make("audiences", "customers", {"members": "people", "source": {"upload": "customers"}})
    companies = b"companyName,website\nAcme Corp,acme.com\n"
    refused = problem(api("PUT", f"{at}?file_name=b.csv", companies, if_match=api.tag(at)), 422)
    assert (refused["place"], "a list of companies" in refused["detail"]) == (["file"], True)
    assert api.get(at)["upload"]["file_name"] == "a.csv"
