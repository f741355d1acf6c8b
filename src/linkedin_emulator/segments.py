"""DMP segments: their fields, their life and their counts."""

import math
from dataclasses import dataclass

from linkedin_emulator import errors
from linkedin_emulator.audience import Audience, Change
from linkedin_emulator.clock import Clock
from linkedin_emulator.config import Config
from linkedin_emulator.directory import Directory
from linkedin_emulator.wire import Json

DAY = 86_400
SMALLEST = 300
TERMINAL = ("EXPIRED", "FAILED", "ERROR")
STATUSES = ("BUILDING", "READY", "UPDATING", "ARCHIVED", *TERMINAL)
USER_TYPES = ("USER", "USER_LIST_UPLOAD")


def reported_size(size: int, *, rounded: bool) -> int:
    """Below 300 members nothing can be targeted and 0 is reported; above, two digits are significant."""
    if size < SMALLEST:
        return 0
    step = 10 ** (int(math.log10(size)) - 1)
    return size // step * step if rounded else size


@dataclass(slots=True)
class Segment:
    """One segment; `status` stands for its only destination, LINKEDIN."""

    id: int
    account: int
    name: str
    type: str
    source_platform: str
    created: float
    audience: Audience
    source_segment_id: str | None = None
    description: str | None = None
    access_policy: str | None = None
    ad_segment: int | None = None
    destination_created: float = 0.0
    status: str = "BUILDING"
    status_since: float = 0.0
    last_modified: float = 0.0
    last_used: float = 0.0
    in_campaign: bool = False
    reads: int = 0
    from_archive: bool = False
    list_failed: bool = False
    list_file: str = ""

    @property
    def is_targetable(self) -> bool:
        """A segment that is expired or failed cannot be put into a campaign; nor one with fewer than 300 members."""
        return self.status not in TERMINAL and self.audience.size() >= SMALLEST

    def audience_size(self, *, rounded: bool) -> int:
        """The size for targeting: 0 below 300, and 0 while archived or expired; approximate by design."""
        silent = self.status in ("ARCHIVED", *TERMINAL)
        return 0 if silent else reported_size(self.audience.size(), rounded=rounded)

    def set_status(self, status: str, at: float) -> None:
        """Move to another status; an expired segment has lost its data."""
        self.from_archive = self.status == "ARCHIVED" and status == "BUILDING"
        self.status, self.status_since, self.reads = status, at, 0
        if status == "EXPIRED":
            self.audience.clear()

    def touch(self, now: float) -> None:
        """An edit or new data: the idle clocks begin anew."""
        self.last_modified = self.last_used = now

    def receive(self, changes: list[Change], now: float) -> None:
        """Data arrives: READY goes through UPDATING, ARCHIVED back through BUILDING."""
        self.audience.apply(changes, now)
        self.touch(now)
        self.wake(now)
        if self.status in ("READY", "UPDATING"):
            self.set_status("UPDATING", now)

    def wake(self, now: float) -> None:
        """Data, or an active or draft campaign, takes a segment out of the archive; it is processed anew."""
        if self.status == "ARCHIVED":
            self.set_status("BUILDING", now)

    def record(self, config: Config, now: float) -> Json:
        """The record LinkedIn shows: counts are absent while BUILDING, status-like fields sit in `destinations`."""
        record: Json = {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "account": f"urn:li:sponsoredAccount:{self.account}",
            "sourcePlatform": self.source_platform,
            "created": int(self.created * 1000),
            "lastModified": int(self.last_modified * 1000),
        }
        optional = {
            "sourceSegmentId": self.source_segment_id,
            "description": self.description,
            "accessPolicy": self.access_policy,
            "inputCount": None if self.status == "BUILDING" else self.audience.inputs(now),
        }
        record |= {name: value for name, value in optional.items() if value is not None}
        if self.ad_segment is not None:
            record["destinations"] = [self.destination(config, now)]
        return record

    def destination(self, config: Config, now: float) -> Json:
        """The destination LINKEDIN; its `destinationSegmentId` is there from the first moment."""
        record: Json = {
            "destination": "LINKEDIN",
            "destinationSegmentId": f"urn:li:adSegment:{self.ad_segment}",
            "status": self.status,
            "created": int(self.destination_created * 1000),
            "lastModified": int(self.last_modified * 1000),
        }
        if self.status != "BUILDING":
            record["matchedCount"] = self.audience.matched(now)
            record["audienceSize"] = self.audience_size(rounded=config.round_audience)
        return record


class Segments:
    """All segments, kept up to date with the clock."""

    def __init__(self, clock: Clock, directory: Directory) -> None:
        self._clock = clock
        self._directory = directory
        self.by_id: dict[int, Segment] = {}
        self._next_id = 9_821_736
        self._next_ad_segment = 15_326_243

    def create(self, config: Config, *, account: int, name: str, kind: str, platform: str) -> Segment:
        """A new, empty segment without a destination."""
        now = self._clock.now()
        companies = kind not in USER_TYPES
        audience = Audience(self._directory, companies=companies, by_member=config.removal == "member")
        segment = Segment(self._next_id, account, name, kind, platform, now, audience)
        segment.status_since = segment.last_modified = segment.last_used = now
        self.by_id[segment.id] = segment
        self._next_id += 1
        return segment

    def add_destination(self, segment: Segment) -> None:
        """Produce the ad segment that campaigns target."""
        segment.ad_segment = self._next_ad_segment
        segment.destination_created = self._clock.now()
        self._next_ad_segment += 1

    def find(self, config: Config, segment_id: int) -> Segment:
        """A segment as it stands now, or 404."""
        segment = self.by_id.get(segment_id)
        if segment is None:
            raise errors.segment_not_found(segment_id)
        self.live(config, segment)
        return segment

    def open(self, config: Config, segment_id: int) -> Segment:
        """A segment for its sub-resources: 404 for some seconds after its creation."""
        segment = self.find(config, segment_id)
        if self._clock.now() < segment.created + config.segment_visible_after:
            raise errors.segment_not_found(segment_id)
        return segment

    def of_account(self, config: Config, account: int) -> list[Segment]:
        """All segments of one account, oldest first."""
        found = [segment for segment in self.by_id.values() if segment.account == account]
        for segment in found:
            self.live(config, segment)
        return found

    def read(self, config: Config, segment: Segment) -> Json:
        """The record, and one more read towards ripening."""
        segment.reads += 1
        self.live(config, segment)
        return segment.record(config, self._clock.now())

    def live(self, config: Config, segment: Segment) -> None:
        """Let pass what has passed: ripening, settling, archiving, expiring."""
        now = self._clock.now()
        if segment.status == "BUILDING":
            self._ripen(config, segment, now)
        if segment.status == "UPDATING" and now >= segment.status_since + config.updating_seconds:
            segment.set_status("READY", segment.status_since + config.updating_seconds)
        if segment.in_campaign:
            segment.last_used = now
        archived = segment.last_used + config.archive_after_days * DAY
        if (segment.status == "READY" or segment.from_archive) and now >= archived:
            segment.set_status("ARCHIVED", archived)
        expired = segment.last_used + config.expire_after_days * DAY
        if segment.status == "ARCHIVED" and now >= expired:
            segment.set_status("EXPIRED", expired)

    def _ripen(self, config: Config, segment: Segment, now: float) -> None:
        ripe_at = segment.status_since
        if config.ripening == "seconds":
            ripe_at += config.ripening_seconds
        if config.ripening == "fail" or (segment.list_failed and now >= ripe_at):
            segment.set_status(config.failure_status, now)
        elif segment.from_archive and not segment.audience.size():
            return  # an archived segment with nobody in it never returns to READY
        elif config.ripening == "reads":
            if segment.reads >= config.ripening_reads:
                segment.set_status("READY", now)
        elif config.ripening != "stay" and now >= ripe_at:
            segment.set_status("READY", ripe_at)
