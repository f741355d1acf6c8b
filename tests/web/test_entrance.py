"""What every answer carries, what is logged and counted, and what never is."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from guestlist.bootstrap import open_web
from guestlist.errors import ConfigError
from guestlist.web.bodies import Bodies
from tests.clock import NOW
from tests.web.kit import Site, basic, entered

EVERYTHING = ["/v1/batch", "/v1/track", "/hooks/segment", "/api/v1/audiences/accounts/members", "/healthz", "/nowhere"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_load_balancers_may_ask_without_wanting_to_read(site: Site, path: str) -> None:
    assert site.send(path, b"", method="HEAD", key=None).status_code == 200


# ── ids ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_request_id_is_echoed_or_made(site: Site, logged: list[Any]) -> None:
    assert site.get("/healthz", x_request_id="abc-1.2:3_4").headers["x-request-id"] == "abc-1.2:3_4"
    made = {site.get("/healthz", **headers).headers["x-request-id"] for headers in ({}, {}, {"x_request_id": ""})}
    assert len(made) == 3
    assert all(len(each) == 16 for each in made)
    assert {entry["request_id"] for entry in logged} == {"abc-1.2:3_4", *made}


@pytest.mark.parametrize("given", ["ada@example.com", "a b", "x" * 129, "a;b", "\x7f"])
def test_an_id_that_could_hold_something_else_is_replaced(site: Site, logged: list[Any], given: str) -> None:
    assert len(site.get("/healthz", x_request_id=given).headers["x-request-id"]) == 16
    assert given not in json.dumps(logged)


@pytest.mark.parametrize("path", EVERYTHING)
def test_refusals_carry_it_too(site: Site, path: str) -> None:
    assert site.send(path, b"x", key=None, x_request_id="mine").headers["x-request-id"] == "mine"


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_path_and_a_method_that_are_not_there(site: Site) -> None:
    for path in ("/", "/v1/batch/", "/v1/nothing", "/docs", "/redoc", "/v1/import/..", "/api/v1/audiences/a/b/members"):
        done = site.send(path, b"{}")
        assert (done.status_code, done.json()["code"]) == (404, "not_found")
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        done = site.send("/v1/batch", b"{}", method=method)
        assert (done.status_code, done.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("method", ["POST", "OPTIONS", "GET"])
def test_no_web_page_may_read_an_answer(site: Site, path: str, method: str) -> None:
    asked = {"origin": "https://example.com", "access_control_request_method": "POST"}
    done = site.send(path, {"batch": []}, method=method, **asked)
    assert not [name for name in done.headers if name.startswith("access-control")]
    if method == "OPTIONS":
        assert done.status_code in (404, 405)


def test_an_error_of_ours_is_constant_and_says_where_it_was(
    site: Site, logged: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("someone@example.com")

    monkeypatch.setattr("guestlist.web.splitting.batch", broken)
    done = site.send("/v1/batch", {"batch": [entered()]})
    assert (done.status_code, done.json()["code"]) == (500, "internal")
    assert "x-request-id" in done.headers
    assert "someone" not in done.text
    (entry,) = [entry for entry in logged if entry["log_level"] == "error"]
    assert entry["error"] == "RuntimeError"
    assert entry["at"].startswith("test_entrance.py:")
    assert "someone" not in json.dumps(logged)


def test_whoever_leaves_gets_no_answer(site: Site, logged: list[Any]) -> None:
    sent: list[Any] = []
    parts: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": b'{"batch"', "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, Any]:
        return next(parts)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(site.web.asgi(scope("/v1/batch", site.key), receive, send))
    assert sent == []
    assert logged[-1]["status"] == 499
    assert site.kept() == []


def scope(path: str, key: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"authorization", basic(key).encode())],
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "server": ("guestlist", 80),
        "client": ("client", 1),
        "asgi": {"version": "3.0"},
    }


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────
def asked(site: Site, receive: Callable[[], Any]) -> tuple[int, Any]:
    """The status and the JSON of an answer to a request whose body comes from ``receive``."""
    sent: list[Any] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(site.web.asgi(scope("/v1/batch", site.key), receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_a_body_that_does_not_come(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_bodies(site), "_patience", 0.01)
    status, answer = asked(site, lambda: asyncio.Event().wait())
    assert (status, answer["code"]) == (408, "timeout")


def test_all_bodies_together_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = site_bodies(site)
    monkeypatch.setattr(bodies, "_most", 1_000)
    assert site.send("/v1/batch", b'{"batch": [], "x": "%s"}' % (b"y" * 900)).status_code == 200
    done = site.send("/v1/batch", b'{"batch": [], "x": "%s"}' % (b"y" * 1_000))
    assert (done.status_code, done.headers["retry-after"]) == (429, "1")
    assert site.send("/v1/batch", b'{"batch": []}').status_code == 200
    assert bodies._held == 0


def site_bodies(site: Site) -> Bodies:
    found: list[Bodies] = []
    original = Bodies.read

    def noting(self: Bodies, *arguments: Any) -> Any:
        found.append(self)
        return original(self, *arguments)

    Bodies.read = noting  # type: ignore[method-assign]
    try:
        site.send("/v1/batch", {"batch": []})
    finally:
        Bodies.read = original  # type: ignore[method-assign]
    return found[0]


def test_bodies_never_touch_the_disk(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def spool(*_: Any, **__: Any) -> None:
        raise AssertionError("a temporary file")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, spool)
    body = b"[%s]" % b",".join([json.dumps(entered()).encode()] * 5_000)  # Starlette would spool a form above 1 MB
    for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json"):
        assert site.send("/hooks/segment", body, content_type=kind).status_code == 200


# ── log ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_request_is_one_entry(site: Site, logged: list[Any]) -> None:
    site.send("/v1/batch", {"batch": [entered(), 1]}, x_request_id="r1")
    site.send("/api/v1/audiences/nobody/members", {"add": []}, x_request_id="r2")
    site.send("/v1/track?writeKey=gl_secret", b"x", key=None, x_request_id="r3")
    site.send("/ada@example.com", b"x", method="BREW", x_request_id="r4")
    said = [{name: value for name, value in entry.items() if name != "ms"} for entry in logged]
    members = "/api/v1/audiences/{name}/members"
    expected = [("POST", "/v1/batch", 200, 1), ("POST", members, 404, 0), ("POST", "/v1/track", 400, 0)]
    assert said == [
        {
            "event": "request",
            "log_level": "info",
            "method": method,
            "path": path,
            "status": status,
            "events": events,
            "request_id": f"r{number}",
        }
        for number, (method, path, status, events) in enumerate([*expected, ("other", "other", 404, 0)], 1)
    ]
    assert all(0 <= entry["ms"] < 60_000 for entry in logged)


def test_neither_people_nor_keys_are_logged(site: Site, logged: list[Any], capfd: pytest.CaptureFixture[str]) -> None:
    for path in EVERYTHING:
        for body in ({"batch": [entered()], "writeKey": site.key}, b"ada@example.com", [entered()]):
            site.send(f"{path}?email=ada@example.com&writeKey={site.key}", body)
            site.send(path, body, key="gl_wrong_key")
    captured = capfd.readouterr()
    said = json.dumps(logged) + captured.out + captured.err
    assert len(logged) == 6 * len(EVERYTHING)
    assert "@example.com" not in said
    assert site.key not in said
    assert "gl_" not in said


# ── probes ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_probes(site: Site) -> None:
    assert site.get("/healthz").json() == {"status": "ok"}
    assert site.get("/readyz").json() == {"status": "ready"}


class Rooms(Collector):
    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("guestlist_rooms", "Rooms.", 7)


def test_numbers(open_site: Callable[..., Site]) -> None:
    site = open_site(collectors=[Rooms()])
    site.send("/v1/batch", {"batch": [entered(), entered(), 1]})
    site.send("/hooks/segment", entered(), key=None)
    site.send("/nowhere")
    site.clock.time += 12.0
    lines = site.get("/metrics").text.splitlines()
    expected = [
        'guestlist_requests_total{path="/v1/batch",status="200"} 1.0',
        'guestlist_requests_total{path="/hooks/segment",status="401"} 1.0',
        'guestlist_requests_total{path="other",status="404"} 1.0',
        'guestlist_request_seconds_count{path="/v1/batch"} 1.0',
        'guestlist_events_received_total{door="track"} 2.0',
        'guestlist_events_failed_total{door="track",reason="not a JSON object"} 1.0',
        "guestlist_commit_seconds_count 1.0",
        "guestlist_inbox_rows 1.0",
        "guestlist_inbox_events 2.0",
        "guestlist_inbox_oldest_seconds 12.0",
        "guestlist_rooms 7.0",
    ]
    assert [line for line in expected if line not in lines] == []
    assert site.kept()[0].received_at == NOW


# ── OpenAPI ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_description(site: Site) -> None:
    document = site.get("/openapi.json").json()
    assert "Lists" in document["info"]["summary"], "it is not about events only"
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]["/v1/batch"]) == {"post"}
    assert {"/v1/t", "/v1/b", "/hooks/segment", "/hooks/rudderstack", "/healthz", "/readyz", "/metrics"} <= set(
        document["paths"]
    )
    assert "422" not in json.dumps(document)
    references = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert references == set(document["components"]["schemas"])


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("guestlist.web.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(ConfigError, match=r"pip install 'guestlist\[serve\]'"):
        open_web(None, lambda name: False)  # type: ignore[arg-type]
