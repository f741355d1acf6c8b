"""Forgetting people, and the receipts of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from guestlist.app import forget, jobs
from guestlist.app.results import Receipt
from guestlist.errors import UnknownName
from guestlist.web.api.described import Strict
from guestlist.web.api.jobs import Job, Number, accepted
from guestlist.web.api.paging import Page, Paged
from guestlist.web.api.route import PREFIX, ApiRoute, Asked

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["privacy"])

_Value = Annotated[str, Field(min_length=1, max_length=1_000)]


class Values(Strict):
    """Whom."""

    values: Sequence[_Value] = Field(
        min_length=1, max_length=10_000, description="Addresses, digests, Google advertising ids, primaryId:VALUE."
    )


class Undone(BaseModel):
    """What came of it."""

    identifiers: int = Field(description="How many may be added again by their lists.")


@router.get("/receipts", summary="List receipts of forgetting")
def list_receipts(asking: Asked, paging: Paged) -> Page[Receipt]:
    """Newest first; values are masked."""
    before = paging.after(int)
    rows = [each for each in forget.receipts(asking.app) if before is None or each.id < before]
    items, following = paging.by_number(rows, lambda row: row.id)
    return Page(items=items, next=following)


@router.get("/receipts/{number}", summary="One receipt of forgetting")
def get_receipt(asking: Asked, number: Number) -> Receipt:
    """`state` is incomplete until every audience has answered."""
    found = next((each for each in forget.receipts(asking.app) if each.id == number), None)
    if found is None:
        raise UnknownName(f"There is no receipt {number}.")
    return found


@router.post("/receipts", status_code=202, summary="Forget people")
def forget_people(asking: Asked, body: Values, response: Response) -> Job:
    """LinkedIn is told to remove them from every audience of people, and they are never added again. Follow the job:
    its result is the receipt.
    """
    return accepted(jobs.ask_forget(asking.app, list(body.values)), response)


@router.post("/receipts/undo", summary="Let people be added again")
def undo_forgetting(asking: Asked, body: Values) -> Undone:
    """By their lists, at the next sync."""
    return Undone(identifiers=forget.undo(asking.app, list(body.values)))


@router.post("/receipts/{number}/undo", summary="Let all people of a receipt be added again")
def undo_receipt(asking: Asked, number: Number) -> Undone:
    """But for those whom another receipt is about too."""
    return Undone(identifiers=forget.undo_receipt(asking.app, number))
