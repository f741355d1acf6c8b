"""What LinkedIn said, read without keeping a word of what we told it.

LinkedIn's error messages quote the values they complain about (documented samples quote names and e-mail digests), so
only its constants and a text whose quoted parts, digests, addresses and ids became ``…`` ever leave this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import msgspec

Scope = Literal["", "minute", "day", "segments", "unknown"]

PROPAGATION = 30.0
"""Seconds during which a token that was just minted may be refused (seen by two public clients, not documented)."""
_TOKEN_CODES = {"REVOKED_ACCESS_TOKEN", "EXPIRED_ACCESS_TOKEN", "INVALID_ACCESS_TOKEN"}
_TOKEN_NUMBERS = {65600, 65601, 65602}

_MASKS = tuple(
    (re.compile(pattern), substitute)
    for pattern, substitute in (
        (r'"[^\n]*"', "…"),  # to the last quote of the line: a value may hold quotes itself
        (r"“[^\n]*”", "…"),
        (r"(?<!\w)'[^\n]*'(?!\w)", "…"),  # not the apostrophe of can't
        (r"[\"“][^\n]*", "…"),
        (r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;]+", "…"),
        (r"\b[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}\b", "…"),
        (r"\b[0-9A-Fa-f]{16,}\b", "…"),
        (r"\burn:li:(\w+):[^\s,;)]+", r"urn:li:\1:…"),
        (r"(:: )[^:\n]+?( cannot be coerced)", r"\1…\2"),
        (r"(can't be set to )[^\n]+", r"\1…"),
        (r"(\bvalue )[^\n]+?( doesn't exist)", r"\1…\2"),
    )
)
_INDEX = re.compile(r"Index: ?(\d+),\s*")
_LENGTH = 300


@dataclass(frozen=True)
class Reply:
    """One whole HTTP reply. Header names are lower case; times are epoch seconds."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    started_at: float
    ended_at: float

    def json(self) -> Any:
        """The decoded body, None when it is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def record(self) -> dict[str, Any]:
        """The body as a JSON object, empty when it is not one."""
        value = self.json()
        return value if isinstance(value, dict) else {}

    def created_id(self) -> str:
        """The new entity's id: ``x-restli-id`` under protocol 2.0.0, ``x-linkedin-id`` under 1.0.0 (framework)."""
        return self.headers.get("x-restli-id") or self.headers.get("x-linkedin-id") or ""

    def retry_after(self) -> float | None:
        """Seconds LinkedIn asks for; never seen from LinkedIn, honoured when a gateway sends it."""
        text = self.headers.get("retry-after", "").strip()
        if text.isdigit():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - self.ended_at) if text else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Problem:
    """An error of LinkedIn's: HTTP status, its constant (or number) and its masked text."""

    status: int
    code: str
    text: str
    number: int | None = None

    @property
    def said(self) -> str:
        """``LinkedIn answered 400 MISSING_FIELD: name is required but missing``."""
        return f"LinkedIn answered {self.status}{' ' + self.code if self.code else ''}" + (
            f": {self.text}" if self.text else ""
        )


def problem(status: int, error: Mapping[str, Any]) -> Problem:
    """An error envelope (Rest.li ``ErrorResponse``: every field optional) as a Problem."""
    number = error.get("serviceErrorCode")
    code = error.get("code")
    message = error.get("message")
    return Problem(
        status=status,
        code=_constant(code) if isinstance(code, str) else "",
        text=masked(message) if isinstance(message, str) else "",
        number=number if isinstance(number, int) else None,
    )


def of_reply(reply: Reply) -> Problem:
    """The Problem in an error reply; one without a readable body has only its status."""
    return problem(reply.status, reply.record())


def masked(message: str) -> str:
    """LinkedIn's text without any value: the first complaint of a list of indexed ones, its lines joined."""
    starts = [found.start() for found in _INDEX.finditer(message)]
    if len(starts) > 1:
        message = message[starts[0] : starts[1]]
    message = _INDEX.sub("", message)
    for pattern, substitute in _MASKS:
        message = pattern.sub(substitute, message)
    lines = dict.fromkeys(line.strip() for line in message.splitlines() if line.strip())
    return "; ".join(lines)[:_LENGTH]


def index_of(error: object) -> int | None:
    """The element a message names: ``Index: i,`` (framework text) or ``batchIndex`` (change log), wherever it is."""
    if isinstance(error, Mapping):
        found = batch_index(error)
        message = error.get("message")
        named = _INDEX.search(message) if found is None and isinstance(message, str) else None
        return int(named[1]) if named else found
    return None


def batch_index(value: object, depth: int = 6) -> int | None:
    """``batchIndex`` at any depth. Documented to exist since 202502; where it sits is not."""
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        here = value.get("batchIndex")
        if isinstance(here, int | str) and str(here).isdigit():
            return int(here)
        value = list(value.values())
    if isinstance(value, list):
        return next((found for inner in value if (found := batch_index(inner, depth - 1)) is not None), None)
    return None


def throttle(about: Problem, message: str) -> Scope:
    """Which limit a 429 is about: told apart by code first, then by the word DAY or MINUTE (wire sample; the minute
    text is a guess), else unknown (LinkedIn also uses 429 to protect itself).
    """
    if about.code == "SEGMENT_LIMIT_EXCEEDED":
        return "segments"
    if re.search(r"\bday\b|\bdaily\b", message, re.IGNORECASE):
        return "day"
    return "minute" if re.search(r"\bminute\b", message, re.IGNORECASE) else "unknown"


def is_about_token(about: Problem) -> bool:
    """A 401 that says the token is unknown, revoked or expired (65600, 65601, 65602)."""
    return about.status == 401 and (about.number in _TOKEN_NUMBERS or about.code in _TOKEN_CODES)


def missing_permission(about: Problem, resource: str, scope: str) -> Literal["role", "scope", "approval"]:
    """What a 403 lacks. ``Not enough permissions to access: partnerApi<Resource>...`` is the application's or the
    token's fault (wire samples); anything else the member's role on the ad account (body unknown, a guess).
    """
    if scope and not _covers(resource, scope):
        return "scope"
    if "Not enough permissions to access" in about.text or "partnerApi" in about.text:
        return "approval"
    return "role"


def _covers(resource: str, scope: str) -> bool:
    granted = set(split_scope(scope))
    if resource.startswith("dmpSegments"):
        return "rw_dmp_segments" in granted
    if resource.startswith("ad"):
        return bool({"rw_ads", "r_ads"} & granted)
    if resource == "me":
        return "r_basicprofile" in granted
    return True


def split_scope(scope: str) -> tuple[str, ...]:
    """LinkedIn lists scopes with commas or spaces (both seen)."""
    return tuple(part for part in re.split(r"[ ,]+", scope) if part)


def _constant(code: str) -> str:
    return code if re.fullmatch(r"[A-Za-z0-9_.:-]{1,80}", code) and not re.search(r"[0-9a-fA-F]{16,}", code) else ""
