"""An error reply as the one reaction it calls for (``guestlist.errors``)."""

from __future__ import annotations

from collections.abc import Callable

from guestlist.errors import (
    OAUTH_REFRESH_FAILED,
    DeliveryError,
    NeedsPerson,
    NeedsReauthorization,
    Refused,
    TryAgain,
    WaitsForLinkedIn,
)
from guestlist.linkedin.dialogue import Outcome
from guestlist.linkedin.replies import Problem, Reply, Scope, masked, missing_permission, of_reply, throttle

Dice = Callable[[], float]  # [0, 1)

API_VERSION = "API version"
SEGMENT_LIMIT = "SEGMENT_LIMIT_EXCEEDED"
_DAY = 86_400.0
_PERMISSIONS = {
    "role": "whoever signed in to LinkedIn has no role on the ad account that allows this. Give them "
    "Account Manager, Campaign Manager or Creative Manager in Campaign Manager > Account settings > Manage access",
    "scope": "the token lacks a scope it needs (rw_dmp_segments, rw_ads, r_basicprofile). "
    "Authorise again with all of them: `guestlist connect`",
    "approval": "LinkedIn has not approved the application for this: it needs the Advertising API and, for audiences, "
    "the Audiences program (LinkedIn Developer Portal > your app > Products). If the app was approved only lately, "
    "authorise again so that the token gets the scope",
}


def permission(outcome: Outcome, resource: str) -> str:
    """Which of role, scope and approval a 403 lacks."""
    return missing_permission(of_reply(outcome.reply), resource, outcome.token.scope)


def permission_text(label: str) -> str:
    """What a person must do about it."""
    return _PERMISSIONS[label]


def version_text(version: str) -> str:
    """426 ``NONEXISTENT_VERSION`` (wire samples): a version lives one year, then every call fails."""
    return (
        f"LinkedIn does not serve API version {version} (any more). "
        "Upgrade Guestlist, or set GUESTLIST_LINKEDIN_VERSION to an active version (YYYYMM)"
    )


def limit(reply: Reply) -> Scope:
    """Which limit a 429 is about."""
    message = reply.record().get("message")
    return throttle(of_reply(reply), message if isinstance(message, str) else "")


def rejected_text(about: Problem) -> str:
    """For a 401 that outlived a refresh."""
    return f"LinkedIn does not accept the token, a refreshed one included ({about.code or about.status}): reauthorise"


def reaction(outcome: Outcome, resource: str, version: str, dice: Dice) -> DeliveryError:
    """What a reply that is not a success asks of us."""
    reply, about = outcome.reply, of_reply(outcome.reply)
    if outcome.rejected:
        return NeedsReauthorization(rejected_text(about), OAUTH_REFRESH_FAILED)
    if outcome.propagating:
        text = "LinkedIn does not know the token yet, which may take half a minute after it was given"
        return TryAgain(f"{text} ({about.code or about.status})", _wait(reply, dice, 5.0))
    if reply.status == 403:
        label = permission(outcome, resource)
        return NeedsPerson(f"{about.said}: {permission_text(label)}", label)
    if reply.status == 426:
        return NeedsPerson(version_text(version), API_VERSION)
    if reply.status == 429:
        return _throttled(reply, about, dice)
    if reply.status in (401, 408, 409, 423) or reply.status >= 500:
        return TryAgain(about.said, _wait(reply, dice))
    if reply.status < 400:
        where = "it answered with a redirect" if reply.status >= 300 else "its reply cannot be read"
        return Refused(f"{where}: is GUESTLIST_LINKEDIN_API_URL right?", str(reply.status))
    return Refused(_refused_text(reply, about), about.code or str(reply.status))


def _throttled(reply: Reply, about: Problem, dice: Dice) -> DeliveryError:
    scope = limit(reply)
    if scope == "segments":
        text = (
            "the ad account holds as many audiences as LinkedIn allows (1,000): delete some in Campaign Manager "
            "> Plan > Audiences; or end one with `guestlist remove ACTIVATION --delete-segment`"
        )
        return NeedsPerson(text, SEGMENT_LIMIT)
    if scope == "day":
        until = (reply.ended_at // _DAY + 1) * _DAY
        return WaitsForLinkedIn("LinkedIn's daily limit is used up; it starts anew at 00:00 UTC", until)
    if scope == "minute":
        after = reply.retry_after() or 60.0 - reply.ended_at % 60.0 + dice()
        return TryAgain("LinkedIn's limit for this minute is used up", after)
    return TryAgain(about.said, _wait(reply, dice, 10.0))


def _wait(reply: Reply, dice: Dice, base: float = 2.0) -> float:
    return max(reply.retry_after() or 0.0, base * (0.5 + dice()))


def _refused_text(reply: Reply, about: Problem) -> str:
    """Parameter-level errors say what is wrong only in ``errorDetails.inputErrors`` (wire samples)."""
    details = reply.record().get("errorDetails")
    inputs = details.get("inputErrors") if isinstance(details, dict) else None
    said: list[str] = []
    for entry in inputs if isinstance(inputs, list) else []:
        if isinstance(entry, dict):
            said += [masked(text) for key in ("code", "description") if isinstance(text := entry.get(key), str)]
    return f"{about.said} ({'; '.join(said)})" if said else about.said
