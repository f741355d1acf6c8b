import threading

import httpx2
import pytest

from guestlist.errors import ConfigError, NeedsPerson, Refused
from guestlist.linkedin.loopback import Loopback, parse_redirect

BACK = "http://127.0.0.1:8765/callback"


def test_the_code_comes_out():
    assert parse_redirect(f" {BACK}?code=AQ%2Bx&state=s%26t\n", "s&t") == "AQ+x"


@pytest.mark.parametrize(
    ("query", "kind", "words"),
    [
        ("code=A&state=other", Refused, "another authorisation"),
        ("code=A", Refused, "another authorisation"),
        ("", Refused, "neither a code nor an error"),
        ("error=user_cancelled_login&state=s", Refused, "sign-in"),
        ("error=user_cancelled_authorize&state=s", Refused, "consent was cancelled"),
        ("error=unauthorized_scope_error&state=s", NeedsPerson, "Audiences program"),
        ("error=server_error&error_description=ada%40example.com&state=s", Refused, "server_error"),
    ],
)
def test_everything_else_is_explained(query, kind, words):
    with pytest.raises(kind, match=words) as error:
        parse_redirect(f"{BACK}?{query}", "s")
    assert "ada@" not in str(error.value)


@pytest.fixture
def loopback():
    with Loopback("s", "http://127.0.0.1:0/callback") as listening:
        yield listening


def visit(loopback: Loopback, path: str) -> httpx2.Response:
    return httpx2.get(f"http://127.0.0.1:{loopback.port}{path}", trust_env=False)


def test_the_browser_comes_back(loopback):
    page = visit(loopback, "/callback?code=C&state=s")
    assert page.status_code == 200
    assert "close this page; Guestlist goes on in the terminal" in page.text
    assert "connected" not in page.text  # the code is not exchanged yet
    assert loopback.wait(1) == "C"
    visit(loopback, "/callback?code=later&state=s")
    assert loopback.wait(1) == "C"


def test_strangers_do_not_decide(loopback):
    assert visit(loopback, "/favicon.ico").status_code == 404
    assert visit(loopback, "/callback?code=evil&state=x").status_code == 400
    assert visit(loopback, "/callback?error=user_cancelled_login&state=x").status_code == 400
    assert visit(loopback, "/callback").status_code == 400
    threading.Thread(target=visit, args=(loopback, "/callback?code=C&state=s")).start()
    assert loopback.wait(5) == "C"


def test_a_cancelled_consent(loopback):
    page = visit(loopback, "/callback?error=user_cancelled_authorize&state=s")
    assert "consent was cancelled" in page.text
    with pytest.raises(Refused, match="cancelled"):
        loopback.wait(1)


def test_nobody_comes(loopback):
    with pytest.raises(Refused, match="nobody came back"):
        loopback.wait(0.01)


@pytest.mark.parametrize("url", ["https://127.0.0.1:8765/callback", "http://guestlist.example/callback"])
def test_it_listens_on_this_machine_only(url):
    with pytest.raises(ConfigError, match="--paste"):
        Loopback("s", url)


def test_a_port_in_use(loopback):
    with pytest.raises(ConfigError, match="in use"):
        Loopback("s", f"http://127.0.0.1:{loopback.port}/callback")
