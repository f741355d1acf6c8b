"""Writes docs/guestlist.schema.json and docs/configuration.md: ``python -m guestlist.config_reference``.

Both come from the models. A test compares, so that the documents cannot drift from the code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guestlist.config import schema
from guestlist.core.fields import FIELDS, FieldSpec
from guestlist.core.identity import Kind

_HEAD = """# guestlist.yaml

<!-- Written by `python -m guestlist.config_reference`; edit the models in src/guestlist/config.py instead. -->

One file says who is told to whom. Unknown keys are errors that name the key, the line and the nearest known key.
`${NAME}` is the environment's value (unset: an error; `$${` is a plain `${`). A key without a value counts as left
out. Durations are a number and `ms`, `s`, `m`, `h` or `d`: `500ms`, `90s`, `15m`, `26h`, `30d`.

For completion and checks while typing, put this line on top and keep
[guestlist.schema.json](guestlist.schema.json) beside the file:

```yaml
# yaml-language-server: $schema=guestlist.schema.json
destinations:
  acme:
    ad_account: 516848833
audiences:
  newsletter:
    members: people
    source: {file: contacts.csv, max_age: 26h}
    filter: "consent = 'yes'"
activations:
  newsletter-to-acme:
    audience: newsletter
    destination: acme
    mapping: {email: email_address, firstName: first_name, primaryId: contact_id}
    schedule: {every: 1h}
notify: {url: "${SLACK_WEBHOOK}"}
```

"""
_FILTER = """## Filter

Exactly one boolean expression in DuckDB's SQL over the columns of the list, mapped or not. A row is kept if it is true:
false and NULL are not kept, nor is a row for which it fails (`amount::integer > 5` where `amount` is `many`). Whoever
stops being kept counts as having left the list, so a withdrawn consent is a removal.

* Comparisons, `AND`, `OR`, `NOT`, `IN (...)`, `BETWEEN`, `LIKE`, `ILIKE`, `IS NULL`, `CASE`, arithmetic, casts to
  numbers, texts, dates and times. No subquery, no aggregate, no other table, no second statement.
* A column whose name is no plain word is quoted: `"Opt In" = 'yes'`; `person.city` is the field of a field.
* In text tables every cell is text: beside a number (`age > 30`), a date (`signed > DATE '2025-01-31'`) or `true` a
  column is read as such, and an empty cell is NULL. Parquet keeps its types; a list is asked with `list_contains`.
* Functions: FUNCTIONS.

"""
_EXCLUDING = """## Lists of people who must stay out

An activation with `mode: remove_only` and `segment_of: OTHER` has no LinkedIn audience of its own: it removes whoever
is on its list from that of `OTHER`, with everything they were told together with (the device beside the address).

* Whom it removed stays out as long as its list names them. Each sync of `OTHER` reads that list too: rows that carry
  such an identifier are left out, counted in a note of the plan, and neither added nor counted as removals. Whoever
  leaves the exclusion list is added again by the next sync of `OTHER`, if still wanted.
* It removes, it does not forbid: somebody new on both lists is told by `OTHER` and removed by the next sync of the
  exclusion list. `guestlist forget` forbids. Lists for an upload by hand (`plan --linkedin-csv`) leave out all whom it
  names.
* Without its list nobody can say who has to stay out: while it is missing, unreadable or older than its `max_age`,
  `OTHER` is not synced either.
* Paused (`enabled: false`) it removes nobody and keeps out whom it removed. Taken out of the file, or ended with
  `guestlist remove`, it keeps out nobody: `OTHER` adds them again.
* Rows are compared by identifiers that may be sent, never by `primaryId`.

"""
_MAPPING = """## Mapping

LinkedIn field: source field, or a list of source fields. Of a field with several source fields all are sent where the
table says so, else the first that holds something. A mapping needs an identifier: for people `email`,
`googleAdvertisingId`, or `firstName` and `lastName`; for companies any field marked so. Where a company mapping uses
an XDM account path (`accountName`, `accountKey.*`, `accountOrganization.*`), `companyName: accountName` and
`primaryId: accountKey.sourceKey` are required. Lengths are those that other connectors document; longer text is cut,
longer identifiers are rejected, a longer stock symbol is dropped. A text that holds an e-mail address (`CEO
ann@example.com` as a title) is dropped with a note: it would leave in clear. A list in a cell of jsonl or Parquet
(`"email": ["ann@work.com", "ann@home.com"]`) counts as that many source fields, up to 20.

A mapping that is left out is guessed from the header (case, blanks and punctuation do not count), shown in the plan,
and fixed at the first sync.

"""


def markdown() -> str:
    """The reference of the file."""
    root = schema()
    parts = [_HEAD, *_section("The file", root, root), _filter(), _EXCLUDING, _MAPPING]
    for kind, title in ((Kind.PEOPLE, "people"), (Kind.COMPANIES, "companies")):
        parts += [f"### Fields of {title}\n\n", *_fields(FIELDS[kind].values())]
    return "".join(parts).rstrip() + "\n"


def _filter() -> str:
    from guestlist.planner.filtering import FUNCTIONS  # noqa: PLC0415 - only this page needs the planner

    names = sorted(name for name in FUNCTIONS if name[0].isalpha() and not name.endswith("_escape"))
    return _FILTER.replace("FUNCTIONS", ", ".join(f"`{name}`" for name in names))


def schema_json() -> str:
    """The JSON Schema as a text file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def main(folder: str = "docs") -> None:
    """Write both documents into ``folder``."""
    Path(folder, "configuration.md").write_text(markdown(), encoding="utf-8")
    Path(folder, "guestlist.schema.json").write_text(schema_json(), encoding="utf-8")


def _section(name: str, part: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """One table, then the sections below it."""
    yield f"## {name}\n\n{_prose(part)}\n\n| key | value | default | |\n|---|---|---|---|\n"
    below: list[tuple[str, dict[str, Any]]] = []
    for key, value in part["properties"].items():
        target = _target(value)
        needed = key in part.get("required", ())
        default = "required" if needed else _code(value.get("default"))
        yield f"| `{key}` | {_kind(value)} | {default} | {_prose(value) or _prose(root['$defs'].get(target))} |\n"
        if target:
            named = ".NAME" if "additionalProperties" in value else ""
            prefix = "" if name == "The file" else f"{name}."
            below.append((f"{prefix}{key}{named}", root["$defs"][target]))
    yield "\n"
    for title, inner in below:
        yield from _section(title, inner, root)


def _prose(part: dict[str, Any] | None) -> str:
    return str((part or {}).get("description", "")).replace("``", "`")


def _target(value: dict[str, Any]) -> str:
    """The model a value refers to, or ""."""
    options = [value, *value.get("anyOf", ()), *value.get("allOf", ())]
    inner = value.get("additionalProperties")
    options += [inner] if isinstance(inner, dict) else []
    return next((o["$ref"].rpartition("/")[2] for o in options if "$ref" in o), "")


def _kind(value: dict[str, Any]) -> str:
    if "enum" in value:
        return ", ".join(f"`{option}`" for option in value["enum"])
    if "pattern" in value and "smhd" in value["pattern"]:
        return "duration"
    if "anyOf" in value:
        return " or ".join(kind for option in value["anyOf"] if (kind := _kind(option)))
    names = {
        "boolean": "`true`, `false`",
        "string": "text",
        "array": "list",
        "object": "keys",
        "null": "",
        "integer": "number",
    }
    return "keys" if "$ref" in value else names.get(str(value.get("type")), str(value.get("type")))


def _code(default: object) -> str:
    return "" if default in (None, "", {}) or isinstance(default, dict) else f"`{json.dumps(default).strip(chr(34))}`"


def _fields(fields: Any) -> Iterator[str]:
    yield "| field | | identifies | several | at most | leaves as | known source names |\n" + "|---" * 7 + "|\n"
    for field in fields:
        yield _row(field)
    yield "\n"


def _row(field: FieldSpec) -> str:
    leaves = "digest" if field.hashed else "text" if field.sent else "never leaves"
    names = ", ".join(f"`{name}`" for name in field.known_as)
    marks = ("yes" if field.identifying else "", "all sent" if field.several else "", str(field.limit or ""))
    return f"| `{field.name}` | {field.help} | {' | '.join(marks)} | {leaves} | {names} |\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
