"""Errors whose bodies nobody has written down exactly, in the other words they may have."""

from collections.abc import Callable

from linkedin_emulator import errors
from linkedin_emulator.config import Config
from linkedin_emulator.errors import LinkedInError
from linkedin_emulator.wire import Json


def reworded(config: Config, error: LinkedInError, permission: str = "") -> LinkedInError:
    """The error as the switches word it; `permission` is how a 403 names what was asked for, if that is known."""
    service, code = error.body.get("serviceErrorCode"), error.body.get("code")
    if service == 101:
        return _throttled(config, error)
    if code in OLDER and config.bodies_of_401 == "older":
        return LinkedInError(401, OLDER[code])
    if code == "NO_PERMISSION_ON_ENTITY" and config.role_refusal == "ACCESS_DENIED":
        return errors.access_denied(permission)
    for switch, other, applies, turned in TURNS:
        if getattr(config, switch) == other and applies(error):
            return turned(error)
    return error


def _throttled(config: Config, error: LinkedInError) -> LinkedInError:
    body: Json = dict(error.body)
    if config.throttle_text == "documented":
        body["message"] = "Resource level throttle limit for calls to this resource is reached."
    if config.throttle_code:
        body["code"] = "TOO_MANY_REQUESTS"
    return LinkedInError(429, body, error.headers)


def _is_segment_404(error: LinkedInError) -> bool:
    return error.status == 404 and str(error.body["message"]).startswith("Could not find DMP segment")


def _is_wrong_verb(error: LinkedInError) -> bool:
    return error.by_framework and str(error.body["message"]).startswith("Method '")


def _as_405(error: LinkedInError) -> LinkedInError:
    return LinkedInError(405, {**error.body, "status": 405}, by_framework=True)


OLDER: dict[object, Json] = {
    "EMPTY_ACCESS_TOKEN": {"serviceErrorCode": 401, "message": "Empty oauth2 access token", "status": 401},
    "EXPIRED_ACCESS_TOKEN": {"status": 401, "code": "UNAUTHORIZED", "message": "Expired access token"},
}
Turn = tuple[str, str, Callable[[LinkedInError], bool], Callable[[LinkedInError], LinkedInError]]
TURNS: tuple[Turn, ...] = (
    ("segment_404", "plain", _is_segment_404, lambda _: LinkedInError(404, {"message": "Not Found", "status": 404})),
    ("wrong_verb", "405", _is_wrong_verb, _as_405),
)
