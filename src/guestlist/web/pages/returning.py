"""What the address of a form's answer shows to whoever opens it later: the page that holds the form."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from guestlist.web.pages.book import Page
from guestlist.web.pages.call import Call


def of(pages: Iterable[Page]) -> tuple[Page, ...]:
    """For each address that only takes forms one that leads on, for those who may send the form."""
    there = list(pages)
    looks = {page.path for page in there if page.method == "GET"}
    return tuple(_of(page, looks) for page in there if page.method == "POST" and page.path not in looks)


def _of(page: Page, looks: set[str]) -> Page:
    holder = page.form or _above(page.path, looks)
    return Page("GET", page.path, partial(_lead_on, holder), page.needs, page.administrator, page.public)


def _above(path: str, looks: set[str]) -> str:
    while path not in looks:
        path = path.rpartition("/")[0] or "/"
    return path


def _lead_on(holder: str, call: Call) -> Response:
    names = {name: quote(str(value), safe="") for name, value in call.request.path_params.items()}
    return RedirectResponse(holder.format_map(names), 303)
