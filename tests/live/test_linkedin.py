"""Only against LinkedIn itself: what no emulator can know. The contract suite runs there too (``make live``)."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import httpx2
import pytest

from guestlist.core.versions import NEWEST_TESTED, days_left

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        not os.environ.get("GUESTLIST_LIVE_TOKEN_FILE") or not os.environ.get("GUESTLIST_LIVE_AD_ACCOUNT"),
        reason="GUESTLIST_LIVE_TOKEN_FILE and GUESTLIST_LIVE_AD_ACCOUNT are not set",
    ),
]
API = os.environ.get("GUESTLIST_LINKEDIN_API_URL", "https://api.linkedin.com/rest")


def test_the_newest_tested_version_is_served():
    assert days_left(NEWEST_TESTED, datetime.now(UTC).date()) > 0
    headers = {"LinkedIn-Version": NEWEST_TESTED, "X-Restli-Protocol-Version": "2.0.0"}
    reply = httpx2.get(f"{API}/me", headers=headers)
    assert reply.status_code == 401  # the version was looked at and let through, there is no token


def test_a_request_without_a_version_is_refused():
    reply = httpx2.get(f"{API}/me", headers={"Authorization": "Bearer invalid"})
    assert reply.json()["code"] in {"VERSION_MISSING", "INVALID_ACCESS_TOKEN"}
