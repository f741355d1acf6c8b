"""Paths as Segment writes them: ``$.context.traits.email``, ``$.integrations.Some Name.id``, ``$.a['b c'].0``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from guestlist.events.paths import Numeral, Step

# An unquoted key may hold blanks and letters of any alphabet, but nothing that means something in JMESPath.
_KEY = r"""[^\s.\[\]'"`|&()<>=!,{}*@\\$?:](?:[^.\[\]'"`|&()<>=!,{}*@\\$?:]*[^\s.\[\]'"`|&()<>=!,{}*@\\$?:])?"""
_STEP = rf"""(?:\.(?P<key>{_KEY})|\[(?P<place>-?[0-9]{{1,9}})\]|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\])"""
_STEPS = re.compile(_STEP, re.DOTALL)
_ANY_STEP = re.sub(r"[?]P<[a-z]+>", "?:", _STEP).replace("(?P=quote)", """['"]""")
_PATH = rf"\$(?:(?:{_ANY_STEP})+|\.?)"
_WHOLE = re.compile(_PATH, re.DOTALL)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_IN_QUOTES = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`"""
_PLACES = re.compile(rf"(?P<quotes>{_IN_QUOTES})|(?P<path>{_PATH})", re.DOTALL)


def steps_of(path: str) -> tuple[Step, ...] | None:
    """The steps of a path as a ``@path`` directive holds it, with or without ``$.``; None when it is no path."""
    text = path.strip()
    text = text if text.startswith("$") else "$" + ("" if text[:1] in ("", "[", ".") else ".") + text
    return _steps(text) if _WHOLE.fullmatch(text) else None


def alternatives(expression: str) -> list[tuple[Step, ...]] | None:
    """The paths of ``$.a.b || c.d``: one or several, at least one with ``$``; None for any other expression."""
    operands = [operand.strip() for operand in expression.split("||")]
    if not any(operand.startswith("$") for operand in operands):
        return None
    found = []
    for operand in operands:
        if operand.startswith("$") and _WHOLE.fullmatch(operand):
            found.append(_steps(operand))
        elif _SIMPLE.fullmatch(operand):
            found.append(tuple(operand.split(".")))
        else:
            return None
    return found


def without_dollars(expression: str) -> str:
    """The same expression for JMESPath, which has no ``$``; as long as it was, unless a key needs quotes."""
    return _PLACES.sub(lambda place: place["quotes"] or _jmespath(_steps(place["path"]), place["path"]), expression)


def shown(steps: Sequence[Step]) -> str:
    """A path for people's eyes, and for JMESPath: ``a."b c"[0]``; the whole event is ``@``."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step.text if isinstance(step, Numeral) else step
            quoted = key if _IDENTIFIER.fullmatch(key) else json.dumps(key, ensure_ascii=False)
            text += f".{quoted}" if text else quoted
    return text or "@"


def _steps(path: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for step in _STEPS.finditer(path):
        if step["place"] is not None:
            steps.append(int(step["place"]))
        elif step["key"] is not None and step["key"].isascii() and step["key"].isdigit() and len(step["key"]) < 10:
            steps.append(Numeral(step["key"]))
        else:
            steps.append(step["key"] if step["key"] is not None else step["quoted"])
    return tuple(steps)


def _jmespath(steps: Sequence[Step], written: str) -> str:
    return shown(steps).rjust(len(written))
