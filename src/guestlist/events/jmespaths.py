"""JMESPath expressions: paths and ``||`` become closures, everything else is left to the library."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from guestlist.core.mapping import nearest
from guestlist.errors import ConfigError
from guestlist.events import segment_paths
from guestlist.events.paths import Event, Getter, Step
from guestlist.events.quoting import shown
from guestlist.events.reading import Expression, at, constant, first_of

_Tree = dict[str, Any]


def expression(text: str) -> Expression:
    """What reads it, ``$.`` allowed. ConfigError: the text, the column (of it without ``$``) and what is wrong."""
    if not text.strip():
        raise ConfigError("An expression is empty; write a path such as traits.email.")
    alternatives = segment_paths.alternatives(text)
    if alternatives is not None:
        return first_of([at(steps) for steps in alternatives])
    return _of_tree(_parsed(text))


def _parsed(text: str) -> _Tree:
    import jmespath  # noqa: PLC0415 - only whoever maps events needs it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # it would take `x` for "x"
            tree: _Tree = jmespath.compile(segment_paths.without_dollars(text)).parsed
            _check_functions(text, tree)
    except ConfigError:
        raise
    except Exception as error:  # the library has more ways to fail than its own errors
        raise _mistake(text, error) from None
    return tree


def _of_tree(tree: _Tree) -> Expression:
    steps = _steps(tree)
    if steps is not None:
        return at(steps)
    if tree["type"] == "literal":
        return constant(tree["value"])
    if tree["type"] == "or_expression":
        return first_of([_of_tree(each) for each in _choices(tree)])
    return Expression(_interpreted(tree), tuple(dict.fromkeys(_paths(tree))))


def _steps(tree: _Tree) -> tuple[Step, ...] | None:
    """Of nothing but keys and places: what needs no JMESPath when events come."""
    match tree["type"]:
        case "field" | "index":
            return (tree["value"],)
        case "current":
            return ()
        case "subexpression" | "index_expression":
            parts = [_steps(child) for child in tree["children"]]
            return None if None in parts else tuple(step for part in parts for step in part or ())
    return None


def _choices(tree: _Tree) -> Iterator[_Tree]:
    for child in tree["children"]:
        if child["type"] == "or_expression":
            yield from _choices(child)
        else:
            yield child


def _interpreted(tree: _Tree) -> Getter:
    from jmespath.visitor import TreeInterpreter  # noqa: PLC0415 - see above

    visit = TreeInterpreter().visit

    def interpret(event: Event) -> Any:
        try:
            return visit(tree, event)
        except Exception:  # a function's complaint about an event means: no value
            return None

    return interpret


def _paths(tree: _Tree) -> Iterator[str]:
    steps = _steps(tree)
    if steps:
        yield segment_paths.shown(steps)
        return
    for child in tree.get("children", ()):
        if isinstance(child, dict):  # a slice's children are numbers
            yield from _paths(child)


def _check_functions(text: str, tree: _Tree) -> None:
    """JMESPath finds these mistakes only when an event comes."""
    from jmespath.functions import Functions  # noqa: PLC0415 - see above

    known = Functions.FUNCTION_TABLE
    if tree["type"] == "function_expression":
        name, given = tree["value"], len(tree["children"])
        if name not in known:
            advice = nearest(name, known) or f"; there are {', '.join(sorted(known))}"
            raise ConfigError(f"{_place(text, text.find(name))}: there is no function {name}(){advice}.")
        takes = known[name]["signature"]
        least, more = len(takes), bool(takes and takes[-1].get("variadic"))
        if given < least or (given > least and not more):
            counted = f"{'at least ' if more else ''}{least} argument{'' if least == 1 else 's'}"
            raise ConfigError(f"{_place(text, text.find(name))}: {name}() takes {counted}, not {given}.")
    for child in tree.get("children", ()):
        if isinstance(child, dict):
            _check_functions(text, child)


def _mistake(text: str, error: Exception) -> ConfigError:
    from jmespath.exceptions import IncompleteExpressionError, LexerError, ParseError  # noqa: PLC0415 - see above

    match error:
        case IncompleteExpressionError():
            return ConfigError(f"{_place(text, len(text))}: it ends too early.")
        case LexerError():
            what = "has no end" if error.message.startswith("Unclosed") else "cannot be read"
            found = shown(str(error.lexer_value), 40)
            return ConfigError(f"{_place(text, error.lexer_position)}: {found} {what}.")
        case ParseError(token_type="EOF"):
            return ConfigError(f"{_place(text, len(text))}: it ends too early.")
        case ParseError():
            found = shown(str(error.token_value), 40)
            return ConfigError(f'{_place(text, error.lex_position)}: "{found}" cannot stand there.')
        case Warning():
            return ConfigError(f"{_place(text, text.find('`'))}: a text in backticks also needs quotes, or only '...'.")
    return ConfigError(f"{_place(text, 0)}: it cannot be read.")


def _place(text: str, position: int) -> str:
    return f'Expression "{shown(text, 120)}", column {position + 1}'
