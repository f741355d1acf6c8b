"""The resources of the API; importing them registers their operations with the router."""

from linkedin_emulator.resources import (
    account_users,
    accounts,
    ad_segments,
    destinations,
    dmp_segments,
    identity,
    streaming,
)

__all__ = ["account_users", "accounts", "ad_segments", "destinations", "dmp_segments", "identity", "streaming"]
