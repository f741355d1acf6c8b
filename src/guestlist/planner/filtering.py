"""A person's filter: one boolean expression over the columns of the list, and nothing else.

It is parsed by DuckDB itself, walked node by node against what is allowed, and written back from the tree that was
checked. What a word list would have to guess (comments, quoting, a second statement) never reaches a connection.
"""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from guestlist.errors import ConfigError, SourceError
from guestlist.planner.connection import Session
from guestlist.planner.scan import cells, verdicts
from guestlist.ports import PlanRequest, Scan

_HEAD = "SELECT * FROM list WHERE ("
_Node = dict[str, Any]

_CLASSES = frozenset({
    "BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR", "TYPE",
})  # fmt: skip
_ALLOWED = """
    ! !~~ !~~* ~~ ~~* !~ ~ % * + - / // || abs ceil ceiling concat contains current_date date date_add date_diff
    date_part date_sub date_trunc datediff datepart datesub datetrunc day dayofmonth dayofweek ends_with floor
    ilike_escape instr isfinite jaro_winkler_similarity lcase left length levenshtein like_escape list_contains
    list_value lower ltrim make_date mod month not_ilike_escape not_like_escape now nullif position prefix
    regexp_full_match regexp_matches replace reverse right round rtrim split_part starts_with strftime strip_accents
    strlen strpos strptime substr substring suffix to_days to_hours to_minutes to_months to_weeks to_years today trim
    trunc try_strptime ucase upper weekday year ^@ get_current_timestamp
"""
FUNCTIONS = frozenset(_ALLOWED.split())  # operators and inner names of constructs among them
_CASTS = """
    BIGINT BOOL BOOLEAN DATE DECIMAL DOUBLE FLOAT FLOAT4 FLOAT8 HUGEINT INT INT4 INT8 INTEGER LONG NUMERIC REAL SHORT
    SMALLINT STRING TEXT TIME TIMESTAMP TIMESTAMPTZ TINYINT VARCHAR DATETIME UBIGINT UINTEGER
"""
_TYPES = frozenset(_CASTS.split())
_NUMBERS = frozenset({"INTEGER", "NUMERIC"})  # kinds of literals
_CLOCK = frozenset({"current_date", "current_timestamp", "today"})  # words of SQL, unless the list has such a column
_COMPARED = frozenset({"COMPARISON", "BETWEEN", "OPERATOR"})
_ARITHMETIC = frozenset("+-*/%") | {"//"}


def compiled(expression: str, columns: Sequence[str], typed: bool) -> str:
    """SQL that may run, or ConfigError with the position. ``typed``: the columns have types (Parquet), else texts."""
    node = _only_expression(expression)
    for child in _nodes(node):
        _allow(child, expression, columns)
    return _written(node if typed else _as_numbers(node))


def bound(session: Session, request: PlanRequest) -> str | None:
    """The filter of a request as SQL that fits its list."""
    return None if request.filter is None else fitting(session, request.scan, request.filter)


def fitting(session: Session, scan: Scan, expression: str) -> str:
    """A filter as SQL that fits a list. ConfigError: it does not, SourceError."""
    written = compiled(expression, scan.columns, typed=scan.format == "parquet")
    try:
        session.rows(f"SELECT * FROM ({cells(scan, scan.columns[:1], written)}) LIMIT 0")
        kind = session.rows(f"SELECT column_type FROM (DESCRIBE {verdicts(scan, written)})")[0][0]
    except duckdb.BinderException:
        raise ConfigError("The filter compares what cannot be compared: its columns have other types.") from None
    except duckdb.Error:
        raise SourceError(f"{Path(scan.paths[0]).name} cannot be read; nothing was planned.") from None
    if kind != "BOOLEAN":
        raise ConfigError("The filter must be something that is true or false, such as `consent = 'yes'`.")
    return written


def _only_expression(expression: str) -> _Node:
    tree = _parse(_HEAD + expression + "\n)")
    (statement, *more) = tree["statements"]
    node = statement["node"]
    where = node.get("where_clause")
    plain = _parse(_HEAD + "true\n)")["statements"][0]["node"]
    if more or where is None or _but_where(node) != _but_where(plain):
        raise ConfigError("The filter must be exactly one expression.")
    return where  # type: ignore[no-any-return]


def _but_where(node: _Node) -> str:
    rest = {key: value for key, value in node.items() if key != "where_clause"}
    return json.dumps(rest, sort_keys=True)


def _parse(query: str) -> _Node:
    with duckdb.connect(":memory:") as connection:
        ((text,),) = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
    tree: _Node = json.loads(text)
    if tree.get("error"):
        position = tree.get("position")
        raise ConfigError(f"The filter must be exactly one expression{_at(position)}.")
    return tree


def _at(position: Any) -> str:
    try:
        at = int(position) - len(_HEAD) + 1
    except (TypeError, ValueError):
        return ""
    return f" (position {at})" if at > 0 else ""


def _nodes(value: Any) -> Iterator[_Node]:
    if isinstance(value, dict):
        if "class" in value:
            yield value
        for child in value.values():
            yield from _nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from _nodes(child)


def _allow(node: _Node, expression: str, columns: Sequence[str]) -> None:
    kind, at = node["class"], _at(node.get("query_location"))
    if kind == "SUBQUERY":
        raise ConfigError(f"The filter may not hold a subquery{at}.")
    if kind not in _CLASSES:
        raise ConfigError(f"The filter may only compare columns{at}: {kind.lower()} is not allowed.")
    if kind == "COLUMN_REF":
        _column(node, at, columns)
    elif kind == "FUNCTION":
        _function(node, at)
    elif kind == "TYPE" and node.get("type_name", "").upper() not in _TYPES:
        raise ConfigError(f"The filter may not cast to {node.get('type_name', 'that')}{at}.")


def _column(node: _Node, at: str, columns: Sequence[str]) -> None:
    shown = ".".join(node["column_names"])
    folded = {c.casefold() for c in columns}
    if shown.casefold() in folded or (shown.casefold() in _CLOCK and len(node["column_names"]) == 1):
        node["column_names"] = [shown]  # outer.inner is the name of one column here
        return
    near = difflib.get_close_matches(shown.casefold(), folded, n=3, cutoff=0.5)
    names = [c for c in columns if c.casefold() in near]
    hint = f"; near it: {', '.join(names)}" if names else ""
    raise ConfigError(f"The filter names a column that the list does not have: {shown}{at}{hint}.")


def _function(node: _Node, at: str) -> None:
    shown = node["function_name"]
    path = node.get("qualified_name", {}).get("path", [shown])
    plain = not node.get("schema") and not node.get("catalog") and len(path) == 1
    if shown.lower() not in FUNCTIONS or not plain or node.get("distinct") or node.get("filter"):
        raise ConfigError(f"The filter may not use the function {shown}{at}.")


# ── numbers in text ──────────────────────────────────────────────────────────────────────────────────────────────
def _as_numbers(value: Any) -> Any:
    """In a text table everything is text: beside a number a column is read as one, and is NULL where it is none."""
    if isinstance(value, list):
        return [_as_numbers(child) for child in value]
    if not isinstance(value, dict):
        return value
    node = {key: _as_numbers(child) for key, child in value.items()}
    if node.get("class") in _COMPARED and node.get("type") not in ("OPERATOR_NOT", "ARRAY_EXTRACT"):
        return _compared(node)
    if node.get("function_name") in _ARITHMETIC:
        arguments = [a | {"expression": _cast(a["expression"], "DOUBLE")} for a in node["arguments"]]
        return node | {"arguments": arguments}
    return node


def _compared(node: _Node) -> _Node:
    fields = [key for key in ("left", "right", "input", "lower", "upper") if key in node]
    sides = [node[key] for key in fields] + node.get("children", [])
    wanted = next((kind for side in sides if (kind := _literal_type(side))), None)
    if wanted is None:
        return node
    cast = {key: _cast(node[key], wanted) for key in fields}
    return node | cast | ({"children": [_cast(c, wanted) for c in node["children"]]} if "children" in node else {})


def _literal_type(node: Any) -> str | None:
    """DOUBLE beside a number, BOOLEAN beside true or false, DATE or TIMESTAMP beside such a literal."""
    if node.get("class") == "CAST" and node["child"].get("class") == "CONSTANT":
        named = str(node["type_expr"].get("type_name", "")).upper()
        if named in ("BOOLEAN", "BOOL", "DATE", "TIMESTAMP"):
            return "BOOLEAN" if named == "BOOL" else named
        return "DOUBLE" if named in _TYPES - {"VARCHAR", "TEXT", "STRING", "TIME"} else None
    if node.get("class") != "CONSTANT":
        return None
    kind = str(node.get("literal", {}).get("kind", "")).upper()
    return "DOUBLE" if kind in _NUMBERS else "BOOLEAN" if kind == "BOOLEAN" else None


def _cast(node: _Node, wanted: str) -> _Node:
    if node.get("class") != "COLUMN_REF":
        return node
    template: _Node = _parse(f"{_HEAD}TRY_CAST(x AS {wanted}))")["statements"][0]["node"]["where_clause"]
    return template | {"child": node}


def _written(node: _Node) -> str:
    tree = _parse(_HEAD + "true\n)")
    tree["statements"][0]["node"]["where_clause"] = node
    with duckdb.connect(":memory:") as connection:
        ((query,),) = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()
    return str(query).partition(" WHERE ")[2]
