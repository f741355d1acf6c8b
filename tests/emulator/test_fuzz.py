import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from linkedin_emulator.emulator import Emulator
from linkedin_emulator.wire import Request
from tests.emulator.kit import NOW, VERSION, user

NAMES = st.sampled_from(
    ["action", "userIds", "idType", "idValue", "firstName", "elements", "patch", "$set", "name", "destinations", "or"]
)
SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["ADD", "REMOVE", "SHA256_EMAIL", "", "x" * 60])
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
STATUSES = {200, 201, 204, 400, 403, 404, 409, 411, 414, 422, 429}


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
