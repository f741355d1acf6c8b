"""Rest.li 2.0 parameter encoding: what a URL may look like.

Protocol 2.0.0 (documented): structural ``( ) , ' :`` of records and lists stay bare, the same characters inside a
value are percent-encoded. A URN that is the whole value of a parameter is accepted raw and encoded; it is sent
encoded, as LinkedIn's own collection does. Encoded parentheses of ``List(...)`` or a complex key answer 400
(seen by several clients), so a value and a structure are different types here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

Value = str | int | bool | Sequence["Value"] | Mapping[str, "Value"]


def encode(value: Value) -> str:
    """A value, list or record as protocol 2.0.0 writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quote(value, safe="") if value else "''"
    if isinstance(value, Mapping):
        return "(" + ",".join(f"{quote(key, safe='')}:{encode(inner)}" for key, inner in value.items()) + ")"
    return "List(" + ",".join(encode(inner) for inner in value) + ")"


def query(parameters: Mapping[str, Value]) -> str:
    """A query string; empty text is left out altogether, since ``''`` is a value to Rest.li."""
    return "&".join(f"{quote(key, safe='')}={encode(value)}" for key, value in parameters.items() if value != "")


def bare_id(text: str) -> str:
    """The id of a header or field that may be percent-encoded and may be a whole URN: its last part."""
    return unquote(text).rsplit(":", 1)[-1]
