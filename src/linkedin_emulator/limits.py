"""Throttling: the rolling minute of the streaming endpoints and the daily counters."""

from collections import Counter, deque

from linkedin_emulator import errors
from linkedin_emulator.clock import Clock
from linkedin_emulator.config import Config

STREAMING = {"dmpSegments/users": "users_per_minute", "dmpSegments/companies": "companies_per_minute"}
DAY = 86_400


class Limits:
    """Counts calls per application, member and endpoint.

    600 calls a minute to /users and 300 to /companies, per member and application, in a rolling minute; day limits
    are unpublished, so they are off until configured, and start anew at midnight UTC.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minutes: dict[tuple[str, str, str], deque[float]] = {}
        self._days: Counter[tuple[int, str, str, str]] = Counter()

    def count(self, config: Config, app: str, member: str, endpoint: str) -> None:
        """Count one call, or refuse it."""
        self._count_minute(config, app, member, endpoint)
        self._count_day(config, app, member, endpoint)

    def _count_minute(self, config: Config, app: str, member: str, endpoint: str) -> None:
        if endpoint not in STREAMING:
            return
        now = self._clock.now()
        calls = self._minutes.setdefault((app, member, endpoint), deque())
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= getattr(config, STREAMING[endpoint]):
            wait = int(calls[0] + 60 - now) + 1 if calls else 60
            raise errors.throttled("APPLICATION_AND_MEMBER", "MINUTE", wait if config.retry_after else None)
        calls.append(now)

    def _count_day(self, config: Config, app: str, member: str, endpoint: str) -> None:
        now = self._clock.now()
        day = int(now // DAY)
        wait = int((day + 1) * DAY - now) + 1 if config.retry_after else None
        per_member, per_app = (day, app, member, endpoint), (day, app, "", endpoint)
        if config.member_calls_per_day is not None and self._days[per_member] >= config.member_calls_per_day:
            raise errors.throttled("APPLICATION_AND_MEMBER", "DAY", wait)
        if config.app_calls_per_day is not None and self._days[per_app] >= config.app_calls_per_day:
            raise errors.throttled("APPLICATION", "DAY", wait)
        self._days[per_member] += 1
        self._days[per_app] += 1
