"""What samples show of an event: its shape and what decides, and nothing of a person."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from guestlist.events.masking import sample, shown
from tests.events.json_values import events

EVENT: dict[str, Any] = {
    "type": "track",
    "event": "Audience Entered",
    "userId": "crm-4711",
    "messageId": "ajs-1",
    "timestamp": "2026-05-28T20:26:39Z",
    "properties": {"audience_key": "hot", "hot": True, "plan": None, "age": 44},
    "context": {
        "personas": {"computation_class": "audience", "computation_id": "aud_1", "computation_key": "hot"},
        "traits": {"email": "Ada.Lovelace@example.com", "phones": ["+49 30 1234"], "name": "Ada Lovelace"},
    },
}


def test_what_decides_stays_readable_and_who_it_is_does_not() -> None:
    assert shown(EVENT) == {
        **EVENT,
        "userId": "c***",
        "properties": {"audience_key": "hot", "hot": True, "plan": None, "age": "#"},
        "context": {
            "personas": EVENT["context"]["personas"],
            "traits": {"email": "A***@example.com", "phones": ["+***"], "name": "A***"},
        },
    }


@pytest.mark.parametrize("key", ["event", "messageId", "audience_key", "action"])
def test_an_address_is_masked_wherever_it_stands(key: str) -> None:
    said = shown({key: "ada@example.com", "traits": {key: ["ada@example.com"], "ada@example.com": True}})
    assert "ada@" not in json.dumps(said)


def test_a_sample_says_what_was_sent_asked_and_answered() -> None:
    assert json.loads(sample(EVENT, {"action": "ADD"}, {"status": 400})) == {
        "sent": shown(EVENT),
        "request": {"action": "ADD"},
        "response": {"status": 400},
    }
    assert json.loads(sample(None)) == {"sent": None, "request": None, "response": None}


@given(events)
def test_any_event_can_be_shown(event: dict[str, Any]) -> None:
    sample(event)


def test_a_deep_or_long_event_is_cut() -> None:
    deep: Any = "end"
    for _ in range(50):
        deep = {"in": [deep]}
    assert "end" not in json.dumps(shown({"context": deep}))
    assert len(shown({str(n): n for n in range(1_000)})) < 100
