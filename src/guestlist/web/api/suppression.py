"""Whole lists of people to be forgotten: uploaded, looked at, then forgotten as if each had been named."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from guestlist.app import jobs, suppression
from guestlist.web.api.described import Strict
from guestlist.web.api.jobs import Job, Number, accepted
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking
from guestlist.web.api.uploads import BYTES, FileName, arriving

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["privacy"])


class SuppressionList(BaseModel):
    """A list of people to be forgotten, never its rows."""

    id: int
    file_name: str
    columns: list[str]
    column: str = Field(description="The one that says who, as its name suggests, or as it was last looked at.")
    job: int | None = Field(description="The job that last looked at that column.")
    uploaded: float = Field(description="Epoch seconds; a day later it is gone.")
    uploaded_by: str


class Column(Strict):
    """What says who."""

    column: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1_000,
            description="It may hold addresses, digests, Google advertising ids and primaryId:VALUE, mixed.",
        ),
    ]


def _shown(asking: Asking, number: int) -> SuppressionList:
    found = suppression.get(asking.app, number)
    return SuppressionList(
        id=found.id,
        file_name=found.file_name,
        columns=list(found.columns),
        column=found.chosen,
        job=found.job_id,
        uploaded=found.uploaded_at,
        uploaded_by=found.uploaded_by,
    )


@router.post("/suppression-lists", status_code=201, summary="Upload a suppression list", openapi_extra=BYTES)
async def make_suppression_list(
    asking: Asked, request: Request, response: Response, file_name: FileName
) -> SuppressionList:
    """The body is the file itself: csv, tsv, parquet, jsonl or xlsx, 1 GB at most. Nobody is forgotten yet."""
    arrived = await arriving(asking, request)
    found = await run_in_threadpool(suppression.keep, asking.app, arrived, file_name)
    response.headers["Location"] = f"{PREFIX}/suppression-lists/{found.id}"
    return await run_in_threadpool(_shown, asking, found.id)


@router.get("/suppression-lists/{number}", summary="One suppression list")
def get_suppression_list(asking: Asked, number: Number) -> SuppressionList:
    """It is gone once its people are forgotten, or a day after it came."""
    return _shown(asking, number)


@router.delete("/suppression-lists/{number}", status_code=204, summary="Throw a suppression list away")
def delete_suppression_list(asking: Asked, number: Number) -> None:
    """Nobody of it is forgotten."""
    suppression.discard(asking.app, number)


@router.post("/suppression-lists/{number}/survey", status_code=202, summary="Look at a column of a suppression list")
def survey_suppression_list(asking: Asked, number: Number, body: Column, response: Response) -> Job:
    """The job's result: `people`, and by reason how many cells are not understood, with masked samples."""
    return accepted(jobs.ask_survey(asking.app, number, body.column), response)


@router.post("/suppression-lists/{number}/forget", status_code=202, summary="Forget everybody of a suppression list")
def forget_suppression_list(asking: Asked, number: Number, body: Column, response: Response) -> Job:
    """As `POST /receipts` does for those who are named; cells that are not understood are left out. The job's result
    is the receipt.
    """
    return accepted(jobs.ask_forget_list(asking.app, number, body.column), response)
