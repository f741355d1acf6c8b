"""``ports.Destination``: one LinkedIn ad account with one credential."""

from __future__ import annotations

from guestlist.core.delivery import Answer
from guestlist.core.identity import Kind
from guestlist.linkedin import accounts, segments
from guestlist.linkedin.client import Client
from guestlist.linkedin.oauth import OAuth
from guestlist.ports import Account, Reachable, SegmentSpec, SegmentStatus


class LinkedIn:
    """Nothing but delegation: the client talks, ``segments`` and ``accounts`` know LinkedIn's resources."""

    def __init__(self, client: Client, account: str, oauth: OAuth | None = None) -> None:
        self._client = client
        self._account = account
        self._oauth = oauth

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def check(self) -> Account:
        """Token, scopes, ad account and role; NeedsPerson names what is missing."""
        return accounts.check(self._client, self._account, self._scopes if self._oauth else None)

    def reachable(self) -> list[Reachable]:
        """The ad accounts of the member, by name."""
        return accounts.reachable(self._client)

    def find_segments(self, account: str, source_segment_id: str | None = None) -> list[SegmentStatus]:
        """What LinkedIn's finder lists, all pages of it."""
        return segments.find(self._client, account, source_segment_id)

    def create_segment(self, spec: SegmentSpec) -> str:
        """The new segment's id. Not idempotent: the caller serialises look-up and creation."""
        return segments.create(self._client, spec)

    def get_segment(self, segment_id: str) -> SegmentStatus | None:
        """None: LinkedIn answers 404."""
        return segments.get(self._client, segment_id)

    def rename_segment(self, segment_id: str, name: str) -> None:
        """A partial update of the name."""
        segments.rename(self._client, segment_id, name)

    def delete_segment(self, segment_id: str) -> bool:
        """False: it was gone already."""
        return segments.delete(self._client, segment_id)

    def tell(self, segment_id: str, members: Kind, body: bytes, count: int) -> Answer:
        """Send one BATCH_CREATE of ``count`` elements to /users or /companies."""
        return self._client.tell(segment_id, members, body, count)

    def _scopes(self) -> tuple[str, ...]:
        assert self._oauth is not None  # noqa: S101 - only handed out when there is one
        return self._oauth.introspect(self._client.token.access_token).scopes
