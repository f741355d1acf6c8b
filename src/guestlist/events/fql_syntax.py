"""The parts of an FQL statement, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

Scalar = str | int | float | bool | None
KEYWORDS = frozenset({"and", "or", "in", "true", "false", "null"})
_ODD = re.compile(r"[^A-Za-z0-9_-]", re.DOTALL)


@dataclass(frozen=True)
class Literal:
    """A text, a number, true, false or null."""

    value: Scalar


@dataclass(frozen=True)
class Listed:
    """A list of literals."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Path:
    """A field of the event; what is missing counts as null."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """A function of ``fql_functions.FUNCTIONS`` with as many arguments as it takes."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Comparison:
    """``operator`` is ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=`` or ``in``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Not:
    """The opposite of what can be decided."""

    operand: Node


@dataclass(frozen=True)
class Every:
    """``and`` of two or more, none of them an ``Every``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Some:
    """``or`` of two or more, none of them a ``Some``."""

    parts: tuple[Node, ...]


Node = Literal | Listed | Path | Call | Comparison | Not | Every | Some


def joined(group: type[Every | Some], parts: tuple[Node, ...]) -> Node:
    """One node of several: groups of the same sort are taken apart, a single part stays what it is."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, group) else (part,)))
    return flat[0] if len(flat) == 1 else group(flat)


def depth(root: Node) -> int:
    """How many nodes lie inside each other; without recursion, so that it can guard what recurs."""
    deepest, pending = 0, [(root, 1)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + 1) for child in children(node))
    return deepest


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside this one, from left to right."""
    match node:
        case Call(arguments=inside) | Every(parts=inside) | Some(parts=inside):
            yield from inside
        case Comparison(left=left, right=right):
            yield from (left, right)
        case Not(operand=operand):
            yield operand


# ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────
def written(node: Node) -> str:
    """Canonical FQL: texts in double quotes where they can be, parentheses only where they are needed."""
    match node:
        case Literal(value=value):
            return _literal(value)
        case Listed(values=values):
            return f"[{', '.join(_literal(value) for value in values)}]"
        case Path(keys=keys):
            return _path(keys)
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(_operand(argument) for argument in arguments)})"
        case Comparison(operator=operator, left=left, right=right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Not(operand=operand):
            return "!" + (written(operand) if isinstance(operand, Not) else _operand(operand))
        case Every(parts=parts):
            return " and ".join(_inside(part) for part in parts)
        case Some(parts=parts):
            return " or ".join(_inside(part) for part in parts)


def _inside(node: Node) -> str:
    return f"({written(node)})" if isinstance(node, Every | Some) else written(node)


def _operand(node: Node) -> str:
    return f"({written(node)})" if isinstance(node, Comparison | Not | Every | Some) else written(node)


def _literal(value: Scalar) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"'{value}'" if '"' in value else f'"{value}"'
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return format(Decimal(repr(value)), "f")  # FQL has no exponents


def _path(keys: tuple[str, ...]) -> str:
    first, *others = [_ODD.sub(r"\\\g<0>", key) for key in keys]
    plain_start = first[0].isalpha() or first[0] in "_\\"
    if not plain_start or (not others and first in KEYWORDS):
        first = "\\" + first
    return ".".join([first, *others])
