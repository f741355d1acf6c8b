"""Strategies: events and other JSON, small enough that paths written at random often lead somewhere."""

from typing import Any

from hypothesis import strategies as st

KEYS = ["event", "type", "properties", "traits", "context", "email", "plan", "a b", "0", "größe", 'say "x"', "back\\"]
keys = st.sampled_from(KEYS) | st.text(min_size=1, max_size=3)
texts = st.sampled_from(["", "track", "Audience Entered", "5", "true", "a*b"]) | st.text(max_size=4)
numbers = st.integers(-3, 3) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
events = st.dictionaries(keys, values, max_size=6)
