"""What Segment's and RudderStack's webhooks send, signed and not."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.kit import AUDIENCE, Site, entered, zipped

SECRET = "a shared secret"

# As Segment's destinations write it: JSON.stringify, no blanks, Segment's own times and ids added
RECORDED = json.dumps(
    {
        **entered(),
        "channel": "server",
        "integrations": {"All": False, "Webhooks": True},
        "originalTimestamp": "2026-05-28T20:26:38.000Z",
        "receivedAt": "2026-05-28T20:26:40.118Z",
        "sentAt": "2026-05-28T20:26:39.900Z",
        "projectId": "5pXyZ",
        "version": 2,
    },
    separators=(",", ":"),
).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, "sha1").hexdigest()


@pytest.fixture
def signed_site(open_site: Callable[..., Site]) -> Site:
    return open_site(GUESTLIST_SEGMENT_SECRET=SECRET)


# ── Segment ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_event_or_a_list_of_them(site_on_both: Site) -> None:
    for body in (RECORDED, b"[%s]" % RECORDED, b" [%s,%s]" % (RECORDED, RECORDED), b"[]"):
        done = site_on_both.send("/hooks/segment", body)
        assert (done.status_code, done.json()) == (200, {"success": True})
    postings = site_on_both.kept()
    assert [event for posting in postings for event in posting.events] == [RECORDED] * 4  # to the byte
    assert {(each.door, each.write_key, each.sent_at, each.common) for each in postings} == {
        ("segment", "engage", "", b"")
    }


def test_a_webhook_may_bring_thousands_of_events(site: Site) -> None:
    body = b"[%s]" % b",".join([RECORDED] * 4_000)
    assert len(body) > 500 << 10
    assert site.send("/hooks/segment", body, key=None, x_write_key=site.key).status_code == 200
    assert len(site.events()) == 4_000
    done = site.send("/hooks/segment", b'[{"x":"%s"}]' % (b"y" * (16 << 20)))
    assert done.status_code == 413


def test_bad_events_of_a_webhook_are_named(site: Site) -> None:
    done = site.send("/hooks/segment", [entered(), 1, {"type": "record", "action": "insert"}])
    assert done.json()["rejected"] == [
        {"index": 1, "reason": "not a JSON object"},
        {"index": 2, "reason": "unknown type"},
    ]
    assert site.events() == [entered()]


@pytest.mark.parametrize("path", ["/hooks/segment", "/hooks/rudderstack"])
@pytest.mark.parametrize("body", [b"", b"null", b"7", b'"x"', b'{"a":', b"[{]", b'[{"a":"\xff"}]'])
def test_a_webhook_that_cannot_be_read(site: Site, path: str, body: bytes) -> None:
    assert site.send(path, body).json()["code"] == "unreadable"


# ── signatures ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_without_a_secret_signatures_are_not_looked_at(site: Site) -> None:
    assert site.send("/hooks/segment", RECORDED, x_signature="wrong").status_code == 200


@pytest.mark.parametrize("body", [RECORDED, b"[%s,%s]" % (RECORDED, RECORDED), b"[]"])
def test_the_signature_of_a_whole_body(signed_site: Site, body: bytes) -> None:
    right = signature(body)
    assert signed_site.send("/hooks/segment", body, x_segment_signature=right).status_code == 200
    assert signed_site.send("/hooks/segment", body, x_segment_signature=right.upper()).status_code == 200
    zipped_one = zipped(body)
    done = signed_site.send("/hooks/segment", zipped_one, x_segment_signature=right, content_encoding="gzip")
    assert done.status_code == 200


def test_the_signature_of_a_first_event_proves_one_event_only(signed_site: Site) -> None:
    right = signature(RECORDED)
    assert signed_site.send("/hooks/segment", RECORDED, x_signature=right).status_code == 200
    assert signed_site.send("/hooks/segment", b"[%s]" % RECORDED, x_signature=right).status_code == 200
    assert len(signed_site.events()) == 2
    forged = b"[%s,%s]" % (RECORDED, json.dumps(entered("mallory")).encode())
    assert signed_site.send("/hooks/segment", forged, x_signature=right).status_code == 401
    assert signed_site.send("/hooks/segment", forged, x_signature=signature(forged)).status_code == 401
    assert len(signed_site.events()) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_signature": ""},
        {"x_signature": signature(RECORDED, "another secret")},
        {"x_segment_signature": signature(RECORDED + b" ")},
        {"x_segment_signature": "é".encode()},
        {"x_segment_signature": "wrong", "x_signature": signature(RECORDED)},
        {"x_signature": signature(b"")},
    ],
)
def test_what_is_not_signed_is_refused(signed_site: Site, headers: dict[str, Any]) -> None:
    done = signed_site.send("/hooks/segment", RECORDED, **headers)
    assert (done.status_code, done.json()["code"]) == (401, "unauthorized")
    assert signed_site.kept() == []


def test_a_signature_does_not_stand_for_a_write_key(signed_site: Site) -> None:
    done = signed_site.send("/hooks/segment", RECORDED, key=None, x_segment_signature=signature(RECORDED))
    assert done.status_code == 401


def test_only_segment_signs(signed_site: Site) -> None:
    assert signed_site.send("/v1/batch", {"batch": [entered()]}).status_code == 200
    assert signed_site.send("/hooks/rudderstack", entered()).status_code == 200


# ── RudderStack ──────────────────────────────────────────────────────────────────────────────────────────────────
def record(action: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "action": action,
        "identifiers": {"email": "ada@example.com"},
        "fields": {"firstName": "Ada"},
        "recordId": "3",
        "context": {"sources": {"job_run_id": "j"}},
        "channel": "sources",
    }


def test_records_and_calls(site_on_both: Site) -> None:
    brought = [record(action) for action in ("insert", "update", "delete")]
    assert site_on_both.send("/hooks/rudderstack", [*brought, entered()]).json() == {"success": True}
    assert site_on_both.send("/hooks/rudderstack", brought[0]).json() == {"success": True}
    assert site_on_both.events() == [*brought, entered(), brought[0]]
    assert {posting.door for posting in site_on_both.kept()} == {"rudderstack"}


@pytest.mark.parametrize("action", ["upsert", None, 7, {}, "INSERT", ""])
def test_a_record_that_says_something_else(site: Site, action: Any) -> None:
    done = site.send("/hooks/rudderstack", [record(action), {"type": "record"}])
    reason = "unknown action of a record"
    assert done.json()["rejected"] == [{"index": 0, "reason": reason}, {"index": 1, "reason": reason}]


def test_any_action_of_a_call_is_a_field_like_others(site: Site) -> None:
    assert site.send("/hooks/rudderstack", entered(action={"x": AUDIENCE})).json() == {"success": True}
