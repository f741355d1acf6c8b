"""Lists that people upload: sealed as they come, then an audience, or another list for one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from guestlist.app import audiences, uploads
from guestlist.errors import ChangedMeanwhile, ConfigError, SourceError
from guestlist.web.pages.audiences import CHANGE, choices
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form
from guestlist.web.pages.templates import path
from guestlist.web.receiving import Fields, Write

if TYPE_CHECKING:
    from guestlist.store.uploads import Arriving

book = Book()


@dataclass
class _Arrived:
    """A list that came whole and is nobody's yet."""

    file_name: str = ""
    form: Form = field(default_factory=Form)
    sealed: Arriving | None = None


@book.post_file("/audiences/upload", *CHANGE)
def create(call: Call) -> Response:
    """A new audience."""
    came = _received(call)
    name = came.form["name"].strip()
    try:
        members = came.form["members"] if came.form["members"] in ("people", "companies") else ""
        audiences.take_in(call.app, call.desk.configuration, _chosen(came), name, came.file_name, members, call.person)
    except (ConfigError, SourceError) as error:
        return _refused(call, came, error)
    return _answered(call, path("audiences", name), f"{name} is there: activate it when you are ready.")


@book.post_file("/audiences/{name}/upload", *CHANGE)
def replace(call: Call) -> Response:
    """Another list in place of the one that was uploaded; the next run tells LinkedIn the difference."""
    came, name = _received(call), call.part("name")
    try:
        misfits = audiences.replace_list(call.app, call.desk.configuration, _chosen(came), name, came.file_name)
    except (ConfigError, SourceError) as error:
        if _asks_for_json(call):
            return JSONResponse({"fault": str(error)}, 422)
        return call.show("error.html", 422, title="This cannot be", sentence=str(error))
    said = f"The list is replaced, but {' '.join(misfits)}" if misfits else "The list is replaced."
    return _answered(call, path("audiences", name), said)


def _received(call: Call) -> _Arrived:
    """The form and its file; when something goes wrong on its way, what came of it is gone again."""
    came = _Arrived()
    with ExitStack() as stack:

        def begin(_fields: Fields, file_name: str) -> Write:
            came.file_name = file_name
            came.sealed = stack.enter_context(uploads.arriving(call.app))
            write: Callable[[bytes], None] = came.sealed.write
            return write

        came.form = call.receive(begin, uploads.LARGEST)
    return came


def _chosen(came: _Arrived) -> Arriving:
    if came.sealed is None:
        raise ConfigError("Choose a file.", ("file",))
    return came.sealed


def _refused(call: Call, came: _Arrived, error: ConfigError | SourceError) -> Response:
    if _asks_for_json(call):
        return JSONResponse({"fault": str(error)}, 422)
    place = error.place if isinstance(error, ConfigError) else ("file",)
    at = "name" if "name" in place or isinstance(error, ChangedMeanwhile) else "file"
    form = came.form.refused(ConfigError(str(error)), at)
    return call.show("audience_new.html", 422, form=form, **choices(call))


def _answered(call: Call, to: str, notice: str) -> Response:
    """A script that showed how far it was goes on by itself."""
    response = call.go(to, notice)
    if not _asks_for_json(call):
        return response
    answer = JSONResponse({"to": to})
    answer.raw_headers += [pair for pair in response.raw_headers if pair[0] == b"set-cookie"]
    return answer


def _asks_for_json(call: Call) -> bool:
    return "application/json" in call.request.headers.get("accept", "")
