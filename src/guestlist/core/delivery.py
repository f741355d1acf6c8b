"""What LinkedIn answered to a batch, and what follows: pure values and one decision function."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

BATCH_SIZE = 5_000  # LinkedIn's cap of a BATCH_CREATE (second-hand, every peer keeps to it)
MAX_TRIES = 8  # of one batch in one sync: about four minutes of back-off
MAX_SPLITS = 64  # of one run: more is our fault or the list's, not that of single rows
REFUSED_SHARE = 0.20
REFUSED_FLOOR = 6  # fewer refusals than this never park: a short list may well hold some bad rows
FRESH_SEGMENT = 600.0  # seconds in which a 404 means "not there yet" (LinkedIn: 5 s; observed: up to 2 min)


@dataclass(frozen=True)
class Answer:
    """What happened to one request of one batch.

    ``kind``
        ``answered``: LinkedIn's whole reply was read, ``status`` is its HTTP status.
        ``unanswered``: the request may have had its effect and may still have it (time-out, reset after sending,
        502, 504, 408): ``ended_at`` + T must pass before anything different is told.
        ``over``: the effect is unknown but the request is over (500, 503, a truncated or unreadable 200 reply).
        ``not_sent``: it provably never left (connection refused, name not found, TLS).
        ``no_token``: there is no usable credential; ``label`` says which state (errors.NeedsReauthorization).
    ``failed``: for a 200: position in the batch -> (status, code, normalised text) of elements that are not 201.
    ``missing``: positions the reply did not name (fewer elements than sent).
    ``index``: the element a whole-batch 400/422 names (``Index: i,`` or batchIndex), else None.
    ``code`` / ``text``: LinkedIn's constant and normalised message, without quoted values.
    ``scope``: for a 429: ``minute``, ``day``, ``segments`` (SEGMENT_LIMIT_EXCEEDED) or ``unknown``.
    ``label``: for 401/403/426: what a person must do something about (``Refresh Token Expired``, ``role``, ``scope``,
    ``approval``, ``version``).
    ``retry_after``: seconds, only if LinkedIn gave one. Times are epoch seconds.
    """

    kind: Literal["answered", "unanswered", "over", "not_sent", "no_token"]
    started_at: float
    ended_at: float
    status: int | None = None
    failed: Mapping[int, tuple[int, str, str]] = field(default_factory=dict)
    missing: tuple[int, ...] = ()
    index: int | None = None
    code: str = ""
    text: str = ""
    scope: Literal["", "minute", "day", "segments", "unknown"] = ""
    label: str = ""
    retry_after: float | None = None


@dataclass(frozen=True)
class Flight:
    """What is known of a batch when its answer comes.

    ``tries`` counts this one. ``splits``, ``answered`` and ``refused`` are of the run so far, without this answer.
    ``accepted``: elements of this phase that LinkedIn took in this delivery. ``others``: batches of the phase that are
    yet to be answered, without those that wait for them (``Last``). ``quarters``: how the other quarters of the batch
    two above failed as a whole (``core.parts``). ``taken``: elements LinkedIn took of the batch this is a part of.
    """

    size: int
    tries: int
    splits: int = 0
    answered: int = 0
    refused: int = 0
    accepted: int = 0
    others: int = 0
    quarters: tuple[str | None, ...] = ()
    taken: int = 0
    segment_age: float = math.inf


@dataclass(frozen=True)
class Settle:
    """Done: everybody accepted but ``refused`` (position -> status, code, text); ``missing`` is to be told again."""

    refused: Mapping[int, tuple[int, str, str]] = field(default_factory=dict)
    missing: tuple[int, ...] = ()


@dataclass(frozen=True)
class Again:
    """The same batch, ``after`` seconds from now; ``minute`` when LinkedIn's minute limit is the reason."""

    after: float
    minute: bool = False


@dataclass(frozen=True)
class Split:
    """The batch in parts: positions within it that each part holds."""

    parts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Last:
    """The same batch when all others of its phase have been answered: only they can tell whose fault it is."""


@dataclass(frozen=True)
class WaitUntil:
    """LinkedIn's day limit: nothing more before ``until`` (epoch seconds)."""

    until: float


@dataclass(frozen=True)
class Park:
    """A person must look. ``who``: the whole destination (authorisation) or only the activation.

    ``settled``: what was accepted of this batch all the same; the rest is left as if never sent, nobody is condemned.
    ``look``: a segment that takes nobody any more refuses alike; when it is one, it is replaced and nobody need look.
    """

    who: Literal["destination", "activation"]
    label: str
    text: str
    settled: Settle | None = None
    look: bool = False


@dataclass(frozen=True)
class CheckSegment:
    """A 404 on a segment that should be there: only the finder can say that it is gone."""

    after: float


@dataclass(frozen=True)
class GiveUp:
    """Not in this sync any more; the run closes, what may have been told becomes unsure."""

    text: str


Decision = Settle | Again | Split | Last | WaitUntil | Park | CheckSegment | GiveUp


def backoff(tries: int, dice: float) -> float:
    """Seconds before try number ``tries`` + 1: doubling to a minute, with jitter. ``dice`` in [0, 1)."""
    ceiling: float = min(60.0, 2.0 ** (tries - 1))
    return ceiling * (0.5 + dice / 2)


def next_midnight_utc(now: float) -> float:
    """When LinkedIn's day limits start anew: 00:00 UTC (documented)."""
    return (now // 86_400 + 1) * 86_400


def decide(flight: Flight, answer: Answer, dice: float) -> Decision:
    """What follows from an answer. Pure; ``dice`` in [0, 1) spreads the waiting."""
    if answer.kind == "no_token" or answer.label:
        return _person(answer)
    if answer.kind != "answered" or answer.status is None:
        return _transient(flight, answer, dice)
    if answer.status == 200:
        return _inside(flight, answer)
    if answer.status in (400, 422):
        return _whole(flight, answer)
    if answer.status == 429:
        return _throttled(flight, answer, dice)
    if answer.status == 404:
        if flight.segment_age >= FRESH_SEGMENT:
            return CheckSegment(after=backoff(flight.tries, dice))
        return Again(after=max(5.0, backoff(flight.tries, dice)))
    if answer.status in (401, 408, 409, 423) or answer.status >= 500:
        return _transient(flight, answer, dice)
    return Park("activation", "Refused", _said(answer))


def _person(answer: Answer) -> Park:
    who: Literal["destination", "activation"] = "destination"
    return Park(who, answer.label or "Refresh Token Expired", answer.text)


def _transient(flight: Flight, answer: Answer, dice: float) -> Decision:
    if flight.tries >= MAX_TRIES:
        return GiveUp(f"{_said(answer)}; tried {flight.tries} times")
    return Again(after=max(backoff(flight.tries, dice), answer.retry_after or 0.0))


def _throttled(flight: Flight, answer: Answer, dice: float) -> Decision:
    if answer.scope == "segments":
        return Park("activation", "SEGMENT_LIMIT_EXCEEDED", _said(answer))
    if answer.scope == "day":
        return WaitUntil(next_midnight_utc(answer.ended_at))
    if answer.scope == "minute":
        return Again(after=answer.retry_after or 60.0 - answer.ended_at % 60.0 + dice, minute=True)
    return _transient(flight, answer, dice)


def _inside(flight: Flight, answer: Answer) -> Decision:
    settle = Settle(dict(answer.failed), answer.missing)
    refused = flight.refused + len(answer.failed)
    answered = flight.answered + flight.size - len(answer.missing)
    if answer.failed and refused >= REFUSED_FLOOR and refused > REFUSED_SHARE * answered:
        _, code, text = next(iter(answer.failed.values()))
        why = f"LinkedIn refused {refused} of {answered} elements, which looks like a fault of the mapping: "
        return Park("activation", "Too many refused", why + " ".join(filter(None, (code, text))), settle)
    return settle


def _whole(flight: Flight, answer: Answer) -> Decision:
    """A batch refused as a whole: who is to blame, a row or we?"""
    if flight.size == 1:
        return _single(flight, answer)
    if answer.index is None and _alike(flight, answer):
        return _ours(flight, answer, "LinkedIn refuses every part of the list alike")
    if flight.splits >= MAX_SPLITS:
        return _ours(flight, answer, f"after {flight.splits} splits LinkedIn still refuses")
    everyone = tuple(range(flight.size))
    if answer.index is not None and 0 <= answer.index < flight.size:
        return Split((tuple(i for i in everyone if i != answer.index), (answer.index,)))
    return Split((everyone[: flight.size // 2], everyone[flight.size // 2 :]))


def _alike(flight: Flight, answer: Answer) -> bool:
    """All quarters of a batch fail with one and the same text, and nothing of it was taken. Two bad rows make both
    halves fail alike, one in each; that would take four, one in each quarter, while a fault of ours spares no part.
    """
    return bool(flight.quarters) and not flight.taken and set(flight.quarters) == {answer.text}


def _single(flight: Flight, answer: Answer) -> Decision:
    """One element alone. It is condemned where LinkedIn names it, or takes others that were told as it was; a wrong
    header or segment is refused in the same way, whoever is told.
    """
    if answer.index is not None or flight.accepted:
        return _inside(flight, _refusing_all(answer, answer.status or 400))
    if flight.others and not _alike(flight, answer):
        return Last()
    return _ours(flight, answer, "LinkedIn takes no element and names none, so the request may be at fault")


def _ours(flight: Flight, answer: Answer, what: str) -> Park:
    known = flight.segment_age >= FRESH_SEGMENT  # the finder may not list a younger one yet
    return Park("activation", "Refused", f"{what}: {_said(answer)}", look=known)


def _refusing_all(answer: Answer, status: int) -> Answer:
    return Answer("answered", answer.started_at, answer.ended_at, 200, failed={0: (status, answer.code, answer.text)})


def _said(answer: Answer) -> str:
    if answer.status is None:
        return answer.text or "LinkedIn did not answer"
    return " ".join(filter(None, (f"LinkedIn answered {answer.status}", answer.code, answer.text)))
