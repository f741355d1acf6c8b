"""Halves of characters, as JavaScript leaves and writes them."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.events.surrogates import replaced


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
    assert msgspec.json.decode(replaced(text)) == expected
    assert len(replaced(text)) == len(text)


@given(st.text(st.characters(), max_size=8) | st.text('\\"u\ud83d\ude00\U0001f600d8', max_size=8))
def test_any_text_that_json_can_write_can_be_read(text: str) -> None:
    written = json.dumps(text).encode()
    once = replaced(written)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert msgspec.json.decode(once) == whole
    assert replaced(once) == once
