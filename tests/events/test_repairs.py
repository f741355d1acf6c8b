"""What SDKs write that is nearly JSON."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.events.repairs import repaired


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\uDE00 \uD83D"', "\ufffd \ufffd"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\u00e9\n"', "\u00e9\n"),
    ],
)
def test_halves(text: bytes, expected: str) -> None:
    assert msgspec.json.decode(repaired(text)) == expected


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([NAN, INFINITE, -INFINITE, {"a": NAN}], [None, None, None, {"a": None}]),
        (["NaN", "-Infinity, NaN", 'a "NaN', "\\", 1.5], ["NaN", "-Infinity, NaN", 'a "NaN', "\\", 1.5]),
    ],
)
def test_what_is_no_number_is_null(value: object, expected: object) -> None:
    assert msgspec.json.decode(repaired(json.dumps(value).encode())) == expected


@pytest.mark.parametrize(
    "text", [b"[xNaN]", b"[NaN1]", b"[-NaN]", b"[1NaN]", b"[+Infinity]", b'["NaN]', b"[Infinity.0]"]
)
def test_what_else_is_no_json_stays_none(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(repaired(text))


@given(st.text(st.characters(), max_size=8) | st.text('\\"u\ud83d\ude00\U0001f600d8', max_size=8))
def test_any_text_that_json_can_write_can_be_read(text: str) -> None:
    written = json.dumps(text).encode()
    once = repaired(written)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert msgspec.json.decode(once) == whole
    assert repaired(once) == once


@pytest.mark.parametrize("start", [b'{"NaN": "', b'"NaN'])
def test_a_text_that_never_ends_is_read_once(start: bytes) -> None:
    """Were each quote in it tried as a beginning, this would take hours."""
    text = start + rb"\"" * 250_000
    assert repaired(text) == text
