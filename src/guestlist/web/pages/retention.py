"""Settings: what is kept, and how long."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import declared, retention
from guestlist.app.retention import Kept
from guestlist.errors import ConfigError
from guestlist.web.pages import setting
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import Place, listed

book = Book()
_COLUMNS = {"what": lambda row: row.what.casefold(), "stays": lambda row: row.stays}
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_KEYS = ("samples", "answers", "runs")


@book.get("/settings/retention", administrator=True)
def look(call: Call) -> Response:
    """Everything, and a form for what can be set."""
    return call.show("retention.html", **_shown(call))


@book.post("/settings/retention", administrator=True)
def save(call: Call) -> Response:
    """Put in place of what was said before; what is left empty is as it is by itself."""
    body = {key: value for key in _KEYS if (value := call.form[key].strip())}
    try:
        declared.put_setting(call.app, call.desk.configuration, "retention", body, call.person)
    except ConfigError as error:
        return call.again("retention.html", error, "runs", **_shown(call))
    return call.go("/settings/retention", "Saved: the next sweep, within an hour, goes by it.")


def _shown(call: Call) -> dict[str, Any]:
    rows = retention.stands(call.app, call.config)
    typed = {each.setting: _typed(each.stays) for each in rows if each.setting and each.stays}
    shown = listed(call, rows, {**_COLUMNS, "given": rows.index}, "given", _words, Place("/settings/retention"))
    return {"rows": rows, "listing": shown, "typed": typed, **setting.of_file(call)}


def _words(row: Kept) -> str:
    return f"{row.what} {row.since}"


def _typed(seconds: float) -> str:
    """As somebody would type it: 14d, 36h."""
    unit, size = next(each for each in _UNITS if seconds % each[1] == 0 or each[0] == "s")
    return f"{seconds / size:.0f}{unit}"
