"""Glob patterns: against a slow reference, and against the texts that make regular expressions run for ever."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.events.globs import BadGlob, compiled, escaped, plain

texts = st.text("ab*?[]\\-!\n", max_size=8)


def matches(text: str, pattern: str) -> bool:
    return compiled(pattern).fullmatch(text) is not None


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("a\nb", "a?b", True), ("a\nb", "a*b", True), ("ab\n", "ab", False), ("aXbXc", "a*b*c", True),
        ("aab", "a*ab", True), ("ab", "a*ab", False), ("abab", "*ab", True), ("abc", "*b*", True), ("ac", "*b*", False),
        ("a", "[]", None), ("a", "[^a]", None), ("a", "[!a]", None), ("!", "[\\!a]", True), ("]", "[\\]]", True),
        ("-", "[a-]", True), ("-", "[-a]", True), ("b", "[a-]", False), ("\\", "\\\\", True), ("a", "\\a", True),
        ("]", "]", True), ("é", "?", True), ("e\u0301", "?", False), ("c", "[a\\-c]", True), ("b", "[a\\-c]", False),
        (".", "[.]", True), ("x", ".", False), ("&", "[&&]", True), ("", "", True), ("", "**", True), ("a", "", False),
        ("B", "[a-z]", False), ("[", "[[]", True),
    ],
)  # fmt: skip
def test_patterns(text: str, pattern: str, expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(BadGlob):
            compiled(pattern)
    else:
        assert matches(text, pattern) is expected


def _slow(text: str, pattern: str) -> bool:
    """Only ``*``, ``?`` and plain characters."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_slow(text[start:], pattern[1:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and _slow(text[1:], pattern[1:])


@given(st.text("ab", max_size=8), st.text("ab*?", max_size=6))
def test_like_a_slow_reference(text: str, pattern: str) -> None:
    assert matches(text, pattern) is _slow(text, pattern)


@given(texts, texts)
def test_an_escaped_text_matches_itself_only(text: str, other: str) -> None:
    assert matches(text, escaped(text))
    assert matches(other, escaped(text)) is (other == text)
    assert plain(escaped(text)) == text


@given(texts)
def test_plain_is_the_only_text_or_nothing(pattern: str) -> None:
    only = plain(pattern)
    if only is not None:
        assert matches(only, pattern)
        assert escaped(only) == pattern


def test_no_pattern_takes_long() -> None:
    pattern, text = "*a" * 3 + "*b", "a" * 1000  # seconds for a pattern that tries every way
    started = time.process_time()
    assert not matches(text, pattern)
    assert time.process_time() - started < 0.5
