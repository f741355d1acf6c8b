"""Real sockets: the deadline is total, and what may have left is told apart from what never did."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest

from guestlist.core.identity import Kind
from guestlist.linkedin.transport import Deadline, NetworkTransport, system_proxy
from tests.linkedin.kit import FakeTokens, client, old_token

BODY = b'{"elements":[' + b" " * 100 + b"]}"
GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{"elements":[{"status":201}'
WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{"elements":[{"status":201}]}'
Behaviour = Callable[[socket.socket], None]


@contextmanager
def server(behave: Behaviour) -> Iterator[int]:
    """Hands every connection to ``behave`` in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                behave(connection)
            except OSError:
                return
            stop.wait(5)

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=one, args=(connection,), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join(5)


def request(connection: socket.socket) -> None:
    got = b""
    while b"]}" not in got:
        got += connection.recv(65536)


def dribble(text: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        request(connection)
        for byte in text:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    return behave


def reset(connection: socket.socket) -> None:
    request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def then(*texts: bytes, close: bool = True) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        for text in texts:
            request(connection)
            connection.sendall(text)
        if close:
            connection.shutdown(socket.SHUT_RDWR)

    return behave


def tell(port: int, *, timeout: float = 0.4, body: bytes = BODY, scheme: str = "http"):
    talking = client(
        NetworkTransport(), FakeTokens(old_token()), timeout=timeout, api_url=f"{scheme}://127.0.0.1:{port}/rest"
    )
    started = time.monotonic()
    try:
        return talking.tell("1", Kind.PEOPLE, body, 1), time.monotonic() - started
    finally:
        talking.close()


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(dribble(WHOLE), id="a byte at a time, headers first"),
        pytest.param(then(GOOD, close=False), id="all but the last bytes"),
        pytest.param(request, id="silence"),
    ],
)
def test_the_deadline_is_total(behave: Behaviour):
    with server(behave) as port:
        answer, took = tell(port)
    assert answer.kind == "unanswered"
    assert 0.3 < took < 1.5


def test_a_body_that_dribbles_is_cut():
    head, body = WHOLE.split(b"\r\n\r\n")

    def behave(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(head + b"\r\n\r\n")
        for byte in body:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with server(behave) as port:
        answer, took = tell(port)
    assert (answer.kind, answer.status) == ("unanswered", 200)
    assert took < 1.5


def test_a_server_that_does_not_read_is_cut():
    with server(lambda connection: connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)) as port:
        answer, took = tell(port, body=b" " * 20_000_000)
    assert answer.kind == "unanswered"
    assert took < 2.5


def test_a_reset_after_the_request_is_unanswered():
    with server(reset) as port:
        answer, _ = tell(port)
    assert (answer.kind, answer.status) == ("unanswered", None)


def test_a_reply_cut_short_is_over():
    with server(then(GOOD)) as port:
        answer, _ = tell(port)
    assert (answer.kind, answer.status) == ("over", 200)


def test_a_refused_connection_was_not_sent():
    with server(request) as port:
        pass
    answer, _ = tell(port)
    assert (answer.kind, answer.status) == ("not_sent", None)


def test_a_failed_tls_handshake_was_not_sent():
    with server(lambda connection: connection.sendall(b"HTTP/1.1 400 no\r\n\r\n")) as port:
        answer, _ = tell(port, scheme="https")
    assert answer.kind == "not_sent"


def test_a_silent_tls_handshake_ends_with_the_deadline():
    with server(lambda _: None) as port:
        answer, took = tell(port, scheme="https")
    assert answer.kind == "not_sent"
    assert took < 1.5


def test_an_unknown_host_was_not_sent():
    talking = client(NetworkTransport(), api_url="http://guestlist.invalid/rest")
    assert talking.tell("1", Kind.PEOPLE, BODY, 1).kind == "not_sent"
    talking.close()


def test_connections_are_kept():
    with server(then(WHOLE, WHOLE, close=False)) as port:
        talking = client(NetworkTransport(), timeout=2, api_url=f"http://127.0.0.1:{port}/rest")
        answers = [talking.tell("1", Kind.PEOPLE, BODY, 1) for _ in range(2)]
        talking.close()
    assert [(answer.status, answer.failed) for answer in answers] == [(200, {})] * 2


def test_a_proxy_is_spoken_to_instead():
    seen = []

    def behave(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(WHOLE)

    with server(behave) as port:
        talking = client(
            NetworkTransport(proxy=f"http://127.0.0.1:{port}"), timeout=2, api_url="http://guestlist.invalid/rest"
        )
        assert talking.tell("1", Kind.PEOPLE, BODY, 1).status == 200
        talking.close()
    assert seen[0].startswith(b"POST http://guestlist.invalid/rest/dmpSegments/1/users HTTP/1.1")


def test_a_transport_without_a_deadline_still_works():
    with server(then(WHOLE)) as port, NetworkTransport() as transport:
        reply = transport.handle_request(
            httpx2.Request("POST", f"http://127.0.0.1:{port}/", content=BODY, extensions={"timeout": {"read": 2.0}})
        )
        assert reply.read() == b'{"elements":[{"status":201}]}'


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.linkedin.com/rest", "http://proxy.example:3128"),
        ("http://127.0.0.1:8080/rest", None),
        ("https://inside.example/rest", None),
    ],
)
def test_the_environment_names_the_proxy(monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None):
    for name in ("https_proxy", "http_proxy", "HTTP_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert system_proxy(url) == proxy


def test_the_deadline_counts_down():
    ticks = iter([0.0, 1.0, 5.0])
    deadline = Deadline(4, lambda: next(ticks))
    assert (deadline.left(), deadline.left()) == (3.0, 0.0)
