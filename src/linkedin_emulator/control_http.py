"""The control plane over HTTP: JSON in, JSON out, under /_emulator/."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from linkedin_emulator.control import Control
from linkedin_emulator.wire import Json, Reply, Request, form, json_reply

Serve = Callable[[Control, list[str], Json], object]


def _reset(control: Control, _: list[str], body: Json) -> object:
    control.reset()
    return {"reset": True}


def _seed(control: Control, _: list[str], body: Json) -> object:
    return control.seed(body)


def _clock(control: Control, _: list[str], body: Json) -> object:
    return control.clock(**body)


def _faults(control: Control, _: list[str], body: Json) -> object:
    return {"faults": control.faults(body.get("faults", [body] if body else None))}


def _clear_faults(control: Control, _: list[str], body: Json) -> object:
    control.clear_faults()
    return {"faults": []}


def _config(control: Control, _: list[str], body: Json) -> object:
    return control.config(**body)


def _requests(control: Control, _: list[str], body: Json) -> object:
    return {"requests": control.requests(bodies=body.get("bodies") == "1", since=int(body.get("since", 0)))}


def _overlaps(control: Control, _: list[str], body: Json) -> object:
    return {"overlaps": control.overlaps()}


def _segments(control: Control, _: list[str], body: Json) -> object:
    return {"segments": control.segments()}


def _segment(control: Control, keys: list[str], body: Json) -> object:
    return control.segment(int(keys[0]), listed=body.get("listed") != "0")


def _ripen(control: Control, keys: list[str], body: Json) -> object:
    return control.ripen(int(keys[0]), **body)


def _campaign(control: Control, keys: list[str], body: Json) -> object:
    control.campaign(int(keys[0]), **body)
    return {}


def _tokens(control: Control, _: list[str], body: Json) -> object:
    return control.token(**body)


def _expire(control: Control, _: list[str], body: Json) -> object:
    return {"expired": control.expire_tokens(body.get("token"))}


def _revoke(control: Control, _: list[str], body: Json) -> object:
    return {"revoked": control.revoke_tokens(body.get("token"))}


def _expire_refresh(control: Control, _: list[str], body: Json) -> object:
    return {"expired": control.expire_refresh_tokens(body.get("token"))}


class Door(NamedTuple):
    """One control request: what it does, in a line for the documentation, and the function that does it. ``takes``: the
    keys it knows; None: that function refuses others itself.
    """

    text: str
    serve: Serve
    takes: tuple[str, ...] | None = ()

    def check(self, body: Json) -> None:
        """ValueError names what would be ignored."""
        if self.takes is None or not (ignored := [key for key in body if key not in self.takes]):
            return
        known = f"it takes {', '.join(self.takes)}" if self.takes else "it takes nothing"
        raise ValueError(f"`{ignored[0]}` means nothing to this request: {known}")


ROUTES: dict[tuple[str, str], Door] = {
    ("POST", "reset"): Door("back to the state right after the start", _reset),
    ("POST", "seed"): Door(
        "add `apps`, `members`, `accounts`, `roles`, `directory` (`{id, identifiers, opted_out?, headcount?}`) and "
        "`segments` (with `users` or `companies` elements); answers the ids of new segments",
        _seed,
        None,
    ),
    ("GET", "clock"): Door("the time, whether it stands still, and how many effects are under way", _clock, None),
    ("POST", "clock"): Door('`{"advance": seconds}`, `{"now": epoch}`, `{"frozen": true}`', _clock, None),
    ("GET", "faults"): Door("the queue, with how often each was seen and fired", _faults),
    ("POST", "faults"): Door(
        'queue one `{"match": …, "effect": …}` or several `{"faults": […]}`', _faults, ("match", "effect", "faults")
    ),
    ("DELETE", "faults"): Door("forget all faults", _clear_faults),
    ("GET", "config"): Door("all switches", _config, None),
    ("POST", "config"): Door("turn some switches", _config, None),
    ("GET", "requests"): Door(
        "the requests seen, without secrets; `?bodies=1` adds the bodies, `?since=N` begins after the Nth",
        _requests,
        ("bodies", "since"),
    ),
    ("GET", "overlaps"): Door("different tellings of one identifier that were open at the same time", _overlaps),
    ("GET", "segments"): Door("all segments as LinkedIn shows them", _segments),
    ("GET", "segments/#"): Door(
        "one segment with its true members; `?listed=0` only counts them", _segment, ("listed",)
    ),
    ("POST", "segments/#/ripen"): Door('move it to a status: `{"status": "READY"}`', _ripen, None),
    ("POST", "segments/#/campaign"): Door(
        'put it into a campaign, or take it out: `{"active": true}`, `{"draft": true}`', _campaign, None
    ),
    ("POST", "tokens"): Door(
        "LinkedIn's token reply without a browser: `{member?, scopes?, expires_in?, refresh?, client_id?, supersede?}`",
        _tokens,
        None,
    ),
    ("POST", "tokens/expire"): Door('expire one, `{"token": …}`, or all access tokens', _expire, ("token",)),
    ("POST", "tokens/revoke"): Door("revoke one, or everything the members have granted", _revoke, ("token",)),
    ("POST", "refresh_tokens/expire"): Door("expire one or all refresh tokens", _expire_refresh, ("token",)),
}


def answer(control: Control, request: Request) -> Reply:
    """Serve one control request; 400 with the reason when it makes no sense."""
    path = request.path.removeprefix("/_emulator/").strip("/")
    keys = re.findall(r"(?<=/)\d+(?=/|$)", path)
    door = ROUTES.get((request.method, re.sub(r"(?<=/)\d+(?=/|$)", "#", path)))
    if door is None:
        offered = sorted(f"{method} {name}" for method, name in ROUTES)
        return json_reply(404, {"error": f"no {request.method} {path} here", "offered": offered})
    try:
        body: Any = msgspec.json.decode(request.body) if request.body.strip() else dict(form(request.query))
        if not isinstance(body, dict):
            return json_reply(400, {"error": "the body must be a JSON object"})
        door.check(body)
        return json_reply(200, door.serve(control, keys, body))
    except LookupError as error:
        return json_reply(404, {"error": str(error.args[0])})
    except (ValueError, TypeError, msgspec.MsgspecError) as error:
        return json_reply(400, {"error": str(error)})
