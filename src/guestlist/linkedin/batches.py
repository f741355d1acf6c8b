"""Reading the reply to a BATCH_CREATE: HTTP 200 means "look inside".

Since version 202502 valid elements are accepted and each bad one gets its own 400 (change log, second hand); the
framework's own default is to refuse the whole batch with 422 and ``Index: i, ERROR :: ...``. Both are read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guestlist.core.delivery import Answer
from guestlist.errors import OAUTH_REFRESH_FAILED, NeedsReauthorization
from guestlist.linkedin.dialogue import Outcome
from guestlist.linkedin.exchange import NoReply
from guestlist.linkedin.reactions import limit, permission, permission_text, rejected_text, version_text
from guestlist.linkedin.replies import Reply, batch_index, index_of, of_reply, problem

_STILL_ACTING = (408, 502, 504)
_OVER = (500, 501, 503)


def no_reply(error: NoReply) -> Answer:
    """A request without a whole reply."""
    return Answer(error.kind, error.started_at, error.ended_at, error.status, text=str(error))


def no_token(error: NeedsReauthorization, started: float, ended: float) -> Answer:
    """There is no credential to send it with."""
    return Answer("no_token", started, ended, text=str(error), label=error.label)


def answer(outcome: Outcome, count: int, version: str) -> Answer:
    """A whole reply as the one value that decides what follows."""
    reply = outcome.reply
    if 200 <= reply.status < 300:
        return _inside(reply, count)
    about = of_reply(reply)
    said = Answer(
        "answered",
        reply.started_at,
        reply.ended_at,
        reply.status,
        code=about.code,
        text=about.text,
        retry_after=reply.retry_after(),
    )
    if reply.status in _OVER:
        return replace(said, kind="over")
    if reply.status in _STILL_ACTING or reply.status >= 500:
        return replace(said, kind="unanswered")
    if reply.status in (400, 422):
        index = index_of(reply.record())
        return replace(said, index=index if index is not None and index < count else None)
    if reply.status == 429:
        return replace(said, scope=limit(reply))
    return _person(said, outcome, version)


def _person(said: Answer, outcome: Outcome, version: str) -> Answer:
    """401, 403 and 426 name what a person must do; a 401 that will pass by itself has no label."""
    if outcome.rejected:
        return replace(said, label=OAUTH_REFRESH_FAILED, text=rejected_text(of_reply(outcome.reply)))
    if said.status == 403:
        label = permission(outcome, "dmpSegments")
        return replace(said, label=label, text=f"{said.text}: {permission_text(label)}".lstrip(": "))
    if said.status == 426:
        return replace(said, label="version", text=version_text(version))
    return said


def _inside(reply: Reply, count: int) -> Answer:
    elements = reply.record().get("elements")
    if not isinstance(elements, list):
        text = "LinkedIn's reply cannot be read"
        return Answer("over", reply.started_at, reply.ended_at, reply.status, text=text)
    failed: dict[int, tuple[int, str, str]] = {}
    placed = _placed(elements, count)
    missing = {position for position in range(count) if position not in placed} if len(placed) < count else set()
    for position, element in placed.items():
        status = element.get("status") if isinstance(element, Mapping) else None
        if not isinstance(status, int) or status in (408, 423, 429) or status >= 500:
            missing.add(position)  # not judged: to be told again
        elif not 200 <= status < 300:
            error = element.get("error")
            about = problem(status, error if isinstance(error, Mapping) else {})
            failed[position] = (status, about.code, about.text)
    return Answer("answered", reply.started_at, reply.ended_at, 200, failed=failed, missing=tuple(sorted(missing)))


def _placed(elements: list[Any], count: int) -> dict[int, Any]:
    """Position -> element: request order (documented). A shorter reply whose ``batchIndex`` contradicts that order
    is believed only for the elements that carry one.
    """
    in_order = dict(enumerate(elements[:count]))
    if len(elements) >= count:
        return in_order
    named = {i: index for i, element in in_order.items() if (index := batch_index(element)) is not None}
    if all(i == index for i, index in named.items()):
        return in_order
    return {index: in_order[i] for i, index in named.items() if index < count}
