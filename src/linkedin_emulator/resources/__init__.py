"""The resources of the API; importing them registers their operations with the router."""

from linkedin_emulator.resources import (
    account_users,
    accounts,
    ad_segments,
    audience_counts,
    destinations,
    dmp_segments,
    identity,
    list_uploads,
    streaming,
)

__all__ = [
    "account_users",
    "accounts",
    "ad_segments",
    "audience_counts",
    "destinations",
    "dmp_segments",
    "identity",
    "list_uploads",
    "streaming",
]
