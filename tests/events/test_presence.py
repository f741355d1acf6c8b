"""What is left out found nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.events.expressions import compile_expression
from guestlist.events.presence import Presence
from guestlist.events.rules import texts

KEYS = ("traits", "properties", "email", "a", "0")
SIMPLE = ("email", "traits.email", "$.properties.a", "traits.properties.email", 'traits."0"', "@.a")
SOURCES = st.sampled_from(SIMPLE) | st.lists(st.sampled_from((*SIMPLE, "`7`", "traits.a[0]")), min_size=1).map(
    " || ".join
)
EVENTS = st.recursive(
    st.sampled_from([None, "", "x", 0, 1, False, True, []]),
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@given(st.lists(SOURCES, min_size=1, max_size=4), st.dictionaries(st.sampled_from(KEYS), EVENTS, max_size=5))
def test_whatever_is_left_out_would_have_found_nothing(sources: list[str], event: dict[str, Any]) -> None:
    expressions = {f"{number} {source}": (compile_expression(source),) for number, source in enumerate(sources)}
    names = Presence(expressions).names(event)
    assert names <= expressions.keys()
    assert not [name for name, each in expressions.items() if name not in names and texts(each, event)]


@pytest.mark.parametrize(
    ("source", "event", "there"),
    [
        ("traits.email", {"traits": {"email": "x"}}, True),
        ("traits.email", {"traits": {"e": "x"}, "email": "x"}, False),
        ("email || traits.email", {"traits": {"email": None}}, True),
        ("a", {"traits": {"a": "x"}}, False),
        ("traits.a", {"traits": ["a"]}, False),
        ("email || `7`", {}, True),
        ({"@if": {"exists": {"@path": "$.a"}, "then": "yes", "else": "no"}}, {}, True),
    ],
)
def test_only_ways_of_keys_are_left_out(source: Any, event: dict[str, Any], there: bool) -> None:
    assert ("x" in Presence({"x": (compile_expression(source),)}).names(event)) is there
