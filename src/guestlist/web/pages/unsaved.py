"""Rows of a form that are not saved yet have an address: it holds a number, and nothing that was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from guestlist.app import unsaved
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole
from guestlist.web.pages.templates import path


def shown(call: Call, body: Mapping[str, Any], spot: str = "", **query: object) -> Response:
    """On to the page that was asked for, with this filled in; ``spot``: where on it."""
    here = call.request.url.path
    number = unsaved.keep(call.app, call.person, here, body)
    return call.go(here + path(unsaved=number, **query)[1:] + spot)


def found(call: Call) -> Mapping[str, Any] | None:
    """What the address says is filled in; None: nothing. UnknownName."""
    if "unsaved" not in call.query:
        return None
    return unsaved.get(call.app, call.person, call.request.url.path, whole(call.query["unsaved"]) or 0)
