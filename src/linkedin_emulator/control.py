"""The control plane as Python: what a test may do to this LinkedIn behind its back."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from linkedin_emulator import identifiers
from linkedin_emulator.directory import member_name
from linkedin_emulator.oauth import Grant, Token
from linkedin_emulator.seeds import plant
from linkedin_emulator.segments import DAY, STATUSES, TERMINAL, Segment
from linkedin_emulator.wire import Json
from linkedin_emulator.world import CLIENT_ID, MEMBER, World

Locked = Callable[[], AbstractContextManager[World]]


class Control:
    """Everything under `/_emulator/`, as methods."""

    def __init__(self, locked: Locked, restart: Callable[[], None]) -> None:
        self._locked = locked
        self._restart = restart

    def reset(self) -> None:
        """Back to the state right after the start: seeds, switches, faults, clock and log are as they were then."""
        self._restart()

    def seed(self, seeds: Mapping[str, Any]) -> Json:
        """Add applications, members, accounts, roles, known people and companies, and segments."""
        with self._locked() as world:
            return plant(world, seeds)

    def clock(self, *, advance: float | None = None, now: float | None = None, frozen: bool | None = None) -> Json:
        """Read, move, set, stop or restart time; effects that become due land."""
        with self._locked() as world:
            if frozen is not None:
                world.clock.freeze(frozen)
            if now is not None:
                world.clock.set(now)
            if advance is not None:
                world.clock.advance(advance)
            world.late.land_due()
            return {"now": world.clock.now(), "frozen": world.clock.frozen, "pending_effects": len(world.late)}

    def config(self, **changes: Any) -> Json:
        """Read the switches, or turn some."""
        with self._locked() as world:
            if changes:
                world.configure(changes)
            shown: Json = msgspec.to_builtins(world.config)
            return shown

    def fault(self, effect: Mapping[str, Any], **match: Any) -> None:
        """Queue one fault: `fault({"kind": "status", "status": 503}, path="/users$", times=2)`."""
        self.faults([{"effect": dict(effect), "match": match}])

    def faults(self, faults: Sequence[Json] | None = None) -> list[Json]:
        """Queue faults, and show the queue."""
        with self._locked() as world:
            if faults:
                world.faults.add(faults)
            return world.faults.shown()

    def clear_faults(self) -> None:
        """Forget all faults."""
        with self._locked() as world:
            world.faults.clear()

    def requests(self, *, bodies: bool = False, since: int = 0) -> list[Json]:
        """The requests seen, oldest first: those numbered above `since`."""
        with self._locked() as world:
            return world.log.shown(bodies=bodies, since=since)

    def overlaps(self) -> list[Json]:
        """Pairs of different tellings of one identifier that were open at the same time."""
        with self._locked() as world:
            return [msgspec.to_builtins(overlap) for overlap in world.tellings.overlaps]

    def segments(self) -> list[Json]:
        """All segments, as LinkedIn shows them."""
        with self._locked() as world:
            for segment in world.segments.by_id.values():
                world.segments.live(world.config, segment)
            return [segment.record(world.config, world.clock.now()) for segment in world.segments.by_id.values()]

    def segment(self, segment_id: int, *, listed: bool = True) -> Json:
        """One segment with what is truly in it; without `listed` only how many.

        `identifiers` are those last told with ADD; they are what the segment holds under the reading "identifier".
        Under the reading "member" it holds `members`.
        """
        with self._locked() as world:
            segment = _segment(world, segment_id)
            shown: Json = {
                "reading": world.config.removal,
                "record": segment.record(world.config, world.clock.now()),
                "status": segment.status,
                "in_campaign": segment.in_campaign,
                "targetable": segment.is_targetable,
                "identifier_count": len(segment.audience.told),
            }
            if segment.audience.by_member:
                shown["member_count"] = len(segment.audience.members)
            return shown | (_contents(segment) if listed else {})

    def ripen(self, segment_id: int, status: str = "READY") -> Json:
        """Move a segment to a status now; ARCHIVED counts as thirty idle days, EXPIRED purges its data."""
        if status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}")
        with self._locked() as world:
            segment, now = _segment(world, segment_id), world.clock.now()
            if status == "ARCHIVED":
                segment.last_used = now - world.config.archive_after_days * DAY
            elif status == "READY":
                segment.last_used = now
            segment.set_status(status, now)
            return segment.record(world.config, now)

    def campaign(self, segment_id: int, *, active: bool = True, draft: bool = False) -> None:
        """Put a segment into an active campaign, or take it out.

        One in use is never archived; a `draft` campaign keeps it for thirty days. Raises `ValueError`, with the code
        campaigns answer, for a segment that is expired or failed.
        """
        with self._locked() as world:
            segment, now = _segment(world, segment_id), world.clock.now()
            if (active or draft) and segment.status in TERMINAL:
                raise ValueError(
                    f"FIELD_VALUE_NOT_ALLOWED_FOR_SEGMENT_STATUS: include field with Ad Segment {segment.ad_segment} "
                    f"can't be added to campaign due to invalid segment status value {segment.status}"
                )
            segment.in_campaign = active and not draft
            if active or draft:
                segment.last_used = now
                segment.wake(now)

    def token(
        self,
        member: str = MEMBER,
        scopes: Sequence[str] | None = None,
        *,
        expires_in: float | None = None,
        refresh: bool = True,
        client_id: str = CLIENT_ID,
        supersede: bool = False,
    ) -> Json:
        """LinkedIn's token reply without a browser.

        Other tokens stay valid, unless `supersede`: then it is a consent like any other, and another set of scopes
        revokes every earlier token.
        """
        with self._locked() as world:
            oauth = world.oauth
            if client_id not in oauth.apps or member not in oauth.people:
                raise ValueError("no such application or member")
            asked = frozenset(oauth.apps[client_id].scopes if scopes is None else scopes)
            if supersede:
                grant = oauth.consent(world.config, client_id, member, asked)
            else:
                grant = Grant(client_id, member, asked, world.clock.now())
                oauth.grants.setdefault((client_id, member), grant)
            reply = oauth.issue_tokens(world.config, grant, expires_in)
            if not refresh and "refresh_token" in reply:
                del oauth.refresh[reply.pop("refresh_token")]
                del reply["refresh_token_expires_in"]
            return reply

    def expire_tokens(self, token: str | None = None) -> int:
        """Make one access token, or all, expire now."""
        with self._locked() as world:
            return _expire(world, world.oauth.access, token)

    def expire_refresh_tokens(self, token: str | None = None) -> int:
        """Make one refresh token, or all, expire now."""
        with self._locked() as world:
            return _expire(world, world.oauth.refresh, token)

    def revoke_tokens(self, token: str | None = None) -> int:
        """The member revokes the application's access: one token, or every access and refresh token."""
        with self._locked() as world:
            chosen = _chosen(world.oauth.access | world.oauth.refresh, token)
            for one in chosen:
                one.revoked = True
            if token is None:
                world.oauth.grants.clear()
            return len(chosen)


def _contents(segment: Segment) -> Json:
    told: Json = {"identifiers": sorted(map(identifiers.shown, segment.audience.told))}
    if segment.audience.by_member:
        told["members"] = sorted(map(member_name, segment.audience.members))
    return told


def _segment(world: World, segment_id: int) -> Segment:
    segment = world.segments.by_id.get(segment_id)
    if segment is None:
        raise LookupError(f"no segment {segment_id}")
    world.segments.live(world.config, segment)
    return segment


def _chosen(tokens: Mapping[str, Token], text: str | None) -> list[Token]:
    if text is None:
        return list(tokens.values())
    if text not in tokens:
        raise LookupError("no such token")
    return [tokens[text]]


def _expire(world: World, tokens: Mapping[str, Token], text: str | None) -> int:
    chosen = _chosen(tokens, text)
    for token in chosen:
        token.expires_at = min(token.expires_at, world.clock.now())
    return len(chosen)
