"""What a body may contain, in the words of Rest.li's validator."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from linkedin_emulator import errors
from linkedin_emulator.wire import Json

WORD = r"[^:\s]+"
NUMERIC = {"sponsoredAccount": "[0-9]+", "organization": "[0-9]+"}
Kind = Literal["string", "long", "record", "array", "map"]


@dataclass(frozen=True)
class Field:
    """One field of a record schema."""

    name: str
    kind: Kind = "string"
    required: bool = False
    symbols: Sequence[str] = ()
    longest: int | None = None
    urn: str = ""
    fields: Sequence["Field"] = ()
    item: "Field | None" = None


def parse(body: bytes, method: str) -> Json:
    """The JSON object in a body, or the framework's 400."""
    if not body.strip():
        raise errors.framework(400, f"Empty entity body is not allowed for {method} method request")
    try:
        data = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise errors.framework(400, f"Error parsing entity body: {error}") from error
    if not isinstance(data, dict):
        raise errors.framework(400, "Error parsing entity body: the body is not a JSON object")
    return data


def problems(data: object, fields: Sequence[Field], path: str = "") -> list[str]:
    """Everything that is wrong with a record, one line each."""
    if not isinstance(data, dict):
        return [f"ERROR :: {path or '/'} :: record type is not backed by a DataMap"]
    known = {field.name: field for field in fields}
    found = [
        f"ERROR :: {path}/{name} :: unrecognized field found but not allowed" for name in data if name not in known
    ]
    for name, field in known.items():
        if data.get(name) is not None:
            found += _value(data[name], field, f"{path}/{name}")
        elif field.required:
            found.append(f"ERROR :: {path}/{name} :: field is required but not found and has no default value")
    return found


def _value(value: Any, field: Field, path: str) -> list[str]:
    if field.kind == "record":
        return problems(value, field.fields, path)
    if field.kind == "map":
        return [] if isinstance(value, dict) else [f"ERROR :: {path} :: map type is not backed by a DataMap"]
    if field.kind == "array":
        return _array(value, field, path)
    if field.kind == "long":
        good = isinstance(value, int) and not isinstance(value, bool)
        return [] if good else [f"ERROR :: {path} :: {_printed(value)} cannot be coerced to Long"]
    return _string(value, field, path)


def _array(value: Any, field: Field, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"ERROR :: {path} :: array type is not backed by a DataList"]
    found: list[str] = []
    if field.longest is not None and len(value) > field.longest:
        found.append(f"ERROR :: {path} :: length of array is out of range 0...{field.longest}")
    for position, item in enumerate(value):
        if field.item is not None:
            found += _value(item, field.item, f"{path}/{position}")
    return found


def _string(value: Any, field: Field, path: str) -> list[str]:
    if not isinstance(value, str):
        return [f"ERROR :: {path} :: {_printed(value)} cannot be coerced to String"]
    if field.symbols and value not in field.symbols:
        return [f'ERROR :: {path} :: "{value}" is not an enum symbol']
    if field.longest is not None and len(value) > field.longest:
        return [f'ERROR :: {path} :: length of "{value}" is out of range 0...{field.longest}']
    if field.urn and not re.fullmatch(rf"urn:li:{field.urn}:{NUMERIC.get(field.urn, WORD)}", value):
        return [f"ERROR :: {path} :: Invalid Urn Format. Expected urn:li:{field.urn}, found {value}"]
    return []


def _printed(value: object) -> str:
    return msgspec.json.encode(value).decode()
