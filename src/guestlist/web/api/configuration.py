"""Settings, and the whole configuration as a file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field

from guestlist.app import declared, notices, retention
from guestlist.app.declared import Declaration, Difference
from guestlist.app.retention import Kept
from guestlist.errors import UnknownName
from guestlist.web.api import described
from guestlist.web.api.described import Described, IfGiven, IfMatch, Settings, Strict
from guestlist.web.api.problems import Problem
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking

router = APIRouter(prefix=PREFIX, route_class=ApiRoute)

YAML = "application/yaml"
Name = Literal["limits", "notify", "retention"]
_NAMES: tuple[Name, ...] = ("limits", "notify", "retention")
_UNSET = '"unset"'  # the ETag of a setting that nobody made


class Setting(Described):
    """A setting; an address to notify is hidden. Of one that nobody made, `settings` is null."""


class Tested(BaseModel):
    """What came of a notice."""

    arrived: bool


class SettingSettings(Strict):
    """All it says from now on."""

    settings: Settings = Field(
        description="`mappings_per_destination` of limits; `url` of notify; `samples`, `answers`, `runs` of retention."
    )


def _found(asking: Asking, name: Name) -> Declaration | None:
    try:
        return declared.get(asking.app, asking.configuration, "settings", name)
    except UnknownName:
        return None


def _shown(name: Name, found: Declaration | None) -> Setting:
    blank: dict[str, Any] = {"name": name, "origin": None, "version": None, "changed": None, "changed_by": ""}
    if found is None:
        return Setting(**blank, settings=None)
    return Setting(**{**described.facts(found), "settings": dict(declared.shown("settings", found.body))})


def _tag(found: Declaration | None) -> str:
    return _UNSET if found is None else described.tag(found)


@router.get("/settings", summary="List settings", tags=["settings"])
def list_settings(asking: Asked) -> list[Setting]:
    """All there are."""
    return [_shown(name, _found(asking, name)) for name in _NAMES]


@router.get("/settings/{name}", summary="One setting", tags=["settings"])
def get_setting(asking: Asked, name: Name, response: Response) -> Setting:
    """With its ETag, which an edit has to send back."""
    found = _found(asking, name)
    response.headers["ETag"] = _tag(found)
    return _shown(name, found)


@router.put("/settings/{name}", summary="Change a setting", tags=["settings"])
def put_setting(
    asking: Asked, name: Name, body: SettingSettings, response: Response, if_match: IfMatch = None
) -> Setting:
    """Of `notify` the whole address, not the hidden one that is shown."""
    if declared.HIDDEN in str(body.settings.get("url", "")):
        raise Problem(
            422, "Give the whole address to notify: the one that is shown is hidden.", more={"place": ["notify", "url"]}
        )
    found = _found(asking, name)
    described.check_tag(if_match, _tag(found))
    if found is None:
        made = declared.create(asking.app, asking.configuration, "settings", name, body.settings, asking.person)
        response.headers["ETag"] = described.tag(made)
    else:
        made = described.changed(asking, "settings", name, body.settings, if_match, response)
    return _shown(name, made)


@router.delete("/settings/{name}", status_code=204, summary="Unset a setting", tags=["settings"])
def delete_setting(asking: Asked, name: Name, if_match: IfMatch = None) -> None:
    """Its default counts again."""
    described.deleted(asking, "settings", name, if_match)


@router.post("/settings/{name}/take-over", summary="Take a setting over from the file", tags=["settings"])
def take_setting_over(asking: Asked, name: Name, response: Response, if_match: IfGiven = None) -> Setting:
    """From now on it is edited here; what the file says of it counts no more."""
    return _shown(name, described.taken_over(asking, "settings", name, if_match, response))


@router.post("/settings/notify/test", summary="Send a notice to see whether it arrives", tags=["settings"])
def test_notify(asking: Asked) -> Tested:
    """To the address of `notify`; 422 says that it did not arrive, and what to look at."""
    notices.test(asking.app, asking.config)
    return Tested(arrived=True)


@router.get("/retention", summary="What is kept, and how long", tags=["settings"])
def get_retention(asking: Asked) -> list[Kept]:
    """What can be set is set with `/settings/retention`."""
    return retention.stands(asking.app, asking.config)


# ── as a file ────────────────────────────────────────────────────────────────────────────────────────────────────
@router.get(
    "/configuration/export",
    summary="What was made here, as a file",
    tags=["configuration"],
    response_class=Response,
    responses={200: {"description": "A guestlist.yaml.", "content": {YAML: {"schema": {}}}}},
)
def export_configuration(asking: Asked) -> Response:
    """Secrets included, so that it can be applied elsewhere; what the file says itself is not in it."""
    return Response(declared.export(asking.app), media_type=YAML)


@router.post("/configuration/apply", summary="Take a file over", tags=["configuration"])
def apply_configuration(
    asking: Asked,
    text: Annotated[bytes, Body(media_type=YAML, description="A guestlist.yaml. `${NAME}` cannot be used in it.")],
    dry_run: Annotated[bool, Query(description="Only show what would change.")] = False,
) -> list[Difference]:
    """Each object of it becomes one that is edited here; what it does not name stays. All or nothing."""
    try:
        written = text.decode()
    except UnicodeDecodeError:
        raise Problem(400, "The body is no UTF-8 text.") from None
    return declared.apply_text(asking.app, asking.configuration, written, dry_run=dry_run)
