import pytest

from linkedin_emulator import requestlog
from linkedin_emulator.requestlog import RequestLog
from linkedin_emulator.wire import Reply, Request
from tests.emulator.kit import LinkedIn, user


def add(log: RequestLog, body: bytes) -> None:
    log.add(Request("POST", "/rest/dmpSegments/1/users", body=body), Reply(200), at=0.0)


def test_old_bodies_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requestlog, "BODY_BYTES", 10)
    log = RequestLog()
    for body in (b"aaaa", b"bbbb", b"cccc"):
        add(log, body)
    assert [one["body"] for one in log.shown(bodies=True)] == ["", "bbbb", "cccc"]
    add(log, b"d" * 11)
    assert [one["body"] for one in log.shown(bodies=True)] == ["", "", "", ""]


def test_only_the_latest_requests_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requestlog, "KEPT", 2)
    log = RequestLog()
    for body in (b"a", b"b", b"c"):
        add(log, body)
    assert [(one["number"], one["body"]) for one in log.shown(bodies=True)] == [(2, "b"), (3, "c")]
    assert log.total == 3


def test_telling_again_leaves_nothing_behind(linkedin_api: LinkedIn) -> None:
    """Memory is that of the members: whoever streams for hours into one segment finds the emulator as it was."""
    number = linkedin_api.segment()
    world = linkedin_api.emulator._world
    for _ in range(3):
        linkedin_api.tell(number, user("a"), user("b"))
    audience = world.segments.by_id[number].audience
    assert len(audience.told) == 2
    assert sum(audience._window.values()) == 2
    assert (world.tellings._open, world.tellings._recent, len(world.late)) == ({}, [], 0)
