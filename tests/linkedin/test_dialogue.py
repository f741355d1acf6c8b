import json

import pytest

from guestlist.linkedin.dialogue import Refresh, Say, dialogue
from guestlist.linkedin.replies import Reply
from tests.linkedin.kit import NOW, old_token

OLD = old_token()


def young(age: float):
    return old_token("fresh", minted_at=NOW - age)


def said(status: int, number: int | None = None, **fields) -> Reply:
    body = json.dumps({"status": status, "serviceErrorCode": number, **fields}).encode()
    return Reply(status, {}, body, NOW, NOW)


def finish(talk, reply):
    with pytest.raises(StopIteration) as end:
        talk.send(reply)
    return end.value.value


def test_a_success_ends_it():
    talk = dialogue(OLD)
    assert next(talk) == Say(OLD)
    outcome = finish(talk, said(200))
    assert (outcome.reply.status, outcome.token, outcome.rejected) == (200, OLD, False)


@pytest.mark.parametrize("number", [65600, 65601, 65602, 65604, None])
def test_a_401_refreshes_once_and_says_it_again(number):
    talk = dialogue(OLD)
    next(talk)
    assert talk.send(said(401, number)) == Refresh(OLD)
    fresh = young(0)
    assert talk.send(fresh) == Say(fresh)
    assert finish(talk, said(200)).token == fresh


@pytest.mark.parametrize("code", ["REVOKED_ACCESS_TOKEN", "EXPIRED_ACCESS_TOKEN", "INVALID_ACCESS_TOKEN"])
def test_a_401_right_after_minting_will_pass(code):
    talk = dialogue(young(29))
    next(talk)
    outcome = finish(talk, said(401, code=code))
    assert outcome.propagating
    assert not outcome.rejected


def test_after_thirty_seconds_it_will_not():
    talk = dialogue(young(30))
    next(talk)
    assert talk.send(said(401, 65601)) == Refresh(young(30))


def test_a_second_401_right_after_the_refresh_is_propagation_too():
    talk = dialogue(OLD)
    next(talk)
    talk.send(said(401, 65602))
    talk.send(young(0))
    assert finish(talk, said(401, 65602)).propagating


def test_a_second_401_that_is_not_is_the_end():
    talk = dialogue(OLD)
    next(talk)
    talk.send(said(401, 65602))
    talk.send(young(31))
    assert finish(talk, said(401, 65602)).rejected


def test_a_doubted_token_is_not_refreshed_again():
    talk = dialogue(young(31), doubted=True)
    next(talk)
    assert finish(talk, said(401, 65601)).rejected


def test_doubt_is_forgotten_with_age():
    token = young(7200)
    talk = dialogue(token, doubted=True)
    next(talk)
    assert talk.send(said(401, 65602)) == Refresh(token)
