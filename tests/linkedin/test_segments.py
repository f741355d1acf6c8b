import httpx2
import pytest

from guestlist.core.identity import Kind
from guestlist.errors import DeliveryError, NeedsPerson, NeedsReauthorization, Refused, TryAgain, WaitsForLinkedIn
from guestlist.linkedin import segments
from guestlist.linkedin.dialogue import Outcome, Refresh, Say
from guestlist.linkedin.replies import Reply
from guestlist.ports import SegmentSpec
from tests.linkedin.kit import ACCOUNT, NOW, App, client, old_token

SPEC = SegmentSpec(ACCOUNT, "Readers", Kind.PEOPLE, "guestlist-1", "DIRECT_API")
DAY = {"serviceErrorCode": 101, "message": "Resource level throttle APPLICATION DAY limit is reached.", "status": 429}


def record(number: int, **fields):
    return {"id": number, "name": f"s{number}", "type": "USER", "sourceSegmentId": "guestlist-1", **fields}


def page(*numbers: int, **paging):
    return (200, {"elements": [record(number) for number in numbers], "paging": paging})


def found(app: App):
    return [status.segment_id for status in segments.find(client(app), ACCOUNT)]


def test_the_finder_request():
    app = App([page(1, total=1)])
    segments.find(client(app), ACCOUNT, "a b(c)", "DIRECT_API")
    assert app.seen[0].url.raw_path.decode() == (
        "/rest/dmpSegments?q=account&account=urn%3Ali%3AsponsoredAccount%3A516848833&sourcePlatform=DIRECT_API"
        "&sourceSegmentId=a%20b%28c%29&start=0&count=100"
    )
    assert app.seen[0].headers["x-restli-method"] == "FINDER"


def test_pages_until_fewer_than_count():
    app = App([page(*range(100)), page(*range(100, 150))])
    assert found(app) == [str(n) for n in range(150)]
    assert app.seen[1].url.params["start"] == "100"


def test_a_server_with_smaller_pages():
    assert found(App([page(1, 2, count=2), page(3, 4, count=2), page(5, count=2)])) == ["1", "2", "3", "4", "5"]


def test_a_server_that_knows_the_total():
    assert found(App([page(1, 2, total=3), page(3, total=3)])) == ["1", "2", "3"]


def test_everything_in_one_reply_for_ever():
    app = App([page(*range(250), count=250)])
    assert len(found(app)) == 250
    assert len(app.seen) <= 2


def test_an_empty_account():
    assert found(App([(200, {"elements": []})])) == []


def test_only_what_was_asked_for():
    other = (200, {"elements": [record(1, sourceSegmentId="guestlist-2")]})
    assert segments.find(client(App([other])), ACCOUNT, "guestlist-1") == []


def test_status_is_inside_destinations():
    destination = {
        "destination": "LINKEDIN",
        "destinationSegmentId": "urn:li:adSegment:15326243",
        "status": "READY",
        "audienceSize": 1900,
        "matchedCount": 2310,
    }
    status = segments.status_of(record(9821736, type="COMPANY", inputCount=4200, destinations=[destination]))
    assert (status.segment_id, status.members, status.status) == ("9821736", Kind.COMPANIES, "READY")
    assert (status.input, status.matched, status.audience_size) == (4200, 2310, 1900)
    assert status.ad_segment == "urn:li:adSegment:15326243"
    building = segments.status_of({"destinations": [{"status": "BUILDING"}, 5], "id": "urn:li:dmpSegment:7"})
    assert (building.segment_id, building.status, building.members) == ("7", "BUILDING", None)
    assert (building.input, building.matched, building.audience_size, building.ad_segment) == (None, None, None, None)


@pytest.mark.parametrize("header", ["x-restli-id", "x-linkedin-id"])
@pytest.mark.parametrize("value", ["9821736", "urn%3Ali%3AdmpSegment%3A9821736"])
def test_the_new_id(header, value):
    assert segments.create(client(App([(201, b"", {header: value})])), SPEC) == "9821736"


def test_a_new_segment_has_a_destination_and_nothing_empty():
    app = App([(201, b"", {"x-restli-id": "1"})])
    segments.create(client(app), SPEC)
    assert app.seen[0].content == (
        b'{"name":"Readers","type":"USER","sourcePlatform":"DIRECT_API","sourceSegmentId":"guestlist-1",'
        b'"account":"urn:li:sponsoredAccount:516848833","destinations":[{"destination":"LINKEDIN"}]}'
    )
    assert "x-restli-method" not in app.seen[0].headers


@pytest.mark.parametrize("reply", [(409, {"code": "CONFLICT"}), (201, b"")])
def test_whoever_does_not_know_the_id_looks_again(reply):
    with pytest.raises(TryAgain):
        segments.create(client(App([reply])), SPEC)


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        ((429, {"code": "SEGMENT_LIMIT_EXCEEDED", "status": 429}), NeedsPerson, "1,000"),
        ((429, DAY), WaitsForLinkedIn, "00:00 UTC"),
        ((429, {"message": "MINUTE limit"}), TryAgain, "minute"),
        ((429, {"message": "?"}), TryAgain, "429"),
        ((400, {"code": "SEGMENT_CREATION_NOT_ALLOWED_FOR_TEST_ACCOUNTS"}), NeedsPerson, "test ad account"),
        (
            (422, {"message": 'ERROR :: /sourcePlatform :: "X" is not an enum symbol\n'}),
            Refused,
            "GUESTLIST_LINKEDIN_SOURCE_PLATFORM",
        ),
        ((400, {"code": "MISSING_FIELD", "message": "name is required"}), Refused, "MISSING_FIELD: name is required"),
        ((403, {"message": "Viewer may not"}), NeedsPerson, "Manage access"),
        ((426, {"code": "NONEXISTENT_VERSION"}), NeedsPerson, "202607"),
        ((500, b""), TryAgain, "500"),
        ((408, b""), TryAgain, "408"),
        ((423, b""), TryAgain, "423"),
        ((302, b"", {"location": "http://x"}), Refused, "redirect"),
    ],
)
def test_reactions(reply, error, words):
    with pytest.raises(error, match=words) as raised:
        segments.create(client(App([reply])), SPEC)
    if isinstance(raised.value, WaitsForLinkedIn):
        assert raised.value.until == (NOW // 86400 + 1) * 86400


def test_parameter_errors_say_where():
    details = {
        "message": "Invalid param. Please see errorDetails for more information.",
        "errorDetails": {"inputErrors": [{"description": "wrong type", "code": "PARAM_INVALID"}]},
    }
    with pytest.raises(Refused, match=r"\(PARAM_INVALID; wrong type\)"):
        segments.find(client(App([(400, details)])), ACCOUNT)


def test_the_minute_limit_waits_for_the_next_minute():
    with pytest.raises(TryAgain) as error:
        segments.get(client(App([(429, {"message": "MINUTE"})])), "1")
    assert error.value.after == 60 - NOW % 60 + 0.5
    with pytest.raises(TryAgain) as error:
        segments.get(client(App([(429, {"message": "MINUTE"}, {"retry-after": "7"})])), "1")
    assert error.value.after == 7


def test_waiting_is_spread_by_the_dice():
    with pytest.raises(TryAgain) as error:
        segments.get(client(App([(503, b"")])), "1")
    assert error.value.after == 2.0


def test_401_waits_or_needs_a_person():
    gone = (401, {"serviceErrorCode": 65601})
    with pytest.raises(NeedsReauthorization):
        segments.get(client(App([gone])), "1")


def test_rename_and_delete():
    app = App([(204, b"")])
    segments.rename(client(app), "7", "New")
    assert app.seen[0].content == b'{"patch":{"$set":{"name":"New"}}}'
    assert app.seen[0].headers["x-restli-method"] == "PARTIAL_UPDATE"
    assert segments.delete(client(app), "7") is True
    assert segments.delete(client(App([(404, b"")])), "7") is False
    assert segments.get(client(App([(404, b"")])), "7") is None
    with pytest.raises(Refused) as error:
        segments.rename(client(App([(404, {"code": "NOT_FOUND"})])), "7", "New")
    assert error.value.code == "NOT_FOUND"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 426, 429, 500])
def test_no_error_repeats_what_was_told(status):
    quoted = {
        "message": 'ERROR :: /name :: "Lovelace" and ada@example.com',
        "code": "Lovelace ada@example.com",
        "errorDetails": {"inputErrors": [{"description": '"Lovelace" is wrong', "code": "ada@example.com"}]},
    }
    with pytest.raises(DeliveryError) as error:
        segments.rename(client(App([(status, quoted)])), "7", "Lovelace")
    for secret in ("Lovelace", "ada@"):
        assert secret not in f"{error.value} {error.value!r} {error.value.__cause__!r}"


def test_nothing_prints_a_token():
    token = old_token()
    reply = Reply(200, {"set-cookie": "x-secret"}, b"old-secret-token", NOW, NOW)
    assert "secret" not in f"{Say(token)!r} {Refresh(token)!r} {Outcome(reply, token)!r} {reply!r}"


def test_an_unreachable_linkedin_is_tried_again_with_jitter():
    with pytest.raises(TryAgain) as error:
        segments.get(client(App([httpx2.ConnectError("old-secret-token")])), "7")
    assert error.value.after == 2.0
    assert "secret" not in str(error.value)
