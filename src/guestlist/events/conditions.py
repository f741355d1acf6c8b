"""Triggers as a list of conditions, the form of Segment's trigger builder, and its way to FQL and back.

A form is ``{all: [...]}`` or ``{any: [...]}``, each condition ``{on, op, path?, value?}``: ``on`` is ``event_type``,
``event_name``, or ``property``, ``trait``, ``context`` with a ``path`` whose dots lead inwards. Case counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guestlist.core.mapping import nearest
from guestlist.errors import ConfigError
from guestlist.events import fql, globs
from guestlist.events.fql_evaluation import Predicate
from guestlist.events.fql_functions import FUNCTIONS, text_of
from guestlist.events.fql_syntax import Call, Comparison, Every, Literal, Node, Not, Path, Scalar, Some, joined
from guestlist.events.quoting import shown

_NAMES: dict[str, str] = {"event_type": "type", "event_name": "event"}
_ROOTS: dict[str, str] = {"property": "properties", "trait": "traits", "context": "context"}
_TEXTS = {("type",), ("event",)}  # are never anything else
_ON = {field: on for on, field in (_NAMES | _ROOTS).items()}

_SIGNS = {
    "less_than": "<", "less_than_or_equal_to": "<=", "greater_than": ">", "greater_than_or_equal_to": ">=",
}  # fmt: skip
_CONSTANTS: dict[str, tuple[str, Scalar]] = {
    "exists": ("!=", None), "does_not_exist": ("=", None), "is_true": ("=", True), "is_false": ("=", False),
}  # fmt: skip
_EQUALITY = {"is": "=", "is_not": "!="}
_CONTAINED = ("contains", "does_not_contain", "starts_with", "ends_with")
_FOR_NAMES = (*_EQUALITY, *_CONTAINED)
_OPS = (*_FOR_NAMES, *_SIGNS, *_CONSTANTS)
_MOST = 1e300
_LIKE_NUMBER = re.compile(r"-?[0-9][0-9.e+-]*|true|false")


@dataclass(frozen=True)
class Condition:
    """One line of the builder, checked. ``path`` is empty for the event's type and name."""

    on: str
    op: str
    path: tuple[str, ...] = ()
    value: Scalar = None


@dataclass(frozen=True)
class Group:
    """All of the conditions, or any of them. One alone is ``all``."""

    any: bool
    conditions: tuple[Condition, ...]


# ── the form ─────────────────────────────────────────────────────────────────────────────────────────────────────
def to_fql(form: Mapping[str, Any]) -> str:
    """The form as FQL, in Segment's own spelling. ConfigError names the condition and what is wrong with it."""
    return fql.Fql(_as_node(read(form))).text()


def from_fql(text: str) -> dict[str, Any] | None:
    """FQL as a form, or None when it is not one flat group of such conditions. ConfigError: it is no FQL."""
    group = _as_group(fql.parse(text).root)
    if group is None:
        return None
    return {"any" if group.any else "all": [_as_mapping(condition) for condition in group.conditions]}


def compile(form: Mapping[str, Any]) -> Predicate:  # noqa: A001 - the word for it, as in re.compile
    """The form as a function of an event. Unlike in FQL ``is`` and ``is_not`` compare texts: "5" is the number 5."""
    return fql.compile(textual(fql.Fql(_as_node(read(form)))))


def textual(statement: fql.Fql) -> fql.Fql:
    """The same FQL, but fields equal texts and numbers as Segment's triggers have it: by their text.

    Only what this changes is wrapped in ``string()``; a field cannot otherwise equal "Berlin" and not be that text.
    """
    return fql.Fql(_textual(statement.root))


def read(form: Mapping[str, Any]) -> Group:
    """Check a form. ConfigError, by condition."""
    if not isinstance(form, Mapping) or len(form) != 1 or not form.keys() <= {"all", "any"}:
        raise ConfigError('A trigger in parts is one group: either "all" or "any" with a list of conditions.')
    [(word, lines)] = form.items()
    if not isinstance(lines, list) or not lines:
        raise ConfigError(f'"{word}" must be a list of at least one condition.')
    conditions = []
    for number, line in enumerate(lines, start=1):
        try:
            conditions.append(_read(line))
        except ValueError as error:
            raise ConfigError(f"Condition {number} of {word}: {error}.") from None
    return Group(any=word == "any" and len(conditions) > 1, conditions=tuple(conditions))


def _read(line: Any) -> Condition:
    if not isinstance(line, Mapping):
        raise ValueError("it must have keys: on, op, and mostly path and value")  # noqa: TRY004 - becomes a ConfigError
    if line.keys() & {"all", "any"}:
        raise ValueError("groups cannot lie inside each other; write such a trigger as FQL")
    for key in line:
        if key not in ("on", "op", "path", "value"):
            raise ValueError(f'there is no key "{shown(str(key))}"{nearest(str(key), ("on", "op", "path", "value"))}')
    on = _one_of("on", line.get("on"), (*_NAMES, *_ROOTS))
    op = _one_of("op", line.get("op"), _OPS)
    if on in _NAMES and op not in (_EQUALITY if on == "event_type" else _FOR_NAMES):
        raise ValueError(f"{on} cannot be compared by {op}")
    return Condition(on, op, _read_path(on, line), _read_value(op, line))


def _one_of(key: str, found: Any, known: tuple[str, ...]) -> str:
    if found in known:
        return str(found)
    if found is None:
        raise ValueError(f'"{key}" is missing')
    advice = nearest(str(found), known) or f"; there are {', '.join(known)}"
    raise ValueError(f'"{shown(str(found))}" is no {key}{advice}')


def _read_path(on: str, line: Mapping[str, Any]) -> tuple[str, ...]:
    path = line.get("path")
    if on in _NAMES:
        if path is not None:
            raise ValueError(f"{on} has no path")
        return ()
    if not isinstance(path, str) or not all(keys := tuple(path.split("."))):
        raise ValueError(f"{on} needs a path, such as plan or address.city")
    if set(path) & set("[]"):
        raise ValueError("array paths cannot be used; write such a trigger as FQL")
    _refuse_characters("path", path)
    return keys


def _read_value(op: str, line: Mapping[str, Any]) -> Scalar:
    value = line.get("value")
    if op in _CONSTANTS:
        if value is not None:
            raise ValueError(f"{op} has no value")
        return None
    if value is None:
        raise ValueError(f"{op} needs a value")
    if op in _SIGNS:
        return _number(value, f"{op} compares numbers only; the value must be one")
    if isinstance(value, bool) and op in _EQUALITY:
        raise ValueError(f"for true and false there are is_true and is_false, not {op}")
    if not isinstance(value, str):
        if op in _CONTAINED:
            raise ValueError(f"{op} needs a text")
        return _number(value, "the value must be a text or a number")
    if op in _CONTAINED and not value:
        raise ValueError(f"{op} needs a text")
    _refuse_characters("value", value)
    return value


def _number(value: Any, otherwise: str) -> int | float:
    """A number, or a number as text: a yaml file gives every value as it was written."""
    number = FUNCTIONS["number"].call(value)
    if not isinstance(number, int | float) or not -_MOST < number < _MOST:
        raise ValueError(otherwise)
    return int(number) if float(number).is_integer() else number


def _refuse_characters(what: str, text: str) -> None:
    for character in '"~':
        if character in text:
            raise ValueError(f"the {what} must not contain {character}")


def _as_mapping(condition: Condition) -> dict[str, Any]:
    found: dict[str, Any] = {"on": condition.on, "op": condition.op}
    if condition.path:
        found["path"] = ".".join(condition.path)
    if condition.op not in _CONSTANTS:
        found["value"] = condition.value
    return found


# ── to nodes and back ────────────────────────────────────────────────────────────────────────────────────────────
def _as_node(group: Group) -> Node:
    return joined(Some if group.any else Every, tuple(_node(condition) for condition in group.conditions))


def _node(condition: Condition) -> Node:
    field = _NAMES.get(condition.on) or _ROOTS[condition.on]
    path, op, value = Path((field, *condition.path)), condition.op, condition.value
    if op in _CONSTANTS:
        sign, constant = _CONSTANTS[op]
        return Comparison(sign, path, Literal(constant))
    if op in _CONTAINED:
        return _contained(op, path, str(value))
    return Comparison((_EQUALITY | _SIGNS)[op], path, Literal(value))


def _contained(op: str, path: Path, text: str) -> Node:
    if op.endswith("contain") or op == "contains":
        call = Call("contains", (path, Literal(text)))
        return call if op == "contains" else Not(call)
    pattern = globs.escaped(text)
    return Call("match", (path, Literal(f"{pattern}*" if op == "starts_with" else f"*{pattern}")))


def _as_group(root: Node) -> Group | None:
    lines = root.parts if isinstance(root, Every | Some) else (root,)
    conditions = tuple(condition for line in lines if (condition := _condition(line)))
    if len(conditions) < len(lines):
        return None
    return Group(any=isinstance(root, Some), conditions=conditions)


def _condition(node: Node) -> Condition | None:
    """The node as a condition whose own node is exactly this one."""
    found = _guess(node)
    if found is None:
        return None
    try:
        again = _read(_as_mapping(found))
    except ValueError:
        return None
    return found if _exactly(_node(again), node) else None


def _exactly(one: Node, other: Node) -> bool:
    return fql.Fql(one).text() == fql.Fql(other).text()  # Python's == takes 1 for true


def _guess(node: Node) -> Condition | None:
    match node:
        case Comparison(operator=sign, left=Path() as path, right=Literal(value=value)):
            return _on(path, lambda: _compared(sign, value))
        case Call(function="contains", arguments=[Path() as path, Literal(value=value)]):
            return _on(path, lambda: ("contains", value))
        case Not(operand=Call(function="contains", arguments=[Path() as path, Literal(value=value)])):
            return _on(path, lambda: ("does_not_contain", value))
        case Call(function="match", arguments=[Path() as path, Literal(value=str(pattern))]):
            return _on(path, lambda: _affix(pattern))
    return None


def _compared(sign: str, value: Scalar) -> tuple[str, Scalar] | None:
    for op, constant in _CONSTANTS.items():
        if constant[0] == sign and constant[1] is value:
            return op, None
    op = {sign: op for op, sign in (_EQUALITY | _SIGNS).items()}.get(sign, "")
    return (op, value) if op else None


def _affix(pattern: str) -> tuple[str, Scalar] | None:
    for op, inner in (("starts_with", pattern.removesuffix("*")), ("ends_with", pattern.removeprefix("*"))):
        text = globs.plain(inner) if len(inner) < len(pattern) else None
        if text:
            return op, text
    return None


def _on(path: Path, compared: Callable[[], tuple[str, Scalar] | None]) -> Condition | None:
    first, *inner = path.keys
    on, found = _ON.get(first), compared()
    if on is None or found is None or (on in _ROOTS) is not bool(inner):
        return None
    op, value = found
    return Condition(on, op, tuple(inner), value)


# ── what Segment compares by text ────────────────────────────────────────────────────────────────────────────────
def _textual(node: Node) -> Node:
    match node:
        case Every(parts=parts) | Some(parts=parts):
            return replace(node, parts=tuple(_textual(part) for part in parts))
        case Not(operand=operand):
            return Not(_textual(operand))
        case Comparison(operator="=" | "!=" as sign, left=Path() as path, right=Literal(value=value)):
            if path.keys not in _TEXTS and _looks_otherwise(value):
                return Comparison(sign, Call("string", (path,)), Literal(text_of(value)))
    return node


def _looks_otherwise(value: Scalar) -> bool:
    """Whether a value of another type can have the same text."""
    if isinstance(value, str):
        return _LIKE_NUMBER.fullmatch(value) is not None
    return value is not None and not isinstance(value, bool)
