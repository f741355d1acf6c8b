"""What a page is given: who asks, for what, with which form; and the ways to answer."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from guestlist.app.context import App
from guestlist.core.permissions import Permission, Person
from guestlist.errors import ConfigError, Overtaken, PermissionMissing
from guestlist.web import sessions
from guestlist.web.desk import Desk
from guestlist.web.pages import templates
from guestlist.web.pages.forms import Form
from guestlist.web.receiving import Begin, Fields, Write, pieces_of, received, refuse_above
from guestlist.web.refusals import Refusal
from guestlist.web.sessions import Asker

if TYPE_CHECKING:
    from guestlist.config import Config

STALE = (
    "It was not sent from a page of this sign-in: go back, load the page anew and send it again. If that changes "
    "nothing, this server is reached under another address than it knows: set GUESTLIST_PUBLIC_URL to it."
)
_NOW = "Nothing of yours was done; this is what there is now."
NOTICE = "guestlist_notice"  # one sentence for the page that follows
WARNING = "guestlist_warning"  # the same of what does not work yet


@dataclass(frozen=True)
class Call:
    """One request for a page. ``form``: what a POST brought, without what proves it ours."""

    desk: Desk
    request: Request
    asker: Asker
    form: Form = field(default_factory=Form)

    @property
    def person(self) -> Person:
        """Who asks; of public pages it may be nobody: PermissionMissing."""
        if self.asker.person is None:
            raise PermissionMissing("Sign in first.", "")
        return self.asker.person

    @property
    def app(self) -> App:
        """The installation; the audit log names who asks."""
        return self.desk.app if self.asker.person is None else self.desk.for_(self.asker.person)

    @property
    def config(self) -> Config:
        """The configuration as it is now. ConfigError while it has a mistake."""
        return self.desk.configuration.current()

    @property
    def query(self) -> Mapping[str, str]:
        """What stands behind the question mark."""
        return self.request.query_params

    def receive(self, begin: Begin, largest: int) -> Form:
        """The fields of a form that brings a file; ``begin`` says where the file's bytes go and is asked only when the
        form is ours. Refusal: it is not, or not whole, or too large.
        """

        def ours(fields: Fields, file_name: str) -> Write:
            self._prove(fields)
            return begin(fields, file_name)

        refuse_above(self.request, largest)
        kind = self.request.headers.get("content-type", "")
        fields = received(kind, pieces_of(self.request), ours, largest)
        self._prove(fields)
        return Form(fields)

    def _prove(self, fields: Fields) -> None:
        if not sessions.is_ours(self.desk, self.request, self.asker, Form(fields)[sessions.FIELD]):
            raise Refusal(403, "form", STALE)

    def part(self, name: str) -> str:
        """A part of the path, as its page declares it."""
        return str(self.request.path_params[name])

    def show(self, template: str, status: int = 200, /, **values: Any) -> Response:
        """A page of ours."""
        response = HTMLResponse(templates.render(template, self._everywhere(values)), status)
        sessions.keep_for_forms(self.desk, self.request, response, self.asker)
        for told in (NOTICE, WARNING):
            if told in self.request.cookies:
                response.delete_cookie(told, path="/")
        return response

    def again(self, template: str, error: ConfigError, at: str, /, **values: Any) -> Response:
        """The same form with what was typed, and the sentence at its field (``at`` where the error names none)."""
        return self.show(template, 422, form=self.form.refused(error, at), **values)

    def overtaken(self, template: str, error: Overtaken, /, **values: Any) -> Response:
        """The page as things stand now, and the sentence: nothing of what was sent was done."""
        return self.show(template, 409, form=Form(), warning=f"{error} {_NOW}", **values)

    def go(self, path: str, notice: str = "", warning: str = "") -> Response:
        """On to another page of ours, which tells ``notice`` of what was done, or ``warning`` of what waits."""
        response = RedirectResponse(path, 303)
        secure = sessions.is_secure(self.desk, self.request)
        for told, said in ((NOTICE, notice), (WARNING, warning)):
            if said:
                value = base64.urlsafe_b64encode(said.encode()).decode()
                response.set_cookie(told, value, 60, path="/", secure=secure, httponly=True, samesite="lax")
        return response

    def _everywhere(self, values: Mapping[str, Any]) -> dict[str, Any]:
        person = self.asker.person
        return {
            "form": self.form,
            "warning": _told(self.request, WARNING),
            **values,
            "call": self,
            "person": person,
            "csrf": self.asker.token,
            "now": self.desk.app.clock.now(),
            "here": self.request.url.path,
            "theme": self.request.cookies.get("guestlist_theme", ""),
            "notice": _told(self.request, NOTICE),
            "may": lambda *needed: person is not None and person.may(*map(Permission, needed)),
        }


def _told(request: Request, cookie: str) -> str:
    try:
        return base64.urlsafe_b64decode(request.cookies.get(cookie, "")).decode()
    except ValueError:
        return ""
