"""What people typed, and what is wrong with it, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from guestlist.errors import ConfigError
from guestlist.web.pages.sentences import for_people

MOST_FIELDS = 1000
DIGITS = 15  # of a number in a form or an address: every database takes them
_OF_WHAT = re.compile(r"(?:activation|audience|destination) [^:]{1,100}: ")
_OF_NAME = re.compile(r".*?: (?=a name (?:has|is) |a page is called )", re.DOTALL)
_SECRET = ("password", "old", "new", "client_secret")


@dataclass(frozen=True)
class Form:
    """``faults``: field -> sentence. Of a field that came several times ``[]`` gives the last, ``all`` all."""

    fields: Sequence[tuple[str, str]] = ()
    faults: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return next((value for each, value in reversed(self.fields) if each == name), "")

    def has(self, name: str) -> bool:
        """Whether the form that was sent has such a field."""
        return any(each == name for each, _ in self.fields)

    def get(self, name: str, default: str = "") -> str:
        """The last of this name."""
        return self[name] or default

    def all(self, name: str) -> list[str]:
        """All of this name: boxes that were ticked."""
        return [value for each, value in self.fields if each == name]

    def number(self, name: str, digits: int = DIGITS) -> int | None:
        """The last of this name as a whole number; None: it is none."""
        return whole(self[name], digits)

    @property
    def version(self) -> int:
        """Of what was read before it was changed; 0: none was said, which is nobody's."""
        return self.number("version") or 0

    def shown(self, name: str) -> str:
        """What the field holds when it is shown again; a password is typed again."""
        return "" if name in _SECRET else self[name]

    def refused(self, error: ConfigError, at: str) -> Form:
        """The same with the sentence at its field."""
        names = [each for each in error.place if each == at or any(each == name for name, _ in self.fields)]
        return Form(self.fields, {**self.faults, (names[-1] if names else at): beside(error)})


def beside(error: ConfigError) -> str:
    """The sentence: beside its field nobody needs to be told where the value stands in a file."""
    said = str(error)
    said = said[found.end() :] if (found := _OF_WHAT.match(said) or _OF_NAME.match(said)) else said
    said = for_people(said)
    for where in (".".join(error.place), *error.place[-1:]):
        said = said.removeprefix(f"{where}: ")
        said = f"it{said.removeprefix(where)}" if where and said.startswith(f"{where} must ") else said
    return said if said == str(error) else said[:1].upper() + said[1:]


def whole(text: str, digits: int = DIGITS) -> int | None:
    """A whole number of at most so many digits; None: it is none."""
    return int(text) if text.isdecimal() and len(text) <= digits else None


def moment(text: str) -> float | None:
    """Epoch seconds of what a browser sends of a moment, like 2026-05-28T09:00, which is UTC where it does not say
    otherwise; None: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def read(body: bytes) -> Form:
    """A form's body; ValueError when it has too many fields."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    return Form([(name, value.replace("\x00", "")) for name, value in pairs])
