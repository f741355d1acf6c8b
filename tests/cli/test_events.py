"""Events on the command line: taken in from a file, looked at, followed; and what Segment knows turned into yaml."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

import pytest
import yaml

import guestlist
from guestlist.app.fold import Fold
from guestlist.app.streams import listeners
from tests.app.kit import entered, exited
from tests.cli.conftest import BIN, Desk

YAML = """\
destinations: {acme: {ad_account: 516848833}}
audiences:
  hot: {members: people, source: {events: {write_keys: [engage]}}}
activations:
  main: {audience: hot, destination: acme, mode: stream, audience_key: high_intent}
"""
AT = 1_780_000_000.0


@pytest.fixture
def streaming(desk: Desk) -> Desk:
    desk.write(YAML)
    return desk


def lines(*events: Any) -> str:
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in events)


def folded(desk: Desk) -> list[tuple[bool, int]]:
    """Fold what waits, as a worker does; who is in then, and by how many identifiers."""
    with guestlist.open(file=str(desk.folder / "guestlist.yaml")) as door:
        fold, heard = Fold(door.app), listeners(door.app, door.config)
        while fold.step(lambda: heard):
            pass
        key = door.app.store.event_members.key("high_intent")
        assert key is not None
        return [(each.wanted, len(each.ids)) for each in door.app.store.event_members.wanted(key.id)]


def test_standard_input_is_a_file_too(streaming: Desk) -> None:
    said = streaming.script("ingest", "-", "--json", stdin=lines(entered("u1", AT, email="ann@example.com")))
    assert said.json == {"taken": 1, "failed": 0}
    assert folded(streaming) == [(True, 1)]


def test_a_file_is_taken_in_and_a_replay_changes_nothing(streaming: Desk) -> None:
    bob = [entered("u2", AT, email="bob@example.com"), exited("u2", AT + 1)]
    events = [entered("u1", AT, email="ann@example.com"), *bob]
    streaming.write(lines(*events, "", "no JSON", {"type": "odd"}), "events.jsonl")
    assert streaming("events", "--activation", "main", "--json").json["activations"] == []
    assert streaming("ingest", "events.jsonl", "--json").json == {"taken": 3, "failed": 2}
    shown = streaming("events", "--json").json
    assert shown["waiting"] == 3
    assert [(row["activation"], row["outcomes"]) for row in shown["activations"]] == [("", {"failed on ingest": 2})]
    assert folded(streaming) == [(True, 1)]

    assert "3 events were taken in, 2 could not be read" in streaming("ingest", "events.jsonl").out
    assert folded(streaming) == [(True, 1)]
    (row,) = streaming("events", "--activation", "main", "--json").json["activations"]
    assert row["received"] == sum(row["outcomes"].values()) == 6
    assert row["outcomes"] == {"superseded": 2, "pending": 4}


def test_records_in_a_file_count_like_those_of_the_webhook(streaming: Desk) -> None:
    record = {"type": "record", "action": "insert", "identifiers": {"email": "rob@example.com"}, "fields": {}}
    streaming.write(lines(record, {**record, "action": "upsert"}), "events.jsonl")
    assert streaming("ingest", "events.jsonl", "--json").json == {"taken": 1, "failed": 1}
    assert folded(streaming) == [(True, 1)]


def test_each_line_of_a_file_stands_for_itself(streaming: Desk) -> None:
    good = json.dumps(entered("u1", AT, email="ann@example.com", firstName="Ann \ud83d"))
    broken = [
        '{"type": "track", "event": "cut o',
        '{"type": "track"} {}',
        '{"type": "track", "x": nan}',
        '{"type": "track", "x": 1e999}',
    ]
    raw = b"\xef\xbb\xbf" + "\n".join([good, *broken]).encode() + b'\n{"type": "track", "x": "\xff"}\n'
    (streaming.folder / "events.jsonl").write_bytes(raw)
    assert streaming("ingest", "events.jsonl", "--json").json == {"taken": 1, "failed": 5}
    (row,) = streaming("events", "--json").json["activations"]
    assert [(end["code"], end["events"]) for end in row["ends"]] == [("not a JSON object", 5)]
    assert folded(streaming) == [(True, 1)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ingest", "missing.jsonl"), "missing.jsonl cannot be read"),
        (("ingest", "events.jsonl", "--write-key", "other"), "No audience listens to write key 'other'"),
        (("events", "--activation", "mian"), "There is no activation 'mian'"),
        (("events", "--since", "yesterday"), "--since is a time like 10m, 1h or 7d"),
        (("events", "--since", "9" * 20 + "d"), "--since is a time like 10m, 1h or 7d"),
        (("events", "-f", "missing.yaml"), "missing.yaml does not exist"),
        (("import-segment", "events.jsonl"), "events.jsonl"),
        (("import-segment", "deep.json"), "deep.json is no JSON"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(streaming: Desk, words: tuple[str, ...], sentence: str) -> None:
    streaming.write("no JSON\n", "events.jsonl")
    streaming.write("[" * 100_000, "deep.json")
    streaming.write(lines(entered("u1", AT)), "some.jsonl")
    streaming("ingest", "some.jsonl")
    folded(streaming)
    done = streaming(*words)
    assert done.code in (1, 2)
    assert (done.out, len(done.err.splitlines())) == ("", 1)
    assert sentence in done.err


def test_people_see_counts_codes_and_masked_samples(streaming: Desk) -> None:
    silent = {**entered("u9", AT, email="eve@secret.example.com"), "event": "Subscribed"}
    streaming.write(YAML.replace("high_intent}", "high_intent, trigger: 'type = \"track\"'}"))
    streaming.write(lines(silent, silent), "events.jsonl")
    streaming("ingest", "events.jsonl")
    folded(streaming)
    shown = streaming("events").out
    assert "main  2 events received" in shown
    assert "Action :: field is required but not found" in shown
    assert "the names of the enter and exit events were changed in Segment" in " ".join(shown.split())  # SEGMENT-29
    assert "another kind of audience (Linked Audiences)" in " ".join(shown.split())
    assert "you sent: {" in shown
    assert "secret" not in shown.replace("e***@secret.example.com", "")
    found = streaming("events", "--json").json["samples"]
    assert {each["code"] for each in found} == {"Action :: field is required but not found"}
    assert [each["data"]["sent"]["event"] for each in found] == ["Subscribed"] * len(found)
    assert found[0]["data"]["request"] is found[0]["data"]["response"] is None


@pytest.mark.slow
def test_following_prints_a_document_a_line_until_interrupted(streaming: Desk) -> None:
    streaming.write(lines(entered("u1", AT, email="ann@example.com")), "events.jsonl")
    streaming("ingest", "events.jsonl")
    command = [BIN / "guestlist", "events", "--since", "1d", "--follow", "--json"]
    with subprocess.Popen(
        command, cwd=streaming.folder, env=streaming.whole_environment(), stdout=subprocess.PIPE, text=True
    ) as following:
        try:
            assert following.stdout is not None
            first = ""
            while not first.endswith("}\n") or first.count("{") != first.count("}"):
                first += following.stdout.readline()
            folded(streaming)
            second = json.loads(following.stdout.readline())
            while second["waiting"]:
                second = json.loads(following.stdout.readline())
            following.send_signal(signal.SIGINT)
            assert following.wait(20) in (0, 130)
        finally:
            following.kill()
    assert json.loads(first)["waiting"] == 1
    assert [row["outcomes"] for row in second["activations"]] == [{"pending": 1}]


def test_segments_subscriptions_become_a_file_that_can_be_read(desk: Desk) -> None:
    settings = {
        "dmp_segment_name": {"@path": "$.properties.audience_key"},
        "email": {"@path": "$.context.traits.email"},
        "personas_audience_key": "high_intent",
        "dmp_user_action": "AUTO",
    }
    subscription = {
        "id": "s1",
        "name": "Sync",
        "actionSlug": "updateAudience",
        "enabled": True,
        "trigger": 'event = "Audience Entered" or event = "Audience Exited"',
        "settings": settings,
    }
    desk.write(json.dumps({"data": {"subscriptions": [subscription]}}), "reply.json")
    done = desk("import-segment", "reply.json", "--write-key", "engage")
    assert done.code == 0, done.err
    made = yaml.safe_load(done.out)
    assert [each["audience_key"] for each in made["activations"].values()] == ["high_intent"]
    desk.write(yaml.safe_dump({"destinations": {"acme": {"ad_account": 516848833}}, **made}))
    with guestlist.open(file=str(desk.folder / "guestlist.yaml")) as door:
        assert door.config.activations
