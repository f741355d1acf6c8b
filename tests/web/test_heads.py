"""Connections of clients that mean no good, on a socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from guestlist.web import heads, server
from tests.web.kit import Site, basic
from tests.web.served import listening


@pytest.fixture
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "PATIENCE", 0.2)
    monkeypatch.setattr(server, "KEEP_ALIVE", 0.4)


@pytest.fixture
def line(site: Site) -> Iterator[socket.socket]:
    """A connection to a server."""
    with listening(site.web) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connected:
            yield connected


def all_of(line: socket.socket) -> bytes:
    """What comes until the server closes it."""
    heard = b""
    try:
        while piece := line.recv(1 << 16):
            heard += piece
    except ConnectionResetError:
        pass
    return heard


def pour(line: socket.socket, piece: bytes, times: int) -> int:
    """How many times it could be sent."""
    for number in range(times):
        try:
            line.sendall(piece)
        except OSError:
            return number
    return times


def test_headers_that_do_not_end_are_cut_off(line: socket.socket) -> None:
    line.sendall(b"POST /v1/batch HTTP/1.1\r\nx-a: ")
    assert pour(line, b"a" * (1 << 20), 100) < 100
    assert all_of(line) == b""


def test_an_address_that_does_not_end_is_cut_off(line: socket.socket) -> None:
    line.sendall(b"POST /")
    assert pour(line, b"a" * (1 << 20), 100) < 100


def test_trailers_that_do_not_end_are_cut_off(line: socket.socket, site: Site) -> None:
    head = f"POST /v1/batch HTTP/1.1\r\nauthorization: {basic(site.key)}\r\ntransfer-encoding: chunked\r\n\r\n"
    line.sendall(head.encode() + b"2\r\n{}\r\n0\r\n")
    assert pour(line, b"x-a: b\r\n" * (1 << 17), 100) < 100


@pytest.mark.usefixtures("little_patience")
@pytest.mark.parametrize("said", [b"", b"P", b"POST /v1/batch HTTP/1.1\r\nx-a: b\r\n"])
def test_whoever_says_nothing_whole_is_sent_away(line: socket.socket, said: bytes) -> None:
    line.sendall(said)
    assert all_of(line) == b""


def test_large_headers_in_small_pieces_are_read_and_the_connection_stays(line: socket.socket) -> None:
    for _ in range(3):
        line.sendall(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(30):
            line.sendall(b"x-a: " + b"b" * 2_000 + b"\r\n")
        line.sendall(b"\r\n")
        answer = line.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 200")
