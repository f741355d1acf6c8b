"""All operations of the API."""

from __future__ import annotations

from fastapi import FastAPI

from guestlist.app import declared
from guestlist.web.api import (
    activations,
    administration,
    audiences,
    configuration,
    destinations,
    encryption,
    history,
    jobs,
    linkedin_app,
    openapi,
    privacy,
    sign_ins,
    suppression,
    trials,
    uploads,
)
from guestlist.web.bodies import Bodies
from guestlist.web.desk import Desk

_NOUNS = (
    destinations,
    sign_ins,
    audiences,
    uploads,
    activations,
    trials,
    history,
    jobs,
    privacy,
    suppression,
    administration,
    linkedin_app,
    encryption,
    configuration,
)


def add_api(app: FastAPI, desk: Desk, bodies: Bodies) -> None:
    """Answer under /api/v1/ with what is on the desk."""
    app.state.desk, app.state.bodies = desk, bodies
    add_routes(app)


def add_routes(app: FastAPI) -> None:
    """Without anything behind them they can be described, not answered."""
    for noun in _NOUNS:
        app.include_router(noun.router)


def describe(document: openapi.Json) -> None:
    """Finish what /openapi.json says of it."""
    openapi.resolved(document, declared.schemas())
