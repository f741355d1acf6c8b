"""Forms that bring a list, sealed as it comes; and how a script that showed how far it was is answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from guestlist.app import uploads
from guestlist.errors import ConfigError
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form
from guestlist.web.receiving import Fields, Write

if TYPE_CHECKING:
    from guestlist.store.uploads import Arriving


@dataclass
class Arrived:
    """A list that came whole and is nobody's yet."""

    file_name: str = ""
    form: Form = field(default_factory=Form)
    sealed: Arriving | None = None

    def chosen(self) -> Arriving:
        """ConfigError: the form brought no list."""
        if self.sealed is None:
            raise ConfigError("Choose a file.", ("file",))
        return self.sealed


def received(call: Call) -> Arrived:
    """The form and its file; when something goes wrong on its way, what came of it is gone again."""
    came = Arrived()
    with ExitStack() as stack:

        def begin(_fields: Fields, file_name: str) -> Write:
            came.file_name = file_name
            came.sealed = stack.enter_context(uploads.arriving(call.app))
            write: Callable[[bytes], None] = came.sealed.write
            return write

        came.form = call.receive(begin, uploads.LARGEST)
    return came


def answered(call: Call, to: str, notice: str = "", warning: str = "") -> Response:
    """A script goes on by itself."""
    response = call.go(to, notice, warning)
    if not asks_for_json(call):
        return response
    answer = JSONResponse({"to": to})
    answer.raw_headers += [pair for pair in response.raw_headers if pair[0] == b"set-cookie"]
    return answer


def asks_for_json(call: Call) -> bool:
    """Whether a script sent the form."""
    return "application/json" in call.request.headers.get("accept", "")
