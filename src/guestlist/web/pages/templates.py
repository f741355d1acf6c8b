"""From a template to HTML: everything is escaped, a name that does not exist is an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from guestlist.core import words
from guestlist.core.counting import NEEDED
from guestlist.core.permissions import Permission, whom_to_ask
from guestlist.version import __version__
from guestlist.web import statics


def render(template: str, values: Mapping[str, Any]) -> str:
    """The page."""
    return _environment().get_template(template).render(values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from guestlist.web.pages import navigation, states  # noqa: PLC0415 - they know all pages, which know this

    made = Environment(
        loader=PackageLoader("guestlist.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": False}  # lines of a chart keep their order, and so their colours
    made.globals |= {
        "static": statics.address,
        "icon": _icon,
        "version": __version__,
        "sections": navigation.sections,
        "exists": navigation.exists,
        "path": path,
        "state": states.state,
        "audience_state": states.audience,
        "destination_state": states.destination,
        "receipt_state": states.receipt,
        "key_state": states.key,
        "linkedin": states.linkedin,
        "outcomes": states.OUTCOMES,
        "some": states.some,
        "counted": words.counted,
        "ask": lambda *needed: f"Ask {whom_to_ask(*map(Permission, needed))}",
    }
    made.filters |= {
        "number": words.number,
        "size": size,
        "id_type": states.id_type,
        "duration": words.duration,
        "ago": _ago,
        "moment": moment,
        "day": lambda when: moment(when)[:10],
        "plain": states.plain,
        "role": words.role,
        "left": _left,
        "percent": words.percent,
        "account": lambda urn: str(urn).rpartition(":")[2],
        "begun": lambda text: f"{str(text)[:1].upper()}{str(text)[1:]}",  # capitalize would write Linkedin
        "at_text": at_text,
        "encoded": lambda name: quote(str(name), safe=""),
    }
    return made


def size(people: int | None) -> str:
    """Of a LinkedIn audience: LinkedIn gives 0 for whatever is below what it serves."""
    return f"under {NEEDED}" if people is not None and people < NEEDED else words.number(people)


def path(*parts: object, **query: object) -> str:
    """``path("activations", "a b", page=2)`` is /activations/a%20b?page=2; queries that are empty are left out."""
    way = "/" + "/".join(quote(str(part), safe="") for part in parts)
    kept = {name: value for name, value in query.items() if value not in ("", None)}
    return f"{way}?{urlencode(kept)}" if kept else way


def at_text(address: str, text: str) -> str:
    """The address with a text fragment: browsers go to where the text stands on that page, and mark it. They send none
    of it.
    """
    encoded = quote(text, safe="").replace("-", "%2D")  # a dash divides what a fragment says
    return f"{address}#:~:text={encoded}" if text else address


def _icon(name: str) -> Markup:
    """A picture that says nothing beyond the words beside it."""
    where = statics.address("vendor/icons.svg")
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>').format(
        where, name
    )


def moment(when: float | None) -> str:
    """``2026-05-28 20:26 UTC``."""
    return words.NOTHING if when is None else f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC"


@pass_context
def _ago(context: Context, when: float | None) -> Markup | str:
    return _timed(when, words.ago(when, context["now"]))


@pass_context
def _left(context: Context, when: float | None) -> Markup | str:
    return _timed(when, words.days_left(when, context["now"]))


def _timed(when: float | None, text: str) -> Markup | str:
    if when is None:
        return text
    exact = datetime.fromtimestamp(when, UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, moment(when), text)
