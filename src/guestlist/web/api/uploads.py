"""Lists that are uploaded: sealed as they arrive, kept under a name that audiences can have as a source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import contextmanager_in_threadpool
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from guestlist.app import audiences, uploads
from guestlist.app.uploads import LARGEST, Looked, UploadRow
from guestlist.core.identity import Kind
from guestlist.errors import UnknownName
from guestlist.web.api import described
from guestlist.web.api.described import IfMatch, NamePath
from guestlist.web.api.paging import Page, Paged
from guestlist.web.api.problems import Problem
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking
from guestlist.web.bodies import PATIENCE, Gone

if TYPE_CHECKING:
    from guestlist.store.uploads import Arriving

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["uploads"])

BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {}}}}}
_NONE = '"not uploaded"'  # the ETag of a list that is not there
FileName = Annotated[str, Query(min_length=1, max_length=200, description="As it is called; its end says what it is.")]


class Looks(BaseModel):
    """What a list looks like."""

    columns: list[str]
    members: Literal["people", "companies"] = Field(description="What its rows are probably about.")
    mapping: dict[str, list[str]] = Field(description="How they would be mapped: LinkedIn field, source fields.")


class Upload(BaseModel):
    """An uploaded list, and what it looks like."""

    upload: UploadRow
    looks: Looks


def _looks(looked: Looked) -> Looks:
    members: Literal["people", "companies"] = "people" if looked.members is Kind.PEOPLE else "companies"
    mapping = {field: list(sources) for field, sources in looked.mapping.items()}
    return Looks(columns=list(looked.columns), members=members, mapping=mapping)


@router.get("/uploads", summary="List uploaded lists")
def list_uploads(asking: Asked, paging: Paged) -> Page[UploadRow]:
    """By name."""
    items, following = paging.by_name(uploads.all_of(asking.app), lambda row: row.name)
    return Page(items=items, next=following)


def _check(if_match: str | None, row: UploadRow | None) -> None:
    """Problem; nothing has to be sent for a list that is not there yet."""
    if row is not None or if_match is not None:
        described.check_tag(if_match, _NONE if row is None else _tag(row))


def _tag(row: UploadRow) -> str:
    return described.tag_of(row.name, row.file_name, row.size, row.uploaded, row.uploaded_by)


@router.get("/uploads/{name}", summary="One uploaded list")
def get_upload(asking: Asked, name: NamePath, response: Response) -> Upload:
    """With its columns; never its rows. Its ETag has to be sent back by what replaces it."""
    row = uploads.named_list(asking.app, name)
    if row is None:
        raise UnknownName("There is no uploaded list of this name.")
    response.headers["ETag"] = _tag(row)
    return Upload(upload=row, looks=_looks(uploads.look(asking.app, name)))


@router.put("/uploads/{name}", summary="Upload a list", openapi_extra=BYTES)
async def put_upload(
    asking: Asked, name: NamePath, request: Request, response: Response, file_name: FileName, if_match: IfMatch = None
) -> Upload:
    """The body is the file itself: csv, tsv, parquet, jsonl or xlsx, 1 GB at most. It takes the place of a list of the
    same name, once it is whole and can be read; If-Match is needed where there is one. A list
    of companies never takes the place of one of people that an audience has as its source, nor the other way round.
    """
    _check(if_match, await run_in_threadpool(uploads.named_list, asking.app, name))  # before all of it is sent
    arrived = await arriving(asking, request)
    config = await run_in_threadpool(lambda: asking.config)
    check, fits = partial(_check, if_match), partial(audiences.refuse_other_kind, config, name)
    looks = await run_in_threadpool(uploads.keep, asking.app, arrived, name, file_name, check, fits)
    kept = await run_in_threadpool(_kept, asking, name, looks)
    response.headers["ETag"] = _tag(kept.upload)
    return kept


async def arriving(asking: Asking, request: Request) -> Arriving:
    """The body as a sealed file that is nobody's yet."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Problem(415, "A list is uploaded as it is, without Content-Encoding.")
    async with contextmanager_in_threadpool(uploads.arriving(asking.app)) as arrived:
        async for part in _parts(request):
            await run_in_threadpool(arrived.write, part)
    return arrived


def _kept(asking: Asking, name: str, looks: Looked) -> Upload:
    row = next(each for each in uploads.all_of(asking.app) if each.name == name)
    return Upload(upload=row, looks=_looks(looks))


async def _parts(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; Problem when it is too large or stands still, Gone when its sender left."""
    length, size, parts = request.headers.get("content-length", ""), 0, request.stream()
    above = Problem(413, f"The list is larger than {LARGEST >> 30} GB, the most for one upload.")
    if length.isdecimal() and int(length) > LARGEST:
        raise above
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                part = await anext(parts)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Problem(408, "The list did not come in time.") from None
        except ClientDisconnect:
            raise Gone from None
        size += len(part)
        if size > LARGEST:
            raise above
        yield part


@router.delete("/uploads/{name}", status_code=204, summary="Delete an uploaded list")
def delete_upload(asking: Asked, name: NamePath, if_match: IfMatch = None) -> None:
    """Not while an audience has it as its source."""
    uploads.delete(asking.app, asking.configuration, name, partial(_check, if_match))
