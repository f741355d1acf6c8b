"""The errors LinkedIn utters, one function each, with their exact bodies."""

from collections.abc import Mapping, Sequence

from linkedin_emulator.wire import Json

BAD_REQUEST = "com.linkedin.common.error.BadRequest"


class LinkedInError(Exception):
    """Stops a call with a reply of LinkedIn's."""

    def __init__(
        self, status: int, body: Json, headers: Mapping[str, str] | None = None, *, by_framework: bool = False
    ) -> None:
        super().__init__(body.get("message", str(status)))
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.by_framework = by_framework


def coded(status: int, code: str, message: str, service: int | None = None) -> LinkedInError:
    """The envelope with `code`; `serviceErrorCode` only where LinkedIn was seen to send one."""
    body: Json = {"status": status, "code": code, "message": message}
    if service is not None:
        body["serviceErrorCode"] = service
    return LinkedInError(status, body)


def framework(status: int, message: str) -> LinkedInError:
    """An error of the Rest.li framework itself: message and status, nothing else."""
    return LinkedInError(status, {"message": message, "status": status}, by_framework=True)


def empty_token() -> LinkedInError:
    """No Authorization header."""
    return coded(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token", 65604)


def invalid_token() -> LinkedInError:
    """A token LinkedIn never issued."""
    return coded(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600)


def revoked_token() -> LinkedInError:
    """Revoked by the member, or superseded by another set of scopes."""
    return coded(401, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user", 65601)


def expired_token() -> LinkedInError:
    """Past its life."""
    return coded(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", 65602)


def version_missing() -> LinkedInError:
    """No LinkedIn-Version under /rest/."""
    text = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
    body = {"status": 400, "code": "VERSION_MISSING", "message": text}
    return LinkedInError(400, body, {"x-restli-gateway-error": "true"})


def nonexistent_version(version: str) -> LinkedInError:
    """Sunset, not yet published, or never published."""
    shown = f"{version}01" if len(version) == 6 else version
    return coded(426, "NONEXISTENT_VERSION", f"Requested version {shown} is not active")


def access_denied(permission: str) -> LinkedInError:
    """A scope or a program approval is missing."""
    return coded(403, "ACCESS_DENIED", f"Not enough permissions to access: {permission}", 100)


def no_permission(what: str) -> LinkedInError:
    """The member's role on the ad account does not allow it."""
    return coded(403, "NO_PERMISSION_ON_ENTITY", f"Viewer may not have permission {what}")


def not_found(message: str = "Not Found") -> LinkedInError:
    """Wrong path or no such entity."""
    return coded(404, "NOT_FOUND", message)


def no_such_resource(segments: Sequence[str], kind: str = "root resource") -> LinkedInError:
    """A path that leads nowhere."""
    return coded(404, "RESOURCE_NOT_FOUND", f"No {kind} defined for path '/{'/'.join(segments)}'")


def segment_not_found(segment_id: object) -> LinkedInError:
    """A segment that does not exist, or does not exist everywhere yet."""
    return not_found(f"Could not find DMP segment with ID {segment_id}")


def throttled(scope: str, period: str, retry_after: int | None) -> LinkedInError:
    """Over a minute or day limit; LinkedIn sends no Retry-After."""
    text = f"Resource level throttle {scope} {period} limit for calls to this resource is reached."
    body: Json = {"serviceErrorCode": 101, "message": text, "status": 429}
    return LinkedInError(429, body, {} if retry_after is None else {"retry-after": str(retry_after)})


def detailed(problems: Sequence[tuple[str, str, str]]) -> Json:
    """The details of an error: each problem is a field or parameter, a code and a description."""
    inputs = [
        {"description": text, "input": {"inputPath": {"fieldPath": path}}, "code": code}
        for path, code, text in problems
    ]
    return {"errorDetailType": BAD_REQUEST, "errorDetails": {"inputErrors": inputs}}


def invalid_input(problems: Sequence[tuple[str, str, str]]) -> LinkedInError:
    """The detailed 400: each problem is a field or parameter, a code and a description."""
    many = len(problems) > 1
    kind = "Multiple errors occurred during the input validation." if many else "Invalid param."
    message = f"{kind} Please see errorDetails for more information."
    body: Json = {**detailed(problems), "message": message, "status": 400}
    return LinkedInError(400, {**body, "code": "MULTIPLE_VALIDATIONS_FAILED"} if many else body)


def param_invalid(name: str) -> LinkedInError:
    """A query parameter whose value cannot be read."""
    return invalid_input([(name, "PARAM_INVALID", "Invalid value for param; wrong type or other syntax error")])


def schema_invalid(problems: Sequence[str]) -> LinkedInError:
    """A body that does not fit its schema: every problem, one per line."""
    return framework(422, "".join(f"{problem}\n" for problem in problems))
