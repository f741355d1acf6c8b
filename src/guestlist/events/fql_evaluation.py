"""An FQL statement as a closure. Each condition is compiled twice over: what makes it true, and what makes it false.

A wrong type makes neither, so that also ``!`` of nonsense does not let an event through: evaluation fails closed and
never raises.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from guestlist.events.fql_functions import FUNCTIONS, NONSENSE, same, type_of
from guestlist.events.fql_syntax import Call, Comparison, Every, Listed, Literal, Node, Not, Path, Some
from guestlist.events.paths import Event, Getter, getter

Predicate = Callable[[Event], bool]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_LISTABLE = ("string", "number", "bool", "null")


def predicate(node: Node, wanted: bool = True) -> Predicate:
    """What tells whether the condition is certainly ``wanted``."""
    match node:
        case Not(operand=operand):
            return predicate(operand, not wanted)
        case Every(parts=parts):
            return _all(parts) if wanted else _any(parts, wanted=False)
        case Some(parts=parts):
            return _any(parts, wanted=True) if wanted else _none(parts)
        case Comparison(operator="=" | "!=" as sign, left=left, right=right):
            return _equality(left, right, equal=(sign == "=") is wanted)
        case Comparison(operator="in", left=left, right=right):
            return _membership(value(left), value(right), wanted)
        case Comparison(operator=sign, left=left, right=right):
            return _order(_ORDER[sign], value(left), value(right), wanted)
        case Call(function=name, arguments=[subject, Literal(value=str(other))]):
            return _of_literal(FUNCTIONS[name].call, value(subject), other, wanted)
        case Call():
            return _is(_answer(node, of_null=False), wanted)
    return _is(value(node), wanted)


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _all(parts: Sequence[Node]) -> Predicate:
    return _every([predicate(part) for part in parts])


def _none(parts: Sequence[Node]) -> Predicate:
    return _every([_false_or_null(part) for part in parts])


def _every(tests: Sequence[Predicate]) -> Predicate:
    if len(tests) == 2:
        first, second = tests
        return lambda event: first(event) and second(event)

    def every(event: Event) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost more than the tests
            if not test(event):
                return False
        return True

    return every


def _any(parts: Sequence[Node], wanted: bool) -> Predicate:
    if wanted and (quick := _one_of_texts(parts)):
        return quick
    tests = [predicate(part) if wanted else _false_or_null(part) for part in parts]
    if len(tests) == 2:
        first, second = tests
        return lambda event: first(event) or second(event)

    def some(event: Event) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost more than the tests
            if test(event):
                return True
        return False

    return some


def _false_or_null(part: Node) -> Predicate:
    """``and`` and ``or`` take null for false; nothing else does."""
    if not isinstance(part, Path | Literal):
        return predicate(part, wanted=False)
    get = value(part)

    def no(event: Event) -> bool:
        found = get(event)
        return found is False or found is None

    return no


def _one_of_texts(parts: Sequence[Node]) -> Predicate | None:
    """``event = "a" or event = "b"``: what nearly every trigger is."""
    paths: set[Path] = set()
    texts: set[str] = set()
    for part in parts:
        match part:
            case Comparison(operator="=", left=Path() as path, right=Literal(value=str(text))):
                paths.add(path)
                texts.add(text)
            case _:
                return None
    if len(paths) != 1:
        return None
    get, wanted = getter(paths.pop().keys), frozenset(texts)

    def one_of(event: Event) -> bool:
        found = get(event)
        return isinstance(found, str) and found in wanted

    return one_of


# ── comparisons ──────────────────────────────────────────────────────────────────────────────────────────────────
def _equality(left: Node, right: Node, equal: bool) -> Predicate:
    get, other = value(left), value(right)
    if isinstance(left, Path) and isinstance(right, Literal) and isinstance(text := right.value, str):
        return (lambda event: get(event) == text) if equal else (lambda event: get(event) != text)

    def compared(event: Event) -> bool:
        a, b = get(event), other(event)
        return a is not NONSENSE and b is not NONSENSE and same(a, b) is equal

    return compared


def _order(compare: Callable[[Any, Any], bool], get: Getter, other: Getter, wanted: bool) -> Predicate:
    def ordered(event: Event) -> bool:
        a, b = get(event), other(event)
        return type_of(a) == type_of(b) == "number" and compare(a, b) is wanted

    return ordered


def _membership(get: Getter, other: Getter, wanted: bool) -> Predicate:
    def member(event: Event) -> bool:
        item, items = get(event), other(event)
        if not isinstance(items, list) or type_of(item) not in _LISTABLE:
            return False
        return any(same(item, each) for each in items) is wanted

    return member


def _of_literal(call: Callable[..., Any], get: Getter, other: str, wanted: bool) -> Predicate:
    return lambda event: call(get(event), other) is wanted


def _is(get: Getter, wanted: bool) -> Predicate:
    return lambda event: get(event) is wanted


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────
def value(node: Node) -> Getter:
    """What reads a value from an event: of JSON, or NONSENSE."""
    match node:
        case Path(keys=keys):
            return getter(keys)
        case Literal(value=literal):
            return lambda _: literal
        case Listed(values=values):
            items = list(values)
            return lambda _: items
        case Call():
            return _answer(node, of_null=True)
    test, opposite = predicate(node), predicate(node, wanted=False)
    return lambda event: test(event) or (False if opposite(event) else NONSENSE)


def _answer(node: Call, of_null: bool) -> Getter:
    """A function's answer, with the documented one for null, or none at all when ``!`` of it must stay undecided."""
    function, getters = FUNCTIONS[node.function], [value(argument) for argument in node.arguments]

    def answer(event: Event) -> Any:
        arguments = [get(event) for get in getters]
        if of_null and arguments[0] is None:
            return function.of_null
        return function.call(*arguments)

    return answer
