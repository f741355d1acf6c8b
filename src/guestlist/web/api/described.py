"""What destinations, audiences, activations and settings have in common: parts of the configuration with a version."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from fastapi import Header, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from guestlist.app import audiences, declared, renaming
from guestlist.app.declared import Declaration
from guestlist.web.api.problems import Problem
from guestlist.web.api.route import PREFIX, Asking

Section = Literal["destinations", "audiences", "activations", "settings"]
Origin = Literal["file", "pages"]

NamePath = Annotated[str, Path(max_length=200)]
IfMatch = Annotated[str | None, Header(alias="if-match", description="The ETag of what was read.")]
IfGiven = Annotated[
    str | None, Header(alias="if-match", description="The ETag of what was read; left out: whatever it says by now.")
]
NewName = Annotated[str, Field(min_length=1, max_length=100, description="A name of yours, without slashes.")]
PARTS = "What to change (JSON merge patch, RFC 7396): a key with null is taken out."

_TAG = re.compile(r'(W/)?"([^"]*)"')
Settings = dict[str, Any]


class Strict(BaseModel):
    """A body: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Patch(Strict):
    """A few keys."""

    settings: Settings = Field(description=PARTS)


class Described(BaseModel):
    """A part of the configuration."""

    name: str
    origin: Origin | None = Field(
        description="file: it is read-only here until it is taken over; null: nothing describes it any more."
    )
    version: int | None = Field(description="Grows with each change; null: it is not the pages'.")
    changed: float | None = Field(description="Epoch seconds.")
    changed_by: str
    settings: Settings | None = Field(description="As guestlist.yaml has it; docs/configuration.md explains each key.")


def facts(found: Declaration) -> dict[str, Any]:
    """The fields of ``Described``."""
    return {
        "name": found.name,
        "origin": "file" if found.version is None else "pages",
        "version": found.version,
        "changed": found.changed,
        "changed_by": found.changed_by,
        "settings": dict(found.body),
    }


def tag(found: Declaration) -> str:
    """The ETag: of the pages' object its version, of the file's a digest."""
    if found.version is not None:
        return f'"{found.version}"'
    return f'"file-{_digest([found.section, found.name, found.body])}"'


def tag_of(*facts: Any) -> str:
    """The ETag of what has no version: of what an edit may change."""
    return f'"{_digest(facts)}"'


def _digest(facts: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:16]


def check_tag(if_match: str | None, current: str) -> None:
    """Problem: 428 where nothing was sent, 412 where something else was read."""
    if if_match is None:
        raise Problem(428, "Send If-Match with the ETag of what you read, so that nobody's change is overwritten.")
    given = [strong for weak, strong in _TAG.findall(if_match) if not weak]
    if if_match.strip() != "*" and current.strip('"') not in given:
        raise Problem(412, "It was changed since you read it: look at it again first.")


def check_given(if_match: str | None, current: str) -> None:
    """The same, where it may be left out."""
    if if_match is not None:
        check_tag(if_match, current)


def as_given(if_match: str | None) -> declared.Check:
    """The same of what is there when it is changed. Problem, as ``check_tag``."""
    return lambda there: check_given(if_match, tag(there))


def unchanged(asking: Asking, section: Section, name: str, if_match: str | None) -> None:
    """It still says what was read, where that was sent. Problem, UnknownName."""
    if if_match is not None:
        check_tag(if_match, tag(declared.get(asking.app, asking.configuration, section, name)))


def got(asking: Asking, section: Section, name: str, response: Response) -> Declaration:
    """One of them; the answer carries its ETag."""
    found = declared.get(asking.app, asking.configuration, section, name)
    response.headers["ETag"] = tag(found)
    return found


def created(
    asking: Asking, section: Section, name: str, settings: Mapping[str, Any], response: Response
) -> Declaration:
    """A new one; the answer says where."""
    return made(declared.create(asking.app, asking.configuration, section, name, settings, asking.person), response)


def made(found: Declaration, response: Response) -> Declaration:
    """It is there now; the answer says where."""
    response.headers["ETag"] = tag(found)
    response.headers["Location"] = f"{PREFIX}/{found.section}/{quoted(found.name)}"
    return found


def changed(
    asking: Asking, section: Section, name: str, settings: Mapping[str, Any], if_match: str | None, response: Response
) -> Declaration:
    """``settings`` in place of what was read."""
    before = declared.get(asking.app, asking.configuration, section, name)
    check_tag(if_match, tag(before))
    return _put(asking, before, settings, response)


def patched(
    asking: Asking, section: Section, name: str, parts: Mapping[str, Any], if_match: str | None, response: Response
) -> Declaration:
    """A few keys of it."""
    before = declared.get(asking.app, asking.configuration, section, name)
    check_tag(if_match, tag(before))
    return _put(asking, before, merged(before.body, parts), response)


def _put(asking: Asking, before: Declaration, settings: Mapping[str, Any], response: Response) -> Declaration:
    version = before.version if before.version is not None else 0  # of the file: it is told so
    app, configuration, section, name = asking.app, asking.configuration, before.section, before.name
    if section == "audiences":
        found = audiences.put(app, configuration, name, settings, version, asking.person)
    elif section == "destinations":
        found = renaming.saved(app, configuration, name, name, settings, version, asking.person)
    else:
        found = declared.change(app, configuration, section, name, settings, version, asking.person)
    response.headers["ETag"] = tag(found)
    return found


def enabled(asking: Asking, name: str, if_match: str | None, response: Response, *, on: bool) -> Declaration:
    """An activation switched on or off, whatever else it says now."""
    before = declared.get(asking.app, asking.configuration, "activations", name)
    check_given(if_match, tag(before))
    return _put(asking, before, {**before.body, "enabled": on}, response)


def deleted(asking: Asking, section: Section, name: str, if_match: str | None) -> None:
    """Gone from the configuration."""
    before = declared.get(asking.app, asking.configuration, section, name)
    check_tag(if_match, tag(before))
    if before.version is None:
        raise declared.managed(asking.configuration, section, name)
    if section == "audiences":
        audiences.delete(asking.app, asking.configuration, name, before.version)
    else:
        declared.delete(asking.app, asking.configuration, section, name, before.version)


def taken_over(asking: Asking, section: Section, name: str, if_match: str | None, response: Response) -> Declaration:
    """The file says nothing of it any more."""
    found = declared.take_over(asking.app, asking.configuration, section, name, asking.person, as_given(if_match))
    response.headers["ETag"] = tag(found)
    return found


def merged(before: Any, parts: Any) -> Any:
    """RFC 7396."""
    if not isinstance(parts, Mapping):
        return parts
    result = dict(before) if isinstance(before, Mapping) else {}
    for key, part in parts.items():
        if part is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), part)
    return result


def quoted(name: str) -> str:
    """A name as a step of a path."""
    return quote(name, safe="")
