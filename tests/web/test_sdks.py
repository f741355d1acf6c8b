"""The SDKs themselves, unmodified, against a server on a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import rudderstack.analytics as rudderstack_module
import rudderstack.analytics.client as rudderstack
import segment.analytics as segment_module
import segment.analytics.client as segment

from guestlist.app.intake import Limits
from tests.clock import NOW
from tests.web.kit import Site
from tests.web.served import listening, until

SDKS = [segment, rudderstack]


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with listening(site.web) as found:
        yield found


@pytest.fixture(params=SDKS, ids=["segment", "rudderstack"])
def sdk(request: pytest.FixtureRequest) -> Any:
    return request.param


def client(sdk: Any, key: str, address: str, problems: list[Any], **options: Any) -> Any:
    def failed(error: Exception, _items: Any) -> None:
        problems.append(error)

    return sdk.Client(key, host=address, on_error=failed, **options)


@pytest.mark.parametrize("gzip", [False, True])
def test_everything_an_sdk_says_is_kept(site: Site, address: str, sdk: Any, gzip: bool) -> None:
    problems: list[Any] = []
    speaking = client(sdk, site.key, address, problems, gzip=gzip)
    for number in range(250):
        speaking.track(f"u{number}", "Audience Entered", {"audience_key": "k", "k": True})
    speaking.identify("u1", {"email": "ada@example.com"})
    speaking.group("u1", "g1", {"name": "Acme"})
    speaking.page("u1", "category", "name")
    speaking.screen("u1", "category", "name")
    speaking.alias("old", "new")
    speaking.track("u2", "Zürich ☃", anonymous_id=None)
    speaking.flush()
    speaking.join()
    assert problems == []
    events = site.events()
    assert len(events) == 256
    assert [event["userId"] for event in events[:250]] == [f"u{number}" for number in range(250)]
    assert [event["type"] for event in events[250:]] == ["identify", "group", "page", "screen", "alias", "track"]
    assert events[-1]["event"] == "Zürich ☃"
    for posting in site.kept():
        assert (posting.write_key, posting.door, posting.received_at) == ("engage", "track", NOW)
        assert posting.sent_at.startswith("20")
        assert len(posting.events) <= 100
        assert site.key.encode() not in b"".join(posting.events)


def test_the_modules_are_pointed_here_as_their_documents_say(
    site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`segment.analytics` by `host`, `rudderstack.analytics` by `dataPlaneUrl`; nothing else is said."""
    for module, where in ((rudderstack_module, "dataPlaneUrl"), (segment_module, "host")):
        monkeypatch.setattr(module, "default_client", None)
        monkeypatch.setattr(module, "write_key", site.key)
        monkeypatch.setattr(module, where, address)
        module.track("u1", "Audience Entered", {"audience_key": module.__name__})
        module.shutdown()
    assert [event["properties"]["audience_key"] for event in site.events()] == [
        "rudderstack.analytics",
        "segment.analytics",
    ]


def test_an_sdk_with_a_wrong_key_hears_why(address: str, sdk: Any) -> None:
    problems: list[Any] = []
    speaking = client(sdk, "gl_wrong", address, problems)
    speaking.track("u1", "Audience Entered")
    speaking.flush()
    speaking.join()
    (error,) = problems
    assert (error.status, error.code) == (401, "unauthorized")
    assert "not known" in error.message


@pytest.mark.slow
def test_an_sdk_that_is_told_to_wait_comes_back(site: Site, address: str, sdk: Any) -> None:
    problems: list[Any] = []
    site.store.inbox.append(b"\x90", 1, NOW - Limits.lag - 1.0)  # an empty list of postings
    speaking = client(sdk, site.key, address, problems)
    speaking.track("u1", "Audience Entered")
    until(lambda: 'status="429"' in site.get("/metrics").text)
    site.store.inbox.delete([row.id for row in site.store.inbox.take(1)])
    site.clock.time += 1.0
    until(lambda: len(site.kept()) == 1)
    speaking.join()
    assert problems == []
    assert json.loads(site.kept()[0].events[0])["userId"] == "u1"
