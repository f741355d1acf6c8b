import json

import httpx2
import pytest

from guestlist.errors import ConfigError, NeedsReauthorization, Refused, TryAgain
from guestlist.linkedin.oauth import ACCESS_LIFE, CONSENT_LIFE, OAuth, token_from_response
from guestlist.linkedin.tokens import SharedTokens
from guestlist.ports import Token
from linkedin_emulator.emulator import Emulator
from linkedin_emulator.transport import EmulatorTransport
from tests.clock import Clock
from tests.linkedin.kit import CLIENT_ID, CLIENT_SECRET, NOW, OAUTH, App, EmulatorClock, no_lock, old_token

DAY = 86_400
SECRETS = (CLIENT_SECRET, "refresh-secret", "old-secret-token")
GRANTED = {"access_token": "A", "expires_in": 60 * DAY}


def oauth(transport: httpx2.BaseTransport, clock=None) -> OAuth:
    return OAuth(OAUTH, CLIENT_ID, CLIENT_SECRET, clock or Clock(NOW), transport=transport)


def test_the_address_of_the_consent_page():
    url = httpx2.URL(oauth(App([])).authorization_url("http://127.0.0.1:8765/callback", "st&te"))
    assert str(url.copy_with(query=None)) == "https://www.linkedin.com/oauth/v2/authorization"
    assert dict(url.params) == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": "http://127.0.0.1:8765/callback",
        "state": "st&te",
        "scope": "rw_dmp_segments rw_ads r_basicprofile",
    }


# ── the token response ───────────────────────────────────────────────────────────────────────────────────────────
def test_a_token_without_a_refresh_token_is_normal():
    token = token_from_response({**GRANTED, "scope": "rw_ads,rw_dmp_segments"}, NOW)
    assert token == Token("A", NOW + ACCESS_LIFE, NOW, None, None, NOW, "rw_ads rw_dmp_segments")


@pytest.mark.parametrize("expires", ["1800", 1800, 1800.0])
def test_expires_in_may_be_a_string(expires):
    assert token_from_response({"access_token": "A", "expires_in": expires}, NOW).expires_at == NOW + 1800


@pytest.mark.parametrize("expires", [None, "soon", True])
def test_an_unreadable_life_is_sixty_days(expires):
    assert token_from_response({"access_token": "A", "expires_in": expires}, NOW).expires_at == NOW + ACCESS_LIFE


@pytest.mark.parametrize(
    ("access", "refresh", "days"),
    [
        (60 * DAY, 31_536_000, 365),  # seconds
        (60 * DAY, 525_600, 365),  # minutes under a table that says seconds
        (60 * DAY, 439_200, 305),
        (5 * DAY, 5 * DAY, 5),
        (5 * DAY, 5 * 1440, 5),
        (60 * DAY, 100 * DAY, 100),
        (60 * DAY, None, 365),
        (60 * DAY, "x", 365),
        (60 * DAY, 10, 365),
        (60 * DAY, 10**12, 365),
    ],
)
def test_the_end_of_the_refresh_token(access, refresh, days):
    record = {"access_token": "A", "expires_in": access, "refresh_token": "R", "refresh_token_expires_in": refresh}
    token = token_from_response(record, NOW)
    assert token.refresh_expires_at == NOW + days * DAY
    assert token.first_consent_at == NOW + days * DAY - CONSENT_LIFE


def test_a_refresh_does_not_prolong_the_consent():
    first = token_from_response({**GRANTED, "refresh_token": "R", "scope": "rw_ads"}, NOW)
    record = {**GRANTED, "access_token": "B", "refresh_token": "R2", "refresh_token_expires_in": 31_536_000}
    later = token_from_response(record, NOW + 59 * DAY, first)
    assert (later.first_consent_at, later.refresh_expires_at) == (first.first_consent_at, first.refresh_expires_at)
    assert (later.refresh_token, later.scope) == ("R2", "rw_ads")
    assert token_from_response({**GRANTED, "access_token": "C"}, NOW, first).refresh_token == "R"


@pytest.mark.parametrize("record", [{}, {"access_token": ""}, {"access_token": 7}])
def test_a_response_without_a_token(record):
    with pytest.raises(Refused):
        token_from_response(record, NOW)


# ── refusals and outages ─────────────────────────────────────────────────────────────────────────────────────────
def refreshed(*replies):
    return oauth(App(list(replies))).refresh(old_token())


GONE = "The provided authorization grant or refresh token is invalid, expired or revoked"


@pytest.mark.parametrize(
    ("status", "body", "label"),
    [
        (400, {"error": "invalid_grant"}, "Refresh Token Expired"),
        (400, {"error": "invalid_request", "error_description": GONE}, "Refresh Token Expired"),
        (400, {"error": "invalid_request", "error_description": "x"}, "Oauth Refresh Failed"),
        (401, {"error": "invalid_client", "error_description": "Client authentication failed"}, "Oauth Refresh Failed"),
        (403, b"<html>refresh token</html>", "Oauth Refresh Failed"),
        (200, {"token_type": "Bearer"}, "Oauth Refresh Failed"),
    ],
)
def test_a_refresh_that_is_refused(status, body, label):
    with pytest.raises(NeedsReauthorization) as error:
        refreshed((status, body))
    assert error.value.label == label
    assert not [secret for secret in SECRETS if secret in str(error.value)]


@pytest.mark.parametrize(
    "reply",
    [(500, b""), (503, b""), (429, b""), (408, b""), (302, b""), (200, b"<html>"), httpx2.ConnectError("x"),
     httpx2.ReadTimeout("x")],
)  # fmt: skip
def test_an_outage_is_not_a_dead_grant(reply):
    with pytest.raises(TryAgain):
        refreshed(reply)


def test_nothing_to_refresh_with():
    with pytest.raises(NeedsReauthorization) as error:
        oauth(App([])).refresh(old_token(refresh_token=None))
    assert error.value.label == "Refresh Token Expired"


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, "invalid_client", ConfigError),
        (400, "invalid_client_id", ConfigError),
        (400, "invalid_redirect_uri", Refused),
        (401, "invalid_request", Refused),
    ],
)
def test_a_code_that_is_refused(status, error, kind):
    with pytest.raises(kind):
        oauth(App([(status, {"error": error, "error_description": "x"})])).exchange_code("code", "http://x")


# ── the emulator ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator(frozen_clock=True)
    emulator.control.clock(now=NOW)
    return emulator


@pytest.fixture
def real(emulator: Emulator) -> OAuth:
    return oauth(EmulatorTransport(emulator), EmulatorClock(emulator.control))


@pytest.mark.parametrize("unit", ["seconds", "minutes"])
@pytest.mark.parametrize("separator", ["comma", "space"])
@pytest.mark.parametrize("error", ["invalid_request", "invalid_grant"])
def test_a_year_of_refreshing(emulator, real, unit, separator, error):
    control = emulator.control
    control.config(refresh_token_unit=unit, scope_separator=separator, refresh_error=error)
    token = token_from_response(control.token(), NOW)
    assert set(token.scope.split()) >= {"rw_dmp_segments", "rw_ads"}
    for _ in range(6):
        control.clock(advance=59 * DAY)
        token = real.refresh(token)
        assert token.refresh_expires_at == NOW + CONSENT_LIFE
    assert token.expires_at == NOW + CONSENT_LIFE
    control.clock(advance=30 * DAY)
    with pytest.raises(NeedsReauthorization) as gone:
        real.refresh(token)
    assert gone.value.label == "Refresh Token Expired"


def test_introspection(emulator, real):
    token = emulator.control.token(scopes=["rw_ads"])["access_token"]
    said = real.introspect(token)
    assert (said.active, said.scopes, said.authorized_at) == (True, ("rw_ads",), NOW)
    assert not real.introspect("somebody-elses").active


def test_a_code_that_does_not_exist(real):
    with pytest.raises(Refused):
        real.exchange_code("nope", "http://127.0.0.1:8765/callback")


# ── shared by processes ──────────────────────────────────────────────────────────────────────────────────────────
class Vault:
    def __init__(self, token):
        self.token, self.saved = token, []

    def load(self):
        return self.token

    def save(self, token):
        self.saved.append(token)
        self.token = token


def shared(vault, replies=None, clock=None):
    keeper = oauth(App(replies), clock) if replies else None
    return SharedTokens(vault.load, vault.save, no_lock, clock or Clock(NOW), keeper)


NEW = (200, {"access_token": "fresh", "expires_in": 60 * DAY})


def test_current_is_what_is_stored():
    assert shared(Vault(old_token())).current() == old_token()


def test_no_token_at_all():
    with pytest.raises(NeedsReauthorization):
        shared(Vault(None)).current()


def test_a_token_about_to_end_is_refreshed_first():
    vault = Vault(old_token(expires_at=NOW + 30))
    assert shared(vault, [NEW]).current().access_token == "fresh"
    assert vault.saved[0].refresh_token == "refresh-secret"


def test_while_it_lasts_an_outage_does_not_matter():
    vault = Vault(old_token(expires_at=NOW + 30))
    assert shared(vault, [(503, b"")]).current() == vault.token
    vault.token = old_token(expires_at=NOW - 1)
    with pytest.raises(TryAgain):
        shared(vault, [(503, b"")]).current()


def test_without_a_refresh_token_it_works_until_it_ends():
    vault = Vault(old_token(expires_at=NOW + 1, refresh_token=None))
    clock = Clock(NOW)
    tokens = shared(vault, clock=clock)
    assert tokens.current() == vault.token
    clock.sleep(1)
    with pytest.raises(NeedsReauthorization) as error:
        tokens.current()
    assert error.value.label == "Refresh Token Expired"


def test_without_client_credentials_it_cannot_be_refreshed():
    with pytest.raises(NeedsReauthorization) as error:
        shared(Vault(old_token())).refresh(old_token())
    assert error.value.label == "Oauth Refresh Failed"
    assert "GUESTLIST_LINKEDIN_CLIENT_ID" in str(error.value)


def test_what_another_process_refreshed_is_used():
    vault = Vault(old_token("theirs"))
    assert shared(vault).refresh(old_token()).access_token == "theirs"
    assert vault.saved == []


def test_the_request_of_a_refresh():
    app = App([NEW])
    oauth(app).refresh(old_token())
    form = dict(httpx2.QueryParams(app.seen[0].content.decode()))
    assert form == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-secret",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    assert app.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert json.dumps(form)
