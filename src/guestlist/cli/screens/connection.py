"""A destination's connection: who, as what, for how long, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from guestlist.app.results import CheckReport
from guestlist.cli.screens import parts
from guestlist.cli.screens.plan import quoted
from guestlist.core.words import counted, days_left

WARNED = 14 * 86_400  # seconds before its end in which an authorisation is counted down


def screen(report: CheckReport, now: float) -> Group:
    """Everything that was checked, problems last."""
    verdict = Text("problem" if report.problems else "connected", style=parts.WAITS if report.problems else parts.GOOD)
    title = parts.text(report.destination, parts.STRONG).append("  ").append_text(verdict)
    problems = [_warning(problem) for problem in report.problems]
    return Group(title, parts.facts(_facts(report, now)), *_warnings(report, now), *problems)


def _warnings(report: CheckReport, now: float) -> Iterator[RenderableType]:
    """What is right until it ends."""
    if report.refresh_ends is not None and not report.renews:
        names = "GUESTLIST_LINKEDIN_CLIENT_ID and GUESTLIST_LINKEDIN_CLIENT_SECRET"
        yield _warning(f"The refresh token is of no use without {names}: set them, or it ends with the access token.")
    if countdown := ending(report.destination, report.works_until, now):
        yield _warning(countdown)


def ending(destination: str, works_until: float | None, now: float) -> str:
    """How long a destination works until a person has to authorise again; nothing while that is far away."""
    if works_until is None or works_until - now > WARNED:
        return ""
    command = f"guestlist connect {quoted(destination)}"
    if works_until <= now:
        return f"The authorisation of {destination} {days_left(works_until, now)}: run `{command}`."
    return f"{destination} works until its authorisation ends, {days_left(works_until, now)}: run `{command}` by then."


def _warning(sentence: str) -> RenderableType:
    return parts.indented(parts.text(f"! {sentence}", parts.WAITS))


def _facts(report: CheckReport, now: float) -> Iterator[tuple[str, str]]:
    account = report.ad_account.rpartition(":")[2]
    yield "Account ID", f"{report.account_name} ({account})" if report.account_name else account
    if report.member:
        yield "Member", report.member
    if report.role:
        yield "Role", report.role
    if report.scopes:
        yield "Scopes", " ".join(report.scopes)
    if report.token_ends is not None:
        yield "Access token", days_left(report.token_ends, now)
        yield "Refresh token", _refresh(report, now)
    if report.api_version:
        days = report.api_version_days
        yield "API version", report.api_version + ("" if days is None else f", {counted(days, 'day')} left")


def _refresh(report: CheckReport, now: float) -> str:
    if report.refresh_ends is None:
        return "none: works until the access token ends, then `guestlist connect` again"
    return days_left(report.refresh_ends, now)
