"""Faults on demand: what goes wrong, for which request, and how often."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from linkedin_emulator.late import ClockName
from linkedin_emulator.wire import Json, Request


class Match(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which requests: each given condition must hold. Fires from the `nth` of them on, `times` times (0 = always)."""

    method: str | None = None
    path: str | None = None
    restli_method: str | None = None
    body: str | None = None
    nth: int = 1
    times: int = 1


class _Effect(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Base of all effects."""


class Status(_Effect, tag="status"):
    """Another reply: instead of the effect, or (`after`) in the place of the real reply."""

    status: int
    body: Json | str | None = None
    headers: dict[str, str] = {}
    after: bool = False


class Delay(_Effect, tag="delay"):
    """The effect happens, the reply comes late."""

    seconds: float


class Reset(_Effect, tag="reset"):
    """The connection is cut, before the effect or after it."""

    when: Literal["before", "after"] = "before"


class Timeout(_Effect, tag="timeout"):
    """No reply for `hold` seconds.

    The effect lands `lands_after` seconds after the caller has given up, on the virtual or the real clock, or never.
    On a frozen clock the seconds count from the request.
    """

    lands_after: float | None = None
    clock: ClockName = "virtual"
    hold: float = 3_600.0


class Truncate(_Effect, tag="truncate"):
    """The effect happens, half the reply arrives."""


class ExpiredToken(_Effect, tag="expired_token"):
    """401 65602."""


class RevokedToken(_Effect, tag="revoked_token"):
    """401 65601."""


class Propagation(_Effect, tag="propagation"):
    """401 on tokens minted less than `seconds` ago; combine with `times: 0`."""

    seconds: float = 5.0
    error: Literal["revoked", "expired"] = "revoked"


class RefuseElements(_Effect, tag="refuse_elements"):
    """Some elements of a batch are refused, by position or by identifier."""

    positions: list[int] = []
    identifiers: list[str] = []
    status: int = 400
    message: str = "Invalid element"


class DropElements(_Effect, tag="drop_elements"):
    """The last `count` elements are missing from the reply; `applied` says whether they took effect."""

    count: int = 1
    applied: bool = True


Effect = (
    Status
    | Delay
    | Reset
    | Timeout
    | Truncate
    | ExpiredToken
    | RevokedToken
    | Propagation
    | RefuseElements
    | DropElements
)


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One fault in the queue."""

    effect: Effect
    match: Match = msgspec.field(default_factory=Match)
    seen: int = 0
    fired: int = 0

    @property
    def kind(self) -> str:
        """Its effect's name."""
        return str(self.effect.__struct_config__.tag)


@dataclass(frozen=True, slots=True)
class Elements:
    """What a fault does to the elements of a batch."""

    refuse: RefuseElements | None = None
    drop: DropElements | None = None


UNTOUCHED = Elements()


class Faults:
    """The queue: for each request, the first fault that matches and is not used up fires."""

    def __init__(self) -> None:
        self.queue: list[Fault] = []

    def add(self, faults: Sequence[Json]) -> None:
        """Queue faults given as JSON."""
        self.queue += msgspec.convert(faults, list[Fault])

    def clear(self) -> None:
        """Forget all faults."""
        self.queue.clear()

    def pick(self, request: Request, minted_ago: float | None) -> Fault | None:
        """The fault for this request, if any; every matching fault counts it."""
        chosen: Fault | None = None
        for fault in self.queue:
            if not _matches(fault, request, minted_ago):
                continue
            fault.seen += 1
            left = fault.match.times == 0 or fault.fired < fault.match.times
            if chosen is None and left and fault.seen >= fault.match.nth:
                fault.fired += 1
                chosen = fault
        return chosen

    def shown(self) -> list[Any]:
        """The queue as JSON."""
        return [msgspec.to_builtins(fault) for fault in self.queue]


def _matches(fault: Fault, request: Request, minted_ago: float | None) -> bool:
    match = fault.match
    if isinstance(fault.effect, Propagation) and (minted_ago is None or minted_ago >= fault.effect.seconds):
        return False
    return (
        (match.method is None or match.method == request.method)
        and (match.path is None or re.search(match.path, request.path) is not None)
        and (match.restli_method is None or match.restli_method == request.headers.get("x-restli-method"))
        and (match.body is None or re.search(match.body, request.body.decode(errors="replace")) is not None)
    )
