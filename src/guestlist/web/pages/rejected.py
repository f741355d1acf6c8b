"""The rows of an activation's last run that were not sent."""

from __future__ import annotations

from functools import partial
from typing import cast, get_args

from starlette.responses import Response, StreamingResponse

from guestlist.app import overview
from guestlist.app.results import RejectedRow
from guestlist.core.permissions import Permission
from guestlist.ports import RejectedBy, RejectedWish
from guestlist.web import spreadsheets
from guestlist.web.pages import activation, lists
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import Asked, Place
from guestlist.web.pages.templates import moment

book = Book()
MAY = (*LOOK, Permission.VIEW_PROFILES)
_COLUMNS = get_args(RejectedBy)


@book.get("/activations/{name}/rejected", *MAY)
def look(call: Call) -> Response:
    """All of them, or those of one ``reason``."""
    shown, reasons = activation.shown(call), overview.rejected_by_reason(call.app, call.part("name"))
    reason = call.query.get("reason", "") if call.query.get("reason") in reasons else ""
    page = lists.read(call, _COLUMNS, "row", partial(_found, call, reason), Place(kept={"reason": reason}))
    return call.show("activation_rejected.html", **shown, listing=page, reasons=reasons, reason=reason)


def _found(call: Call, reason: str, asked: Asked) -> tuple[list[RejectedRow], int]:
    wish = RejectedWish(asked.size, asked.skip, reason, asked.search, cast("RejectedBy", asked.sort), asked.descending)
    return overview.some_rejected(call.app, call.part("name"), wish)


@book.get("/activations/{name}/rejected.csv", *MAY)
def as_csv(call: Call) -> Response:
    """Every row that was not sent, with its reason; an e-mail that is a key is masked."""
    name = call.part("name")
    rows = overview.rejected(call.app, overview.known(call.app, name).name)
    headers = {"Content-Disposition": 'attachment; filename="rejected.csv"'}
    lines = ((each.row, each.key, each.reason, moment(each.since)) for each in rows)
    pieces = spreadsheets.pieces("row,key,reason,since", lines)
    return StreamingResponse(pieces, headers=headers, media_type="text/csv; charset=utf-8")
