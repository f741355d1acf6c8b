"""From a request to a page and back: who asks is looked up, a form is checked, the answer is made in a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import quote, urlsplit

import anyio
import anyio.to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from guestlist.app import declared
from guestlist.errors import (
    ChangedMeanwhile,
    ConfigError,
    GuestlistError,
    PermissionMissing,
    SourceError,
    TryAgain,
    UnknownName,
)
from guestlist.web import receiving, sessions
from guestlist.web.bodies import Bodies
from guestlist.web.desk import Desk
from guestlist.web.pages import arrivals, forms
from guestlist.web.pages.book import Page
from guestlist.web.pages.call import STALE, Call
from guestlist.web.pages.forms import Form
from guestlist.web.pages.sentences import for_people
from guestlist.web.pages.table import PAGES, RETURNS
from guestlist.web.pages.templates import path
from guestlist.web.refusals import Refusal

LARGEST = 1 << 20  # bytes of a form
_MACHINES = ("/v1/", "/api/", "/hooks/", "/static/", "/healthz", "/readyz", "/metrics", "/openapi.json")
Endpoint = Callable[[Request], Awaitable[Response]]


class Pages:
    """All pages over one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._bodies = Bodies()
        self._files = anyio.CapacityLimiter(receiving.AT_ONCE)
        self._headers = _headers(desk)

    def endpoints(self) -> list[tuple[Page, Endpoint]]:
        """Every page with what answers it; a name that is a page's own before names of people's."""
        return [(page, self._endpoint(page)) for page in (*RETURNS, *PAGES)]

    def _endpoint(self, page: Page) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return self._guarded(await self._answered(page, request))

        return endpoint

    async def _answered(self, page: Page, request: Request) -> Response:
        if page.streams:
            return await self._taken(page, request)
        try:
            form = await self._form(request) if page.method == "POST" else Form()
        except Refusal as refusal:
            return await run_in_threadpool(self._refused, request, refusal.status, refusal.message)
        return await run_in_threadpool(self._answer, page, request, form)

    async def _taken(self, page: Page, request: Request) -> Response:
        """In threads of their own: a file that comes slowly must not hold up pages."""
        if self._files.available_tokens < 1:
            return await run_in_threadpool(self._refused, request, 503, _BUSY)
        try:
            return await anyio.to_thread.run_sync(self._answer, page, request, Form(), limiter=self._files)
        except Refusal as refusal:
            return await run_in_threadpool(self._refused, request, refusal.status, refusal.message)

    async def _form(self, request: Request) -> Form:
        kind = request.headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip()
        if kind != "application/x-www-form-urlencoded":
            raise Refusal(415, "form", "This is not what a form of ours sends.")
        async with self._bodies.read(request, LARGEST) as body:
            try:
                return forms.read(body)
            except ValueError:
                raise Refusal(400, "form", "This form has too many fields.") from None

    def _answer(self, page: Page, request: Request, form: Form) -> Response:
        call = Call(self._desk, request, sessions.asker_of(self._desk, request), form)
        try:
            if not page.public and call.asker.person is None:
                return _to_sign_in(request)
            if _proves(page) and not sessions.is_ours(self._desk, request, call.asker, form[sessions.FIELD]):
                return _said(call, 403, "This form is out of date", STALE)
            if not page.public:
                page.judge(call.person)
            return page.answer(call)
        except UnknownName as error:
            return _elsewhere(call, page) or _told(call, error)
        except GuestlistError as error:
            return _told(call, error)

    def _refused(self, request: Request, status: int, sentence: str) -> Response:
        call = Call(self._desk, request, sessions.asker_of(self._desk, request))
        return _said(call, status, "That did not work", sentence)

    # ── what no page answers ─────────────────────────────────────────────────────────────────────────────────────
    def wants(self, request: Request) -> bool:
        """Whether a person asks, with a browser, and no program."""
        path = request.url.path
        return not path.startswith(_MACHINES) and "text/html" in request.headers.get("accept", "")

    async def no_such(self, request: Request, status: int) -> Response:
        """For a path or a method that nobody knows, and (500) for an error of ours."""
        title, sentence = _SENTENCES[status]
        made = partial(Call(self._desk, request, await self._asker(request)).show, "error.html", status)
        return self._guarded(await run_in_threadpool(made, title=title, sentence=sentence))

    async def _asker(self, request: Request) -> sessions.Asker:
        try:
            return await run_in_threadpool(sessions.asker_of, self._desk, request)
        except GuestlistError:
            return sessions.Asker(None, "", "nobody")

    def _guarded(self, response: Response) -> Response:
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        return response


def _proves(page: Page) -> bool:
    """Whether its form was read already; one that brings a file is checked as it comes."""
    return page.method == "POST" and not page.streams


_BUSY = "Several lists are being uploaded at the moment: send yours again in a minute."
_SENTENCES = {
    404: ("There is no such page", "Nothing is under this address: follow one of the links beside it."),
    405: ("There is no such page", "This address is not used that way: follow one of the links beside it."),
    500: ("Something unexpected happened", "Nothing is lost; the server's log says where. Try it again."),
}


def _headers(desk: Desk) -> dict[str, str]:
    """For every page. A form may lead to LinkedIn, where people consent."""
    linkedin = urlsplit(desk.app.settings.linkedin_oauth_url)
    policy = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {linkedin.scheme}://{linkedin.netloc}"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _to_sign_in(request: Request) -> Response:
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = path("sign-in", next=back if request.method == "GET" and back != "/" else "")
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": to})
    return RedirectResponse(to, 303)


def _elsewhere(call: Call, page: Page) -> Response | None:
    """What was renamed has the addresses of its new name; what was sent to the former ones is not done. None: nothing
    was called that.
    """
    section, old = page.path.split("/")[1], call.request.path_params.get("name", "")
    now = declared.called_now(call.app, section, old) if old else ""
    if not now:
        return None
    if page.method == "POST":
        return call.go(path(section, now), f"{old} is called {now} now: somebody renamed it. Nothing else was changed.")
    to = page.path.replace("{name}", quote(now, safe=""))
    query = call.request.url.query
    return RedirectResponse(f"{to}?{query}" if query else to, 303) if "{" not in to else None


def _told(call: Call, error: GuestlistError) -> Response:
    """A page that says what went wrong."""
    if isinstance(error, PermissionMissing):
        return _said(call, 403, "You may not do this", str(error))
    known: list[tuple[type[GuestlistError], int, str]] = [
        (UnknownName, 404, "There is no such thing"),
        (ChangedMeanwhile, 409, "Somebody was faster"),
        (ConfigError, 422, "This cannot be"),
        (SourceError, 422, "This cannot be"),
        (TryAgain, 503, "Not now"),
    ]
    status, title = next(((code, title) for kind, code, title in known if isinstance(error, kind)), (503, "Not now"))
    return _said(call, status, title, for_people(str(error)))


def _said(call: Call, status: int, title: str, sentence: str) -> Response:
    """As a page; to a script that brings a list only the sentence, which it shows where it is."""
    if arrivals.asks_for_json(call):
        return JSONResponse({"fault": sentence}, status)
    return call.show("error.html", status, title=title, sentence=sentence)
