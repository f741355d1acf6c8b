"""The functions of FQL and its types. Values are those of decoded JSON; ``NONSENSE`` is the answer to a wrong type."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from guestlist.events import globs


class _Nonsense:
    """What has no value: nothing equals it, nothing differs from it, it is neither true nor false."""

    def __repr__(self) -> str:
        return "NONSENSE"


NONSENSE: Final = _Nonsense()
TYPES: dict[type, str] = {
    str: "string", int: "number", float: "number", bool: "bool", list: "list", type(None): "null", dict: "object",
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")
_DEEPEST = 50


@dataclass(frozen=True)
class Function:
    """``takes``: the types of each argument (null goes everywhere); ``gives``: the type of the answer.

    ``call`` answers NONSENSE for other types; ``of_null`` is the documented answer when the first argument is null.
    """

    takes: tuple[frozenset[str], ...]
    gives: str
    call: Callable[..., Any]
    of_null: Any = None


def type_of(value: Any) -> Any:
    """``string``, ``number``, ``list``, ``bool``, ``null`` or, undocumented, ``object``."""
    return TYPES.get(type(value), NONSENSE)


def same(left: Any, right: Any, level: int = 0) -> bool:
    """Equal and of the same type; a number is a number, whole or not."""
    kind = type_of(left)
    if kind is NONSENSE or kind != type_of(right) or level > _DEEPEST:
        return False
    if kind == "list":
        return len(left) == len(right) and all(same(a, b, level + 1) for a, b in zip(left, right, strict=True))
    if kind == "object":
        return left.keys() == right.keys() and all(same(left[key], right[key], level + 1) for key in left)
    return bool(left == right)


def text_of(value: Any) -> Any:
    """A value as text, numbers as JavaScript writes them; null stays null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return _number_text(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return NONSENSE


def _number_text(value: float) -> str:
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f")
    return repr(value).replace("e-0", "e-")


def _contains(text: Any, part: Any) -> Any:
    return part in text if isinstance(text, str) and isinstance(part, str) else NONSENSE


def _match(text: Any, pattern: Any) -> Any:
    if not (isinstance(text, str) and isinstance(pattern, str)):
        return NONSENSE
    try:
        return globs.compiled(pattern).fullmatch(text) is not None
    except globs.BadGlob:
        return NONSENSE


def _length(value: Any) -> Any:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    return len(value) if isinstance(value, list) else NONSENSE


def _of_text(change: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda value: change(value) if isinstance(value, str) else NONSENSE


def _titled(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


def _bool(value: Any) -> Any:
    """Documented only as "converts": what could be meant either way is NONSENSE."""
    if isinstance(value, str):
        return {"true": True, "false": False, "": False}.get(value, NONSENSE)
    return bool(value) if type_of(value) in ("null", "bool", "number", "list") else NONSENSE


def _number(value: Any) -> Any:
    if type_of(value) == "number":
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return NONSENSE
    number = float(value) if set(value) & set(".eE") else int(value)
    return number if math.isfinite(number) else NONSENSE


_STRING, _LIST = frozenset({"string"}), frozenset({"list"})
_ANY = frozenset(TYPES.values())

FUNCTIONS: dict[str, Function] = {
    "contains": Function((_STRING, _STRING), "bool", _contains, of_null=False),
    "match": Function((_STRING, _STRING), "bool", _match, of_null=False),
    "length": Function((_STRING | _LIST,), "number", _length, of_null=0),
    "lowercase": Function((_STRING,), "string", _of_text(str.lower)),
    "uppercase": Function((_STRING,), "string", _of_text(str.upper)),
    "snakecase": Function((_STRING,), "string", _of_text(lambda text: text.replace(" ", "_"))),
    "kebabcase": Function((_STRING,), "string", _of_text(lambda text: text.replace(" ", "-"))),
    "titlecase": Function((_STRING,), "string", _of_text(_titled)),
    "typeof": Function((_ANY,), "string", type_of, of_null="null"),
    "bool": Function((_ANY,), "bool", _bool, of_null=False),
    "string": Function((_ANY,), "string", text_of),
    "number": Function((_STRING | {"number"},), "number", _number),
}
