"""What SDKs send, and every answer they can get."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from guestlist.app.intake import Limits
from guestlist.errors import StoreError
from guestlist.events.outcomes import Outcome, bucket
from guestlist.web.tracking import LARGEST, SINGLE
from tests.clock import NOW
from tests.web.kit import Site, basic, entered, zipped

KIB = 1 << 10
MEMBERS = "/api/v1/audiences/accounts/members"


# ── what is taken ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b"])
def test_a_batch_is_durable_when_it_is_answered(site_on_both: Site, path: str) -> None:
    events = [entered(f"u{number}", unknown={"field": [1, None]}) for number in range(100)]
    done = site_on_both.send(path, {"batch": events, "sentAt": "2026-05-28T20:26:40.000Z", "unknown": 1})
    assert (done.status_code, done.json()) == (200, {"success": True})
    (posting,) = site_on_both.kept()
    assert (posting.write_key, posting.door, posting.received_at) == ("engage", "track", NOW)
    assert (posting.sent_at, posting.common, posting.audience) == ("2026-05-28T20:26:40.000Z", b"", "")
    assert site_on_both.events() == events


@pytest.mark.parametrize(("path", "kind"), SINGLE.items())
def test_every_call_has_a_path_that_says_its_type(site: Site, path: str, kind: str) -> None:
    body = {"userId": None, "anonymousId": "a", "type": "wrong", "writeKey": site.key, "sentAt": "2026-05-28T20:26:40Z"}
    done = site.send(path, body, key=None)
    assert (done.status_code, done.json()) == (200, {"success": True})
    assert site.events() == [{"userId": None, "anonymousId": "a", "sentAt": body["sentAt"], "type": kind}]
    (posting,) = site.kept()
    assert posting.sent_at == body["sentAt"]
    assert site.key.encode() not in posting.events[0]


def test_what_holds_for_the_whole_batch_is_kept_beside_it(site: Site) -> None:
    common = {"context": {"ip": "1.2.3.4"}, "integrations": {"All": False, "LinkedIn Audiences": True}}
    site.send("/v1/batch", {"batch": [entered()], **common})
    site.send("/v1/batch", {"batch": [entered()], "context": None, "integrations": [], "sentAt": 12})
    first, second = site.kept()
    assert json.loads(first.common) == common
    assert (second.common, second.sent_at) == (b"", "")


@pytest.mark.parametrize("body", [{"batch": []}, {"batch": [], "writeKey": None}])
def test_an_empty_batch_is_no_error(site: Site, body: dict[str, Any]) -> None:
    assert site.send("/v1/batch", body).json() == {"success": True}
    assert site.kept() == []


@pytest.mark.parametrize("event", [entered(userId=None), entered(userId=7), {"type": "identify"}, {"type": "page"}])
def test_ids_may_be_null_numbers_or_missing(site: Site, event: dict[str, Any]) -> None:
    assert site.send("/v1/batch", {"batch": [event]}).json() == {"success": True}
    assert site.events() == [event]


ODD = rb'{"type":"track","event":"cut \ud83d","properties":{"spent":NaN,"left":-Infinity}}'


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/hooks/segment", "/hooks/rudderstack", MEMBERS])
def test_half_a_character_and_what_is_no_number_cost_nobody_anything(site: Site, path: str) -> None:
    good = json.dumps(entered()).encode()
    shapes = {"/v1/batch": b'{"batch":[%s,%s]}', "/v1/track": b"%.0b%s", MEMBERS: b'{"add":[%s,%s]}'}
    done = site.send(path, shapes.get(path, b"[%s,%s]") % (good, ODD))
    assert (done.status_code, done.json()) == (200, {"success": True})
    last = site.events()[-1]
    last = last.get("member") or last
    assert (last["event"], last["properties"]) == ("cut \ufffd", {"spent": None, "left": None})
    assert len(site.events()) == (1 if path == "/v1/track" else 2)


def test_gzip(site: Site) -> None:
    for encoding in ("gzip", "GZIP", "x-gzip"):
        done = site.send("/v1/batch", zipped({"batch": [entered()]}), content_encoding=encoding)
        assert done.status_code == 200
    assert site.send("/v1/track", zipped(entered()), content_encoding="gzip").status_code == 200
    assert site.events() == [entered()] * 4


def test_any_content_type_is_read_as_json(site: Site) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert site.send("/v1/batch", {"batch": [entered()]}, content_type=kind).status_code == 200
    assert len(site.events()) == 3


# ── what is rejected of a batch ──────────────────────────────────────────────────────────────────────────────────
BAD = {
    "not a JSON object": [1, None, "text", [], True],
    "no type": [{}, {"type": None}, {"type": ""}, {"type": 7}, {"type": {}}],
    "unknown type": [{"type": "delete"}, {"type": "Track"}, {"type": "record", "action": "insert"}],
    "larger than 32 KB": [{"type": "track", "properties": {"x": "y" * 32 * KIB}}],
}


def test_bad_events_are_named_and_the_good_ones_are_durable(site_on_both: Site) -> None:
    site = site_on_both
    bad = [(event, reason) for reason, events in BAD.items() for event in events]
    batch = [each for event, _ in bad for each in (event, entered())]
    done = site.send("/v1/batch", {"batch": batch})
    assert done.status_code == 200
    expected = [{"index": 2 * place, "reason": reason} for place, (_, reason) in enumerate(bad)]
    assert done.json() == {"success": True, "rejected": expected}
    assert site.events() == [entered()] * len(bad)
    assert site.store.event_counts.since(0) == {
        (0, bucket(NOW), Outcome.FAILED_ON_INGEST, reason): len(events) for reason, events in BAD.items()
    }


def test_a_batch_with_nothing_good_is_counted_and_answered(site: Site) -> None:
    done = site.send("/v1/batch", {"batch": [1]})
    assert (done.status_code, done.json()["rejected"]) == (200, [{"index": 0, "reason": "not a JSON object"}])
    assert site.kept() == []
    assert sum(site.store.event_counts.since(0).values()) == 1


def test_an_event_of_exactly_32_kb_is_taken(site: Site) -> None:
    event = entered()
    event["filler"] = "x" * (32 * KIB - len(json.dumps(event)) - len(', "filler": ""'))
    assert len(json.dumps(event)) == 32 * KIB
    assert site.send("/v1/batch", {"batch": [event]}).json() == {"success": True}
    event["filler"] += "x"
    assert site.send("/v1/batch", {"batch": [event]}).json()["rejected"][0]["reason"] == "larger than 32 KB"


# ── 400, 413 ─────────────────────────────────────────────────────────────────────────────────────────────────────
UNREADABLE = [
    b"",
    b"x",
    b"[]",
    b"null",
    b'{"batch": [',
    b'{"batch": {}}',
    b'{"batch": null}',
    b'{"batch": [{"type": "track",}]}',
    b'{"batch": [{"type": "track", "x": nan}]}',
    b'{"batch": [{"type": "track", "x": "\xff"}]}',
    b'{"sentAt": "2026-05-28T20:26:40Z"}',
    b'{"batch": [' + b"[" * 5_000 + b"]" * 5_000 + b"]}",
    b"a=b",
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_a_body_that_cannot_be_read(site: Site, body: bytes) -> None:
    done = site.send("/v1/batch", body)
    assert done.status_code == 400
    assert set(done.json()) == {"code", "message"}
    assert done.json()["code"] == "unreadable"
    assert site.kept() == []


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"null", b'{"a":', b'{"a": "\xff"}', b"{" * 5_000])
def test_a_single_call_that_cannot_be_read(site: Site, body: bytes) -> None:
    assert site.send("/v1/track", body).json()["code"] == "unreadable"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"{}", "gzip"),
        (zipped({"batch": []})[:-4], "gzip"),
        (zipped({"batch": []}) + b"more", "gzip"),
        (zlib.compress(b'{"batch": []}'), "gzip"),
        (b'{"batch": []}', "br"),
        (b'{"batch": []}', "gzip, gzip"),
        (b"", "gzip"),
    ],
)
def test_an_encoding_that_is_not_what_it_says(site: Site, body: bytes, encoding: str) -> None:
    done = site.send("/v1/batch", body, content_encoding=encoding)
    assert (done.status_code, done.json()["code"]) == (400, "unreadable")


def padded(size: int) -> bytes:
    body = b'{"batch": [], "x": "%s"}'
    return body % (b"y" * (size - len(body) + 2))


def test_500_kb_are_taken_and_no_more(site: Site) -> None:
    assert len(padded(LARGEST)) == LARGEST == 500 * KIB
    assert site.send("/v1/batch", padded(LARGEST)).status_code == 200
    for headers in ({}, {"transfer_encoding": "chunked"}):
        done = site.send("/v1/batch", padded(LARGEST + 1), **headers)
        assert (done.status_code, done.json()["code"]) == (413, "too_large")
    assert site.send("/v1/batch", zipped(padded(LARGEST)), content_encoding="gzip").status_code == 200
    assert site.send("/v1/batch", zipped(padded(LARGEST + 1)), content_encoding="gzip").status_code == 413


def test_a_bomb_is_not_inflated(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(layer.compress(bytes(1 << 20)) for _ in range(200)) + layer.flush()  # 200 MB
    assert len(bomb) < LARGEST
    made: list[int] = []
    inflater = zlib.decompressobj

    class Watched:
        def __init__(self, *arguments: Any) -> None:
            self._inner = inflater(*arguments)

        def decompress(self, data: bytes, most: int) -> bytes:
            whole = self._inner.decompress(data, most)
            made.append(len(whole))
            return whole

        eof = unused_data = b""

    monkeypatch.setattr("guestlist.web.bodies.zlib.decompressobj", Watched)
    assert site.send("/v1/batch", bomb, content_encoding="gzip").status_code == 413
    assert made == [LARGEST + 1]


def test_a_single_event_above_32_kb(site: Site) -> None:
    done = site.send("/v1/track", {"event": "x" * 32 * KIB})
    assert (done.status_code, done.json()["code"]) == (413, "too_large")


def test_what_is_common_to_a_batch_may_not_be_larger_than_an_event(site: Site) -> None:
    assert site.send("/v1/batch", {"batch": [], "context": {"x": "y" * 32 * KIB}}).status_code == 413


# ── 401 ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_write_key_comes_in_one_of_three_ways(site: Site) -> None:
    body = {"batch": [entered()]}
    assert site.send("/v1/batch", body).status_code == 200
    assert site.send("/v1/batch", {**body, "writeKey": site.key}, key=None).status_code == 200
    assert site.send("/v1/batch", body, key=None, x_write_key=site.key).status_code == 200
    password = "Basic " + basic(site.key).removeprefix("Basic ")
    assert site.send("/v1/batch", body, key=None, authorization=password.replace("Basic", "bAsIc")).status_code == 200
    assert len(site.events()) == 4


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": basic("gl_unknown")},
        {"authorization": basic("")},
        {"authorization": "Basic"},
        {"authorization": "Basic ****"},
        {"authorization": "Basic /w=="},
        {"authorization": "Bearer abc"},
        {"x_write_key": "gl_unknown"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/hooks/segment", "/hooks/rudderstack"])
def test_without_a_known_key_nothing_is_kept(site: Site, headers: dict[str, str], path: str) -> None:
    for body in ({"batch": [entered()], "writeKey": "gl_unknown"}, {"batch": [entered()], "writeKey": 7}):
        done = site.send(path, body, key=None, **headers)
        assert (done.status_code, done.json()["code"]) == (401, "unauthorized")
        assert done.headers["www-authenticate"].startswith("Basic ")
    assert site.kept() == []


def test_a_key_in_the_header_decides(site: Site) -> None:
    assert site.send("/v1/batch", {"batch": [], "writeKey": site.key}, key="gl_wrong").status_code == 401


def test_a_revoked_key_is_refused_soon_and_a_new_one_taken_at_once(site: Site) -> None:
    assert site.send("/v1/batch", {"batch": []}).status_code == 200
    site.clock.time += 1.0
    new = site.store.write_keys.create("new", NOW)
    assert site.send("/v1/batch", {"batch": [entered()]}, key=new).status_code == 200
    assert site.kept()[0].write_key == "new"
    site.store.write_keys.revoke("engage", NOW)
    site.clock.time += 5.0
    assert site.send("/v1/batch", {"batch": []}).status_code == 401


# ── 429, 503 ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_when_it_cannot_keep_up_it_says_when_to_come_back_and_recovers(site_on_both: Site) -> None:
    site = site_on_both
    assert site.send("/v1/batch", {"batch": [entered()]}).status_code == 200
    site.clock.time += Limits.lag + 2.5
    done = site.send("/v1/batch", {"batch": [entered("late")]})
    assert (done.status_code, done.json()["code"]) == (429, "too_many_requests")
    assert done.headers["retry-after"] == "3"
    assert site.send("/v1/track", entered("late")).status_code == 429
    assert len(site.events()) == 1
    site.store.inbox.delete([row.id for row in site.store.inbox.take(1)])
    site.clock.time += 1.0
    assert site.send("/v1/batch", {"batch": [entered("late")]}).status_code == 200


def test_while_the_database_is_away_nothing_is_acknowledged(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> int:
        raise StoreError("The database at postgresql://user:secret@host cannot be reached.")

    monkeypatch.setattr(site.store.inbox, "append", away)
    done = site.send("/v1/batch", {"batch": [entered()]})
    assert (done.status_code, done.json()["code"]) == (503, "unavailable")
    assert done.headers["retry-after"] == "5"
    assert "secret" not in done.text
    monkeypatch.setattr(site.store.inbox, "backlog", away)
    assert site.get("/readyz").status_code == 503
    assert site.get("/healthz").status_code == 200
    assert "guestlist_inbox_rows" not in site.get("/metrics").text
