"""Rest.li's syntax of parameters and keys, protocols 1.0.0 and 2.0.0."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import quote, unquote

Protocol = Literal["1.0.0", "2.0.0"]
Shape = Literal["text", "list", "record"]
RESERVED = re.compile(r"[(),']")
INDEXED = re.compile(r"(?P<name>[^\[\].]+)\[(?P<position>\d+)\]")


class SyntaxProblem(ValueError):
    """A value that does not follow the protocol."""


class _Reader:
    """Reads one value of protocol 2.0.0; structure is raw, everything else percent-encoded."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> Any:
        """The value, and nothing after it."""
        value = self._value()
        if self._at != len(self._text):
            raise SyntaxProblem(f"unexpected '{self._text[self._at]}'")
        return value

    def _value(self) -> Any:
        if self._text.startswith("List(", self._at):
            self._at += 5
            return self._items(self._value)
        if self._text.startswith("(", self._at):
            self._at += 1
            return dict(self._items(self._pair))
        return self._primitive()

    def _items(self, read: Callable[[], Any]) -> list[Any]:
        items: list[Any] = []
        if self._take(")"):
            return items
        while True:
            items.append(read())
            if self._take(")"):
                return items
            if not self._take(","):
                raise SyntaxProblem("a list or record does not end")

    def _pair(self) -> tuple[str, Any]:
        name = self._primitive()
        if not self._take(":"):
            raise SyntaxProblem("a field has no value")
        return name, self._value()

    def _primitive(self) -> str:
        end = self._at
        while end < len(self._text) and self._text[end] not in "(),:":
            end += 1
        raw, self._at = self._text[self._at : end], end
        return "" if raw == "''" else unquote(raw)

    def _take(self, mark: str) -> bool:
        if self._text.startswith(mark, self._at):
            self._at += 1
            return True
        return False


def read_structured(raw: str, shape: Shape) -> Any:
    """A `List(…)` or `(key:value)`; encoded parentheses are not structure."""
    value = _Reader(raw).whole()
    if not isinstance(value, list if shape == "list" else dict):
        raise SyntaxProblem(f"not a {shape}")
    return value


def read_text(raw: str, protocol: Protocol) -> str:
    """A simple value; a URN may stand raw or encoded, other reserved characters must be encoded in 2.0.0."""
    if protocol == "2.0.0":
        if raw == "''":
            return ""
        if RESERVED.search(raw):
            raise SyntaxProblem("reserved characters must be encoded")
    return unquote(raw.replace("+", " "))


def pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a query, names decoded, values raw."""
    split = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), value) for name, _, value in split]


def read_old(parameters: list[tuple[str, str]], name: str, shape: Shape) -> Any:
    """A list or record of protocol 1.0.0: `ids=1&ids=2`, `accounts[0]=urn`, `search.status.values[0]=ACTIVE`."""
    mine = [(key, unquote(raw)) for key, raw in parameters if re.split(r"[\[.]", key)[0] == name]
    if shape == "list":
        indexed = [(INDEXED.fullmatch(key), value) for key, value in mine]
        if any(match is None and key != name for (match, _), (key, _) in zip(indexed, mine, strict=True)):
            raise SyntaxProblem("not a list")
        return [value for _, value in sorted(indexed, key=lambda pair: int(pair[0]["position"]) if pair[0] else 0)]
    record: dict[str, Any] = {}
    for key, value in mine:
        _place(record, key.split(".")[1:], value)
    return record


def _place(record: dict[str, Any], path: list[str], value: str) -> None:
    if not path:
        raise SyntaxProblem("not a record")
    name, rest = path[0], path[1:]
    match = INDEXED.fullmatch(name)
    if match and not rest:
        _kept(record, match["name"], []).append(value)
    elif rest:
        _place(_kept(record, name, {}), rest, value)
    else:
        record[name] = value


def _kept(record: dict[str, Any], name: str, empty: Any) -> Any:
    kept = record.setdefault(name, empty)
    if not isinstance(kept, type(empty)):
        raise SyntaxProblem(f"{name} is written in two ways")
    return kept


def read_key(raw: str, protocol: Protocol) -> str | dict[str, str]:
    """A key in the path: plain, `(account:…,user:…)` or, in 1.0.0, `account=…&user=…`."""
    if protocol == "2.0.0":
        return read_structured(raw, "record") if raw.startswith("(") else read_text(raw, protocol)
    decoded = unquote(raw)
    if "=" in decoded:
        return {name: unquote(value) for name, _, value in (part.partition("=") for part in decoded.split("&"))}
    return decoded


def write_text(value: str) -> str:
    """A value as it stands in a URL of protocol 2.0.0."""
    return "''" if value == "" else quote(value, safe="-_.~*")


def checked_projection(raw: str) -> str:
    """A projection as it came; raises `SyntaxProblem` when its parentheses do not match, or for a `List(…)`."""
    text = unquote(raw)
    if text.startswith("List(") or text.count("(") != text.count(")"):
        raise SyntaxProblem("a projection is written `a,b:(c)`")
    return raw


def project(record: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """`fields=id,name` or `fields=a,b:(c)`: only these; the projection syntax is the old one in both protocols."""
    tree = _tree(iter(re.findall(r"[^,:()]+|[,:()]", unquote(fields))))
    return _projected(record, tree)


def _tree(tokens: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    name = ""
    for mark in tokens:
        if mark == ")":
            break
        if mark == "(":
            tree[name] = _tree(tokens)
        elif mark not in ",:":
            name = mark.strip()
            tree[name] = {}
    return tree


def _projected(record: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, inner in tree.items():
        value = record.get(name)
        if inner and isinstance(value, dict):
            value = _projected(value, inner)
        elif inner and isinstance(value, list):
            value = [_projected(item, inner) if isinstance(item, dict) else item for item in value]
        if value is not None:
            kept[name] = value
    return kept
