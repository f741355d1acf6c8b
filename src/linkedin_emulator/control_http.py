"""The control plane over HTTP: JSON in, JSON out, under /_emulator/."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from linkedin_emulator.control import Control
from linkedin_emulator.wire import Json, Reply, Request, form, json_reply

Serve = Callable[[Control, list[str], Json], object]


def _seed(control: Control, _: list[str], body: Json) -> object:
    return control.seed(body)


def _reset(control: Control, _: list[str], body: Json) -> object:
    control.reset()
    return {"reset": True}


def _faults(control: Control, _: list[str], body: Json) -> object:
    return {"faults": control.faults(body.get("faults") or ([body] if "effect" in body else None))}


def _clear_faults(control: Control, _: list[str], body: Json) -> object:
    control.clear_faults()
    return {"faults": []}


def _overlaps(control: Control, _: list[str], body: Json) -> object:
    return {"overlaps": control.overlaps()}


def _requests(control: Control, _: list[str], body: Json) -> object:
    return {"requests": control.requests(bodies=body.get("bodies") == "1")}


def _campaign(control: Control, keys: list[str], body: Json) -> object:
    control.campaign(int(keys[0]), **body)
    return {}


ROUTES: dict[tuple[str, str], Serve] = {
    ("POST", "reset"): _reset,
    ("POST", "seed"): _seed,
    ("GET", "clock"): lambda control, _, body: control.clock(),
    ("POST", "clock"): lambda control, _, body: control.clock(**body),
    ("GET", "faults"): _faults,
    ("POST", "faults"): _faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "config"): lambda control, _, body: control.config(),
    ("POST", "config"): lambda control, _, body: control.config(**body),
    ("GET", "requests"): _requests,
    ("GET", "overlaps"): _overlaps,
    ("GET", "segments"): lambda control, _, body: {"segments": control.segments()},
    ("GET", "segments/#"): lambda control, keys, body: control.segment(int(keys[0])),
    ("POST", "segments/#/ripen"): lambda control, keys, body: control.ripen(int(keys[0]), **body),
    ("POST", "segments/#/campaign"): _campaign,
    ("POST", "tokens"): lambda control, _, body: control.token(**body),
    ("POST", "tokens/expire"): lambda control, _, body: {"expired": control.expire_tokens(body.get("token"))},
    ("POST", "tokens/revoke"): lambda control, _, body: {"revoked": control.revoke_tokens(body.get("token"))},
    ("POST", "refresh_tokens/expire"): lambda control, _, body: {
        "expired": control.expire_refresh_tokens(body.get("token"))
    },
}


def answer(control: Control, request: Request) -> Reply:
    """Serve one control request; 400 with the reason when it makes no sense."""
    path = request.path.removeprefix("/_emulator/").strip("/")
    keys = re.findall(r"(?<=/)\d+(?=/|$)", path)
    serve = ROUTES.get((request.method, re.sub(r"(?<=/)\d+(?=/|$)", "#", path)))
    if serve is None:
        offered = sorted(f"{method} {name}" for method, name in ROUTES)
        return json_reply(404, {"error": f"no {request.method} {path} here", "offered": offered})
    try:
        body: Any = msgspec.json.decode(request.body) if request.body.strip() else dict(form(request.query))
        if not isinstance(body, dict):
            return json_reply(400, {"error": "the body must be a JSON object"})
        return json_reply(200, serve(control, keys, body))
    except LookupError as error:
        return json_reply(404, {"error": str(error.args[0])})
    except (ValueError, TypeError, msgspec.MsgspecError) as error:
        return json_reply(400, {"error": str(error)})
