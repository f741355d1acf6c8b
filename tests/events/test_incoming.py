"""When an event happened, by a clock that can be trusted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.events.incoming import event_time, read, seconds
from guestlist.events.posting import Door, Posting, decode, encode
from tests.events.json_values import values

RECEIVED = 1_800_000_000.0


def at(event: dict[str, Any], sent_at: str = "", door: Door = "track") -> float:
    return event_time(event, Posting("k", door, RECEIVED, sent_at, b"", ())) / 1e6 - RECEIVED


def iso(offset: float) -> str:
    return datetime.fromtimestamp(RECEIVED + offset, UTC).isoformat().replace("+00:00", "Z")


def test_the_error_of_the_clients_clock_is_taken_out() -> None:
    hour_ahead = 3600.0
    event = {"timestamp": iso(hour_ahead - 10)}
    assert at(event, sent_at=iso(hour_ahead)) == pytest.approx(-10)
    assert at(event | {"sentAt": iso(hour_ahead)}) == pytest.approx(-10)


def test_no_clients_clock_pins_a_member() -> None:
    assert at({"timestamp": iso(86_400 * 365)}) == 0
    assert at({"timestamp": iso(500)}, sent_at=iso(0)) == 0


@pytest.mark.parametrize("event", [{}, {"timestamp": "yesterday"}, {"timestamp": None}, {"timestamp": True}])
def test_without_a_time_it_happened_when_it_came(event: dict[str, Any]) -> None:
    assert at(event) == 0


def test_what_was_forwarded_keeps_the_time_that_its_forwarder_worked_out() -> None:
    segment = {"timestamp": iso(-60), "originalTimestamp": iso(3540), "sentAt": iso(3600), "receivedAt": iso(-1)}
    assert at(segment, door="segment") == pytest.approx(-60)
    without = {"timestamp": iso(3540), "sentAt": iso(3600), "receivedAt": iso(-1)}
    assert at(without, door="segment") == pytest.approx(-61)
    assert at(segment | {"timestamp": iso(90)}, door="segment") == 0


def test_an_event_of_a_file_happened_when_it_says() -> None:
    assert at({"timestamp": iso(-86_400), "sentAt": iso(-86_300)}, door="file") == pytest.approx(-86_400)
    assert at({}, door="file") == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-25T12:00:00Z", 1_795_608_000.0),
        ("2026-11-25T13:00:00+01:00", 1_795_608_000.0),
        ("2026-11-25T12:00:00", 1_795_608_000.0),
        (1_795_608_000, 1_795_608_000.0),
        (1_795_608_000_000, 1_795_608_000.0),
        ("", None),
        (None, None),
        (1e300, None),
        (10**400, None),
        (-(10**400), None),
        ([], None),
    ],
)
def test_times_as_they_are_written(value: object, expected: float | None) -> None:
    assert seconds(value) == expected


@given(st.binary(max_size=40))
def test_what_is_no_object_is_nothing(raw: bytes) -> None:
    posting = Posting("k", "track", RECEIVED, "", b"", (raw,))
    found = read(raw, posting)
    assert found is None or isinstance(found.event, dict)


TIMES = values | st.integers().map(lambda n: 10 ** min(abs(n), 400)) | st.datetimes().map(datetime.isoformat)


@given(TIMES, TIMES, TIMES, st.sampled_from(["track", "segment", "rudderstack", "file"]))
def test_whatever_stands_for_a_time_the_event_has_one(timestamp: Any, sent: Any, received: Any, door: Door) -> None:
    event = {"timestamp": timestamp, "sentAt": sent, "receivedAt": received}
    assert -(2**63) < event_time(event, Posting("k", door, RECEIVED, "", b"", ())) <= RECEIVED * 1e6


def test_what_holds_for_all_of_a_batch_gives_way_to_the_event() -> None:
    posting = Posting("k", "track", RECEIVED, "", b"", ())
    common = {"context": {"ip": "::1"}, "integrations": {"All": False}}
    found = read(json.dumps({"type": "track", "context": {"page": 1}, "integrations": None}).encode(), posting, common)
    assert found is not None
    assert found.event["context"] == {"page": 1}
    assert found.event["integrations"] == {"All": False}


def test_postings_come_back_as_they_went() -> None:
    postings = (Posting("k", "members", 1.5, "", b"{}", (b"{}", b"[]"), "people"),)
    assert decode(encode(postings)) == postings
