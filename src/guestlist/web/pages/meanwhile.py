"""What somebody else changed while a form was filled in: said beside what was typed, which is kept."""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import Response

from guestlist.app import declared
from guestlist.errors import Overtaken
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form

Section = Literal["activations", "audiences"]
_CALLED = {
    "enabled": "whether it is paused",
    "filter": "the filter",
    "keep_alive": "whether it is kept alive",
    "max_removals": "how many may leave at once",
    "on_delete": "what removing it does",
    "rename": "what a new name does",
    "segment_name": "the name of the LinkedIn audience",
    "source": "where it comes from",
}
_KEPT = "Nothing of yours was done; what you typed still stands here: sent again, it counts instead of theirs."


def told(call: Call, template: str, error: Overtaken, section: Section, /, **values: Any) -> Response:
    """The form with what was typed (409), of what there is now: sent again it is meant. ``values`` say the version of
    now.
    """
    keys = declared.changed_since(call.app, section, call.part("name"), call.form.version)
    changed = ", ".join(_CALLED.get(key, f"the {key.replace('_', ' ')}") for key in keys)
    said = f"{error} {_KEPT}{f' Changed meanwhile: {changed}.' if changed else ''}"
    typed = Form([(name, value) for name, value in call.form.fields if name != "version"])
    return call.show(template, 409, **{**values, "form": typed, "warning": said})
