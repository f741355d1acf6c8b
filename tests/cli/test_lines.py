"""Lines of a log that are written together."""

from __future__ import annotations

import io
import os

from guestlist.cli.lines import Lines


def test_lines_are_whole_in_order_and_all_there_when_closed() -> None:
    stream = io.BytesIO()
    lines = Lines(stream, pause=60.0)
    for number in range(100):
        lines.info(b"%d" % number)
    assert stream.getvalue() == b""
    lines.close()
    assert stream.getvalue() == b"".join(b"%d\n" % number for number in range(100))


def test_lines_appear_by_themselves() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream, os.fdopen(reading, "rb") as shown:
        lines = Lines(stream, pause=0.001)
        lines.msg(b"one")
        assert shown.readline() == b"one\n"
        lines.close()


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as stream:
        lines = Lines(stream, pause=0.001)
        lines.msg(b"one")
        lines.close()
