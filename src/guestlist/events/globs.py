"""Glob patterns of FQL's ``match``: ``*``, ``?``, ``[abc]``, ``[a-z]`` and ``\\x``, over the whole text."""

from __future__ import annotations

import re
from functools import lru_cache

_SPECIAL = re.compile(r"[*?\[\]\\]")
_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<any>\*)|(?P<one>\?)|\[(?P<set>(?:\\.|[^\]\\])*)\]|(?P<plain>[^\[\\])", re.S)
_SET_ITEM = re.compile(r"(?P<first>\\.|[^\\])(?:-(?P<last>\\.|[^\\]))?", re.S)


class BadGlob(ValueError):
    """The pattern cannot be read; the text says why, as the end of a sentence."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression for ``fullmatch``, whose time grows with text times pattern, never worse:
    patterns may come from events. BadGlob.
    """
    runs: list[str] = [""]
    at = 0
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None:
            raise BadGlob('it ends in "\\"' if pattern[at] == "\\" else 'its "[" has no "]"')
        at = piece.end()
        if piece["any"]:
            runs.append("")
        else:
            runs[-1] += _one_character(piece)
    first, *rest = runs
    if not rest:
        return re.compile(first, re.DOTALL)
    # Each run may stay where it first fits; atomic groups keep the regular expression from trying other places.
    middle = "".join(f"(?>.*?{run})" for run in rest[:-1] if run)
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)


def escaped(text: str) -> str:
    """A pattern that matches exactly this text."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def plain(pattern: str) -> str | None:
    """The only text the pattern matches, or None when it matches several."""
    found = ""
    for piece in _PIECE.finditer(pattern):
        character = piece["escaped"] or piece["plain"]
        if character is None:
            return None
        found += character
    return found if escaped(found) == pattern else None


def _one_character(piece: re.Match[str]) -> str:
    if piece["one"]:
        return "."
    if piece["set"] is not None:
        return _set(piece["set"])
    return re.escape(piece["escaped"] or piece["plain"])


def _set(content: str) -> str:
    if not content or content[0] in "!^":
        raise BadGlob(f'"[{content}]" is no set of characters (FQL has no negated sets; a literal one is written \\!)')
    items = ""
    for item in _SET_ITEM.finditer(content):
        first, last = (character and character[-1] for character in (item["first"], item["last"]))
        if last and last < first:
            raise BadGlob(f'the range "{first}-{last}" runs backwards')
        items += re.escape(first) + (f"-{re.escape(last)}" if last else "")
    return f"[{items}]"
