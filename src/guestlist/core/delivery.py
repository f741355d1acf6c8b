"""What LinkedIn answered to a batch, and what follows: pure values and one decision function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


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
