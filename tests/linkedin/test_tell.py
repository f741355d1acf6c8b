"""What becomes of one batch, for everything LinkedIn and the network can do."""

import httpx2
import pytest

from guestlist.core.identity import Kind
from guestlist.errors import NeedsReauthorization, StoreError, TryAgain
from tests.clock import Clock
from tests.linkedin.kit import NOW, App, FakeTokens, client, digest, old_token

BODY = b'{"elements":[{"action":"ADD","userIds":[{"idType":"SHA256_EMAIL","idValue":"secret-digest"}]}]}'
GOOD = {"status": 201}
SECRETS = ("old-secret-token", "fresh-secret-token", "refresh-secret", "secret-digest", "Lovelace", "ada@example.com")


def tell(*replies, tokens=None, count=3, clock=None, **options):
    app = App(list(replies))
    answer = client(app, tokens, clock, **options).tell("9821736", Kind.PEOPLE, BODY, count)
    assert not [secret for secret in SECRETS if secret in repr(answer)]
    return answer, app


def refusal(message="m", **fields):
    return {"status": 400, "error": {"status": 400, "message": message}, **fields}


def test_the_request():
    answer, app = tell((200, {"elements": [GOOD] * 3}))
    (request,) = app.seen
    assert str(request.url) == "https://api.linkedin.com/rest/dmpSegments/9821736/users"
    assert request.method == "POST"
    assert request.content == BODY
    wanted = {
        "authorization": "Bearer old-secret-token",
        "linkedin-version": "202607",
        "x-restli-protocol-version": "2.0.0",
        "x-restli-method": "BATCH_CREATE",
        "content-type": "application/json",
        "user-agent": "guestlist/0.1.0",
    }
    assert {name: request.headers[name] for name in wanted} == wanted
    assert (answer.kind, answer.status, answer.failed, answer.missing) == ("answered", 200, {}, ())
    assert (answer.started_at, answer.ended_at) == (NOW, NOW)


def test_nobody_to_tell_makes_no_call():
    answer, app = tell((500, b""), count=0)
    assert (answer.kind, answer.status, app.seen) == ("answered", 200, [])


def test_companies_go_elsewhere():
    app = App([(200, {"elements": [GOOD]})])
    client(app).tell("1", Kind.COMPANIES, BODY, 1)
    assert app.seen[0].url.path.endswith("/dmpSegments/1/companies")


@pytest.mark.parametrize("place", ["none", "element", "error", "details"])
def test_refused_elements_keep_their_position(place):
    element = refusal('"Lovelace" is odd')
    target = {"none": {}, "element": element, "error": element["error"]}.get(place)
    if target is None:
        target = element["error"].setdefault("errorDetails", {})
    target["batchIndex"] = 1
    answer, _ = tell((200, {"elements": [GOOD, element, GOOD]}))
    assert answer.failed == {1: (400, "", "… is odd")}
    assert answer.missing == ()


def test_elements_the_reply_does_not_name_are_missing():
    answer, _ = tell((200, {"elements": [GOOD, refusal()]}), count=4)
    assert (set(answer.failed), answer.missing) == ({1}, (2, 3))


def test_a_short_reply_whose_indexes_contradict_its_order_is_believed_by_index():
    answer, _ = tell((200, {"elements": [GOOD, refusal(batchIndex=2)]}), count=3)
    assert (set(answer.failed), answer.missing) == ({2}, (0, 1))


def test_a_longer_reply_than_asked_for_is_cut():
    answer, _ = tell((200, {"elements": [GOOD] * 5}), count=2)
    assert (answer.failed, answer.missing) == ({}, ())


@pytest.mark.parametrize("status", [408, 423, 429, 500, 503, "400", None])
def test_elements_that_were_not_judged_are_told_again(status):
    answer, _ = tell((200, {"elements": [GOOD, {"status": status}, "?"]}))
    assert (answer.failed, answer.missing) == ({}, (1, 2))


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"elements":', b"[]", b'{"elements":{}}', b'{"value":1}'])
def test_a_200_that_cannot_be_read_is_over(body):
    answer, _ = tell((200, body))
    assert (answer.kind, answer.status) == ("over", 200)


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    ("message", "index", "text"),
    [
        ("Index: 2, ERROR :: /action :: field is required\n", 2, "ERROR :: /action :: field is required"),
        ("Index: 7, ERROR :: out of this batch", None, "ERROR :: out of this batch"),
        ("something else", None, "something else"),
    ],
)
def test_a_batch_refused_as_a_whole(status, message, index, text):
    answer, _ = tell((status, {"status": status, "message": message}))
    assert (answer.kind, answer.status, answer.index, answer.text) == ("answered", status, index, text)


@pytest.mark.parametrize("status", [404, 409, 410, 302])
def test_other_statuses_are_kept(status):
    answer, app = tell((status, {"code": "NOT_FOUND"}, {"location": "https://elsewhere.example/"}))
    assert (answer.kind, answer.status, answer.code) == ("answered", status, "NOT_FOUND")
    assert len(app.seen) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, "over"), (501, "over"), (503, "over"), (502, "unanswered"), (504, "unanswered"), (408, "unanswered"),
     (524, "unanswered")],
)  # fmt: skip
def test_outages(status, kind):
    answer, _ = tell((status, b"", {"retry-after": "9"}))
    assert (answer.kind, answer.status, answer.retry_after) == (kind, status, 9.0)


@pytest.mark.parametrize(
    ("message", "code", "scope"),
    [
        ("Resource level throttle APPLICATION_AND_MEMBER DAY limit", "", "day"),
        ("Resource level throttle APPLICATION_AND_MEMBER MINUTE limit", "", "minute"),
        ("x", "SEGMENT_LIMIT_EXCEEDED", "segments"),
        ("x", "", "unknown"),
    ],
)
def test_limits(message, code, scope):
    answer, _ = tell((429, {"message": message, "code": code, "status": 429}))
    assert (answer.status, answer.scope, answer.label) == (429, scope, "")


@pytest.mark.parametrize(
    ("scope", "message", "label"),
    [
        ("rw_dmp_segments", "Viewer may not have permission", "role"),
        ("rw_ads", "Not enough permissions to access: partnerApiDmpSegments.X.1", "scope"),
        ("rw_dmp_segments", "Not enough permissions to access: partnerApiDmpSegments.X.1", "approval"),
    ],
)
def test_403_names_what_is_missing(scope, message, label):
    answer, _ = tell((403, {"message": message}), tokens=FakeTokens(old_token(scope=scope)))
    assert (answer.status, answer.label) == (403, label)
    assert len(answer.text) > len(message)


def test_426_asks_for_an_upgrade():
    answer, _ = tell((426, {"code": "NONEXISTENT_VERSION", "message": "Requested version 20260701 is not active"}))
    assert (answer.status, answer.label) == (426, "version")
    assert "GUESTLIST_LINKEDIN_VERSION" in answer.text


# ── the token ────────────────────────────────────────────────────────────────────────────────────────────────────
EXPIRED = (401, {"serviceErrorCode": 65602, "code": "EXPIRED_ACCESS_TOKEN", "message": "expired"})
ALL_GOOD = (200, {"elements": [GOOD] * 3})


def fresh(age=0.0):
    return old_token("fresh-secret-token", minted_at=NOW - age)


def test_401_is_healed_by_one_refresh():
    tokens = FakeTokens(old_token(), [fresh()])
    answer, app = tell(EXPIRED, ALL_GOOD, tokens=tokens)
    assert (answer.status, len(app.seen), len(tokens.refreshed)) == (200, 2, 1)
    assert app.seen[1].headers["authorization"] == "Bearer fresh-secret-token"
    assert app.seen[1].content == BODY


def test_401_on_a_young_token_is_tried_again_without_a_refresh():
    tokens = FakeTokens(fresh(5))
    answer, app = tell(EXPIRED, tokens=tokens)
    assert (answer.kind, answer.status, answer.label) == ("answered", 401, "")
    assert (len(app.seen), tokens.refreshed) == (1, [])


def test_401_that_outlives_a_refresh_waits_for_a_person():
    answer, app = tell(EXPIRED, tokens=FakeTokens(old_token(), [fresh(60)]))
    assert (answer.kind, answer.status, answer.label) == ("answered", 401, "Oauth Refresh Failed")
    assert len(app.seen) == 2


def test_a_refreshed_token_that_is_never_accepted_is_not_refreshed_for_ever():
    clock = Clock(NOW)
    tokens = FakeTokens(old_token(), [fresh(), fresh()])
    talking = client(App([EXPIRED]), tokens, clock)
    assert talking.tell("1", Kind.PEOPLE, BODY, 1).label == ""
    clock.sleep(31)
    assert talking.tell("1", Kind.PEOPLE, BODY, 1).label == "Oauth Refresh Failed"
    assert len(tokens.refreshed) == 1


def test_a_dead_grant_is_no_token():
    error = NeedsReauthorization("gone", "Refresh Token Expired")
    answer, _ = tell(EXPIRED, tokens=FakeTokens(old_token(), error=error))
    assert (answer.kind, answer.label) == ("no_token", "Refresh Token Expired")


@pytest.mark.parametrize("error", [TryAgain("outage"), StoreError("locked")])
def test_an_outage_of_the_token_tells_nothing(error):
    answer, _ = tell(EXPIRED, tokens=FakeTokens(old_token(), error=error))
    assert (answer.kind, answer.status, answer.label) == ("not_sent", None, "")


def test_a_slow_refresh_leaves_the_replay_for_later():
    ticks = iter([0.0, 1.0, 1.0, 1.0, 40.0, 40.0, 40.0])
    tokens = FakeTokens(old_token(), [fresh()])
    app = App([EXPIRED, ALL_GOOD])
    talking = client(app, tokens)
    talking._exchange._monotonic = lambda: next(ticks)
    answer = talking.tell("1", Kind.PEOPLE, BODY, 1)
    assert (answer.kind, len(app.seen)) == ("not_sent", 1)


# ── the network ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ConnectError("refused by old-secret-token"), "not_sent"),
        (httpx2.ConnectTimeout("x"), "not_sent"),
        (httpx2.PoolTimeout("x"), "not_sent"),
        (httpx2.ProxyError("x"), "not_sent"),
        (httpx2.UnsupportedProtocol("x"), "not_sent"),
        (httpx2.WriteError("x"), "unanswered"),
        (httpx2.WriteTimeout("x"), "unanswered"),
        (httpx2.ReadTimeout("x"), "unanswered"),
        (httpx2.ReadError("ada@example.com"), "unanswered"),
        (httpx2.RemoteProtocolError("Server disconnected without sending a response."), "unanswered"),
        (RuntimeError("secret-digest"), "unanswered"),
    ],
)
def test_network_errors(error, kind):
    answer, _ = tell(error)
    assert (answer.kind, answer.status) == (kind, None)
    assert answer.text


class Broken(httpx2.SyncByteStream):
    def __init__(self, error):
        self.error = error

    def __iter__(self):
        yield b'{"elements":[{"sta'
        raise self.error


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (200, httpx2.RemoteProtocolError("x"), "over"),
        (200, httpx2.ReadError("x"), "over"),
        (500, httpx2.ReadError("x"), "over"),
        (200, httpx2.ReadTimeout("x"), "unanswered"),
        (502, httpx2.ReadError("x"), "unanswered"),
    ],
)
def test_a_reply_that_breaks_off(status, error, kind):
    answer, _ = tell(lambda _: httpx2.Response(status, stream=Broken(error)))
    assert (answer.kind, answer.status) == (kind, status)


def test_a_reply_shorter_than_announced_is_over():
    answer, _ = tell((200, b'{"elements":[]}', {"content-length": "99"}))
    assert answer.kind == "over"


def test_an_endless_reply_is_cut(monkeypatch):
    monkeypatch.setattr("guestlist.linkedin.exchange.MAX_REPLY", 1000)
    answer, _ = tell((200, b"x" * 1001))
    assert answer.kind == "over"


def test_digests_never_appear():
    value = digest("ada@example.com").hex()
    answer, _ = tell((200, {"elements": [refusal(f"bad {value} ada@example.com"), GOOD, GOOD]}))
    assert answer.failed[0][2] == "bad … …"
