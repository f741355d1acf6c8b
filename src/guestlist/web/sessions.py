"""Who asks for a page: the cookie of a session, and what proves that a form was ours.

A form carries a token made from the cookie's own value: the session's, or before signing in that of a cookie made for
forms alone. Another site can send our cookies, but it can neither read them nor a page that holds the token.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from guestlist.app import users
from guestlist.core.permissions import Person
from guestlist.web.desk import Desk

SESSION = "guestlist_session"
FORMS = "guestlist_form"  # of people who are not signed in
FIELD = "csrf"
HEADER = "x-csrf-token"
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


@dataclass(frozen=True)
class Asker:
    """Whoever asks. ``secret``: what their forms are bound to; ``is_new``: it must be set as a cookie with the answer.
    ``person`` None: not signed in.
    """

    person: Person | None
    session: str
    secret: str
    is_new: bool = False

    @property
    def token(self) -> str:
        """What a form must bring back."""
        return hmac.new(self.secret.encode(), b"guestlist form", hashlib.sha256).hexdigest()


def asker_of(desk: Desk, request: Request) -> Asker:
    """Reads the store: not in the event loop."""
    session = request.cookies.get(SESSION, "")
    person = users.signed_in(desk.app, session) if session else None
    if person is not None:
        return Asker(person, session, session)
    kept = request.cookies.get(FORMS, "")
    return Asker(None, session, kept) if kept else Asker(None, session, secrets.token_urlsafe(32), is_new=True)


def is_ours(desk: Desk, request: Request, asker: Asker, proof: str) -> bool:
    """Whether a POST came from a page of this server, for this very session. ``proof``: what its field held."""
    given = proof or request.headers.get(HEADER, "")
    matches = hmac.compare_digest(given.encode(), asker.token.encode()) and not asker.is_new
    return matches and _from_here(desk, request)


def _from_here(desk: Desk, request: Request) -> bool:
    """By the Origin that browsers send with every POST (older ones: the Referer)."""
    said = request.headers.get("origin") or request.headers.get("referer") or ""
    from_, ours = urlsplit(said), urlsplit(desk.address)
    if from_.scheme not in ("http", "https") or not from_.netloc:
        return False
    return (from_.scheme, from_.netloc) == (ours.scheme, ours.netloc) or from_.netloc == request.headers.get("host")


def keep(desk: Desk, request: Request, response: Response, session: str) -> None:
    """The browser is signed in with this session from now on."""
    _set(desk, request, response, SESSION, session, int(users.LASTS))
    response.delete_cookie(FORMS, path="/")


def keep_for_forms(desk: Desk, request: Request, response: Response, asker: Asker) -> None:
    """The browser brings this back with a form."""
    if asker.is_new:
        _set(desk, request, response, FORMS, asker.secret, None)


def drop(desk: Desk, request: Request, response: Response) -> None:
    """The browser is signed out."""
    response.delete_cookie(SESSION, path="/", secure=is_secure(desk, request), httponly=True, samesite="lax")


def _set(desk: Desk, request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    secure = is_secure(desk, request)
    response.set_cookie(name, value, seconds, path="/", secure=secure, httponly=True, samesite="lax")


def is_secure(desk: Desk, request: Request) -> bool:
    """Whether cookies go over TLS only: by our address, or because the browser says that its form came that way."""
    return desk.address.startswith("https://") or request.headers.get("origin", "").startswith("https://")


def own_path(path: str) -> str:
    """A path of our own to go to; "/" for anything else, however it is written."""
    return path if _OWN_PATH.fullmatch(path) else "/"
