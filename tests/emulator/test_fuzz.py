from urllib.parse import urlencode

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from linkedin_emulator import schema
from linkedin_emulator.elements import COMPANIES, USERS
from linkedin_emulator.emulator import Emulator
from linkedin_emulator.wire import Request
from tests.emulator.kit import NOW, VERSION, user

NAMES = st.sampled_from(
    [
        "action",
        "userIds",
        "idType",
        "idValue",
        "firstName",
        "elements",
        "patch",
        "$set",
        "$delete",
        "name",
        "owner",
        "country",
        "industries",
        "organizationUrn",
        "destinations",
        "inputFile",
        "role",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["ADD", "REMOVE", "SHA256_EMAIL", "", "x" * 60, "urn:li:organization:1"])
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4))
ELEMENTS = st.fixed_dictionaries({"elements": st.lists(JSON | st.just(user("a")), max_size=5)})
BODIES = (JSON | ELEMENTS).map(msgspec.json.encode) | st.binary(max_size=20)
PATHS = st.sampled_from(
    ["", "/{id}", "/{id}/users", "/{id}/destinations", "/{id}/destinations/LINKEDIN", "/{id}/listUploads"]
)
QUERIES = st.sampled_from(
    [
        "",
        "q=account",
        "q=account&account=()",
        "ids=List(1",
        "ids=List(,)",
        "ids=(a:b)",
        "action=generateUploadUrl",
        "a[0]=1",
    ]
) | st.text("qids=&()List,:'%account[]0.", max_size=25)
ELSEWHERE = st.sampled_from(
    [
        "/rest/adAccounts",
        "/rest/adAccounts/²",
        "/rest/adAccounts/%C2%B2",
        "/rest/adAccountUsers",
        "/rest/adAccountUsers/(account:urn%3Ali%3AsponsoredAccount%3A516848833,user:urn%3Ali%3Aperson%3AAbC123xyz)",
        "/rest/adAccountUsers/account=urn:li:sponsoredAccount:516848833&user=urn:li:person:AbC123xyz",
        "/rest/adSegments",
        "/rest/audienceCounts",
        "/rest/me",
        "/v2/userinfo",
        "/ambry/x",
    ]
)
FINDERS = st.sampled_from(
    [
        "q=search&search=(test:",
        "q=search&search=(id:(values:List()))",
        "q=search&pageSize=%C2%B2",
        "q=search&search.test=true&search.test.x=1",
        "q=accounts&accounts=List(",
        "q=accounts&accounts[0]=a&accounts[x]=b",
        "q=authenticatedUser&start=1&fields=a:(b:(c))",
        "q=targetingCriteriaV2&targetingCriteria=(include:(and:List((or:(a:List())))),exclude:x)",
        "q=targetingCriteriaV2&targetingCriteria=(include:(and:x))",
        "fields=((((",
    ]
)
STATUSES = {200, 201, 204, 400, 401, 403, 404, 409, 411, 414, 422, 429}


@settings(deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    PATHS,
    QUERIES,
    st.sampled_from(["", "BATCH_CREATE", "PARTIAL_UPDATE", "FINDER"]),
    st.sampled_from(["1.0.0", "2.0.0"]),
    BODIES,
)
def test_whatever_is_sent_gets_an_answer(
    method: str, path: str, query: str, restli: str, protocol: str, body: bytes
) -> None:
    emulator = Emulator(frozen_clock=True)
    emulator.control.clock(now=NOW)
    [number] = emulator.control.seed({"segments": [{"account": 516848833, "name": "x"}]})["segments"]
    headers = {
        "authorization": f"Bearer {emulator.control.token()['access_token']}",
        "linkedin-version": VERSION,
        "x-restli-protocol-version": protocol,
        "content-length": str(len(body)),
        **({"x-restli-method": restli} if restli else {}),
    }
    request = Request(method, f"/rest/dmpSegments{path.format(id=number)}", query, headers, body)
    assert emulator.handle(request).status in STATUSES


@settings(deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    ELSEWHERE,
    QUERIES | FINDERS,
    st.sampled_from(["1.0.0", "2.0.0"]),
    BODIES,
)
def test_every_other_door_has_an_answer(method: str, path: str, query: str, protocol: str, body: bytes) -> None:
    emulator = Emulator(frozen_clock=True)
    emulator.control.clock(now=NOW)
    emulator.control.seed({"roles": [{"account": 516848833, "member": "AbC123xyz", "role": "ACCOUNT_MANAGER"}]})
    headers = {
        "authorization": f"Bearer {emulator.control.token()['access_token']}",
        "linkedin-version": VERSION,
        "x-restli-protocol-version": protocol,
        "content-length": str(len(body)),
    }
    assert emulator.handle(Request(method, path, query, headers, body)).status in STATUSES


FORMS = st.dictionaries(
    st.sampled_from(["grant_type", "code", "client_id", "client_secret", "redirect_uri", "token", "scope", "state"]),
    st.sampled_from(["86emulator", "emulator-secret", "refresh_token", "authorization_code", "http://[", "", "\x00"]),
)


@settings(deadline=None)
@given(
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["authorization", "accessToken", "introspectToken", "revoke"]),
    FORMS.map(urlencode) | st.text(max_size=10),
)
def test_whatever_is_asked_of_oauth_has_an_answer(method: str, name: str, form: str) -> None:
    request = Request(method, f"/oauth/v2/{name}", form, {}, form.encode())
    assert Emulator(frozen_clock=True).handle(request).status in {200, 302, 400, 401, 405}


@given(JSON | st.dictionaries(NAMES, JSON, max_size=4) | st.just(user("a")))
def test_both_ways_to_read_an_element_agree(element: object) -> None:
    for shape in (USERS, COMPANIES):
        try:
            msgspec.convert(element, shape.element)
        except msgspec.ValidationError:
            assert schema.problems(element, shape.fields)
        else:
            assert schema.problems(element, shape.fields) == []
