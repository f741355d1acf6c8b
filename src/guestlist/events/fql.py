"""FQL, Segment's filter query language: ``parse`` once when the file is read, ``compile`` to a fast closure.

As documented: ``=`` and ``!=`` compare values of one type, ``<`` and its kin only numbers, a missing field is null,
texts know no escapes (either quote may stand around them), odd characters of a field's name follow a ``\\``. What the
documents leave open fails closed, see ``fql_evaluation``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from guestlist.core.mapping import nearest
from guestlist.errors import ConfigError
from guestlist.events import globs
from guestlist.events.fql_evaluation import Predicate, predicate
from guestlist.events.fql_functions import FUNCTIONS, TYPES
from guestlist.events.fql_syntax import (
    Call,
    Comparison,
    Every,
    Listed,
    Literal,
    Node,
    Not,
    Path,
    Scalar,
    Some,
    depth,
    joined,
    written,
)
from guestlist.events.quoting import shown

if TYPE_CHECKING:  # lark takes 0.1 s to import, and most commands read no statement
    from lark import Lark, Token, Transformer
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

DEEPEST = 50  # parts inside each other: more than anybody writes, far less than Python can call
_LONGEST_NUMBER = 400  # digits: any float written out, and what Python reads without complaint

_GRAMMAR = r"""
start: some
some: every (_OR every)*
every: unary (_AND unary)*
?unary: negation
      | comparison
negation: _NOT (negation | operand)
?comparison: operand
           | operand (COMPARE | IN) operand -> comparison
?operand: PATH -> path
        | PATH _LPAR (operand (_COMMA operand)*)? _RPAR -> call
        | _LPAR some _RPAR
        | LSQB (_scalar (_COMMA _scalar)*)? _RSQB -> listed
        | _scalar -> literal
_scalar: STRING | NUMBER | TRUE | FALSE | NULL

_OR: "or"
_AND: "and"
IN: "in"
TRUE: "true"
FALSE: "false"
NULL: "null"
COMPARE.2: /!=|<=|>=|=|<|>/
_NOT: "!"
_LPAR: "("
_RPAR: ")"
LSQB: "["
_RSQB: "]"
_COMMA: ","
STRING: /"[^"]*"|'[^']*'/
NUMBER: /[+-]?[0-9]+(\.[0-9]+)?(?![\w.\\-])/
PATH: /([A-Za-z_]|\\[\s\S])([A-Za-z0-9_-]|\\[\s\S])*(\.([A-Za-z0-9_-]|\\[\s\S])+)*/
%ignore /[ \t\r\n]+/
"""


@dataclass(frozen=True)
class Fql:
    """A statement that is true or false of an event."""

    root: Node

    def text(self) -> str:
        """It as canonical FQL; ``parse`` of it gives an equal statement."""
        return written(self.root)


def parse(text: str) -> Fql:
    """Read a statement. ConfigError: one sentence with the column, what stands there and what was expected."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken  # noqa: PLC0415 - see above

    try:
        root = cast("Node", _parser().parse(text))  # what _Nodes.start returns
    except UnexpectedToken as error:
        raise _unexpected_token(error) from None
    except UnexpectedCharacters as error:
        raise _unexpected_character(text, error) from None
    if depth(root) > DEEPEST:
        raise ConfigError(f"FQL: more than {DEEPEST} parts lie inside each other; write it flatter.")
    return Fql(root)


def compile(fql: Fql) -> Predicate:  # noqa: A001 - the word for it, as in re.compile
    """The statement as a function of an event decoded from JSON; it never raises."""
    return predicate(fql.root)


@cache
def _parser() -> Lark:
    from lark import Lark  # noqa: PLC0415 - see above

    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=cast("Transformer[Token, Node]", _Nodes()))


# ── from tokens to nodes ─────────────────────────────────────────────────────────────────────────────────────────
class _Spot(NamedTuple):
    """A node and the token it begins with, for complaints."""

    node: Node
    token: Token


class _Nodes:
    """What lark calls when a rule of the grammar is complete, the innermost first."""

    def start(self, spots: list[_Spot]) -> Node:
        return _condition(spots[0])

    def some(self, spots: list[_Spot]) -> _Spot:
        return self._group(Some, spots)

    def every(self, spots: list[_Spot]) -> _Spot:
        return self._group(Every, spots)

    def _group(self, group: type[Some | Every], spots: list[_Spot]) -> _Spot:
        if len(spots) == 1:
            return spots[0]
        return _Spot(joined(group, tuple(_condition(spot) for spot in spots)), spots[0].token)

    def negation(self, spots: list[_Spot]) -> _Spot:
        return _Spot(Not(_condition(spots[0])), spots[0].token)

    def comparison(self, parts: tuple[_Spot, Token, _Spot]) -> _Spot:
        left, sign, right = parts
        if sign == "in":
            _demand(left, frozenset(TYPES.values()) - {"list"}, "what stands before in")
            _demand(right, frozenset({"list"}), "what stands behind in")
        elif sign not in ("=", "!="):
            for side in (left, right):
                _demand(side, frozenset({"number"}), f"what {sign} compares", null=False)
        return _Spot(Comparison(str(sign), left.node, right.node), left.token)

    def call(self, parts: list[Any]) -> _Spot:
        name: Token = parts[0]
        arguments: list[_Spot] = parts[1:]
        function = FUNCTIONS.get(name)
        if function is None:
            advice = nearest(name, FUNCTIONS) or f"; there are {', '.join(FUNCTIONS)}"
            raise _mistake(name, f"there is no function {_quoted(name)}{advice}")
        if len(arguments) != (takes := len(function.takes)):
            counted = "one argument" if takes == 1 else f"{takes} arguments"
            raise _mistake(name, f"{name} takes {counted}, not {len(arguments)}")
        for number, (argument, types) in enumerate(zip(arguments, function.takes, strict=True), start=1):
            _demand(argument, types, f"argument {number} of {name}")
        if name == "match":
            _glob(arguments[1])
        return _Spot(Call(str(name), tuple(argument.node for argument in arguments)), name)

    def path(self, tokens: list[Token]) -> _Spot:
        keys = tuple(re.sub(r"\\([\s\S])", r"\1", key) for key in _KEY.findall(tokens[0]))
        return _Spot(Path(keys), tokens[0])

    def literal(self, tokens: list[Token]) -> _Spot:
        return _Spot(Literal(_scalar(tokens[0])), tokens[0])

    def listed(self, tokens: list[Token]) -> _Spot:
        bracket, *items = tokens
        return _Spot(Listed(tuple(_scalar(item) for item in items)), bracket)


_KEY = re.compile(r"(?:[^.\\]|\\[\s\S])+")
_CONSTANTS: dict[str, Scalar] = {"TRUE": True, "FALSE": False, "NULL": None}


def _scalar(token: Token) -> Scalar:
    if token.type == "STRING":
        return str(token[1:-1])
    if token.type != "NUMBER":
        return _CONSTANTS[token.type]
    if len(token) > _LONGEST_NUMBER:
        raise _mistake(token, f"a number has at most {_LONGEST_NUMBER} digits")
    return float(token) if "." in token else int(token)


# ── what can never be true is a mistake ──────────────────────────────────────────────────────────────────────────
_TYPE_NAMES = {"string": "a text", "number": "a number", "list": "a list", "bool": "true or false", "null": "null"}


def _type(node: Node) -> str | None:
    """The type of its value, None when only the event shows it."""
    match node:
        case Literal(value=value):
            return TYPES[type(value)]
        case Listed():
            return "list"
        case Path():
            return None
        case Call(function=function):
            return FUNCTIONS[function].gives
    return "bool"


def _condition(spot: _Spot) -> Node:
    _demand(spot, frozenset({"bool"}), "a condition")
    return spot.node


def _demand(spot: _Spot, types: frozenset[str], what: str, null: bool = True) -> None:
    found = _type(spot.node)
    if found is None or found in types or (null and found == "null"):
        return
    names = [name for kind, name in _TYPE_NAMES.items() if kind in types]
    raise _mistake(spot.token, f"{what} must be {_any_of(names)}, not {_TYPE_NAMES[found]}")


def _glob(spot: _Spot) -> None:
    if not isinstance(spot.node, Literal) or not isinstance(pattern := spot.node.value, str):
        return
    try:
        globs.compiled(pattern)
    except globs.BadGlob as error:
        raise _mistake(spot.token, f"the pattern {_quoted(spot.token)} cannot be read: {error}") from None


# ── mistakes as sentences ────────────────────────────────────────────────────────────────────────────────────────
_EXPECTED = (
    ({"PATH", "_NOT"}, "a condition"),
    ({"PATH"}, "a value"),
    ({"STRING"}, "a text, a number, true, false or null"),
    ({"COMPARE"}, "a comparison (=, !=, <, <=, >, >=, in)"),
    ({"_AND"}, '"and"'),
    ({"_OR"}, '"or"'),
    ({"_COMMA"}, '","'),
    ({"_RPAR"}, '")"'),
    ({"_RSQB"}, '"]"'),
    ({"$END"}, "the end"),
)
_HINTS = {
    "&": 'write "and"', "|": 'write "or"', "$": 'paths begin without "$."', "~": "match() compares with a pattern",
    **dict.fromkeys(("AND", "OR", "IN", "TRUE", "FALSE", "NULL"), "write it small"),
}  # fmt: skip


def _unexpected_token(error: UnexpectedToken) -> ConfigError:
    token = error.token
    expected = _expected(error.accepts or error.expected)
    if token.type == "$END":
        return ConfigError(f"FQL: it ends where {expected} was expected.")
    return _mistake(token, f"{_quoted(token)} stands where {expected} was expected{_hint(token, expected)}")


def _unexpected_character(text: str, error: UnexpectedCharacters) -> ConfigError:
    before = _parser().parse_interactive(text[: error.pos_in_stream])
    before.exhaust_lexer()
    if error.char in "\"'":
        return _mistake(error, "the text that begins here has no closing quote")
    expected = _expected(cast("set[str]", before.accepts()))  # type: ignore[no-untyped-call]
    return _mistake(error, f'"{error.char}" stands where {expected} was expected{_hint(error.char, expected)}')


def _expected(terminals: Collection[str]) -> str:
    left, words = set(terminals), []
    for some, word in _EXPECTED:
        if some <= left:
            words.append(word)
            left -= some
            left -= {"STRING"} if "PATH" in some else set()
    return _any_of(words)


def _hint(found: str, expected: str) -> str:
    hint = _HINTS.get(found)
    if found == "=":
        hint = 'equality is written with one "="' if "value" in expected else "parentheses say what belongs together"
    return f" ({hint})" if hint else ""


def _any_of(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)


def _quoted(token: str) -> str:
    return shown(token, 40) if token[:1] in "\"'" else f'"{shown(token, 40)}"'


def _mistake(place: Token | UnexpectedCharacters, sentence: str) -> ConfigError:
    line = f"line {place.line}, " if (place.line or 1) > 1 else ""
    return ConfigError(f"FQL, {line}column {place.column}: {sentence}.")
